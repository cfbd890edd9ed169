"""Several views of a page: scores averaged, their spread told, a page worse only beyond it."""

import csv
import io
import json
from dataclasses import dataclass

import numpy as np
import pytest
from fake_evaluations import FakeCleaner, write
from fakes import Inverter

from docclean.documents import read_pages, write_pages
from docclean.errors import MissingProgramError
from docclean.evaluation.cleaners import Sharing, dropped_by, looked_by, written_by
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.contenders import Contender, Treated
from docclean.evaluation.request import Order
from docclean.ocr import PageText, Tesseract, Word
from docclean.page import Page

TRUTH = "one two three four"


@dataclass(frozen=True)
class Wavering:
    """Reads what each view says; a page treated by 'other' reads otherwise."""

    grey: tuple[str, str, str]
    other: tuple[str, str, str]
    name = "wavering"

    def read(self, page, *, words=False):
        view = (None, (150.0, 150.0), (300.0, 300.0)).index(page.dpi)
        text = (self.other if page.grey()[0, 0] == 7 else self.grey)[view]
        boxes = tuple(Word(word, 20 * n, 0, 15, 9, 90.0) for n, word in enumerate(text.split()))
        return PageText(text, boxes if words else (), 0.5)


def marked(page):
    pixels = page.grey().copy()
    pixels[0, 0] = 7
    return Treated(page.with_pixels(pixels))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "pages/a.png", 30)
    (tmp_path / "pages/a.gt.txt").write_text(TRUTH)
    return tmp_path / "pages"


def measured(folder, grey, other):
    plan = ["grey", Contender("other", "marks a pixel", marked)]
    return evaluate(folder, None, Wavering(grey, other), contenders=plan, views=3)


def test_scores_are_averaged_over_the_views(folder):
    report = measured(folder, (TRUTH, "one two", TRUTH), (TRUTH, TRUTH, TRUTH))
    loss = len(" three four") / len(TRUTH)
    assert report.totals("grey").micro.cer == pytest.approx(loss / 3)
    assert report.totals("other").micro.cer == 0
    (page,) = report.pages
    assert [one.cer for one in page.reading("grey").views] == pytest.approx([0, loss, 0])
    assert report.totals("grey").ocr.seconds == pytest.approx(0.5)
    versus = report.summary().overall.comparison("other")
    deviation = np.std([0, loss, 0], ddof=1)
    assert versus.cer_noise == pytest.approx(deviation) == page.noise("grey", "other")
    assert "3 views a page (dpi unsaid, 150, 300)" in report.methods[""]


def test_a_page_is_worse_only_beyond_the_noise(folder):
    within = measured(folder, (TRUTH, TRUTH, "one two"), ("one two", TRUTH, "one two"))
    assert within.pages[0].change("grey", "other") < 0
    assert within.made_worse() == []
    versus = within.summary().overall.comparison("other")
    assert (versus.better, versus.same, versus.worse, versus.f1_worse) == (0, 1, 0, 0)
    beyond = measured(folder, (TRUTH,) * 3, ("one two", "one two", "one two three"))
    assert [page.name for page in beyond.made_worse()] == ["a"]
    versus = beyond.summary().overall.comparison("other")
    assert (versus.worse, versus.f1_worse, versus.f1_better) == (1, 1, 0)


def test_the_noise_stands_beside_every_gain(folder, tmp_path):
    report = measured(folder, (TRUTH, TRUTH, "one two"), (TRUTH, TRUTH, TRUTH))
    floor = report.summary().overall.comparison("other").cer_noise
    shown = f"±{100 * floor:.2f}"
    assert "noise" in report.to_text() and shown in report.to_text()
    assert f"noise of one view {100 * floor:.2f}" in report.to_text()
    assert shown in report.to_markdown()
    told = json.loads(report.to_json())
    assert told["overall"]["comparisons"][0]["cer_noise"] == pytest.approx(floor)
    assert told["pages"][0]["noise"] == pytest.approx(floor)
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert [row["views"] for row in rows] == ["3", "3"]
    assert float(rows[0]["cer_spread"]) == pytest.approx(floor) and rows[1]["cer_spread"] == "0.0"
    report.to_html(tmp_path / "r.html")
    assert shown in (tmp_path / "r.html").read_text("utf-8")


def test_one_view_has_no_noise(folder):
    plan = ["grey", Contender("other", "marks a pixel", marked)]
    report = evaluate(folder, None, Wavering((TRUTH,) * 3, (TRUTH,) * 3), contenders=plan)
    versus = report.summary().overall.comparison("other")
    assert np.isnan(versus.cer_noise) and "noise" not in report.to_text()


def test_settings_say_how_many_views(folder, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("docclean.evaluation.request.evaluate", lambda *a, **k: seen.append(k))
    settings = tmp_path / "s.toml"
    settings.write_text("views = 3\n")
    for given in (None, 2):
        order = Order(folder, contenders=("grey",), settings=settings, views=given)
        order._evaluate(folder, [], lambda *progress: None)
    assert [one["views"] for one in seen] == [3, 2]


# --- contenders of a cleaner ----------------------------------------------------------------------


@dataclass(frozen=True)
class Sides:
    """Reads the page as it came and the cleaned one each in its own way."""

    name = "sides"

    def read(self, page, *, words=False):
        clean = page.grey()[0, 0] == 255
        told = [("surely", 95, 0), ("wrong" if clean else "right", 40 if clean else 90, 40)]
        told += [("everything", 90, 80), ("else", 90, 120)]
        told += [] if clean else [("junk", 60, 200)]
        boxes = tuple(Word(text, x, 0, 30, 9, sure) for text, sure, x in told)
        return PageText(" ".join(text for text, _, _ in told), boxes)


def test_looks_vote_and_dropping_alone_does_not(folder):
    (folder / "a.gt.txt").write_text("surely right everything else")
    plan = [
        Contender("cleaned", "", lambda page: Treated(FakeCleaner().clean(page).page)),
        dropped_by(FakeCleaner(), "dropped"),
        looked_by(FakeCleaner(), "looks"),
    ]
    (page,) = evaluate(folder, None, Sides(), contenders=plan).pages
    texts = [page.reading(name).text for name in ("cleaned", "dropped", "looks")]
    told = [f"surely {word} everything else" for word in ("wrong", "wrong", "right")]
    assert texts == told


def test_a_cleaner_that_is_shared_cleans_once_and_is_charged_every_time():
    calls = []

    class Counted(FakeCleaner):
        def clean(self, page):
            calls.append(page)
            return super().clean(page)

    shared, page = Sharing(Counted()), Page(np.full((9, 9), 40, np.uint8))
    first, again = shared.cleaned(page), shared.cleaned(page)
    assert first[0] is again[0] and first[1] == 0 < again[1]
    assert shared.clean(Page(page.pixels)) is not first[0] and len(calls) == 2


def test_files_are_read_as_they_were_written(tmp_path, letters):
    path = tmp_path / "in.jpg"
    write_pages([Page(letters, (200.0, 200.0))], path)
    (came,) = read_pages(path)
    treated = written_by(Inverter(), "written", for_ocr=False).treat(came)
    assert treated.page.dpi == pytest.approx((200, 200))
    apart = np.abs(treated.page.grey().astype(int) - (255 - came.grey()))
    assert 0 < apart.mean() < 8, "it went through a JPEG"


def test_a_missing_language_is_an_error_before_a_page_is_read(folder):
    with pytest.raises(MissingProgramError, match="no language pack for 'xyz'"):
        evaluate(folder, None, Tesseract("eng+xyz"), contenders=["grey"], views=3)
