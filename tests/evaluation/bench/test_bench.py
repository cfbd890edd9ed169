"""`docclean bench`: figures of this machine, of the steps, of the command."""

import json

import numpy as np
import pikepdf
import pytest
from dirty_scan import dirty
from PIL import Image as Pillow

from docclean.clean.cleaner import Cleaner
from docclean.cli import run
from docclean.documents import read_pages
from docclean.errors import DoccleanError
from docclean.evaluation.bench.commands import command, pages_a_second, peak_memory, seconds_of
from docclean.evaluation.bench.figures import Figure
from docclean.evaluation.bench.pages import copies
from docclean.evaluation.bench.roofline import roofline
from docclean.evaluation.bench.steps import STEPS, milliseconds
from docclean.page import Page


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.png"
    Pillow.fromarray(dirty(size=30).pixels).save(path, dpi=(200, 200))
    return path


def test_a_convolution_and_a_copy_take_time():
    best = roofline(threads=1)
    assert 1e8 < best.convolution < 1e13  # of this century's processors
    assert 1e8 < best.memory < 1e12


def test_the_steps_are_all_of_the_time(scan):
    took = milliseconds(scan, Cleaner.load(threads=1))
    assert set(took) == {"decode", *STEPS, "the rest", "encode"}
    assert all(value >= 0 for value in took.values())
    # each name is that of a function that ran; a renamed one would tell nothing
    assert all(took[name] > 0 for name in STEPS)
    assert took["network"] > took["glance"]


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_no_two_copies_are_the_same(tmp_path, suffix):
    paths = copies(dirty(), 3, tmp_path, suffix)
    assert [path.suffix for path in paths] == [suffix] * 3
    assert len({path.read_bytes() for path in paths}) == 3


def test_a_pdf_holds_all_the_copies_as_jpegs(tmp_path):
    (path,) = copies(dirty(), 3, tmp_path, ".pdf")
    assert len(list(read_pages(path))) == 3
    with pikepdf.open(path) as pdf:
        images = [image for page in pdf.pages for image in page.get_images().values()]
        assert [str(image.Filter) for image in images] == ["/DCTDecode"] * 3
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.slow
def test_pages_a_second_are_those_of_the_longer_run(tmp_path):
    page = Page(dirty().pixels, (150.0, 150.0))
    assert 0.1 < pages_a_second(page, ".png", 6, 1, threads=1) < 1000


def test_memory_is_that_of_a_process_of_its_own(scan, tmp_path):
    held = np.ones(300_000_000, np.uint8)
    peak = peak_memory(scan, tmp_path / "out.png", threads=1)
    if peak is None:
        pytest.skip("needs Linux's /proc")
    assert 40 < peak < 300
    assert (tmp_path / "out.png").exists()
    del held


def test_a_command_that_fails_is_told(tmp_path):
    with pytest.raises(DoccleanError, match=r"nothing\.png"):
        seconds_of(command(["clean", str(tmp_path / "nothing.png"), "-o", "x.png"]))


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Figure("a", 1234.5, "ms"), "1,234 ms"),
        (Figure("a", 45.67, "ms"), "45.7 ms"),
        (Figure("a", 1.234, "s"), "1.23 s"),
        (Figure("a", None, "s", "unpaper is not installed"), "unpaper is not installed"),
    ],
)
def test_figures_are_told_as_people_write_them(figure, told):
    assert figure.told() == told


def test_the_verb_writes_the_table_and_json(scan, tmp_path, capsys):
    out = tmp_path / "speed.md"
    asked = ["bench", str(scan), "--quick", "--threads", "1"]
    assert run([*asked, "--json", "-o", str(out)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [one["what"] for one in told]
    assert {"step: network", "machine: 3 x 3 convolution"} <= set(names)
    table = out.read_text()
    assert "Page: scan.png; model small, 1 threads." in table
    assert all(f"| {name} |" in table for name in names)


def test_a_scan_that_is_none_is_one_sentence(tmp_path, capsys):
    assert run(["bench", str(tmp_path / "none.png"), "--quick"]) == 2
    assert "none.png" in capsys.readouterr().err
