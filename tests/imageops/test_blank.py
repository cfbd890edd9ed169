"""Where a page holds more than even paper, and the pieces that hold all of that."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from docclean.imageops.blank import CELL, least_share, marked, pieces, pooled, share
from docclean.page import Image


def paper(height: int = 800, width: int = 600, grain: float = 1.5) -> Image:
    """Return uneven paper: light from one side, and grain."""
    light = np.linspace(190, 240, width)[None, :] + np.zeros((height, 1))
    grains = np.random.default_rng(1).normal(0, grain, (height, width))
    return np.clip(light + grains, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("pick", [np.minimum, np.maximum])
@pytest.mark.parametrize("size", [(16, 24), (17, 31), (5, 3)])
def test_cells_are_pooled(pick, size):
    page = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    found = pooled(page, pick)
    assert found.shape == tuple(-(-side // CELL) for side in size)
    for row, column in np.ndindex(found.shape):
        cell = page[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        assert found[row, column] == pick.reduce(cell, axis=None)


def test_uneven_paper_is_blank():
    assert not marked(paper()).any()


@pytest.mark.parametrize("grey", [30, 120, 180])
def test_a_thin_stroke_is_marked_and_what_is_around_it(grey: int):
    page = paper()
    page[404, 200:300] = grey
    cells = marked(page)
    assert cells[404 // CELL - 2 : 404 // CELL + 3, 200 // CELL - 2 : 300 // CELL + 2].all()
    assert not cells[:40].any() and not cells[60:].any()


def test_the_inside_of_a_dark_ground_is_marked():
    page = paper()
    page[200:400, 100:500] = 90
    assert marked(page)[25:50, 13:62].all()


@given(arrays(np.bool_, st.tuples(st.integers(1, 60), st.integers(1, 60)), elements=st.booleans()))
def test_pieces_hold_every_marked_cell_once_and_lie_apart(cells):
    rim = 32
    boxes = pieces(cells, rim)
    held = np.zeros((2 * len(cells) * CELL, 2 * cells.shape[1] * CELL), np.int64)
    for top, bottom, left, right in boxes:
        held[top:bottom, left:right] += 1
    at_pixels = np.kron(cells, np.ones((CELL, CELL), np.int64))
    assert (held[: at_pixels.shape[0], : at_pixels.shape[1]] >= at_pixels).all()
    assert held.max(initial=0) <= 1
    for number, (top, bottom, left, right) in enumerate(boxes):
        others = np.delete(boxes, number, 0)
        apart = (others[:, 0] >= bottom + rim) | (others[:, 1] + rim <= top)
        apart |= (others[:, 2] >= right + rim) | (others[:, 3] + rim <= left)
        assert apart.all()


def test_a_half_blank_letter_costs_half():
    page = paper(1600, 1200)
    page[100:700:40, 100:1100] = 20
    boxes = pieces(marked(page), 32)
    assert len(boxes) == 1
    assert 0.35 < share(boxes, 32, page.shape) < 0.5


def test_pieces_cost_at_least_what_lies_around_marks():
    page = paper(1600, 1200)
    page[100:700:40, 100:1100] = 20
    cells = marked(page)
    assert 0.3 < least_share(cells, 32) < share(pieces(cells, 32), 32, page.shape)


def test_a_grain_far_from_the_text_is_a_piece_of_its_own():
    page = paper(1600, 1200)
    page[100:500:40, 100:1100] = 20
    page[1500:1503, 1100:1103] = 20
    boxes = pieces(marked(page), 32)
    assert len(boxes) == 2
    assert share(boxes, 32, page.shape) < 0.4


def test_a_blank_page_has_one_small_piece():
    boxes = pieces(marked(paper()), 32)
    assert len(boxes) == 1
    assert share(boxes, 32, (800, 600)) < 0.3


def test_pieces_of_a_large_page_take_no_room():
    cells = np.random.default_rng(0).random((2500, 2500)) < 0.0005  # 400 million px, marks all over
    tracemalloc.start()
    boxes = pieces(cells, 32)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 200e6
    covered = np.zeros(cells.shape, np.bool_)
    for top, bottom, left, right in boxes // CELL:
        covered[top:bottom, left:right] = True
    assert covered[cells].all()
