"""What tears and holes promise beyond what everything that cuts does."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.damage import Hole, PunchHole, Tear

DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)


def lost(member, params, shape=PAPER.shape):
    """Where the clean side has lost all its ink."""
    return member.on_clean(np.zeros(shape, np.uint8), params, DPI) == 255


def test_punched_holes_are_round_and_equal_and_stand_in_a_row():
    member, shape = PunchHole(), (1754, 1240)  # A4
    params = drawn(member, 3, quarter=0, count=2, pitch=80.0, diameter=6.0, torn=0.0)
    rows, columns = np.nonzero(lost(member, params, shape))
    left = columns < 620
    for half in (left, ~left):
        high, wide = np.ptp(rows[half]) + 1, np.ptp(columns[half]) + 1
        assert abs(high - wide) <= 2 and wide == pytest.approx(6 * DPI / 25.4, abs=2)
    middles = [columns[half].mean() for half in (left, ~left)]
    assert middles[1] - middles[0] == pytest.approx(80 * DPI / 25.4, abs=2)
    assert rows.max() < 0.2 * shape[0]


def test_a_piece_shows_a_punched_hole_even_where_the_pitch_is_longer():
    for seed in range(20):
        assert lost(PunchHole(), drawn(PunchHole(), seed)).any()


def test_a_tear_shows_white_fibres_on_grey_paper():
    grey = np.full_like(PAPER, 150)
    params = drawn(Tear(), 1, kind="corner", bed=0.02, depth=0.12, rim=1.2)
    torn = Tear().on_page(grey, params, DPI)
    assert (torn > 220).sum() > 30 and (torn < 30).sum() > 300


def test_a_burnt_hole_has_a_black_rim_and_no_white_one():
    grey = np.full_like(PAPER, 200)
    params = drawn(Hole(), 1, kind="burnt", burnt=True, bed=0.9, radius=5.0)
    burnt = Hole().on_page(grey, params, DPI)
    gone = lost(Hole(), params)
    assert (burnt[gone] < 40).any() and burnt[~gone].max() <= 200
