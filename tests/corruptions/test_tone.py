"""The scanner's greys: curves rise, stretches clip, sharpening leaves rims, few greys are few."""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.tone import (
    AutoContrast,
    Contrast,
    Halo,
    Quantization,
    batch_levels,
    page_levels,
)
from docclean.page import Image

MEMBERS = [Contrast(), AutoContrast(), Halo(), Quantization()]


def text_page(height: int = 200, width: int = 240, ink: int = 30, paper: int = 225) -> Image:
    page = np.full((height, width), paper, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1)
    return page


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.8)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_the_fast_form_agrees_with_the_tensors(member):
    for seed in range(6):
        params = member.sample(np.random.default_rng(seed), 0.3 + 0.1 * seed)
        fast = member.on_page(text_page(), params).astype(float)
        slow = BatchCorruption.on_page(member, text_page(), params).astype(float)
        assert np.abs(fast - slow).mean() < 1


def test_levels_are_of_each_page_and_blank_pages_have_none():
    pages = [text_page(), text_page(ink=120, paper=200), np.full((200, 240), 214, np.uint8)]
    batch = torch.stack([torch.from_numpy(page)[None] / 255 for page in pages])
    ink, paper, blank = (one.flatten().tolist() for one in batch_levels(batch))
    for place, page in enumerate(pages):
        assert (ink[place], paper[place], blank[place]) == pytest.approx(page_levels(page))
    assert blank == [False, False, True] and (ink[2], paper[2]) == pytest.approx((0, 214 / 255))
    assert paper[:2] == pytest.approx([225 / 255, 200 / 255])


def test_contrast_keeps_the_order_of_greys():
    ramp = np.arange(256, dtype=np.uint8)[None]
    for seed in range(8):
        params = Contrast().sample(np.random.default_rng(seed), 1.0)
        curve = Contrast().on_page(ramp, params)[0].astype(int)
        assert (np.diff(curve) >= 0).all() and curve[-1] - curve[0] > 50


def test_a_stretch_blows_whites_and_crushes_blacks():
    page = AutoContrast().on_page(text_page(), {"crush": 0.2, "blow": 0.2})
    before = text_page()
    assert (page[before >= 190] == 255).all() and (page[before <= 60] == 0).all()
    assert len(np.unique(page)) > 4  # the middle is stretched, not thresholded


def test_sharpening_leaves_a_rim_whiter_than_the_paper():
    before = text_page(paper=255)
    page = Halo().on_page(before, {"amount": 2.0, "radius": 1.5, "headroom": 0.1})
    paper = page[0, 0]
    assert paper == round(255 * 0.9)
    near = cv2.dilate((before < 128).astype(np.uint8), np.ones((5, 5))) > 0
    assert page[near & (before == 255)].max() > paper + 10
    assert (page[~(cv2.dilate(near.astype(np.uint8), np.ones((15, 15))) > 0)] == paper).all()


@pytest.mark.parametrize("greys", [4, 7, 32])
def test_few_greys_are_few_and_paper_stays_white(greys):
    ramp = np.arange(256, dtype=np.uint8)[None]
    for page in (
        Quantization().on_page(ramp, {"greys": greys}),
        BatchCorruption.on_page(Quantization(), ramp, {"greys": greys}),
    ):
        assert len(np.unique(page)) == greys and page.min() == 0 and page.max() == 255
