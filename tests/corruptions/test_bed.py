"""What borders, neighbouring pages, gutters and edges promise beyond the family's contract."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.bed import BlackBorder, FeedShadow, Gutter, NextPage

DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)
BEYOND = [BlackBorder(), FeedShadow(), NextPage()]


@pytest.mark.parametrize("member", BEYOND, ids=lambda member: member.name)
def test_what_lies_beyond_the_page_is_white_on_the_clean_side(member):
    shares = []
    for seed in range(12):
        params = drawn(member, seed, 1.0)
        assert (member.on_clean(PAPER, params, DPI) == 255).all()
        clean = member.on_clean(INK, params, DPI)
        assert clean[140:260, 100:200].max() == 0  # at an edge, not in the middle
        shares.append(float((clean > 0).mean()))
    assert 0 < np.median(shares) < 0.2 and max(shares) < 0.3


@pytest.mark.parametrize("member", BEYOND[:2], ids=lambda member: member.name)
def test_ink_that_the_clean_side_lost_cannot_be_seen(member):
    for seed in range(8):
        params = drawn(member, seed)
        gone = member.on_clean(INK, params, DPI) == 255
        ink, paper = (member.on_page(page, params, DPI) for page in (INK, PAPER))
        assert (ink[gone] == paper[gone]).all()


def test_a_border_is_dark_and_as_ragged_as_drawn():
    for rough, least, most in ((0.0, 0.0, 1.0), (2.0, 2.0, 60.0)):
        bars = [{"side": 0, "depth": 0.1, "slant": 0.0}]
        changes = {"bars": bars, "rough": rough, "spray": 0.0, "quarter": 0, "bed": 0.02}
        page = BlackBorder().on_page(PAPER, drawn(BlackBorder(), 1, **changes), DPI)
        assert page[0].max() < 30
        assert least <= np.ptp((page < 128).sum(0)) <= most


def test_the_next_page_shows_the_pages_own_letters_cut_off():
    page = PAPER.copy()
    page[:, 60:290:6] = 0  # strokes
    params = drawn(NextPage(), 1, depth=0.12, right=False, dark=0.3, margin=0.0, slant=0.0)
    strip = NextPage().on_page(page, params, DPI)[:, :28]
    assert (strip < 60).mean() > 0.05 and (page[:, :28] == 255).all()


def test_a_gutter_darkens_toward_its_side_and_leaves_the_letters():
    for seed in range(6):
        params = drawn(Gutter(), seed, 1.0, quarter=0, slant=0.0)
        paper, ink = (Gutter().on_page(page, params, DPI).astype(int) for page in (PAPER, INK))
        rows = paper.mean(1)
        assert rows[0] < 150 and rows[-1] == 255 and (np.diff(rows) > -3).all()
        assert (paper - ink).min() >= 25


def test_the_edge_of_a_sheet_is_a_line_darker_than_both_its_sides():
    params = drawn(FeedShadow(), 2, 0.8, quarter=0, depth=0.05, slant=0.0)
    rows = FeedShadow().on_page(PAPER, params, DPI).mean(1)
    line = int(rows.argmin())
    assert 5 <= line <= 25 and rows[line] < rows[0] - 20 and rows[line] < rows[line + 30] - 60
