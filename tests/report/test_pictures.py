"""Pictures for looking at: within their budget, readable, quick; and two pages side by side."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from docclean.page import Page
from docclean.report.pictures import (
    PAIR_BYTES,
    PAIR_WIDTH,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    before_after,
    take_pictures,
)


def page(height=300, width=200, colour=False, seed=0):
    shape = (height, width, 3) if colour else (height, width)
    return Page(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def written(height=1400, width=1000, seed=0):
    """White paper with dark strokes of a letter's size."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width), 255, np.uint8)
    for top in range(20, height - 20, 60):
        for left in range(20, width - 20, 30):
            pixels[top : top + rng.integers(6, 14), left : left + 3] = 30
    return Page(pixels)


def shown(data):
    picture = PillowImage.open(io.BytesIO(data))
    assert picture.format == "WEBP"
    return np.asarray(picture.convert("L"))


def test_a_large_page_is_made_small_and_a_small_one_is_left():
    large, small = written(3000, 2400), written(40, 30)
    pictures = take_pictures(large, small)
    assert shown(pictures.before).shape == (1250, PICTURE_WIDTH)
    assert shown(pictures.after).shape == (40, 30)


def test_a_picture_shows_the_page():
    pictures = take_pictures(written(1400, 1000), written(1400, 1000, seed=1))
    after = shown(pictures.after).astype(int)
    assert np.abs(after - written(1400, 1000, seed=1).pixels).mean() < 5


def test_colour_stays_colour():
    pixels = np.full((200, 100, 3), (250, 230, 160), np.uint8)
    picture = PillowImage.open(io.BytesIO(take_pictures(Page(pixels), written(200, 100)).before))
    assert np.abs(np.asarray(picture.convert("RGB")).astype(int) - pixels).max() < 10


@pytest.mark.parametrize(
    "shape", [(3508, 2480), (1400, 1000), (300, 200), (9000, 300), (50, 8000), (1, 1), (1, 900)]
)
def test_noise_of_any_shape_keeps_the_budget(shape):
    pictures = take_pictures(page(*shape), page(*shape, seed=1))
    assert len(pictures.before) + len(pictures.after) <= PAIR_BYTES
    assert shown(pictures.before).shape[0] <= PICTURE_HEIGHT


def test_grain_costs_width_but_the_page_stays_readable():
    rng = np.random.default_rng(0)
    clean = written(3508, 2480).pixels
    dirty = np.clip(clean * 0.8 + rng.normal(0, 30, clean.shape), 0, 255).astype(np.uint8)
    pictures = take_pictures(Page(dirty), Page(clean))
    assert len(pictures.before) + len(pictures.after) <= PAIR_BYTES
    assert shown(pictures.before).shape[1] >= 400


def test_a_page_left_as_it_was_is_stored_once():
    same = take_pictures(written(), Page(written().pixels.copy()))
    assert same.before is same.after
    other = take_pictures(written(), written(seed=1))
    assert other.before != other.after


@pytest.mark.parametrize(
    ("before", "after"),
    [((300, 200), (300, 200)), ((3000, 2000), (1500, 1000)), ((1, 1), (1, 1)), ((7, 3), (31, 900))],
)
def test_side_by_side(before, after):
    pair = before_after(page(*before, colour=True), page(*after))
    assert pair.is_grey and pair.width <= PAIR_WIDTH + 1
    assert pair.height <= after[0]


def test_side_by_side_keeps_the_pixels_when_they_fit():
    left, right = page(50, 40), page(50, 30)
    pair = before_after(left, right).pixels
    assert (pair[:, :40] == left.pixels).all() and (pair[:, -30:] == right.pixels).all()
    assert (pair[:, 40:-30] == 255).all()
