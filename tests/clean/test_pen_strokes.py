"""A pen over print is not read; nothing else goes, and the page that is kept has its strokes."""

from functools import lru_cache
from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.pens import Levels, without_pens
from docclean.clean.type_size import x_height
from docclean.page import Image, Page
from docclean.synth import TextSource, typeset


@lru_cache
def book() -> Image:
    return typeset(Random("pens"), TextSource(()), 300, "book").page.pixels[200:1500, 200:1500]


def written_on(page: Image, grey: int = 95, thick: int = 3) -> Image:
    """Draw a wave through the lines of a page, lighter than its print."""
    over = np.full_like(page, 255)
    x = np.arange(150, 1150, 4)
    y = 650 + 90 * np.sin(x / 90) + 0.2 * x
    points = np.rint(np.stack([x, y], 1) * 8).astype(np.int32)
    cv2.polylines(over, [points], False, grey, thick, cv2.LINE_AA, shift=3)
    return np.minimum(page, over)


def scanned(page: Image) -> Image:
    """Soften a page by a lens, lay it on grey paper and add a sensor's noise."""
    noise = np.random.default_rng(0).normal(0, 1.5, page.shape)
    soft = cv2.GaussianBlur(page, (0, 0), 0.5)
    return np.clip(30 + soft * (205 / 255) + noise + 0.5, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("made", [lambda page: page, scanned], ids=["rendered", "scanned"])
def test_a_pen_goes_and_the_print_stays(made) -> None:
    page = made(written_on(book()))
    before = page.copy()
    read = without_pens(page, x_height(book()))
    assert read is not None and (page == before).all()
    drawn = (written_on(book()) < 150) & (book() > 200)
    assert np.mean(read[drawn] > 200) > 0.9
    print_itself = cv2.erode((book() < 60).astype(np.uint8), np.ones((2, 2))) > 0
    assert (read[print_itself] == page[print_itself]).all()
    far = cv2.dilate((book() != written_on(book())).astype(np.uint8), np.ones((41, 41))) == 0
    assert np.mean(read[far] != page[far]) < 3e-3


def grey_heading() -> Image:
    page = book().copy()
    page[:200] = 255
    cv2.putText(page, "Summary", (100, 160), cv2.FONT_HERSHEY_DUPLEX, 5, 110, 9, cv2.LINE_AA)
    return page


def ruled() -> Image:
    page = book().copy()
    for row in range(40, 1300, 60):
        page[row : row + 2] = np.minimum(page[row : row + 2], 140)
    return page


def picture() -> Image:
    page = book().copy()
    clouds = np.random.default_rng(1).normal(120, 400, (400, 500))
    page[500:900, 400:900] = np.clip(cv2.GaussianBlur(clouds, (0, 0), 6), 0, 255)
    return page


@pytest.mark.parametrize(
    "page",
    [
        lambda: book(),
        lambda: scanned(book()),
        lambda: written_on(book(), grey=0),  # as dark as the print
        lambda: (255 - (255 - written_on(book()).astype(float)) * 0.5).astype(np.uint8),  # weak
        lambda: cv2.GaussianBlur(written_on(book()), (0, 0), 2),
        grey_heading,
        ruled,
        picture,
        lambda: np.full((300, 300), 255, np.uint8),
        lambda: np.zeros((1, 1), np.uint8),
    ],
    ids=["clean", "scan", "black", "weak", "soft", "heading", "ruled", "picture", "blank", "dot"],
)
def test_other_pages_are_left_alone(page) -> None:
    assert without_pens(page(), 20.0) is None


def test_no_text_no_pens() -> None:
    assert without_pens(written_on(book()), 0.0) is None


def test_levels_are_those_of_paper_and_print() -> None:
    levels = Levels.of(scanned(book()))
    assert levels is not None
    assert levels.paper == pytest.approx(235, abs=2)
    assert levels.ink == pytest.approx(40, abs=15)
    assert levels.grey(0) == levels.paper and levels.grey(1) == pytest.approx(levels.ink)


@pytest.mark.parametrize("gate", [True, False])
def test_the_page_that_is_kept_keeps_what_was_written(gate: bool) -> None:
    page = Page(written_on(book()), (300, 300))
    cleaned = Cleaner.load("small", gate=gate).clean(page)
    drawn = (page.pixels < 150) & (book() > 200)
    assert np.mean(cleaned.reading.pixels[drawn] > 200) > 0.9
    if gate:
        assert (cleaned.page.pixels == page.pixels).all()
    assert 0 < cleaned.decision.measures["pens"] < 0.05
    assert cleaned.scale == 1 and cleaned.reading.dpi == (300, 300)
