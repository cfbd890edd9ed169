"""Pages and contenders that fail, and what an evaluation says of them."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_evaluations import FakeCleaner, FakeEngine, Outcome, write

from docclean.errors import MissingProgramError, UnreadableInputError, UsageError
from docclean.evaluation.cleaners import cleaned_by
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.contenders import Contender, Treated
from docclean.report.tables import to_short_markdown


def test_a_cache_is_read_instead_of_the_pages(folder, engine, tmp_path):
    cache = tmp_path / "readings.jsonl"
    first = evaluate(folder, FakeCleaner(), engine, cache=cache)
    second = evaluate(folder, FakeCleaner(), FakeEngine(engine.texts, delay=60), cache=cache)
    assert first.scores("raw") != [] and len(cache.read_text().splitlines()) > 3
    # another engine is another key
    third = FakeEngine({**engine.texts, 30: "x"})
    assert evaluate(folder, FakeCleaner(), third, cache=cache).cer_clean > 0
    assert second.cer_raw == first.cer_raw


def test_a_page_that_cannot_be_read_is_listed(folder, engine):
    (folder / "b.png").write_bytes(b"not an image")
    report = evaluate(folder, FakeCleaner(), engine)
    assert [page.name for page in report.pages] == ["a", "c"]
    assert [failure.name for failure in report.failures] == ["b"]
    assert "failed  b: " in report.to_text() and "1 failure" in report.to_text()
    assert "Not read: b: " in report.to_markdown()


def test_a_contender_that_fails_on_a_page_leaves_the_others(folder, engine):
    def treat(page):
        if page.width == 40:
            raise UsageError("not this one")
        return Treated(page)

    plan = ["raw", Contender("picky", "fails on b", treat)]
    report = evaluate(folder, None, engine, contenders=plan)
    assert [len(page.readings) for page in report.pages] == [2, 1, 2]
    assert [one.name for one in report.failures] == ["b (picky)"]
    versus = report.summary().overall.comparison("picky")
    assert versus.better + versus.same + versus.worse == 2


def test_no_page_that_can_be_read(folder, engine):
    for path in folder.glob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(UnreadableInputError, match="none of its 3 pages"):
        evaluate(folder, FakeCleaner(), engine)


def test_nothing_to_read(tmp_path, engine):
    with pytest.raises(UnreadableInputError, match="holds no documents"):
        evaluate(tmp_path, FakeCleaner(), engine)
    with pytest.raises(UnreadableInputError, match="does not exist"):
        evaluate(tmp_path / "absent", FakeCleaner(), engine)


def test_a_missing_program_stops_the_run(folder):
    class Missing(FakeEngine):
        def read(self, page, *, words=False):
            raise MissingProgramError("apt-get install it")

    with pytest.raises(MissingProgramError):
        evaluate(folder, FakeCleaner(), Missing({}), jobs=2)


def test_a_wiped_page_without_truth_is_worse(tmp_path, engine):
    for name, width in (("a", 30), ("b", 40)):
        write(tmp_path / f"{name}.png", width, dirty=False)
    engine.texts[70] = ""

    def wipe(page):
        wide = np.full((20, 70), 255, np.uint8)
        return Treated(page.with_pixels(wide) if page.width == 30 else page)

    plan = ["grey", Contender("wiper", "loses a", wipe)]
    report = evaluate(tmp_path, None, engine, contenders=plan)
    assert [page.name for page in report.made_worse()] == ["a"]
    assert [report.totals(name).signs.confidence for name in ("grey", "wiper")] == [90, 45]


def test_numbers_of_fewer_pages_than_the_set_has_say_so(folder, engine):
    def treat(page):
        if page.width != 50:
            raise UsageError("not this one")
        return Treated(page)

    report = evaluate(folder, None, engine, contenders=["raw", Contender("picky", "", treat)])
    assert report.totals("picky").pages == 1
    for text in (report.to_text(), report.to_markdown(), to_short_markdown(report.summary())):
        assert "(1 of 3)" in text


def test_left_out_pages_are_named(folder, engine):
    assert (
        "1 without truth left out: unlabelled.png"
        in evaluate(folder, None, engine, contenders=["raw"]).remark
    )


def test_contenders_of_ones_own(folder, engine):
    own = Contender(
        "white", "bleached", lambda page: Treated(page.with_pixels(page.grey() | 255), "bleached")
    )
    plan = ["raw", own, cleaned_by(FakeCleaner(), "second")]
    report = evaluate(folder, None, engine, contenders=plan)
    assert report.contenders() == ("raw", "white", "second")
    assert report.totals("white").micro.cer == 0
    assert (report.before, report.after) == ("raw", "second")
    with pytest.raises(UsageError, match="'cleaned' read no page"):
        _ = report.cer_clean


def test_wrong_contenders(folder, engine):
    with pytest.raises(UsageError, match="no contender 'clened'"):
        evaluate(folder, None, engine, contenders=["clened"])
    with pytest.raises(UsageError, match="needs a cleaner"):
        evaluate(folder, None, engine)
    lame = Contender("lame", "lacks a leg", Treated, missing=lambda: "apt-get install leg")
    with pytest.raises(MissingProgramError, match="'lame' cannot run: apt-get install leg"):
        evaluate(folder, None, engine, contenders=[lame])
    with pytest.raises(UsageError, match="at least one contender"):
        evaluate(folder, None, engine, contenders=[])


def test_html_has_every_page(folder, engine, tmp_path):
    path = tmp_path / "report.html"
    report = evaluate(folder, FakeCleaner(), engine, pictures=True)
    assert all(page.pictures for page in report.pages)
    report.to_html(path)
    text = path.read_text(encoding="utf-8")
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert all(f'"{name}"' in text for name in "abc")


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
def test_tesseract_reads_a_page_better_when_its_dirt_is_gone(tmp_path: Path):
    clean = np.full((160, 900), 230, np.uint8)
    for row, line in enumerate(("The quick brown fox", "jumps over the lazy dog")):
        place = (40, 70 + 60 * row)
        cv2.putText(clean, line, place, cv2.FONT_HERSHEY_COMPLEX, 1.3, 0, 2, cv2.LINE_AA)
    rng = np.random.default_rng(0)
    dirty = np.where(rng.random(clean.shape) < 0.12, 60, clean).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "fox.png"), dirty)
    (tmp_path / "fox.gt.txt").write_text("The quick brown fox\njumps over the lazy dog")

    class Eraser:
        def clean(self, page):
            return Outcome(page.with_pixels(clean), "cleaned")

    report = evaluate(tmp_path, Eraser(), contenders=("raw", "cleaned"))
    assert report.cer_clean == 0 < report.cer_raw
    assert report.f1_raw < report.f1_clean == 1
