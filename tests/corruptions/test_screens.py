"""Printed patterns, tints and pictures: below the ink they stay pale; pictures stay."""

import numpy as np
import pytest
from fakes import letter

from docclean.corruptions.screens import HalftonePicture, HalftoneStock, PatternedStock
from docclean.page import Image

BEHIND = [PatternedStock(), HalftoneStock()]


def below(page: Image) -> np.ndarray:
    return page[165:].astype(float)


@pytest.mark.parametrize("member", BEHIND, ids=lambda member: member.name)
def test_what_lies_behind_never_hides_the_ink(member):
    page = letter()
    for seed in range(8):
        dirty = member.on_page(page, member.sample(np.random.default_rng(seed), 1.0), 200.0)
        assert dirty[page < 40].mean() < 45
        assert dirty[page == 255].mean() > dirty[page < 40].mean() + 45
        assert (member.on_clean(page, {}, 200.0) == page).all()


@pytest.mark.parametrize("kind", ["waves", "guilloche", "lines", "dots", "motif"])
@pytest.mark.parametrize("dpi", [72.0, 300.0])
def test_every_pattern_shows_and_stays_pale(kind, dpi):
    member = PatternedStock()
    params = dict(member.sample(np.random.default_rng(3), 1.0, {"tint": (0, 0)}))
    params |= {"kind": kind, "region": [0.0, 0.0, 1.0, 1.0]}
    paper = below(member.on_page(letter(), params, dpi))
    assert paper.std() > 3 and paper.min() > 120


def test_a_tint_has_as_much_ink_as_it_covers():
    """Dots of 30 per cent make paper 30 per cent darker, at any resolution."""
    member = HalftoneStock()
    for dpi in (72.0, 200.0, 600.0):
        params = {"cover": 0.3, "dark": 1.0, "lines": 75.0, "slope": 0.0, "angle": 45.0,
                  "region": [0.0, 0.0, 1.0, 1.0], "way": 0.0}  # fmt: skip
        paper = member.on_page(np.full((300, 300), 255, np.uint8), params, dpi)
        assert 255 - paper.mean() == pytest.approx(0.3 * 255, rel=0.15)


def test_a_picture_fills_a_blank_place_on_both_sides_alike():
    member, page = HalftonePicture(), letter()
    params = member.sample(np.random.default_rng(1), 0.8)
    dirty, clean = member.on_page(page, params, 150.0), member.on_clean(page, params, 150.0)
    assert (dirty == clean).all()
    assert below(dirty).mean() < 240
    assert (dirty[page < 128] == page[page < 128]).all()  # no letter is printed over


def test_a_full_page_gets_no_picture():
    page = np.full((300, 300), 255, np.uint8)
    page[:, ::8] = 0
    params = HalftonePicture().sample(np.random.default_rng(1), 0.8)
    assert (HalftonePicture().on_page(page, params, 150.0) == page).all()
