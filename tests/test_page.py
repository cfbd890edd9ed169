"""A page is uint8, grey or RGB, has pixels, and never changes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from docclean.page import LUMA, Page

colour = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3)), fill=st.nothing()
)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 5)),
        np.zeros((4, 5), np.uint16),
        np.zeros((4, 5), bool),
        np.zeros(20, np.uint8),
        np.zeros((4, 5, 1), np.uint8),
        np.zeros((4, 5, 4), np.uint8),
        np.zeros((2, 4, 5, 3), np.uint8),
        np.zeros((0, 5), np.uint8),
        np.zeros((4, 0, 3), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_refuses_what_is_no_page(pixels):
    with pytest.raises(ValueError, match="a page is uint8"):
        Page(pixels)


def test_tells_its_size():
    page = Page(np.zeros((4, 7), np.uint8))
    assert (page.height, page.width, page.is_grey) == (4, 7, True)
    assert not Page(np.zeros((4, 7, 3), np.uint8)).is_grey


def test_a_grey_page_is_its_own_grey():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert Page(pixels).grey() is pixels


@settings(deadline=None, max_examples=40)
@given(colour)
def test_grey_is_the_rounded_luma_of_bt601(pixels):
    red, green, blue = (pixels[..., channel].astype(np.float64) for channel in range(3))
    exact = 0.299 * red + 0.587 * green + 0.114 * blue
    grey = Page(pixels).grey()
    assert grey.dtype == np.uint8 and grey.shape == pixels.shape[:2]
    assert np.abs(grey - exact).max() <= 0.5 + 1e-4  # floats of a strip may land on either side


@pytest.mark.parametrize(
    ("rgb", "grey"),
    [
        ((255, 255, 255), 255),
        ((0, 0, 0), 0),
        ((255, 0, 0), 76),
        ((0, 255, 0), 150),
        ((0, 0, 255), 29),
        ((7, 7, 7), 7),
    ],
)
def test_known_lumas(rgb, grey):
    assert Page(np.array([[rgb]], np.uint8)).grey().item() == grey


def test_greys_stay_what_they_are_in_colour():
    levels = np.arange(256, dtype=np.uint8)
    assert (Page(np.repeat(levels[None, :, None], 3, 2)).grey()[0] == levels).all()
    assert sum(LUMA) == pytest.approx(1)


def test_a_tall_colour_page_shows_no_seam_between_strips():
    pixels = np.random.default_rng(0).integers(0, 256, (600, 3, 3), dtype=np.uint8)
    rows = np.vstack([Page(pixels[row : row + 1]).grey() for row in range(600)])
    assert (Page(pixels).grey() == rows).all()


def test_other_pixels_keep_where_the_page_came_from():
    page = Page(np.zeros((4, 5), np.uint8), (300.0, 200.0), 3, "scan.pdf")
    other = page.with_pixels(np.ones((2, 2, 3), np.uint8))
    assert (other.dpi, other.number, other.source) == ((300.0, 200.0), 3, "scan.pdf")
    assert other.pixels.shape == (2, 2, 3) and page.pixels.shape == (4, 5)
    with pytest.raises(ValueError, match="a page is uint8"):
        page.with_pixels(np.ones((2, 2)))


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Page(np.zeros((1, 1), np.uint8)).number = 2  # type: ignore[misc]
