"""What smears promise: ink is only added, near where it came from, and fainter."""

import numpy as np
import pytest
from fakes import text_page

from docclean.corruptions.smears import InkSmear, RollerSmear, WetSmudge

DPI = 300.0
SEEDS = range(6)


def dirty(member, page, severity=0.9, seed=1, **fixed):
    ranges = {name: (value, value) for name, value in fixed.items()}
    params = member.sample(np.random.default_rng(seed), severity, ranges)
    return member.on_page(page, params, DPI), member.on_clean(page, params, DPI)


def test_a_smear_only_adds_ink_and_only_where_there_was_some():
    blank = np.full((200, 300), 255, np.uint8)
    for member in (InkSmear(), RollerSmear()):
        assert (dirty(member, blank)[0] == 255).all()
        smeared, clean = dirty(member, text_page(), 0.9, 3)
        assert (smeared <= text_page()).all() and (clean == text_page()).all()


def test_a_dragged_trace_lies_to_one_side():
    page = np.full((200, 400), 255, np.uint8)
    page[:, 200:206] = 0
    params = InkSmear().sample(np.random.default_rng(1), 0.9, {"strength": (0.75, 0.75)})
    mark = {**params["marks"][0], "x": 0.5, "y": 0.5, "angle": 0.0}
    trace = 255 - InkSmear().on_page(page, {**params, "marks": [mark]}, 150.0).astype(float)
    assert trace[:, 170:198].mean() > 5 > 0.5 > trace[:, 210:].mean()


def test_a_roller_repeats_the_page_one_turn_on():
    page = np.full((400, 300), 255, np.uint8)
    page[60:70, 50:250] = 0
    params = RollerSmear().sample(np.random.default_rng(2), 0.9, {"turn": (20, 20)})
    ghost = 255 - RollerSmear().on_page(page, {**params, "across": False}, 150.0).astype(float)
    profile = ghost[80:, 60:240].mean(1)
    assert 80 + int(np.argmax(profile)) == pytest.approx(65 + 20 / 25.4 * 150, abs=8)
    assert profile.max() < 0.55 * 255


def test_water_makes_a_cloud_paler_than_the_ink_it_came_from():
    page = text_page()
    for seed in SEEDS:
        wet, clean = dirty(WetSmudge(), page, 0.9, seed)
        assert (clean == page).all()
        assert wet[page == 255].min() >= 90
        assert wet[page == 255].mean() < 254
