"""The sensor: noise of the promised statistics in both forms."""

import numpy as np
import pytest
import torch
from fakes import both, flat, text_page

from docclean.corruptions.sensor import (
    CorrelatedNoise,
    GaussianNoise,
    SaltAndPepper,
    SensorNoise,
    Speckle,
)

NOISES = [SensorNoise(), CorrelatedNoise(), GaussianNoise(), Speckle(), SaltAndPepper()]


@pytest.mark.parametrize("member", NOISES, ids=lambda member: member.name)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64, 20, 215)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.9)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@pytest.mark.parametrize("member", NOISES, ids=lambda member: member.name)
def test_both_forms_are_alike_and_no_two_pages_of_a_batch(member):
    page = text_page(288, 288, 20, 215)
    for severity in (0.3, 0.9):
        params = member.sample(np.random.default_rng(2), severity)
        fast, slow = (one.astype(float) for one in both(member, page, params))
        assert fast.mean() == pytest.approx(slow.mean(), abs=1)
        assert fast.std() == pytest.approx(slow.std(), abs=1)
        assert (member.on_page(page, params) == fast).all()
    params = member.sample_batch(np.random.default_rng(2), [severity] * 2)
    two = member.apply(torch.full((2, 1, 90, 90), 0.6), params)
    assert not torch.equal(two[0], two[1])


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
