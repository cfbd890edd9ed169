"""The figures the project promises, measured with the shipped model.

The real sets lie beside the project and are skipped with a reason where they are absent.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from docclean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.evaluation import evaluate
from docclean.evaluation.folder import find_items
from docclean.fidelity import rmse
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pairs import write_png
from docclean.runtime import load_runtime
from docclean.score import score
from docclean.synth import TextSource, typeset

ROOT = Path(__file__).parents[1]
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


@pytest.mark.data
def test_dirty_documents_come_close_to_their_clean_twins(ungated):
    items = find_items(benchmark("dirty-documents")).items
    distances = []
    for item in items:
        page, twin = next(read_pages(item.image)), next(read_pages(item.twin))
        distances.append(rmse(ungated(page).grey(), twin.grey()))
    assert np.mean(distances) <= 0.050


@pytest.mark.slow
@pytest.mark.data
def test_dirty_documents_read_better_than_raw():
    folder = benchmark("dirty-documents")
    cleaner, engine = Cleaner.load("small"), Tesseract("eng", 6)
    report = evaluate(folder, cleaner, engine, contenders=("raw", "cleaned"))
    assert report.cer_clean <= 0.029 < report.cer_raw


@pytest.mark.slow
@pytest.mark.data
def test_typewritten_pages_keep_their_words():
    folder = benchmark("ocr/typewritten-eng")
    cleaner, engine = Cleaner.load("small"), Tesseract("eng", 3)
    report = evaluate(folder, cleaner, engine, contenders=("raw", "cleaned"))
    assert report.f1_clean >= report.f1_raw - 0.01


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
