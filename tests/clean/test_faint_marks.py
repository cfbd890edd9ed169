"""Faint crumbs go; dots, dark specks and faint writing stay."""

import numpy as np
import pytest

from docclean.clean.faint_marks import wipe_crumbs
from docclean.clean.gate.measures import Measures

X_HEIGHT = 16


def contrast(raw, cleaned):
    return Measures.of(raw, cleaned).speckled_contrast


def page(seed=0):
    """Return a page of dark letters on grey paper, and it cleaned: paper white, ink black."""
    rng = np.random.default_rng(seed)
    raw = np.full((500, 620), 215, np.uint8)
    for top in range(20, 460, 40):
        for left in range(20, 580, 18):
            raw[top : top + X_HEIGHT, left : left + int(rng.integers(4, 9))] = 45
    return raw, np.where(raw < 100, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("grey", "side", "stays"),
    [(180, 5, False), (60, 3, True), (180, 2 * X_HEIGHT, True), (214, 3, False)],
    ids=["faint crumb", "dot of an i", "faint writing", "paper"],
)
def test_only_faint_crumbs_go(grey, side, stays):
    raw, cleaned = page()
    place = np.s_[57 : 57 + min(side, 3), 300 : 300 + side] if side < X_HEIGHT else None
    place = place or np.s_[475:495, 300 : 300 + side]
    raw[place], cleaned[place] = grey, 40
    before = cleaned.copy()
    wiped = wipe_crumbs(raw, cleaned, X_HEIGHT, contrast(raw, cleaned))
    assert wiped is cleaned  # a large page has no room for another
    assert (wiped[place] < 230).all() == stays
    wiped[place] = before[place]
    assert (wiped == before).all()  # no letter goes


@pytest.mark.parametrize("band", [1, 7, 64, 333])
def test_crumbs_are_found_across_bands(band, monkeypatch):
    raw, cleaned = page()
    rng = np.random.default_rng(3)
    for _ in range(400):  # crumbs, and faint marks too large for crumbs, in any place
        row, column = rng.integers(0, 480), rng.integers(0, 590)
        mark = np.s_[row : row + rng.integers(1, 15), column : column + rng.integers(1, 15)]
        raw[mark], cleaned[mark] = 180, 40
    told = contrast(raw, cleaned)
    whole = wipe_crumbs(raw, cleaned.copy(), X_HEIGHT, told)
    monkeypatch.setattr("docclean.clean.faint_marks.BAND", band)
    assert (wipe_crumbs(raw, cleaned.copy(), X_HEIGHT, told) == whole).all()
    assert (whole != cleaned).any()


def test_a_page_without_letters_is_left_as_it_is():
    raw = np.full((70, 130), 200, np.uint8)
    raw[30:33, 40:43] = 190
    cleaned = np.where(raw < 195, 30, 255).astype(np.uint8)
    assert (wipe_crumbs(raw, cleaned.copy(), 12.0, contrast(raw, cleaned)) == cleaned).all()
    assert (wipe_crumbs(*page(), 0.0, 150.0) == page()[1]).all()


def test_faint_pages_keep_all_their_ink():
    """Where all ink is faint, faint is no sign of dirt."""
    raw, cleaned = page()
    faint = np.where(raw < 100, 140, raw).astype(np.uint8)
    assert (wipe_crumbs(faint, cleaned.copy(), X_HEIGHT, contrast(faint, cleaned)) == cleaned).all()
