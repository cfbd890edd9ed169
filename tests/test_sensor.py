"""The sensor: noise of the promised statistics in both forms, lines that run across the page."""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.readout import Banding, MissingRows, Moire, Streaks
from docclean.corruptions.sensor import (
    CorrelatedNoise,
    GaussianNoise,
    SaltAndPepper,
    SensorNoise,
    Speckle,
)
from docclean.page import Image

NOISES = [SensorNoise(), CorrelatedNoise(), GaussianNoise(), Speckle(), SaltAndPepper()]
LINES = [Banding(), Streaks(), MissingRows(), Moire()]


def text_page(height: int = 288, width: int = 288) -> Image:
    page = np.full((height, width), 215, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No. 7 of 12", (6, row), 0, 0.5, 20, 1)
    return page


def flat(grey: int) -> Image:
    return np.full((300, 300), grey, np.uint8)


def both(member: BatchCorruption, page: Image, params: dict) -> list[Image]:
    return [member.on_page(page, params), BatchCorruption.on_page(member, page, params)]


@pytest.mark.parametrize("member", NOISES + LINES, ids=lambda member: member.name)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.9)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@pytest.mark.parametrize("member", NOISES, ids=lambda member: member.name)
def test_both_forms_are_alike_and_no_two_pages_of_a_batch(member):
    page = text_page()
    for severity in (0.3, 0.9):
        params = member.sample(np.random.default_rng(2), severity)
        fast, slow = (one.astype(float) for one in both(member, page, params))
        assert fast.mean() == pytest.approx(slow.mean(), abs=1)
        assert fast.std() == pytest.approx(slow.std(), abs=1)
        assert (member.on_page(page, params) == fast).all()
    two = member.apply(torch.full((2, 1, 90, 90), 0.6), params)
    assert not torch.equal(two[0], two[1])


@pytest.mark.parametrize("member", LINES, ids=lambda member: member.name)
def test_both_forms_draw_the_same_lines(member):
    for seed in range(8):
        fast, slow = both(member, text_page(), member.sample(np.random.default_rng(seed), 0.8))
        assert np.abs(fast.astype(int) - slow).max() <= 1


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 0.5), (0.5, 0.5)])
def test_the_noise_of_the_textbooks(mean, deviation):
    asked = {"mean": (mean, mean), "deviation": (deviation, deviation)}
    params = GaussianNoise().sample(np.random.default_rng(0), 0.5, asked)
    assert params["mean"] == mean and params["deviation"] == deviation
    wanted = np.clip(0.4 + np.random.default_rng(9).normal(mean, deviation, 400_000), 0, 1) * 255
    for page in both(GaussianNoise(), flat(102), params):
        assert page.mean() == pytest.approx(wanted.mean(), abs=1.5)
        assert page.std() == pytest.approx(wanted.std(), abs=1.5)
        assert (page == 255).mean() == pytest.approx((wanted > 254.5).mean(), abs=0.01)


def test_read_out_noise_is_centred_when_a_recipe_says_nothing():
    params = GaussianNoise().sample(np.random.default_rng(0), 0.6)
    assert params["mean"] == 0
    assert GaussianNoise().on_page(flat(128), params).mean() == pytest.approx(128, abs=0.3)


@pytest.mark.parametrize("member", [SensorNoise(), Speckle()], ids=lambda it: it.name)
def test_light_is_noisy_and_black_is_not(member):
    params = member.sample(np.random.default_rng(0), 0.3)
    for dark, light in zip(
        both(member, flat(0), params), both(member, flat(180), params), strict=True
    ):
        assert dark.std() == 0 and light.std() > 5


def test_grain_is_as_large_as_it_says_and_as_strong():
    for grain, neighbours in ((1.5, (0.3, 0.6)), (4.0, (0.84, 0.97))):
        params = {"deviation": 0.08, "grain": grain, "seed": 3}
        for page in both(CorrelatedNoise(), flat(128), params):
            noise = page.astype(float) - 128
            assert noise.std() == pytest.approx(0.08 * 255, rel=0.08)
            alike = (noise[:, 1:] * noise[:, :-1]).mean() / noise.var()
            assert neighbours[0] < alike < neighbours[1]


def test_salt_and_pepper_hit_the_share_a_recipe_asks_for():
    asked = {"share": (0.2, 0.2), "salt": (0.25, 0.25)}
    params = SaltAndPepper().sample(np.random.default_rng(0), 0.5, asked)
    for page in both(SaltAndPepper(), flat(128), params):
        assert (page == 255).mean() == pytest.approx(0.05, abs=0.01)
        assert (page == 0).mean() == pytest.approx(0.15, abs=0.01)
        assert (page == 128).mean() == pytest.approx(0.8, abs=0.01)


def test_bands_and_streaks_run_along_the_page():
    for member in (Banding(), Streaks()):
        for seed in range(4):
            params = {**member.sample(np.random.default_rng(seed), 0.9), "vertical": True}
            page = member.on_page(flat(200), params)
            assert (page == page[:1]).all() and page[0].std() > 0


def test_bands_return_after_their_period():
    params = {"depth": 0.3, "period": 25.0, "drift": 0.0, "phase": 0.3, "overtone": 0.4}
    page = Banding().on_page(flat(200), {**params, "vertical": False}).astype(int)
    assert np.abs(page[25:] - page[:-25]).max() <= 1 and page[:25, 0].std() > 10


def test_missing_rows_repeat_the_row_before_or_are_white():
    page = np.random.default_rng(0).integers(0, 200, (300, 50), np.uint8)
    base = {"share": 0.03, "run": 1, "seed": 5}
    repeated = MissingRows().on_page(page, {**base, "kind": "repeat"})
    changed = np.flatnonzero((repeated != page).any(1))
    assert 4 <= len(changed) <= 9
    assert all((repeated[row] == repeated[row - 1]).all() for row in changed)
    white = MissingRows().on_page(page, {**base, "kind": "white"})
    assert (white[(white != page).any(1)] == 255).all() and (white == 255).any()


def test_moire_is_slow_faint_and_waves():
    base = {"depth": 0.1, "period": 30.0, "bend": 0.0, "angle": 0.0, "second": 0.0}
    page = Moire().on_page(flat(200), {**base, "x": 0.5, "y": 0.5}).astype(float)
    power = np.abs(np.fft.rfft(page[0] - page[0].mean()))
    assert power.argmax() == 10  # 300 px / 30 px
    assert page.min() >= 200 * 0.9 - 1 and page.max() <= 200
