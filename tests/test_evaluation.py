"""Evaluation: arithmetic with a fake engine, once for real with Tesseract."""

import json
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from docclean.errors import MissingProgramError, UnreadableInputError, UsageError
from docclean.evaluation import (
    CLEAN_TWIN,
    Contender,
    cleaned_by,
    evaluate,
    find_labelled,
)
from docclean.ocr import PageText
from docclean.page import Page
from docclean.score import TextRules

DIRT = 40
"""Grey level of the dirt the fakes put on a page and take off again."""


@dataclass
class FakeEngine:
    """Reads the text written for a page's size; with dirt on the page, loses its last word."""

    texts: dict[int, str]
    delay: float = 0.0
    together: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    name = "fake"

    def read(self, page, *, words=False):
        with self.lock:
            self.together += 1
            self.most = max(self.most, self.together)
        time.sleep(self.delay)
        with self.lock:
            self.together -= 1
        text = self.texts[page.width]
        dirty = page.grey()[0, 0] == DIRT
        return PageText(text.rsplit(" ", 1)[0] if dirty else text, (), 0.5)


@dataclass
class Outcome:
    page: Page
    decision: str


class FakeCleaner:
    """Takes the dirt off, or spoils pages of the widths it is told to."""

    def __init__(self, spoils=()):
        self.spoils = spoils

    def clean(self, page):
        pixels = page.grey().copy()
        pixels[0, 0] = DIRT if page.width in self.spoils else 255
        return Outcome(page.with_pixels(pixels), "cleaned: paper was dirty")


def write(path, width, dirty=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((20, width), 255, np.uint8)
    pixels[0, 0] = DIRT if dirty else 255
    cv2.imwrite(str(path), pixels)


@pytest.fixture
def folder(tmp_path):
    """Three labelled pages (the last one clean already) and an image without truth."""
    for name, width, text in (("a", 30, "one two"), ("b", 40, "three four"), ("c", 50, "fi ve")):
        write(tmp_path / f"{name}.png", width, dirty=name != "c")
        (tmp_path / f"{name}.gt.txt").write_text(text + "\n", encoding="utf-8")
    write(tmp_path / "unlabelled.png", 60)
    return tmp_path


@pytest.fixture
def engine():
    return FakeEngine({30: "one two", 40: "three four", 50: "fi ve"})


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
    assert report.totals("raw").ocr_seconds == pytest.approx(0.5)
    assert report.totals("raw").rmse is None
    assert [page.name for page in report.made_worse()] == ["c"]
    assert report.pages[0].reading("cleaned").note == "cleaned: paper was dirty"


def test_text_lists_the_worse_pages_first(folder, engine):
    text = evaluate(folder, FakeCleaner(spoils=[50]), engine).to_text()
    lines = text.splitlines()
    assert lines[0] == "worse   c: CER +60.00%"
    assert lines[2].split()[:3] == ["contender", "CER", "WER"]
    assert [line.split()[0] for line in lines[3:7]] == ["raw", "grey", "divide", "cleaned"]
    assert "95 % interval" in lines[-1]


def test_json_holds_every_number(folder, engine):
    told = json.loads(evaluate(folder, FakeCleaner(spoils=[50]), engine).to_json())
    assert [page["name"] for page in told["pages"]] == ["c", "b", "a"]
    reading = told["pages"][0]["readings"][-1]
    assert reading["contender"] == "cleaned" and reading["cer"] == pytest.approx(0.6)
    assert told["totals"][0]["micro"]["cer"] > 0


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
            read.append(page.grey()[0, 0])
            return super().read(page)

    report = evaluate(folder, FakeCleaner(), Counting(engine.texts), only=["a"])
    assert DIRT in read and len(read) == len(set(read)) < len(report.contenders())


def test_cleaning_happens_one_page_at_a_time(folder, engine):
    inside = []

    class Watched(FakeCleaner):
        def clean(self, page):
            inside.append(1)
            assert len(inside) == 1
            time.sleep(0.02)
            inside.pop()
            return super().clean(page)

    assert not evaluate(folder, Watched(), engine, jobs=3).failures


def test_limit_only_progress_and_rules(folder, engine):
    seen = []
    report = evaluate(
        folder, FakeCleaner(), engine, limit=2, progress=lambda done, total: seen.append(done)
    )
    assert [page.name for page in report.pages] == ["a", "b"] and seen == [1, 2]
    assert len(evaluate(folder, FakeCleaner(), engine, only=["b"]).pages) == 1
    engine.texts[30] = "ONE TWO"
    rules = TextRules(fold_case=True)
    report = evaluate(folder, FakeCleaner(), engine, only=["a"], rules=rules)
    assert report.cer_clean == 0


def test_clean_twins(tmp_path):
    write(tmp_path / "noisy/x.png", 30)
    write(tmp_path / "clean/x.png", 30, dirty=False)
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth/x.gt.txt").write_text("one two")
    report = evaluate(tmp_path, FakeCleaner(), FakeEngine({30: "one two"}))
    assert report.contenders()[-1] == CLEAN_TWIN
    assert report.totals(CLEAN_TWIN).rmse == 0
    assert report.totals("cleaned").rmse == 0
    expected = (255 - DIRT) / 255 / (20 * 30) ** 0.5
    assert report.totals("raw").rmse == pytest.approx(expected)
    assert "RMSE" in report.to_text()


def test_a_page_that_cannot_be_read_is_listed(folder, engine):
    (folder / "b.png").write_bytes(b"not an image")
    report = evaluate(folder, FakeCleaner(), engine)
    assert [page.name for page in report.pages] == ["a", "c"]
    assert [failure.name for failure in report.failures] == ["b"]
    assert "failed  b: " in report.to_text() and "1 failed" in report.to_text()


def test_no_page_that_can_be_read(folder, engine):
    for path in folder.glob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(UnreadableInputError, match="none of its 3 labelled pages"):
        evaluate(folder, FakeCleaner(), engine)


def test_nothing_labelled(tmp_path, engine):
    write(tmp_path / "page.png", 30)
    with pytest.raises(UnreadableInputError, match=r"ID\.gt\.txt beside them, or the folders"):
        evaluate(tmp_path, FakeCleaner(), engine)
    with pytest.raises(UnreadableInputError, match="is not a folder"):
        find_labelled(tmp_path / "absent")


def test_a_missing_program_stops_the_run(folder):
    class Missing(FakeEngine):
        def read(self, page, *, words=False):
            raise MissingProgramError("apt-get install it")

    with pytest.raises(MissingProgramError):
        evaluate(folder, FakeCleaner(), Missing({}), jobs=2)


def test_contenders_of_ones_own(folder, engine):
    own = Contender("white", lambda page: (page.with_pixels(page.grey() | 255), "bleached"))
    plan = ["raw", own, cleaned_by(FakeCleaner(), "second")]
    report = evaluate(folder, None, engine, contenders=plan, pictures=False)
    assert report.contenders() == ("raw", "white", "second")
    assert report.totals("white").micro.cer == 0
    assert "interval" not in report.to_text()
    with pytest.raises(UsageError, match="'cleaned' was not among"):
        _ = report.cer_clean


def test_wrong_contenders(folder, engine):
    with pytest.raises(UsageError, match="no contender 'clened'; known: raw, grey"):
        evaluate(folder, None, engine, contenders=["clened"])
    with pytest.raises(UsageError, match="needs a cleaner"):
        evaluate(folder, None, engine)


def test_html_has_every_page(folder, engine, tmp_path):
    path = tmp_path / "report.html"
    evaluate(folder, FakeCleaner(), engine).to_html(path)
    assert path.read_text(encoding="utf-8").count('type="range"') == 3


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
