"""The figures the project promises, measured with the shipped model, and the scripts that do it.

The real sets lie beside the project and are skipped with a reason where they are absent.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.decision import Decision
from docclean.clean.network import load_runtime
from docclean.clean.work import Cleaned
from docclean.documents import read_pages
from docclean.evaluation import evaluate
from docclean.evaluation.folder import find_items
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pairs.folder import write_png
from docclean.scores.pixels import rmse
from docclean.scores.statistics import Interval
from docclean.scores.text import Score, score
from docclean.synth import TextSource, typeset

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "pipelines/bench"))  # scripts, no package

import clean_pages  # noqa: E402
import common  # noqa: E402
import noise_suite  # noqa: E402

DATA = ROOT.parent / "shared" / "data"


def benchmark(name):
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the public benchmark is not beside the project ({name})")
    return folder


@pytest.fixture(scope="module")
def ungated():
    return Cleaner.load("small", gate=False)


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner.load("small")


def clean_page(number, dpi, layout="book"):
    return typeset(Random(f"clean-{number}"), TextSource(()), dpi, layout)


@pytest.mark.parametrize(("number", "dpi"), [(1, 110), (2, 150), (3, 200), (4, 300)])
def test_clean_pages_come_out_as_they_went_in(cleaner, number, dpi):
    page = clean_page(number, dpi).page
    change = np.abs(cleaner(page).pixels.astype(int) - page.pixels).mean() / 255
    assert change <= 0.01


def test_clean_pages_change_little_even_without_the_gate(ungated):
    page = clean_page(3, 200).page
    assert np.abs(ungated(page).pixels.astype(int) - page.pixels).mean() / 255 <= 0.02


@pytest.mark.slow
def test_clean_pages_read_as_well_as_before(cleaner):
    engine, before, after, length = Tesseract("eng"), 0, 0, 0
    for number in range(12):
        made = clean_page(number, (120, 150, 200, 300)[number % 4])
        raw = score(made.text, engine.read(made.page).text)
        cleaned = score(made.text, engine.read(cleaner(made.page)).text)
        before, after = before + raw.char_edits, after + cleaned.char_edits
        length += raw.chars
    assert (after - before) / length <= 0.001


@pytest.mark.slow
@pytest.mark.data
def test_dirty_documents_come_close_to_their_clean_twins(ungated):
    items = find_items(benchmark("dirty-documents")).items
    distances = []
    for item in items:
        page, twin = next(read_pages(item.image)), next(read_pages(item.twin))
        distances.append(rmse(ungated(page).grey(), twin.grey()))
    assert np.mean(distances) <= 0.025


@pytest.mark.slow
@pytest.mark.data
def test_dirty_documents_read_better_than_raw():
    folder = benchmark("dirty-documents")
    cleaner, engine = Cleaner.load("small"), Tesseract("eng", 6)
    report = evaluate(folder, cleaner, engine, contenders=("raw", "cleaned"))
    assert report.cer_clean <= 0.011 < report.cer_raw


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("language", ["ces", "dan", "deu", "eng", "fra"])
def test_typewritten_pages_keep_their_words(language):
    folder = benchmark(f"ocr/typewritten-{language}")
    cleaner, engine = Cleaner.load("small"), Tesseract(language, 3)
    report = evaluate(folder, cleaner, engine, contenders=("grey", "cleaned"))
    grey, cleaned = (sum(report.scores(name), Score()) for name in ("grey", "cleaned"))
    assert cleaned.f1 >= grey.f1
    assert cleaned.cer <= grey.cer


@pytest.mark.slow
def test_salt_and_pepper_gives_its_words_back(cleaner):
    reader = common.load_reader(None)
    treatments = {"small": noise_suite.cleaned_by(cleaner)}
    rows = [noise_suite.measure_page(0, ["salt and pepper"], treatments, reader)]
    read = {key: [row[key].score for row in rows] for key in rows[0]}
    share = noise_suite.share_back(
        read["", noise_suite.RAW],
        read["salt and pepper", noise_suite.RAW],
        read["salt and pepper", "small"],
    )
    assert share.value >= 0.7


@pytest.mark.parametrize("shape", [(1, 1), (33, 400), (517, 771)])
def test_tiled_equals_whole(shape):
    grey = dirt(shape)
    whole, tiled = (
        Cleaner(load_runtime("small"), False, area).clean_grey(grey) for area in (10**9, 200_000)
    )
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.slow
def test_an_a4_page_is_cleaned_in_bounded_memory(tmp_path):
    write_png(tmp_path / "a4.png", Page(dirt((3508, 2480))))
    assert peak_megabytes(tmp_path / "a4.png", tmp_path / "clean.png") <= 600


@pytest.mark.slow
def test_a_huge_page_is_cleaned_in_bounded_memory(tmp_path):
    huge = np.tile(dirt((1400, 2000)), (10, 10))
    write_png(tmp_path / "huge.png", Page(huge))
    del huge
    assert peak_megabytes(tmp_path / "huge.png", tmp_path / "clean.png") <= 1500
    data = (tmp_path / "clean.png").read_bytes()[16:24]
    assert (int.from_bytes(data[:4], "big"), int.from_bytes(data[4:], "big")) == (20_000, 14_000)


def dirt(shape):
    """Return text under uneven light with noise, at any size."""
    height, width = shape
    rng = np.random.default_rng(0)
    page = np.full(shape, 220, np.uint8)
    for row in range(12, height, 24):
        cv2.putText(page, "The stain is gone, the e stays. " * (width // 200 + 1), (3, row),
                    cv2.FONT_HERSHEY_COMPLEX, 0.5, 40, 1, cv2.LINE_AA)  # fmt: skip
    light = np.linspace(0.6, 1, width)[None, :] * page
    return np.clip(light + rng.normal(0, 6, shape), 0, 255).astype(np.uint8)


def peak_megabytes(source, out):
    # VmHWM, not ru_maxrss: the latter starts at what the tests held when they forked
    code = (
        "import json, sys; from docclean.cli import run; status = run(sys.argv[1:]);"
        "lines = open('/proc/self/status').read().split(chr(10));"
        "peak = next(line.split()[1] for line in lines if line.startswith('VmHWM'));"
        "print(json.dumps([status, int(peak)]))"
    )
    call = [sys.executable, "-c", code, "clean", str(source), "-o", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment)
    status, kilobytes = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stderr
    return kilobytes * 1024 / 1e6


# --- the scripts that measure: real pages, real readings, cleaners whose figure is known ----------


class Perfect:
    """A cleaner that knows the clean pages, by their number."""

    def __init__(self, pages):
        self.pages = {page.number: page for page in pages}

    def __call__(self, page):
        return self.pages[page.number]


class Still:
    """A cleaner that changes nothing."""

    def clean(self, page):
        return Cleaned(page, Decision("kept", "it never does anything", {}))

    def __call__(self, page):
        return self.clean(page).page


class Whitener:
    """A cleaner that wipes the page."""

    def clean(self, page):
        white = page.with_pixels(np.full_like(page.pixels, 255))
        return Cleaned(white, Decision("cleaned", "it always does", {}))


@pytest.fixture(scope="module")
def small_book():
    """The suite's first pages, cut to their first lines so that they are read in no time."""
    return [first_lines(noise_suite.book_page(index)) for index in range(2)]


def first_lines(made, most=400):
    rows = np.flatnonzero(made.page.pixels[:most].min(1) > 250)[-1]
    words = [word.text for word in made.words if word.bottom <= rows + 2]
    page = made.page.with_pixels(made.page.pixels[:rows].copy())
    return replace(made, page=page, text=" ".join(words))


def test_a_noise_repeats_its_pixels_and_no_page_has_anothers(small_book):
    page = small_book[0].page.pixels
    for name in noise_suite.NOISES:
        once, again = (noise_suite.spoil(name, 0, page) for _ in range(2))
        assert once.dtype == np.uint8 and once.shape == page.shape
        assert np.array_equal(once, again), name
        assert not np.array_equal(once, page), name
        assert name == "blur" or not np.array_equal(once, noise_suite.spoil(name, 1, page)), name
    first, second = (noise_suite.book_page(0).page for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels) and first.dpi == (300, 300)


def test_the_words_that_come_back(small_book, monkeypatch, tmp_path):
    monkeypatch.setattr(noise_suite, "book_page", lambda index: small_book[index])
    treatments = {"identity": Still(), "perfect": Perfect([made.page for made in small_book])}
    reader = common.load_reader(tmp_path / "cache.jsonl")
    names = ["salt and pepper", "stains"]
    rows = [
        noise_suite.measure_page(index, names, treatments, reader, tmp_path) for index in range(2)
    ]
    clean = [row["", "as it is"].score for row in rows]
    assert sum(clean, Score()).recall > 0.9
    for name in names:
        spoilt, same, perfect = (
            [row[name, label].score for row in rows] for label in ("as it is", *treatments)
        )
        assert sum(spoilt, Score()).recall < sum(clean, Score()).recall
        assert noise_suite.share_back(clean, spoilt, same).value == 0
        assert noise_suite.share_back(clean, spoilt, perfect).value == 1
        assert all(row[name, "identity"].untouched for row in rows)
        assert not any(row[name, "perfect"].untouched for row in rows)
    lines = noise_suite.table(rows)
    assert len(lines) == 2 + 1 + 2 * 3
    assert "| perfect |" in lines[5] and " 100.0% (– to –) | 95% | 0 |" in lines[5]
    assert len(list(tmp_path.glob("*.png"))) == 2 * 2 * 3


def test_the_share_that_comes_back_and_its_interval():
    def found(*words):
        return [Score(words=20, words_found=count) for count in words]

    clean, spoilt = found(20, 18, 16, 20), found(10, 8, 6, 10)
    even = noise_suite.share_back(clean, spoilt, found(15, 13, 11, 15))
    assert even == Interval(0.5, 0.5, 0.5)
    uneven = noise_suite.share_back(clean, spoilt, found(20, 8, 6, 10))
    assert uneven.value == 0.25 and uneven.low == 0 and 0.5 <= uneven.high <= 1
    assert noise_suite.share_back(clean, spoilt, found(8, 6, 4, 8)).value == -0.2
    assert np.isnan(noise_suite.share_back(clean, clean, clean).value)


def test_clean_pages_are_measured():
    pages = [first_lines(clean_pages.clean_page(index)) for index in (2, 7, 12)]
    reader = common.load_reader(None)
    cleaners = {"identity": Still(), "whitener": Whitener()}
    rows = [clean_pages.measure_page(made, cleaners, reader) for made in pages]
    same, wiped = zip(*rows, strict=True)
    assert clean_pages.mean_rise(same) == Interval(0, 0, 0)
    assert all(one.near == 1 and one.before == one.after < 0.2 for one in same)
    assert all(one.near < 1 and one.after == 1 for one in wiped)
    assert clean_pages.mean_rise(wiped).low > 0.8
    row = clean_pages.table({"whitener": wiped})[-1]
    assert row.startswith("| whitener |") and "| 3 | 0 |" in row


def test_clean_pages_take_turns_and_repeat():
    once, again = (clean_pages.clean_page(index) for index in (3, 3))
    assert np.array_equal(once.page.pixels, again.page.pixels)
    assert once.page.dpi == (300, 300)
    steps = [clean_pages.clean_page(index).page.dpi[0] for index in range(5)]
    assert steps == list(clean_pages.DPI_STEPS)
