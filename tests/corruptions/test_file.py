"""The file: blocks where they were asked for, worse with quality, colours halved."""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.file import GREYS, ChromaJpeg, Jpeg
from docclean.page import Image

MEMBERS = [Jpeg(), ChromaJpeg()]


def text_page(height: int = 192, width: int = 240) -> Image:
    page = np.full((height, width), 250, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 20, 1)
    return page


def ramp() -> Image:
    """A slope on both axes, gentle enough that a poor JPEG makes steps of it."""
    return np.add.outer(np.arange(96) * 0.7, np.arange(96) * 0.9 + 50).astype(np.uint8)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
@pytest.mark.parametrize("size", [(48, 64), (37, 21), (1, 1)], ids=str)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member, size):
    batch = torch.from_numpy(text_page(*size)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.8)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before)
    assert member.on_page(text_page(*size), params).shape == size


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_the_fast_form_agrees_with_the_tensors(member):
    for seed in range(6):
        params = member.sample(np.random.default_rng(seed), 0.15 * seed)
        fast = member.on_page(text_page(), params).astype(float)
        slow = BatchCorruption.on_page(member, text_page(), params).astype(float)
        assert fast.mean() == pytest.approx(slow.mean(), abs=2)
        assert fast.std() == pytest.approx(slow.std(), abs=2)
        assert np.abs(fast - slow).mean() < 4


@pytest.mark.parametrize("place", [0, 3, 6])
def test_blocks_begin_where_they_were_drawn(place):
    params = {"quality": [4, 4], "x": [place, 0], "y": [0, 0], "twice": False}
    for page in (
        Jpeg().on_page(ramp(), params),
        BatchCorruption.on_page(Jpeg(), ramp(), params),
    ):
        steps = np.abs(np.diff(page.astype(float), axis=1)).mean(0)
        by_column = [steps[column::8].mean() for column in range(8)]
        # a step lies between the last column of a block and the first of the next
        assert int(np.argmax(by_column)) == (7 - place) % 8


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_poorer_file_is_further_from_the_page(member):
    drawn = {**member.sample(np.random.default_rng(0), 0.5), "twice": False}

    def page(quality: int) -> np.ndarray:
        asked = [quality, quality] if isinstance(drawn["quality"], list) else quality
        return member.on_page(text_page(), {**drawn, "quality": asked}).astype(float)

    far = [np.abs(page(quality) - page(100)).mean() for quality in (80, 40, 10)]
    assert 0 < far[0] < far[1] < far[2]


def test_colours_are_halved_and_greys_are_not():
    stripes = np.full((64, 64), 255, np.uint8)
    stripes[:, ::2] = 0
    base = {"quality": 95, "ink": [0.0, 0.0, 0.8], "x": 0, "y": 0}
    blue, luma = (
        ChromaJpeg().on_page(stripes, {**base, "paper": [0.9, 0.9, 0.2], "grey": GREYS.index(grey)})
        for grey in ("blue", "luma")
    )
    wanted = 0.6 * 255  # between blue ink and yellow paper, seen through the blue channel
    assert luma.std() > 80
    assert np.ptp(blue.astype(float)) < 1.9 * wanted and abs(blue.mean() - 0.5 * 255) < 45


def test_paper_of_each_colour_shows_in_its_channel():
    white = np.full((32, 32), 255, np.uint8)
    base = {"quality": 90, "paper": [1.0, 0.9, 0.6], "ink": [0.1, 0.1, 0.1], "x": 0, "y": 0}
    greys = {
        grey: ChromaJpeg().on_page(white, {**base, "grey": GREYS.index(grey)}).mean() / 255
        for grey in ("red", "green", "blue")
    }
    assert greys == pytest.approx({"red": 1.0, "green": 0.9, "blue": 0.6}, abs=0.03)
