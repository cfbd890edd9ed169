"""What holes, tears, folds, staples and tape promise beyond the family's contract."""

import numpy as np
import pytest

from docclean.corruptions.damage import (
    DogEar,
    Hole,
    PaperClip,
    PunchHole,
    Staple,
    Tape,
    Tear,
    WornEdges,
)

TAKING = [Tear(), Hole(), PunchHole(), WornEdges(), DogEar()]
LEAVING = [Staple(), Tape(), PaperClip()]
DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


def drawn(member, seed, severity=0.9, **changes):
    return {**member.sample(np.random.default_rng(seed), severity), **changes}


def lost(member, params, shape=PAPER.shape):
    """Where the clean side has lost all its ink."""
    return member.on_clean(np.zeros(shape, np.uint8), params, DPI) == 255


@pytest.mark.parametrize("member", TAKING, ids=lambda member: member.name)
def test_what_is_gone_is_gone_on_both_sides(member):
    """No ink can be told from paper where the clean side has none."""
    checks = PAPER.copy()
    checks[np.add.outer(np.arange(400) // 8, np.arange(300) // 8) % 2 == 0] = 0
    for seed in range(8):
        params = drawn(member, seed)
        gone = lost(member, params)
        assert gone.any()
        ink, paper = (member.on_page(page, params, DPI).astype(int) for page in (checks, PAPER))
        # the back of a folded corner may let a little ink through
        assert np.abs(paper - ink)[gone].max() <= 0.2 * 255
        assert (member.on_clean(PAPER, params, DPI) == 255).all()


@pytest.mark.parametrize("member", TAKING, ids=lambda member: member.name)
def test_what_is_left_can_be_read(member):
    for seed in range(8):
        params = drawn(member, seed, 1.0)
        kept = member.on_clean(INK, params, DPI) == 0
        ink, paper = (member.on_page(page, params, DPI).astype(int) for page in (INK, PAPER))
        assert (paper - ink)[kept].min() >= 25


@pytest.mark.parametrize("member", TAKING, ids=lambda member: member.name)
def test_little_is_lost(member):
    shares = [lost(member, drawn(member, seed, 0.6)).mean() for seed in range(16)]
    worst = [lost(member, drawn(member, seed, 1.0)).mean() for seed in range(16)]
    assert np.median(shares) < 0.08 and max(worst) < 0.2


@pytest.mark.parametrize("member", LEAVING, ids=lambda member: member.name)
def test_what_lies_on_the_sheet_leaves_the_clean_side(member):
    for seed in range(4):
        assert member.on_clean(INK, drawn(member, seed), DPI) is INK


@pytest.mark.parametrize("member", [Tape(), PaperClip()], ids=lambda member: member.name)
def test_ink_is_read_through_what_lies_on_it(member):
    for seed in range(8):
        params = drawn(member, seed, 1.0)
        ink, paper = (member.on_page(page, params, DPI).astype(int) for page in (INK, PAPER))
        assert (paper - ink).min() >= 25


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


def test_a_folded_corner_covers_as_much_as_it_opens():
    member = DogEar()
    params = drawn(member, 1, 0.9, quarter=0, aspect=1.0, leg=0.3)
    leg = 0.3 * 300
    assert lost(member, params).sum() == pytest.approx(leg * leg, rel=0.05)


def test_worn_edges_leave_the_middle_alone():
    for seed in range(4):
        worn = WornEdges().on_page(PAPER, drawn(WornEdges(), seed), DPI)
        assert worn[180:220, 130:170].min() > 200 and worn.min() < 100


def test_a_staple_shines_between_dark_sides():
    params = drawn(Staple(), 1, 0.3)
    mark = {"wire": True, "x": 0.5, "y": 0.5, "turn": 0.0}
    grey = np.full_like(PAPER, 150)
    stapled = Staple().on_page(grey, {**params, "marks": [mark]}, 300)
    profile = stapled[180:220, 150].astype(int)
    assert profile.max() > 180 and profile.min() < 110
