"""What folding leaves: two unlike sides of a straight line, facets, and letters still there.

And, below, the folds of a set of pages: `pipelines/folds.py`.
"""

import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions import folds
from docclean.corruptions.fields import line_distance
from docclean.corruptions.folds import Crease, Crumple, Fold, Wrinkle
from docclean.corruptions.strip import Strip
from docclean.errors import UnreadableInputError, UsageError
from docclean.fidelity import rmse
from docclean.models import ARCHITECTURES
from docclean.models.checkpoint import load_network, save_tensors
from docclean.page import Page
from docclean.pairs import write_png
from docclean.recipe import Model, Recipe, Train
from docclean.scale import enlarge, resized

sys.path.append(str(Path(__file__).parents[1] / "pipelines"))  # scripts, no package

import folds as by_font

EVERY = [Crease(), Fold(), Wrinkle(), Crumple()]


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.5, 4.0])
def test_a_strip_lies_where_its_line_runs(angle):
    """Laying the strip's own distances gives the page's distances from the line."""
    shape, point = (90, 130), (70.0, 30.0)
    strip = Strip(shape, point, angle, reach=60)
    laid = strip.lay(np.repeat(strip.across, strip.columns, 1), outside=1000.0)
    expected = line_distance(shape, point, angle)
    near = np.abs(expected) < 58
    assert np.abs(laid - expected)[near].max() < 0.1
    assert (laid[np.abs(expected) > 65] == 1000).all()


def test_a_fold_is_straight_with_a_dark_and_a_light_side():
    member, page = Fold(), np.full((300, 300), 255, np.uint8)
    params = dict(member.sample(np.random.default_rng(1), 0.9))
    fold = params["folds"][0] | {"place": 0.5, "angle": 0.0, "soft": 10.0}
    dirty = member.on_page(page, params | {"folds": [fold]}, 150.0).astype(float)
    above, below = dirty[120:140].mean(), dirty[160:180].mean()
    assert above < below - 25  # the panel that leans away is the dark one
    assert dirty[10].mean() > dirty[135].mean()
    assert dirty[:, 5:-5].argmin(axis=0).std() < 2


@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_letters_stay_darker_than_every_fold(member):
    page = np.full((300, 300), 255, np.uint8)
    page[::12, :] = 0
    for seed in range(8):
        dirty = member.on_page(page, member.sample(np.random.default_rng(seed), 1.0), 150.0)
        ink, paper = dirty[::12].astype(float), dirty[6::12].astype(float)
        assert np.mean(ink < paper) > 0.99 and ink.max() < 130


@pytest.mark.parametrize("dpi", [72.0, 150.0, 600.0])
@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_folds_are_seen_at_any_resolution(member, dpi):
    page = np.full((300, 300), 255, np.uint8)
    change = [
        255 - member.on_page(page, member.sample(np.random.default_rng(seed), 0.9), dpi).mean()
        for seed in range(7)
    ]
    assert np.median(change) > 1


def test_a_crumpled_sheet_has_more_edges_the_larger_it_is():
    member = Crumple()
    ranges = {"veil": (0.0, 0.0), "edges": (60.0, 60.0), "length": (6.0, 6.0), "soft": (1.0, 1.0)}
    page, marked = np.full((400, 400), 255, np.uint8), [0.0, 0.0]
    for seed in range(16):
        params = member.sample(np.random.default_rng(seed), 0.8, ranges)
        for place, dpi in enumerate((150.0, 600.0)):
            marked[place] += float((member.on_page(page, params, dpi) < 245).mean())
    assert 0.2 < marked[0] / max(marked[1], 1e-3) < 5  # the same share of the paper


@pytest.mark.parametrize("dpi", [100.0, 200.0, 600.0])
def test_wrinkles_have_no_grain_and_no_white_rims(dpi):
    """No direction prevails, and light changes softly: it never jumps from dark to white."""
    member, page = Wrinkle(), np.full((400, 400), 255, np.uint8)
    ratios, jumps = [], []
    for seed in range(12):
        light = member.on_page(page, member.sample(np.random.default_rng(seed), 1.0), dpi)
        down, right = (np.abs(np.diff(light.astype(float), axis=axis)) for axis in (0, 1))
        ratios.append(right.mean() / down.mean())
        jumps.append(float(max(down.max(), right.max())))
    assert min(ratios) > 0.3 and max(ratios) < 3.3
    assert np.median(jumps) < 60


def test_crumpled_edges_are_few_long_and_many_short(monkeypatch):
    halves: list[float] = []
    monkeypatch.setattr(folds, "_lay_edge", lambda *place: halves.append(place[4]))
    member, page = Crumple(), np.full((1500, 1000), 255, np.uint8)
    member.on_page(page, member.sample(np.random.default_rng(3), 1.0), 150.0)
    assert len(halves) > 50
    assert np.max(halves) > 6 * np.min(halves) and np.mean(halves) > 1.5 * np.median(halves)


# From here on: pipelines/folds.py, which holds the fonts of a set out, fold by fold.


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
        pages.append(by_font.Pair(("stain", "fold")[index % 2], "abc"[index // 2], noisy, clean))
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
    held_out = by_font.font_folds(fonts * 4, 3)
    assert sorted(font for fold in held_out for font in fold) == sorted(fonts)
    assert not {font[1:] for font in held_out[0]} & {font[1:] for font in held_out[1] + held_out[2]}
    with pytest.raises(UsageError, match="--folds"):
        by_font.font_folds(fonts, 19)


def test_the_target_reduces_to_the_clean_page_and_so_it_is_measured(pairs):
    clean = pairs[0].clean
    large = by_font.target(clean)
    assert rmse(resized(large, clean.shape), clean) < 0.3 * rmse(
        resized(enlarge(clean, 2), clean.shape), clean
    )
    seen = by_font.reduced(torch.from_numpy(large)[None, None].float())[0, 0].clamp(0, 255)
    assert (
        np.abs(seen.numpy() - resized(large, clean.shape)).max() < 1.5
    )  # Pillow rounds between its passes


def test_a_crop_keeps_its_three_sides_together(pairs):
    """Without jitter, flips or not: the target reduces to the twin, and dirt follows its ink."""
    train, rng = Train(patch=64, batch=3), np.random.default_rng(1)
    planes = [by_font._planes(pair) for pair in pairs]
    for _ in range(6):
        dirty, wanted, clean = by_font._batch(planes, rng, train)
        assert dirty.shape == wanted.shape == (3, 1, 64, 64) and clean.shape == (3, 1, 32, 32)
        missed = (by_font.reduced(wanted).clamp(0, 1) - clean)[..., 3:-3, 3:-3]
        assert missed.square().mean().sqrt() < 0.03
        assert np.corrcoef(dirty.flatten(), wanted.flatten())[0, 1] > 0.8


def test_tuning_comes_nearer_to_fonts_never_seen_and_is_done_once(
    pairs, checkpoint, tmp_path, monkeypatch
):
    train = Train(patch=64, batch=4, steps=20, warmup=2, learning_rate=1e-2, ema=0.9)
    learnt: list[set[str]] = []
    real = by_font.tune

    def spied(network, others, *rest):
        learnt.append({pair.font for pair in others})
        return real(network, others, *rest)

    monkeypatch.setattr(by_font, "tune", spied)

    def measure(fonts, flips=False):
        return by_font.measure_fold(pairs, fonts, checkpoint, tmp_path / "out", train, 0, flips)

    rows = measure(["b"])
    assert {row["font"] for row in rows} == {"b"} and learnt == [{"a", "c"}]
    assert by_font.pooled(rows, "tuned") < 0.85 * by_font.pooled(rows, "start")
    assert measure(["b"]) == rows and len(learnt) == 1
    flipped = measure(["b"], flips=True)  # the weights that are there, cleaned otherwise
    assert flipped != rows and len(learnt) == 1
    assert "| all pages | 2 |" in by_font.table([rows])[-1]


def test_flips_average_what_the_mirrored_pages_give(checkpoint):
    network, rng = load_network(checkpoint)[0], np.random.default_rng(0)
    page = rng.integers(0, 256, (40, 48), np.uint8)  # twice that is a multiple of the stride
    once = by_font.cleaned(network, page, flips=True)
    again = by_font.cleaned(network, page[::-1, ::-1].copy(), flips=True)[::-1, ::-1]
    assert np.abs(once.astype(int) - again).max() <= 1


def test_pairs_are_read_by_the_index_and_a_missing_one_is_told(pairs, tmp_path):
    for side in by_font.SIDES:
        (tmp_path / side).mkdir()
        write_png(tmp_path / side / "7.png", Page(getattr(pairs[0], side)))
    with pytest.raises(UnreadableInputError, match=r"index\.csv"):
        by_font.read_pairs(tmp_path)
    (tmp_path / "index.csv").write_text("id,noise,font\n7,coffee stain,Lre\n")
    (pair,) = by_font.read_pairs(tmp_path)
    assert (pair.noise, pair.font) == ("coffee stain", "Lre")
    assert np.array_equal(pair.noisy, pairs[0].noisy)
    assert np.array_equal(pair.clean, pairs[0].clean)
