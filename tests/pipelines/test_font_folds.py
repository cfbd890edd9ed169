"""A set of pages tuned on all fonts but those it is measured on: `pipelines/bench/folds.py`."""

import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from docclean.clean.type_size import enlarge, resized
from docclean.errors import UnreadableInputError, UsageError
from docclean.models import ARCHITECTURES
from docclean.models.checkpoint import load_network, save_tensors
from docclean.page import Page
from docclean.pairs.folder import write_png
from docclean.recipe import Model, Recipe, Train
from docclean.scores.pixels import rmse

sys.path.append(str(Path(__file__).parents[2] / "pipelines/bench"))  # scripts, no package

import folds


@pytest.fixture
def pairs():
    """Six pages of bars under a brown gradient: three fonts, two noises."""
    rng, pages = np.random.default_rng(5), []
    for index in range(6):
        clean = np.full((72, 80), 255, np.uint8)
        for row in range(6, 66, 10):
            clean[row : row + 5, 6:74][:, rng.random(68) < 0.5] = 20
        clean = cv2.GaussianBlur(clean, (3, 3), 0.7)  # as print is scanned: no edge is hard
        light = np.linspace(0.55, 0.8, 80) + rng.normal(0, 0.06, clean.shape)
        noisy = (30 + clean * light).clip(0, 255).astype(np.uint8)
        pages.append(folds.Pair(("stain", "fold")[index % 2], "abc"[index // 2], noisy, clean))
    return pages


@pytest.fixture
def checkpoint(tmp_path):
    """An untrained network of four channels a level."""
    torch.manual_seed(3)
    recipe = Recipe(model=Model(widths=(4, 4, 4, 4), depths=(0, 0, 0, 0, 0), fine=0))
    network = ARCHITECTURES["dae"].build(recipe.model)
    path, values = tmp_path / "start.safetensors", network.state_dict()
    header = {"recipe": {"model": asdict(recipe.model)}}
    save_tensors(path, {f"ema.{name}": value for name, value in values.items()}, header)
    return path


def test_no_font_is_in_two_folds_and_none_is_missed():
    fonts = [size + face for size in "Lfn" for face in ("re", "rm", "se", "sm", "te", "tm")]
    held_out = folds.font_folds(fonts * 4, 3)
    assert sorted(font for fold in held_out for font in fold) == sorted(fonts)
    assert not {font[1:] for font in held_out[0]} & {font[1:] for font in held_out[1] + held_out[2]}
    with pytest.raises(UsageError, match="--folds"):
        folds.font_folds(fonts, 19)


def test_the_target_reduces_to_the_clean_page_and_so_it_is_measured(pairs):
    clean = pairs[0].clean
    large = folds.target(clean)
    assert rmse(resized(large, clean.shape), clean) < 0.3 * rmse(
        resized(enlarge(clean, 2), clean.shape), clean
    )
    seen = folds.reduced(torch.from_numpy(large)[None, None].float())[0, 0].clamp(0, 255)
    assert (
        np.abs(seen.numpy() - resized(large, clean.shape)).max() < 1.5
    )  # Pillow rounds between its passes


def test_a_crop_keeps_its_three_sides_together(pairs):
    """Without jitter, flips or not: the target reduces to the twin, and dirt follows its ink."""
    train, rng = Train(patch=64, batch=3), np.random.default_rng(1)
    planes = [folds._planes(pair) for pair in pairs]
    for _ in range(6):
        dirty, wanted, clean = folds._batch(planes, rng, train)
        assert dirty.shape == wanted.shape == (3, 1, 64, 64) and clean.shape == (3, 1, 32, 32)
        missed = (folds.reduced(wanted).clamp(0, 1) - clean)[..., 3:-3, 3:-3]
        assert missed.square().mean().sqrt() < 0.03
        assert np.corrcoef(dirty.flatten(), wanted.flatten())[0, 1] > 0.8


def test_tuning_comes_nearer_to_fonts_never_seen_and_is_done_once(
    pairs, checkpoint, tmp_path, monkeypatch
):
    train = Train(patch=64, batch=4, steps=20, warmup=2, learning_rate=1e-2, ema=0.9)
    learnt: list[set[str]] = []
    real = folds.tune

    def spied(network, others, *rest):
        learnt.append({pair.font for pair in others})
        return real(network, others, *rest)

    monkeypatch.setattr(folds, "tune", spied)

    def measure(fonts, flips=False):
        return folds.measure_fold(pairs, fonts, checkpoint, tmp_path / "out", train, 0, flips)

    rows = measure(["b"])
    assert {row["font"] for row in rows} == {"b"} and learnt == [{"a", "c"}]
    assert folds.pooled(rows, "tuned") < 0.85 * folds.pooled(rows, "start")
    assert measure(["b"]) == rows and len(learnt) == 1
    flipped = measure(["b"], flips=True)  # the weights that are there, cleaned otherwise
    assert flipped != rows and len(learnt) == 1
    assert "| all pages | 2 |" in folds.table([rows])[-1]


def test_flips_average_what_the_mirrored_pages_give(checkpoint):
    network, rng = load_network(checkpoint)[0], np.random.default_rng(0)
    page = rng.integers(0, 256, (40, 48), np.uint8)  # twice that is a multiple of the stride
    once = folds.cleaned(network, page, flips=True)
    again = folds.cleaned(network, page[::-1, ::-1].copy(), flips=True)[::-1, ::-1]
    assert np.abs(once.astype(int) - again).max() <= 1


def test_pairs_are_read_by_the_index_and_a_missing_one_is_told(pairs, tmp_path):
    for side in folds.SIDES:
        (tmp_path / side).mkdir()
        write_png(tmp_path / side / "7.png", Page(getattr(pairs[0], side)))
    with pytest.raises(UnreadableInputError, match=r"index\.csv"):
        folds.read_pairs(tmp_path)
    (tmp_path / "index.csv").write_text("id,noise,font\n7,coffee stain,Lre\n")
    (pair,) = folds.read_pairs(tmp_path)
    assert (pair.noise, pair.font) == ("coffee stain", "Lre")
    assert np.array_equal(pair.noisy, pairs[0].noisy)
    assert np.array_equal(pair.clean, pairs[0].clean)
