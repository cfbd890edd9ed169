"""What the corruptions of ink promise: strokes weakened, broken, feathered, never lost for good."""

import cv2
import numpy as np
import pytest
from fakes import text_page

from docclean.corruptions.ink import (
    BrokenStrokes,
    DroppedInk,
    FaintInk,
    InkBleed,
    InkWeight,
    UnevenInk,
)
from docclean.corruptions.shared.strokes import FAINTEST, blurred, ink_of, stroke_mask, weakened
from docclean.page import Image

DPI = 300.0
SEEDS = range(6)


def bars(width: int, height: int = 200) -> Image:
    """Upright bars of one width, 40 px apart."""
    page = np.full((height, 400), 255, np.uint8)
    for left in range(20, 380, 40):
        page[:, left : left + width] = 0
    return page


def dirty(member, page, severity=0.9, seed=1, **fixed):
    ranges = {name: (value, value) for name, value in fixed.items()}
    params = member.sample(np.random.default_rng(seed), severity, ranges)
    return member.on_page(page, params, DPI), member.on_clean(page, params, DPI)


def longest_run(hit) -> int:
    """Return the longest vertical run of True."""
    longest = run = 0
    for value in np.append(hit, False):
        run = run + 1 if value else 0
        longest = max(longest, run)
    return longest


# --- ink -----------------------------------------------------------------------------------------


def test_ink_weight_goes_both_ways_on_both_sides():
    page = text_page()
    bold, clean = dirty(InkWeight(), page, amount=0.42)
    thin, _ = dirty(InkWeight(), page, amount=-0.12)
    assert (bold == clean).all()
    assert (bold <= thin).all() and thin.mean() > bold.mean() + 1


def test_a_page_of_faint_ink_can_be_read():
    page = text_page()
    for seed in SEEDS:
        faint, clean = dirty(FaintInk(), page, 1.0, seed)
        ink = cv2.erode((page == 0).astype(np.uint8), np.ones((3, 3))) > 0
        assert 20 < 255 - faint[ink].mean() < 110
        assert (clean == page).all()


def test_uneven_ink_pales_a_part_and_leaves_a_part():
    page = bars(20)
    for seed in SEEDS:
        ink = 255 - dirty(UnevenInk(), page, 0.8, seed)[0][page == 0].astype(int)
        assert (ink > 240).mean() > 0.15 and (ink < 120).mean() > 0.1
        assert ink.min() >= FAINTEST - 1


@pytest.mark.parametrize("width", [3, 5, 8])
def test_a_broken_stroke_has_gaps_no_longer_than_it_is_wide(width):
    page = bars(width)
    found = []
    for seed in SEEDS:
        broken, clean = dirty(BrokenStrokes(), page, 1.0, seed, gaps=0.5, length=1, gone=1)
        assert (clean == page).all() and (broken >= page).all()
        runs = [longest_run(broken[:, left + width // 2] > 160) for left in range(20, 380, 40)]
        found += [run for run in runs if run]
    # two gaps may lie side by side; most do not
    assert len(found) > 10 and np.quantile(found, 0.75) <= width


def test_only_the_thinnest_strokes_break():
    page = np.full((200, 400), 255, np.uint8)
    page[:, 100:103], page[:, 300:315] = 0, 0
    broken, _ = dirty(BrokenStrokes(), page, 1.0, 2, hairlines=0.4, gone=1)
    assert (broken[:, 100:103] > 100).any() and (broken[:, 300:315] == 0).all()


def test_dropped_ink_leaves_white_flecks_inside_strokes_only():
    page = bars(20)
    for seed in SEEDS:
        flecked, _ = dirty(DroppedInk(), page, 0.9, seed)
        assert (flecked >= page).all() and (flecked[page == 255] == 255).all()
        assert 0.05 < (flecked[page == 0] > 160).mean() < 0.5


def test_ink_missing_over_more_than_a_stroke_is_missing_from_the_clean_side_too():
    page = np.zeros((300, 300), np.uint8)
    small = dirty(DroppedInk(), page, 0.9, 1, fleck=0.08, lost=0.1, clusters=0)[1]
    assert (small == page).mean() > 0.99
    large, clean = dirty(DroppedInk(), page, 0.9, 1, fleck=2, lost=0.3, clusters=0, trace=0)
    assert (clean > 200).mean() > 0.15
    assert (large[clean > 200] > 150).all()


def test_ink_bleeds_outwards_and_fainter():
    page = bars(12)
    for seed in SEEDS:
        bled, clean = dirty(InkBleed(), page, 0.9, seed)
        fringe = 255 - bled[page == 255].astype(int)
        assert (bled <= page).all() and (clean == page).all()
        assert fringe.max() < 0.8 * 255 and fringe.mean() > 2
        assert (bled[:, :7] == 255).all()  # more than a millimetre away


# --- strokes -------------------------------------------------------------------------------------


def test_faint_pages_have_strokes_and_blank_ones_none():
    assert stroke_mask(ink_of(text_page(ink=215))).any()
    assert not stroke_mask(ink_of(np.full((20, 20), 255, np.uint8))).any()


def test_fading_twice_does_not_make_ink_vanish():
    ink, weight = ink_of(text_page()), np.full((240, 420), 0.05, np.float32)
    assert weakened(weakened(ink, weight), weight).max() >= FAINTEST - 1


@pytest.mark.parametrize("sigma", [1.0, 6.0, 20.0])
def test_the_quick_blur_is_a_blur(sigma):
    ink = ink_of(text_page())
    slow = cv2.GaussianBlur(ink, (0, 0), sigma)
    assert np.abs(blurred(ink, sigma) - slow).mean() < 2


def test_missing_ink_leaves_no_grey_in_clean_letters():
    page, holes = np.zeros((300, 300), np.uint8), 0
    for seed in SEEDS:
        clean = dirty(DroppedInk(), page, 1.0, seed, fleck=0.5)[1]
        assert ((clean == 255) | (clean == page)).all()
        holes += int((clean == 255).sum())
    assert holes > 1000
