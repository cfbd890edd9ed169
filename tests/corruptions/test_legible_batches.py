"""Both ways of asking a batch whether it can be read say the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import text_page
from torch import Tensor

from docclean.corruptions.batches import corrupt_batch
from docclean.corruptions.device.legible import are_legible, legible_at_once
from docclean.recipe import Corrupt, Recipe
from docclean.training.patches import PatchBlocks, cached_pages

RECIPES = Path(__file__).parents[2] / "pipelines" / "recipes"
HARD = {"gaussian_noise": 0.6, "defocus": 0.5, "salt_and_pepper": 0.4}
RANGES = {
    "gaussian_noise": {"deviation": (0.02, 0.6)},
    "defocus": {"radius": (1.0, 7.0)},
}
"""So bad that a good part of it is lost."""


def at_once(dirty: Tensor, clean: Tensor) -> Tensor:
    """Ask by the handful, to keep memory small."""
    pairs = zip(dirty.split(32), clean.split(32), strict=True)
    return torch.cat([legible_at_once(*pair) for pair in pairs])


def spoilt(clean: Tensor, seed: int) -> Tensor:
    rng = np.random.default_rng(seed)
    kept = torch.from_numpy(rng.uniform(0.02, 0.6, (len(clean), 1, 1, 1))).float()
    clean = 1 - kept * (1 - clean)
    corrupt = Corrupt(clean_share=0.0, only_named=True, members=HARD, ranges=RANGES)
    return corrupt_batch(clean, None, rng.random(len(clean)), rng, corrupt)[0]


def test_a_few_hundred_patches_get_the_same_verdict():
    page = np.tile(text_page(240, 420), (2, 2))
    small = page[::2, ::2].copy()
    rng = np.random.default_rng(0)
    cut = []
    for place in range(256):
        of = (page, small)[place % 2]
        row, column = (int(rng.integers(side - 128 + 1)) for side in of.shape)
        cut.append(of[row : row + 128, column : column + 128])
    clean = torch.from_numpy(np.stack(cut))[:, None].float() / 255
    dirty = spoilt(clean, 1)
    wanted, found = are_legible(dirty, clean), at_once(dirty, clean)
    assert 0.2 < wanted.float().mean() < 0.9  # both verdicts are there to be told apart
    assert (wanted == found).float().mean() >= 0.98


@pytest.mark.parametrize("size", [(1, 1), (7, 513), (40, 30)], ids=str)
def test_patches_of_any_size_are_judged(size):
    page = torch.from_numpy(text_page(*size, ink=10))[None, None].float() / 255
    pages = torch.cat([page, torch.ones_like(page), page])
    dirty = torch.cat([page, torch.ones_like(page), 0 * page + 0.5])
    assert torch.equal(legible_at_once(dirty, pages), are_legible(dirty, pages))
    assert legible_at_once(dirty[:0], pages[:0]).shape == (0,)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
def test_a_device_says_the_same():
    clean = torch.from_numpy(text_page(192, 192))[None, None].float().repeat(64, 1, 1, 1) / 255
    dirty = spoilt(clean, 2)
    there = are_legible(dirty.cuda(), clean.cuda())
    assert there.is_cuda and (there.cpu() == are_legible(dirty, clean)).float().mean() >= 0.98


@pytest.mark.slow
def test_five_thousand_real_patches_get_the_same_verdict(tmp_path):
    recipe = Recipe.load(RECIPES / "small.toml", synth__pages=24)
    recipe = replace(recipe, train=replace(recipe.train, recogniser="", recogniser_weight=0.0))
    blocks = PatchBlocks(recipe, cached_pages(recipe, tmp_path, 2), 7, 100, batch_on_device=True)
    alike, lost, number, block = 0, 0, 0, 0
    while number < 5000:
        before, after, _ = blocks[block]
        dirty, clean = before.float() / 255, after.float() / 255
        dirty[::2] = spoilt(dirty[::2], block)  # half of them at the border of what can be read
        wanted = are_legible(dirty, clean)
        alike += int((wanted == at_once(dirty, clean)).sum())
        lost += int((~wanted).sum())
        number, block = number + len(dirty), block + 1
    assert 0.1 < lost / number < 0.7
    assert alike / number >= 0.98
