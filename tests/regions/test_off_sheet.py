"""Off the sheet is what joins the rim, is sure somewhere and is clear of letters."""

import numpy as np

from docclean.regions.kinds import MARKS, Kind
from docclean.regions.off_sheet import joined_to_rim, near_letters, off_sheet
from docclean.regions.page_map import PageMap


def map_with(**shares: np.ndarray) -> PageMap:
    """Return a map with these shares, (h, w), by kind."""
    h, w = next(iter(shares.values())).shape
    own = np.zeros((len(MARKS), h, w), np.uint8)
    for name, values in shares.items():
        own[MARKS.index(Kind[name])] = values
    seen = np.full((8 * h, 8 * w, 3), 255, np.uint8)
    desk = np.kron(own[MARKS.index(Kind.OFF)] > 200, np.ones((8, 8), np.uint8)) > 0
    seen[desk] = 60
    return PageMap(own, 8 * h, 8 * w, seen, np.zeros(4, np.float32))


def test_the_desk_joins_the_rim_and_is_sure_somewhere():
    cells = np.zeros((20, 20), np.bool_)
    cells[4:14, 4:14] = cells[0:2] = True
    sure = np.zeros_like(cells)
    assert not joined_to_rim(cells, sure).any()
    sure[0, 3] = True
    joined = joined_to_rim(cells, sure)
    assert joined[0].all() and not joined[6, 6]


def test_nothing_is_off_the_sheet_where_letters_may_be_near():
    """Letters that a map half sees stood on a strip it took for the desk, and went white."""
    off = np.zeros((20, 20), np.uint8)
    off[:, :8] = 250
    text = np.zeros_like(off)
    text[10, 7] = 30
    found = map_with(OFF=off, TEXT=text)
    cells = off_sheet(found)
    assert near_letters(found)[8:13, 5:10].all()
    assert not cells[8:13, 5:10].any()
    assert cells[:, :5].all() and cells[:7, :8].all()


def test_beyond_a_streak_the_sheet_goes_on():
    off = np.zeros((20, 20), np.uint8)
    off[:, :6] = 250
    found = map_with(OFF=off)
    assert off_sheet(found)[:, :6].all()
    found.seen[:] = 200
    found.seen[:, 47:49] = 255  # a streak of the scanner
    assert not off_sheet(found).any()
    found.seen[:, :47:2] = 180  # a cloth of the same light
    assert off_sheet(found)[:, :6].all()
