"""A neural engine gets the page's own strokes, Tesseract the cleaned ones."""

from dataclasses import dataclass

import numpy as np
import pytest
from dirty_scan import dirty

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.decision import Decision
from docclean.clean.read.strokes import own_strokes
from docclean.clean.reading import suited
from docclean.clean.work import Cleaned
from docclean.cli import run
from docclean.documents import read_pages, write_pages
from docclean.evaluation.cleaners import cleaned_by
from docclean.ocr import Tesseract
from docclean.ocr.rapidocr import RapidOcr
from docclean.page import Page
from docclean.recipe import Options

DIRTY = dirty()
KEPT, DONE = (Decision(verdict, "", {}) for verdict in ("kept", "cleaned"))


def sheet():
    """Return a brown page with a line of strokes and a stain, and it cleaned, twice as large."""
    came = np.full((400, 300, 3), (200, 180, 140), np.uint8)
    came[100:120, 40:260:12] = came[100:120, 41:260:12] = (60, 50, 40)
    came[300:320, 100:130] = (150, 130, 90)
    read = np.full((400, 300), 255, np.uint8)
    read[100:120, 40:260:12] = read[100:120, 41:260:12] = 0
    return came, np.kron(read, np.ones((2, 2), np.uint8))


def test_strokes_stay_as_they_came_and_dirt_becomes_paper():
    came, read = sheet()
    shown = own_strokes(came, read, 10.0)
    assert (shown[101:119, 40:260] == came[101:119, 40:260]).all()
    assert (shown[300:320, 100:130] == (200, 180, 140)).all()
    grey = np.ascontiguousarray(came[..., 0])
    assert (own_strokes(grey, read, 10.0) == shown[..., 0]).all()


@pytest.mark.parametrize("side", [1, 3, 9])
def test_a_tiny_picture_is_no_trouble(side):
    tiny = np.full((side, side), 200, np.uint8)
    assert own_strokes(tiny, tiny, 0.0).shape == (side, side)


def test_what_was_kept_is_read_as_it_came():
    came, read = sheet()
    page = Page(came, (150.0, 150.0))
    kept = Cleaned(page, KEPT, page.finer(read, 2.0), 2.0).for_neural()
    assert kept.reading is page
    assert kept.scale == 1.0
    done = Cleaned(page, DONE, page.finer(read, 2.0), 2.0, came, 10.0).for_neural()
    assert done.reading.pixels.shape == came.shape
    assert done.reading.dpi == page.dpi
    assert done.page is page


@dataclass
class Foreign:
    """What a cleaner of another package gives."""

    page: Page
    scale: float = 1.0


def test_other_cleaners_pages_are_taken_as_they_are():
    foreign = Foreign(Page(sheet()[0]))
    assert suited(foreign, neural=True) is foreign


def test_evaluate_gives_each_engine_its_picture():
    contender = cleaned_by(Cleaner.load())
    neural, other = (contender.trial(DIRTY, one) for one in (RapidOcr(), Tesseract()))
    assert neural.reading.pixels.shape == DIRTY.pixels.shape
    assert (neural.page.pixels == other.page.pixels).all()
    paper = [float(np.median(one.reading.grey())) for one in (neural, other)]
    assert paper[0] < 250 <= paper[1]


def test_the_command_writes_for_either_and_not_for_both(tmp_path, capsys):
    came, out = tmp_path / "came.png", tmp_path / "out.png"
    write_pages([DIRTY], came)
    call = ["clean", str(came), "-o", str(out), "--for-neural"]
    assert run(call) == 0
    written = next(iter(read_pages(out)))
    assert written.pixels.shape == DIRTY.pixels.shape
    assert float(np.median(written.grey())) < 250
    assert run([*call, "--for-ocr", "--overwrite"]) == 1
    assert "--for-neural" in capsys.readouterr().err


def test_options_know_what_is_to_be_read():
    assert Options(for_neural=True).to_be_read
    assert not Options(ocr=True).to_be_read
