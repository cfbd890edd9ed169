"""Patches: aligned, drawn anew, and the same for one seed."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from training_runs import RECIPE, history

from docclean.recipe import Corrupt, Look
from docclean.training import patches
from docclean.training.blocks import batches
from docclean.training.patches import BLOCK, PatchBlocks, cached_pages
from docclean.training.schedule import severity_share
from docclean.training.sheets import LARGE_TYPE, cut_sheet


@pytest.fixture(scope="module")
def blocks(pages) -> PatchBlocks:
    return PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 3, 5)


def test_pages_are_cached(pages, monkeypatch):
    def none(*args, **kwargs):
        raise AssertionError("typeset again")

    monkeypatch.setattr("docclean.training.patches.ProcessPoolExecutor", none)
    paths = cached_pages(RECIPE, pages, 2)
    assert len(paths) == 4 and all(path.is_file() for path in paths)
    assert not list(pages.rglob("*.tmp"))
    with pytest.raises(AssertionError, match="typeset again"):
        cached_pages(replace(RECIPE, train=replace(RECIPE.train, seed=2)), pages, 2)


def test_the_same_block_holds_the_same_patches(pages, blocks):
    one, two = blocks[2], PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 3, 5)[2]
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(one, two, strict=True))
    assert not torch.equal(one[0], blocks[1][0])
    other_seed = PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 4, 5)[2]
    assert not torch.equal(one[0], other_seed[0])
    assert len(blocks) == 5


def test_patches_are_aligned_pairs(blocks):
    dirty, clean, facts = blocks[0]
    for side in (dirty, clean):
        assert side.shape == (BLOCK * 4, 1, 64, 64) and side.dtype == torch.uint8
    assert facts.shape == (BLOCK * 4, 2)
    assert (dirty != clean).any()
    assert ((clean < 128).flatten(1).any(1)).float().mean() > 0.5  # most patches show ink
    ink = (255 - clean.float()).flatten(1)
    dark = (255 - dirty.float()).flatten(1)
    lit = (ink.std(1) > 20) & (dark.std(1) > 5)
    moved = torch.roll(dark.view(-1, 64, 64), (9, 13), (1, 2)).flatten(1)
    together, apart = (
        torch.stack(
            [
                torch.corrcoef(torch.stack(pair))[0, 1]
                for pair in zip(ink[lit], other[lit], strict=True)
            ]
        )
        for other in (dark, moved)
    )
    assert together.median() > 0.5 > apart.median()


@pytest.mark.parametrize("on_device", [False, True], ids=["here", "on a device"])
def test_a_clean_side_of_twice_the_size_lies_under_the_dirty_one(pages, on_device):
    """Both sides show the same piece of the page; without corruption they are equal, averaged."""
    model = replace(RECIPE.model, name="conv", widths=(4, 8), scale=2)
    still = Corrupt(0.0, 1.0, True, {})
    recipe = replace(RECIPE, model=model, corrupt=still)
    paths = sorted(pages.glob("pages-*/*.png"))
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1, on_device)[0]
    assert dirty.shape == (BLOCK * 4, 1, 64, 64) and clean.shape == (BLOCK * 4, 1, 128, 128)
    averaged = torch.nn.functional.avg_pool2d(clean.float(), 2)
    assert float((dirty.float() - averaged).abs().max()) <= 1
    noisy = replace(recipe, corrupt=Corrupt(0.0, 1.0, True, {"gaussian_noise": 1.0}))
    blocks = PatchBlocks(noisy, paths, 3, 1, on_device)
    assert torch.equal(blocks[0][1], clean)
    assert torch.equal(blocks[0][0], dirty) == on_device
    seen, true = next(batches(blocks, 0, noisy, torch.device("cpu")))
    rest = (seen - torch.nn.functional.avg_pool2d(true, 2)).flatten(1).std(1)
    assert float((rest > 0.005).float().mean()) >= 0.5


def test_a_network_of_scale_two_trains(run):
    model = replace(RECIPE.model, name="conv", widths=(4, 8), scale=2)
    train = replace(RECIPE.train, steps=2, patch=32)
    checkpoint, _ = run("run", replace(RECIPE, model=model, train=train))
    assert math.isfinite(history(checkpoint)[-1]["validation"])


def test_a_curriculum_makes_the_first_blocks_milder(pages):
    paths = sorted(pages.glob("pages-*/*.png"))
    recipe = replace(RECIPE, train=replace(RECIPE.train, steps=32, curriculum=1.0))

    def severities(rising: bool) -> list[float]:
        blocks = PatchBlocks(recipe, paths, 3, 2, rising=rising)
        return [float(blocks[index][2][:, 0].clamp(min=0).mean()) for index in (0, 1)]

    rising, plain = severities(True), severities(False)
    assert rising[0] < 0.6 * plain[0] and severity_share(16, recipe.train) == pytest.approx(0.65)


def test_the_batch_stage_can_be_left_to_the_device(pages):
    members = {"gaussian_noise": 1.0} | dict.fromkeys(
        [name for name in _names() if name != "gaussian_noise"], 0.0
    )
    recipe = replace(RECIPE, corrupt=replace(RECIPE.corrupt, clean_share=0.0, members=members))
    paths = sorted(pages.glob("pages-*/*.png"))
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1, batch_on_device=True)[0]
    assert torch.equal(dirty, clean)
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1)[0]
    assert not torch.equal(dirty, clean)


def _names() -> list[str]:
    from docclean.corruptions import CORRUPTIONS

    return CORRUPTIONS.names()


def test_a_mixed_recipe_sets_and_dirties_each_page_by_its_look(tmp_path, monkeypatch):
    """Receipts get the receipts' corruption, books the books', and the facts say which."""
    looks = tuple(
        Look(
            name,
            share,
            replace(RECIPE.synth, pages=6, layouts={layout: 1.0}),
            Corrupt(0.0, 1.0, True, {member: 1.0}),
        )
        for name, share, layout, member in (
            ("till", 1.0, "receipt", "inverted"),
            ("shelf", 2.0, "book", "threshold"),
        )
    )
    same_size = replace(RECIPE.train, enlarge_share=0.0)  # enlarging makes greys of two
    recipe = replace(RECIPE, synth=replace(RECIPE.synth, pages=6), mix=looks, train=same_size)
    drawn = []
    draw = patches.draw_page
    monkeypatch.setattr(
        patches, "draw_page", lambda *args: (drawn.append(args[2].layouts), draw(*args))[1]
    )
    monkeypatch.setattr(patches, "ProcessPoolExecutor", _InThisProcess)
    paths = cached_pages(recipe, tmp_path, 1)
    receipts = [list(layouts) for layouts in drawn].count(["receipt"])
    assert 2 <= receipts <= 3  # a third of six, by a sequence that fills evenly
    dirty, _, facts = PatchBlocks(recipe, paths, 1, 1)[0]
    assert set(facts[:, 1].tolist()) == {0.0, 1.0}
    for look, two_greys in ((0, False), (1, True)):
        values = dirty[facts[:, 1] == look].unique()
        assert (len(values) == 2) == two_greys
    assert recipe.look(0).name == "till" and recipe.look(0.999).name == "shelf"


class _InThisProcess:
    def __init__(self, *args, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def map(self, function, jobs, chunksize):
        return map(function, jobs)


def test_a_cached_page_keeps_its_dpi(pages, blocks):
    path = sorted(pages.glob("pages-*/*.png"))[0]
    _, dpi = blocks._page(path)
    assert 72 <= dpi <= 80


@pytest.mark.parametrize("size", [(20, 20), (300, 90), (700, 900)], ids=str)
def test_a_sheet_of_any_page_has_its_side(size):
    page = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    scales = []
    for seed in range(40):
        sheet, scale = cut_sheet(np.random.default_rng(seed), page, 128)
        assert sheet.shape == (128, 128) and sheet.dtype == np.uint8
        scales.append(scale)
    usual = [scale for scale in scales if 0.7 < scale < 1.4]
    large = [scale for scale in scales if 1.4 <= scale < 1.4 * LARGE_TYPE[1]]
    assert len(set(usual) | set(large)) == len(set(scales)) and len(usual) > len(large) > 0
