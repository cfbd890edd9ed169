"""Pieces of text come in the order in which a person reads them."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docclean.ocr.reading_order import reading_order

HEIGHT = 20.0


def quads(*boxes, lean=0.0):
    """Corners of boxes (left, top, width), each `HEIGHT` high, on a sheet turned a little."""
    flat = np.array(
        [
            [(left, top), (left + wide, top), (left + wide, top + HEIGHT), (left, top + HEIGHT)]
            for left, top, wide in boxes
        ],
        float,
    )
    turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    return flat @ turn.T


def lines_of(found):
    return [line for paragraph in found for line in paragraph]


def shuffled(boxes, seed=0):
    order = np.random.default_rng(seed).permutation(len(boxes))
    return [boxes[n] for n in order], {int(n): place for place, n in enumerate(order)}


def test_a_page_without_pieces():
    assert reading_order(np.zeros((0, 4, 2))) == []


@pytest.mark.parametrize("lean", [0.0, 0.02, -0.03])
def test_pieces_of_a_line_stand_in_it_though_the_page_leans(lean):
    rows = [[(50, 30 * n, 700), (780, 30 * n, 40), (900, 30 * n, 100)] for n in range(8)]
    boxes, place = shuffled(list(chain(*rows)))
    found = reading_order(quads(*boxes, lean=lean))
    assert lines_of(found) == [[place[3 * n], place[3 * n + 1], place[3 * n + 2]] for n in range(8)]
    assert len(found) == 1


def test_paragraphs_part_where_lines_stand_farther_apart():
    tops = [0, 30, 60, 120, 150, 240]
    assert reading_order(quads(*((50, top, 600) for top in tops))) == [
        *([[0], [1], [2]], [[3], [4]], [[5]])
    ]


@pytest.mark.parametrize("lean", [0.0, 0.03])
def test_columns_of_text_are_read_one_after_the_other(lean):
    left = [(50, 100 + 30 * n, 400) for n in range(6)]
    right = [(500, 110 + 30 * n, 380) for n in range(6)]
    title, foot = (100, 30, 700), (100, 400, 700)
    boxes, place = shuffled([title, *left, *right, foot])
    found = lines_of(reading_order(quads(*boxes, lean=lean)))
    assert found == [[place[n]] for n in range(14)]


def test_columns_above_and_below_a_heading_are_not_mixed():
    above = [(x, 30 * n, 400) for x in (50, 500) for n in range(5)]
    heading = [(60, 200, 800), (60, 230, 800)]
    below = [(x, 300 + 30 * n, 400) for x in (50, 500) for n in range(5)]
    boxes, place = shuffled([*above, *heading, *below])
    found = reading_order(quads(*boxes))
    assert lines_of(found) == [[place[n]] for n in range(22)]
    assert [[place[10]], [place[11]]] in found


def test_a_table_is_read_row_by_row():
    rows = [[(50, 30 * n, 250), (400, 30 * n, 60), (500, 30 * n, 70)] for n in range(9)]
    found = reading_order(quads(*chain(*rows)))
    assert lines_of(found) == [[3 * n, 3 * n + 1, 3 * n + 2] for n in range(9)]


def test_what_stands_upright_beside_the_text_is_a_line_of_its_own():
    upright = np.array([[(10, 40), (30, 40), (30, 220), (10, 220)]], float)
    text = quads(*((60, 30 * n, 600) for n in range(9)))
    found = lines_of(reading_order(np.concatenate((text, upright))))
    assert sorted(chain(*found)) == list(range(10))
    assert [n for n in chain(*found) if n < 9] == list(range(9))


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 500)),
        max_size=40,
    ),
    st.floats(-0.1, 0.1),
)
def test_every_piece_is_read_once(boxes, lean):
    if boxes:
        found = reading_order(quads(*boxes, lean=lean))
        assert sorted(chain(*lines_of(found))) == list(range(len(boxes)))
