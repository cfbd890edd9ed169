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
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.contenders import Contender, Treated, cleaned_by
from docclean.evaluation.folder import Item
from docclean.evaluation.settings import Settings
from docclean.ocr import PageText, Word
from docclean.page import Page
from docclean.report.tables import to_short_markdown
from docclean.scores.text import TextRules
from docclean.scores.totals import TWIN

DIRT = 40
"""Grey level of the dirt the fakes put on a page and take off again."""


@dataclass
class FakeEngine:
    """Reads the text written for a page's size; with dirt on the page, loses its last word."""

    texts: dict[int, str]
    delay: float = field(default=0.0, repr=False)
    together: int = field(default=0, repr=False)
    most: int = field(default=0, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
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
        text = text.rsplit(" ", 1)[0] if dirty else text
        boxes = tuple(Word(word, 0, 0, 5, 5, 60.0 if dirty else 90.0) for word in text.split())
        return PageText(text, boxes if words else (), 0.5)


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


def pair(folder, truth=True):
    write(folder / "noisy/x.png", 30)
    write(folder / "clean/x.png", 30, dirty=False)
    if truth:
        (folder / "truth").mkdir()
        (folder / "truth/x.gt.txt").write_text("one two")


def test_clean_twins(tmp_path):
    pair(tmp_path)
    report = evaluate(tmp_path, FakeCleaner(), FakeEngine({30: "one two"}))
    assert report.contenders()[-1] == TWIN
    assert report.totals(TWIN).fidelity is None and report.totals(TWIN).micro.cer == 0
    assert report.totals("cleaned").fidelity.rmse == 0
    expected = (255 - DIRT) / 255 / (20 * 30) ** 0.5
    assert report.totals("raw").fidelity.rmse == pytest.approx(expected)
    for head in ("RMSE", "PSNR", "SSIM", "F-measure", "pseudo-F", "DRD"):
        assert head in report.to_text() and head in report.to_markdown()


def test_twins_without_truth_are_measured_too(tmp_path):
    pair(tmp_path, truth=False)
    report = evaluate(tmp_path, FakeCleaner(), FakeEngine({30: "one two"}))
    assert report.totals("cleaned").fidelity.rmse == 0 and report.totals("cleaned").signs
    assert report.totals("cleaned").micro is None and report.summary().overall is None


def test_a_contender_of_another_size_has_no_fidelity(tmp_path):
    pair(tmp_path)
    engine = FakeEngine({30: "one two", 60: "one two"})
    report = evaluate(tmp_path, None, engine, contenders=["grey", "grey-x2"])
    assert report.totals("grey-x2").fidelity is None and report.totals("grey").fidelity


def test_without_truth_the_signs_are_told(tmp_path, engine):
    for name, width in (("a", 30), ("b", 40)):
        write(tmp_path / f"{name}.png", width)
    report = evaluate(tmp_path, FakeCleaner(), engine, contenders=["raw", "cleaned"])
    raw, cleaned = (report.totals(name).signs for name in ("raw", "cleaned"))
    assert (raw.confidence, cleaned.confidence) == (60, 90)
    assert (raw.words, cleaned.words) == (2, 4)
    assert raw.agreement == 1 and 0 < cleaned.agreement < 1
    assert report.totals("raw").micro is None
    assert [round(page.change("raw", "cleaned"), 6) for page in report.pages] == [0.3, 0.3]
    for text in (report.to_text(), report.to_markdown(), report.to_csv()):
        assert "confidence" in text
    assert "CER" not in report.to_text()
    with pytest.raises(UsageError, match="no page of which the text is known"):
        report.scores("raw")


def test_a_pdf_is_one_text(tmp_path, engine, make_pdf):
    (tmp_path / "d.pdf").write_bytes(make_pdf(3))
    (tmp_path / "d.gt.txt").write_text("he llo\fhe llo\fhe llo\n")
    engine.texts[120] = "he llo"
    report = evaluate(tmp_path, None, engine, contenders=["raw", "grey"], jobs=2)
    (page,) = report.pages
    assert report.cer_raw == 0 and page.readings[0].ocr.seconds == pytest.approx(1.5)


def test_sub_folders_are_sets(folder, engine, tmp_path):
    for name in ("one", "two"):
        (tmp_path / "sets" / name).mkdir(parents=True)
    for path in folder.glob("a.*"):
        shutil.copy(path, tmp_path / "sets/one")
    for path in folder.glob("[bc].*"):
        shutil.copy(path, tmp_path / "sets/two")
    report = evaluate(tmp_path / "sets", FakeCleaner(), engine)
    assert report.sets() == ("one", "two")
    summary = report.summary()
    assert [one.pages for one in summary.sets] == [1, 2]
    assert summary.overall.name == "all sets" and summary.overall.pages == 3
    assert "all sets" in report.to_text()
    assert evaluate(tmp_path / "sets", FakeCleaner(), engine, sets=["t*"]).sets() == ("two",)
    with pytest.raises(UsageError, match="no set is called 'three'; there are: one, two"):
        evaluate(tmp_path / "sets", FakeCleaner(), engine, sets=["three"])
    assert len(evaluate(tmp_path / "sets", FakeCleaner(), engine, limit=1).pages) == 2


def test_settings_choose_engine_and_rules(folder, tmp_path, monkeypatch):
    seen = []

    def read(self, page, *, words=False):
        seen.append((self.lang, self.psm))
        return PageText("ONE TWO")

    monkeypatch.setattr("docclean.ocr.Tesseract.read", read)
    for name in ("x-deu", "receipts"):
        (tmp_path / "sets" / name).mkdir(parents=True)
        for path in folder.glob("a.*"):
            shutil.copy(path, tmp_path / "sets" / name)
    told = tmp_path / "settings.toml"
    told.write_text('[set."*-deu"]\nlang="deu"\n[set.receipts]\npsm=4\nfold_case=true\n')
    report = evaluate(tmp_path / "sets", None, contenders=["grey"], settings=Settings.load(told))
    assert sorted(seen) == [("deu", None), ("eng", 4)]
    assert [one.totals[0].micro.cer for one in report.summary().sets] == [0, pytest.approx(6 / 7)]
    assert report.methods == {
        "receipts": "Tesseract -l eng --psm 4, NFC, white space folded, case folded",
        "x-deu": "Tesseract -l deu, NFC, white space folded, case kept",
    }
    assert "x-deu: Tesseract -l deu" in report.summary().method
    assert [one.method for one in report.summary().sets] == list(report.methods.values())
    told.write_text("[set.receipts]\nskip=true\n")
    kept = evaluate(tmp_path / "sets", None, contenders=["grey"], settings=Settings.load(told))
    assert kept.sets() == ("x-deu",)


def test_only_may_be_a_test_of_an_item(folder, engine):
    def second(item: Item) -> bool:
        return item.name == "b"

    assert [p.name for p in evaluate(folder, FakeCleaner(), engine, only=second).pages] == ["b"]
    with pytest.raises(UnreadableInputError, match="none of its pages was asked for"):
        evaluate(folder, FakeCleaner(), engine, only=["z"])


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
