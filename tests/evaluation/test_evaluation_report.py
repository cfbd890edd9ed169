"""Evaluation: arithmetic with a fake engine, once for real with Tesseract."""

import json

import pytest
from fake_evaluations import FakeCleaner, FakeEngine

from docclean.evaluation.comparison import evaluate


def test_the_arithmetic(folder, engine):
    report = evaluate(folder, FakeCleaner(spoils=[50]), engine)
    assert [page.name for page in report.pages] == ["a", "b", "c"]
    assert report.contenders() == ("raw", "grey", "divide", "cleaned")
    chars, words = len("one twothree fourfi ve"), 6
    assert report.cer_raw == pytest.approx((len(" two") + len(" four")) / chars)
    assert report.cer_clean == pytest.approx(len(" ve") / chars)
    assert report.f1_raw == pytest.approx(2 * 4 / (words + 4))
    assert report.f1_clean == pytest.approx(2 * 5 / (words + 5))
    assert report.gain.value == pytest.approx(report.cer_raw - report.cer_clean)
    assert report.gain.low <= report.gain.value <= report.gain.high
    assert report.totals("cleaned").macro.cer == pytest.approx(len(" ve") / len("fi ve") / 3)
    assert report.totals("raw").ocr.seconds == pytest.approx(0.5)
    assert report.totals("raw").fidelity is None
    assert [page.name for page in report.made_worse()] == ["c"]
    assert report.pages[0].reading("cleaned").note == "cleaned: paper was dirty"


def test_text_lists_the_worse_pages_first(folder, engine):
    text = evaluate(folder, FakeCleaner(spoils=[50]), engine).to_text()
    lines = text.splitlines()
    assert lines[0] == "worse   c: CER +60.00%"
    assert lines[2].split()[:3] == ["contender", "CER", "CER/page"]
    assert [line.split()[0] for line in lines[3:7]] == ["raw", "grey", "divide", "cleaned"]
    assert "'cleaned' lowers the CER of 'grey'" in text and "95 % interval" in text
    assert "pages better 2, same 0, worse 1" in text


def test_json_holds_every_number(folder, engine):
    told = json.loads(evaluate(folder, FakeCleaner(spoils=[50]), engine).to_json())
    assert [page["name"] for page in told["pages"]] == ["c", "b", "a"]
    reading = told["pages"][0]["readings"][-1]
    assert reading["contender"] == "cleaned" and reading["cer"] == pytest.approx(0.6)
    assert told["sets"][0]["totals"][0]["micro"]["cer"] > 0
    assert told["environment"]["versions"]["docclean"]


def test_the_same_run_gives_the_same_report(folder, engine):
    one, two = (evaluate(folder, FakeCleaner(), engine, jobs=jobs) for jobs in (1, 3))
    assert one.gain == two.gain
    assert [page.truth for page in one.pages] == [page.truth for page in two.pages]
    assert one.scores("cleaned") == two.scores("cleaned")


def test_jobs_read_at_the_same_time(folder, engine):
    engine.delay = 0.05
    evaluate(folder, FakeCleaner(), engine, jobs=1)
    assert engine.most == 1
    evaluate(folder, FakeCleaner(), engine, jobs=3)
    assert engine.most > 1


def test_equal_pixels_are_read_once(folder, engine):
    read = []

    class Counting(FakeEngine):
        def read(self, page, *, words=False):
            read.append(page.pixels.tobytes())
            return super().read(page)

    report = evaluate(folder, FakeCleaner(), Counting(engine.texts), only=["a"])
    assert len(read) == len(set(read)) < len(report.contenders())
