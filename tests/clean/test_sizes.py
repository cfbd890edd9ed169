"""Pages of any size, from one pixel up: no warning, no other shape, and a flat one as it came."""

from pathlib import Path

import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.page import Page
from docclean.straighten import straighten

SIDES = (1, 2, 3, 7, 8, 9, 17, 33, 64)
CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner.load()


def everything(page: Page, cleaner: Cleaner) -> Page:
    """Do all that is done to a page; a warning is an error in these tests."""
    done = straighten(page, deskew=True, borders=True, split=True)
    return cleaner.clean(done.page).page


@pytest.mark.parametrize("height", SIDES)
def test_flat_pages_are_kept(height, cleaner):
    for width in SIDES:
        for value in (0, 128, 255, (90, 120, 200)):
            shape = (height, width, 3) if isinstance(value, tuple) else (height, width)
            page = Page(np.full(shape, value, np.uint8), (300.0, 300.0))
            assert np.array_equal(everything(page, cleaner).pixels, page.pixels)


@pytest.mark.parametrize("height", SIDES)
def test_no_size_is_too_small(height, cleaner):
    rng = np.random.default_rng(height)
    for width in (*SIDES, 300):
        for shape in ((height, width), (height, width, 3)):
            page = Page(rng.integers(0, 256, shape, np.uint8))
            assert everything(page, cleaner).pixels.shape == shape
            cleaned = cleaner.clean_grey(page.grey())  # whatever the gate says
            assert cleaned.shape == shape[:2]


def test_a_page_of_one_pixel(cleaner):
    (page,) = read_pages(CASES / "one_pixel.png")
    assert page.pixels.size == 1
    done = cleaner.clean(page)
    assert done.page.pixels.tolist() == page.pixels.tolist()
    assert "one value" in done.decision.reason
