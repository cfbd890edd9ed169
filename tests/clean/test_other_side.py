"""The other side of the sheet goes; what is pale and sharp, or soft and alone, is left."""

from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.other_side import back_of, front_of
from docclean.clean.type_size import x_height
from docclean.corruptions import CORRUPTIONS
from docclean.page import Page
from docclean.synth import TextSource, typeset

THROUGH = {
    "alpha": 0.4, "blur": 0.25, "patchy": 0.2, "soaked": 0.1,
    "dx": 0.01, "dy": 0.1, "flip": False, "seed": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def print_():
    """A clean page of a letter, a part of it, (1300, 1100) uint8."""
    made = typeset(Random("letter1"), TextSource(("en_US",)), 150, "letter")
    return np.ascontiguousarray(made.page.pixels[:1300, :1100])


@pytest.fixture(scope="module")
def through(print_):
    """The same with its back shining through, on paper that is a little grey."""
    return _through(print_)


def _through(grey):
    shone = CORRUPTIONS["bleed_through"].on_page(grey, THROUGH, 150)
    rng = np.random.default_rng(3)
    paper = 235 + rng.normal(0, 2, grey.shape)
    return np.clip(shone * (paper / 255), 0, 255).astype(np.uint8)


def _front(page, cleaned=None):
    return front_of(page, page if cleaned is None else cleaned, x_height(page))


def test_the_back_is_told_from_the_ink_of_the_front(print_, through):
    paper = np.where(through < 205, through, 255).astype(np.uint8)  # as a network leaves it
    front = _front(through, paper)
    assert front is not None and front.ink > 0.9
    back = back_of(through, x_height(print_), front)
    near = cv2.dilate((print_ < 128).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    seen = (through < 190) & ~near
    assert seen.mean() > 0.01
    assert np.mean(back[seen]) > 0.95
    assert not back[print_ < 128].any()


def _falls_off(page):
    """Out of focus toward the bottom, as a photograph is."""
    out = page.copy()
    for top in range(0, len(page), 100):
        sigma = 0.1 + 3.5 * top / len(page)
        out[top : top + 100] = cv2.GaussianBlur(page, (0, 0), sigma)[top : top + 100]
    return out


def _uneven(page):
    """Inked unevenly: some lines are much paler than others, and as sharp."""
    ink = 255 - page.astype(np.float32)
    for top in range(0, len(page), 150):
        ink[top : top + 75] *= 0.45
    return (255 - ink).astype(np.uint8)


@pytest.mark.parametrize("change", [lambda page: page, _falls_off, _uneven])
def test_a_page_without_a_back_has_none(change, print_):
    assert _front(change(print_)) is None


def test_a_pale_note_is_not_of_the_back(print_, through):
    noted = through.copy()
    blank = (slice(170, 260), slice(320, 840))
    assert noted[blank].min() > 120  # nothing of the front stands there
    letters = np.full((90, 520), 255, np.uint8)
    cv2.putText(letters, "pale note", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 0, 2)
    note = letters < 128
    noted[blank][note] = np.minimum(noted[blank][note], 130)
    front = _front(noted, np.where(noted < 205, noted, 255).astype(np.uint8))
    assert front is not None
    back = back_of(noted, x_height(print_), front)
    assert np.mean(back[blank][note]) < 0.05


@pytest.mark.parametrize("coloured", [False, True])
def test_a_page_is_shown_and_read_without_its_back(coloured, print_, through):
    pixels = through
    if coloured:
        tone = np.asarray([1.0, 0.96, 0.82])
        pixels = np.clip(through[..., None] * tone, 0, 255).astype(np.uint8)
    done = Cleaner.load("small").clean(Page(pixels, (150.0, 150.0)))
    assert done.decision.reason.startswith("the other side of the sheet shone through; ")
    assert done.decision.measures["other_side"] > 0.01
    near = cv2.dilate((print_ < 128).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    seen = (through < 180) & ~near
    shown = done.page.grey()
    assert np.mean(shown[seen] < 200) < 0.06  # nearly half of it without the stage
    assert np.mean(shown[print_ < 60] < 150) > 0.97
    read = cv2.resize(done.reading.pixels, print_.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.mean(read[seen] < 200) < 0.1
