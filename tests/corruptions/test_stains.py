"""What falls on paper: rims darker than what they hold, and a piece of a page is never missed."""

import cv2
import numpy as np
import pytest
from fakes import flat

from docclean.corruptions.stains import Foxing, Grease, Stain, WaterStain

EVERY = [Stain(), WaterStain(), Foxing(), Grease()]


@pytest.mark.parametrize("dpi", [72.0, 600.0])
@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_a_piece_of_a_page_is_hit_at_any_resolution(member, dpi):
    means = [
        255 - member.on_page(flat(), member.sample(np.random.default_rng(seed), 0.9), dpi).mean()
        for seed in range(7)
    ]
    assert np.median(means) > 0.4


@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_no_stain_is_as_dark_as_ink(member):
    for seed in range(6):
        page = member.on_page(flat(), member.sample(np.random.default_rng(seed), 1.0), 150.0)
        assert np.percentile(page, 1) > 25


def test_a_coffee_ring_is_empty_and_a_drop_is_not():
    mark = {"x": 0.5, "y": 0.5, "angle": 0.0, "inward": 0.0, "radius": 15.0, "rim": 1.0,
            "depth": 0.5, "rough": 0.01, "squash": 1.0}  # fmt: skip
    pages = {
        kind: Stain().on_page(flat(), {"marks": [mark | {"kind": kind}], "seed": 1}, 150.0)
        for kind in ("ring", "disc")
    }
    middle, rim = (slice(130, 170), slice(130, 170)), (slice(140, 160), slice(58, 66))
    assert pages["ring"][middle].mean() > 254 > 235 > pages["ring"][rim].mean()
    assert pages["disc"][middle].mean() < 245


def test_the_tide_line_is_darker_than_the_water_behind_it():
    member = WaterStain()
    for seed in range(5):
        page = member.on_page(flat(), member.sample(np.random.default_rng(seed), 0.9), 150.0)
        wet = page < 250
        assert wet.any()
        line = wet & (cv2.erode(wet.astype(np.uint8), np.ones((9, 9))) == 0)
        assert page[line].min() < np.median(page[wet]) - 10


def test_foxing_is_spots_on_mostly_bare_paper():
    member = Foxing()
    ranges = {"halo": (0.0, 0.0), "spots": (300.0, 300.0)}
    page = member.on_page(
        flat(), member.sample(np.random.default_rng(4), 0.7, ranges), 150.0
    )  # fmt: skip
    spots, _ = cv2.connectedComponents((page < 235).astype(np.uint8))
    assert spots > 15 and (page < 235).mean() < 0.3


def test_grease_lets_the_back_shine_through():
    page = flat()
    page[:, 40:60] = 0  # so the back's line lies at the right
    member = Grease()
    patch = {"x": 0.5, "y": 0.5, "angle": 0.0, "inward": 0.0, "radius": 60.0, "dark": 0.1,
             "soft": 1.0, "rough": 0.1}  # fmt: skip
    params = {"patches": [patch], "seen": 0.3, "shift": 0.0, "seed": 1}
    dirty = member.on_page(page, params, 150.0).astype(float)
    assert dirty[:, 243:257].mean() < dirty[:, 200:220].mean() - 30
    assert dirty[:, 243:257].min() > 100
