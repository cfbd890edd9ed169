"""Sheets kept on the device: which ones a step sees depends on its number alone."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from training_runs import RECIPE, history

from docclean.errors import UsageError
from docclean.recipe import Corrupt, Recipe
from docclean.training import loop
from docclean.training.patches import BLOCK, PatchBlocks, SheetBlocks
from docclean.training.sources.pages import Pages
from docclean.training.sources.pool import Pool, pooled_batches
from docclean.training.table import shortened

CPU = torch.device("cpu")
STILL = Corrupt(0.0, 1.0, True, {})
TRAIN = replace(RECIPE.train, pool=2 * BLOCK, batch=32, patches_per_sheet=4, steps=7, workers=0)
POOLED = replace(RECIPE, corrupt=STILL, train=TRAIN)


@pytest.fixture(scope="module")
def paths(pages):
    return sorted(pages.glob("pages-*/*.png"))


def stream(paths, recipe=POOLED, step=0):
    return list(pooled_batches(SheetBlocks(recipe, paths, 3, 9), step, recipe, CPU))


def test_a_resumed_stream_goes_on_as_an_unbroken_one(paths):
    whole = stream(paths)
    assert len(whole) == TRAIN.steps
    for step in (1, 3, 4):  # a block lasts two steps
        for mine, theirs in zip(stream(paths, step=step), whole[step:], strict=True):
            assert all(torch.equal(*sides) for sides in zip(mine, theirs, strict=True))
    assert not torch.equal(whole[0][1], whole[1][1])


def test_patches_are_aligned_pieces_of_the_sheets(paths):
    dirty, clean = stream(paths)[0]
    assert dirty.shape == clean.shape == (32, 1, TRAIN.patch, TRAIN.patch)
    assert dirty.dtype == torch.float32 and float(clean.min()) >= 0 and float(clean.max()) <= 1
    assert torch.equal(dirty, clean)  # nothing is drawn: both sides are cut alike
    sheets = torch.cat([SheetBlocks(POOLED, paths, 3, 9)[block][1] for block in (0, 1)])
    inked = int(clean.flatten(1).std(1).argmax())
    piece = (clean[inked, 0] * 255).round().byte().numpy()
    far = [cv2.matchTemplate(sheet, piece, cv2.TM_SQDIFF).min() for sheet in sheets[:, 0].numpy()]
    assert min(far) < piece.size < sorted(far)[-1]  # one sheet holds it, to less than a grey level


def test_new_sheets_take_the_place_of_the_oldest(paths):
    blocks = SheetBlocks(POOLED, paths, 3, 9)
    pool = Pool(2 * BLOCK, blocks[0], TRAIN.patch)
    for index in (0, 1, 2):
        pool.put(index, blocks[index])
    told = np.concatenate([blocks[index][2].numpy() for index in (2, 1)])
    assert np.array_equal(pool.facts, told)


def test_a_patch_without_ink_is_drawn_again():
    """A quarter of all places show the ink of this sheet; of three tries one often does."""
    sheet = torch.full((BLOCK, 1, 128, 128), 255, dtype=torch.uint8)
    sheet[..., 96:, 96:] = 0
    pool = Pool(BLOCK, (sheet, sheet, torch.zeros(BLOCK, 3)), 64)
    pool.put(0, (sheet, sheet, torch.zeros(BLOCK, 3)))
    _, clean, _ = pool.cut(1000, np.random.default_rng(0))
    inked = float((clean < 0.5).flatten(1).any(1).float().mean())
    assert inked > 0.4


def test_dirt_is_of_the_device_and_of_each_patchs_own_severity(paths):
    noisy = Corrupt(0.0, 1.0, True, {"gaussian_noise": 1.0})
    recipe = replace(POOLED, corrupt=noisy)
    sheets = SheetBlocks(recipe, paths, 3, 9)[0]
    assert torch.equal(sheets[0], sheets[1])  # left to the device
    assert sheets[2].shape == (BLOCK, 3) and float(sheets[2][:, 2].min()) > 40  # dots per inch
    dirty, clean = stream(paths, recipe)[0]
    noise = (dirty - clean).flatten(1).std(1)
    assert float(noise.max()) > 3 * float(noise.min()) > 0


def test_validation_is_of_patches_as_ever(paths, pages):
    assert isinstance(Pages(POOLED).validation(pages), PatchBlocks)


@pytest.mark.parametrize(
    ("change", "told"),
    [({"pool": 20}, "multiple of 16"), ({"pool": 16, "batch": 65}, "at most 16 x")],
)
def test_a_pool_that_cannot_be_is_refused(change, told):
    with pytest.raises(UsageError, match=told):
        Pages(replace(POOLED, train=replace(TRAIN, **change)))


def test_a_run_learns_from_its_pool_and_resumes(run):
    short = replace(POOLED, train=replace(TRAIN, patch=32, steps=3, batch=16))
    checkpoint, _ = run("run", short)
    longer = replace(short, train=replace(short.train, steps=6))
    resumed, _ = run("run", longer, resume=True)
    assert history(resumed)[-1]["step"] == 6 and resumed == checkpoint


def test_the_stream_is_endless_enough(paths):
    """Blocks are asked for one by one: a long schedule starts at once."""
    recipe = replace(POOLED, train=replace(TRAIN, steps=1_000_000))
    blocks = SheetBlocks(recipe, paths, 3, 1_000_000)
    assert len(list(islice(pooled_batches(blocks, 0, recipe, CPU), 2))) == 2


@pytest.mark.slow
def test_the_recipe_for_a_gpu_runs_here_in_small(tmp_path):
    """It must not be a paper recipe: every part of it runs, a few steps on the processor."""
    recipe = Recipe.load(Path(__file__).parents[2] / "pipelines" / "recipes" / "gpu.toml")
    train = recipe.train
    assert train.steps * train.batch >= 5_000_000
    assert train.pool * train.sheet**2 * 2 < 4 * 2**30  # bytes on the card
    assert BLOCK * train.patches_per_sheet >= train.batch
    small = shortened(replace(recipe, train=replace(train, recogniser="", compile=False)))
    checkpoint = loop.train(small, tmp_path / "run")
    assert history(checkpoint)[-1]["step"] == small.train.steps
