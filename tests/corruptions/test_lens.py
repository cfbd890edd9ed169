"""The lens: both forms agree, light is spread and not lost, fewer dots are fewer."""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions.base import Params
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.lens import DOWN, UP, Blur, Defocus, LowResolution, MotionBlur
from docclean.page import Image

MEMBERS = [Blur(), Defocus(), MotionBlur(), LowResolution()]


def text_page(height: int = 200, width: int = 240) -> Image:
    page = np.full((height, width), 250, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 20, 1)
    return page


def drawn(member: BatchCorruption, severity: float = 0.6, seed: int = 0) -> Params:
    return member.sample(np.random.default_rng(seed), severity)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    after = member.apply(batch, drawn(member))
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, drawn(member)))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_the_fast_form_agrees_with_the_tensors(member):
    page = text_page()
    for seed in range(8):
        params = drawn(member, 0.2 + 0.1 * seed, seed)
        fast = member.on_page(page, params).astype(float)
        slow = BatchCorruption.on_page(member, page, params).astype(float)
        assert np.abs(fast - slow).mean() < 0.6  # of 255: rounding, no more


@pytest.mark.parametrize("member", [Blur(), Defocus(), MotionBlur()], ids=lambda it: it.name)
def test_a_point_spreads_and_loses_no_light(member):
    point = np.zeros((41, 41), np.uint8)
    point[20, 20] = 255
    spread = BatchCorruption.on_page(member, point, drawn(member, 0.8)) / 255
    assert 0.02 < spread.max() < 0.5
    assert torch.isclose(
        member.apply(torch.from_numpy(point)[None, None] / 255, drawn(member, 0.8)).sum(),
        torch.tensor(1.0),
        atol=1e-3,
    )


def test_defocus_is_a_disc():
    point = torch.zeros(1, 1, 21, 21)
    point[..., 10, 10] = 1
    disc = Defocus().apply(point, {"radius": 3.0})[0, 0]
    assert disc[10, 10] == disc[10, 12] == disc[12, 10]  # flat, as a Gaussian is not
    assert disc[10, 14] == 0 and disc[13, 13] == 0


def test_motion_blurs_along_its_direction_only():
    rows = np.full((60, 60), 255, np.uint8)
    rows[::6] = 0
    along, across = (
        MotionBlur().on_page(rows, {"length": 7, "angle": angle}) for angle in (0.0, 90.0)
    )
    assert (along == rows).all() and across.std() < rows.std() / 3


def test_fewer_dots_hold_less():
    page, kinds = text_page(), {"down": DOWN.index("area"), "up": UP.index("cubic")}
    sharp, poor = (
        cv2.Laplacian(
            LowResolution().on_page(page, {"share": share, **kinds}),
            cv2.CV_32F,
        ).std()
        for share in (0.95, 0.5)
    )
    assert poor < 0.6 * sharp
