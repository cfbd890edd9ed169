"""What folding leaves: two unlike sides of a straight line, facets, and letters still there."""

import numpy as np
import pytest

from docclean.corruptions import folds
from docclean.corruptions.folds import Crease, Crumple, Fold, Wrinkle
from docclean.corruptions.shared.fields import line_distance
from docclean.corruptions.shared.strip import Strip

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
