"""What everything that takes a piece of the sheet away promises beyond the family's contract."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.damage import Hole, PunchHole, Tear
from docclean.corruptions.edges import DogEar, WornEdges

TAKING = [Tear(), Hole(), PunchHole(), WornEdges(), DogEar()]
DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


def lost(member, params):
    """Where the clean side has lost all its ink."""
    return member.on_clean(INK, params, DPI) == 255


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
