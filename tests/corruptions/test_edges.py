"""What worn edges and folded corners promise beyond what everything that cuts does."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.edges import DogEar, WornEdges

DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


def test_a_folded_corner_covers_as_much_as_it_opens():
    member = DogEar()
    params = drawn(member, 1, 0.9, quarter=0, aspect=1.0, leg=0.3)
    leg = 0.3 * 300
    assert (member.on_clean(INK, params, DPI) == 255).sum() == pytest.approx(leg * leg, rel=0.05)


def test_worn_edges_leave_the_middle_alone():
    for seed in range(4):
        worn = WornEdges().on_page(PAPER, drawn(WornEdges(), seed), DPI)
        assert worn[180:220, 130:170].min() > 200 and worn.min() < 100
