"""What staples, tape and clips promise beyond the family's contract."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.fastenings import PaperClip, Staple, Tape

LEAVING = [Staple(), Tape(), PaperClip()]
DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


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


def test_a_staple_shines_between_dark_sides():
    params = drawn(Staple(), 1, 0.3)
    mark = {"wire": True, "x": 0.5, "y": 0.5, "turn": 0.0}
    grey = np.full_like(PAPER, 150)
    stapled = Staple().on_page(grey, {**params, "marks": [mark]}, 300)
    profile = stapled[180:220, 150].astype(int)
    assert profile.max() > 180 and profile.min() < 110
