"""Pages set straight: upright, level, without borders, one at a time."""

from pathlib import Path

import numpy as np
import pytest

from docclean.documents import read_pages
from docclean.page import Page
from docclean.straighten import halves, straighten
from docclean.straighten.borders import find_border, painted
from docclean.straighten.orientation import orientation
from docclean.straighten.skew import rotated, skew
from docclean.straighten.spread import find_gutter

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("angle", [0.0, 0.15, -0.35, 1.2, -4.6, 9.3])
def test_skew_is_found_to_a_tenth_of_a_degree(angle, book):
    page, _ = book
    leaning = rotated(page.pixels, -angle)
    assert skew(leaning) == pytest.approx(angle, abs=0.1)
    level = straighten(page.with_pixels(leaning), deskew=True)
    assert abs(skew(level.page.pixels)) < 0.1
    assert level.page.pixels.shape == page.pixels.shape
    assert level.moved == bool(angle)


def test_what_has_no_lines_is_level():
    rng = np.random.default_rng(0)
    for grey in (
        np.full((400, 300), 255, np.uint8),
        rng.integers(0, 256, (800, 600), np.uint8),
    ):
        assert skew(grey) == 0.0


def test_a_turned_page_keeps_its_corners_paper(book):
    page, _ = book
    tinted = np.repeat(np.minimum(page.pixels, 235)[..., None], 3, 2)
    tinted[..., 2] -= 20
    corner = rotated(tinted, 3.0)[2, 2]
    assert np.abs(corner.astype(int) - (235, 235, 215)).max() <= 3


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_pages_are_turned_upright(turns, book):
    page, _ = book
    turned = Page(np.ascontiguousarray(np.rot90(page.pixels, turns)), (200.0, 100.0))
    done = straighten(turned, orient=True)
    assert done.turned == 90 * turns
    assert np.array_equal(done.page.pixels, page.pixels)
    assert done.page.dpi == ((100.0, 200.0) if turns % 2 else (200.0, 100.0))
    assert not done.moved


def test_a_page_of_one_word_is_not_turned():
    assert orientation(Page(np.full((300, 300), 255, np.uint8))) == 0


def bordered(pixels):
    """Lay black around a page, and beside the gutter a strip of the next one."""
    height, width = pixels.shape
    sheet = np.full((height + 80, width + 160), 20, np.uint8)
    sheet[40:-40, 100:-60] = pixels
    sheet[40:-40, :60] = 250
    sheet[100:-100:24, 5:50] = 30
    return sheet


def test_black_borders_and_the_next_page_become_paper(book):
    page, _ = book
    sheet = bordered(page.pixels)
    border = find_border(sheet)
    clean = painted(sheet, border)
    assert (clean[:, :95] > 200).all() and (clean[:30] > 200).all() and (clean[:, -50:] > 200).all()
    inner, raw = clean[50:-50, 112:-72], page.pixels[10:-10, 12:-12]
    assert np.array_equal(inner, raw)


def test_a_page_without_border_keeps_everything_even_print_at_its_edge(book):
    page, _ = book
    cut = page.pixels[:, 130:]  # lines run over the left edge
    assert not find_border(cut).any()
    ruled = page.pixels.copy()
    ruled[:, 3:6] = 0
    assert not find_border(ruled).any()


def test_a_spread_is_cut_at_its_gutter_and_one_page_is_not(book):
    page, _ = book
    both = np.hstack([page.pixels, page.pixels])
    cut = find_gutter(both)
    assert cut == pytest.approx(0.5, abs=0.03)
    left, right = halves(page.with_pixels(both), cut)
    assert left.width + right.width == both.shape[1]
    assert find_gutter(page.pixels) is None
    landscape = np.ascontiguousarray(page.pixels[:600])  # wide, but lines run through its middle
    assert find_gutter(landscape) is None
    assert find_gutter(np.full((300, 600), 255, np.uint8)) is None


def test_a_wide_table_is_one_page():
    (table,) = read_pages(CASES / "wide_table.jpg")
    assert find_gutter(table.grey()) is None


@pytest.mark.parametrize("columns", [2, 3, 4, 5, 6])
def test_gaps_of_columns_are_no_gutter(columns):
    """However many there are, and wherever the middle one lies."""
    sheet = np.full((600, 900), 235, np.uint8)
    each = 800 // columns
    for column in range(columns):
        left = 60 + column * each
        for row in range(60, 540, 20):
            sheet[row : row + 9, left : left + each * 7 // 10] = 40
    assert find_gutter(sheet) is None


@pytest.mark.parametrize("gap", [12, 30])
def test_a_spread_of_two_columns_a_page_is_cut_between_the_pages(gap):
    sheet = np.full((600, 900), 235, np.uint8)
    for left in (40, 40 + 180 + gap, 500, 500 + 180 + gap - 20):
        for row in range(60, 540, 20):
            sheet[row : row + 9, left : left + 160] = 40
    middle = (40 + 180 + gap + 160 + 500) / 2 / 900
    assert find_gutter(sheet) == pytest.approx(middle, abs=0.01)


def test_an_empty_page_with_a_border_is_whitened_and_not_turned():
    (sheet,) = read_pages(CASES / "empty_with_border.jpg")
    for borders in (False, True):
        done = straighten(sheet, deskew=True, borders=borders)
        assert done.angle == 0.0
    assert done.page.grey().min() > 200


@pytest.mark.parametrize("grey", [15, 60, 90, 110, 130])
@pytest.mark.parametrize("sides", ["t", "l", "tl", "tr", "bl", "br", "tlr", "tlbr"])
def test_strips_of_any_grey_meet_at_corners(sides, grey):
    rng = np.random.default_rng(1)
    sheet = rng.normal(238, 2, (1400, 1000)).clip(0, 255).astype(np.uint8)
    strips = {
        "t": np.s_[:20],
        "l": np.s_[:, :16],
        "b": np.s_[-24:],
        "r": np.s_[:, -14:],
    }
    for place, side in enumerate(sides):
        shape = sheet[strips[side]].shape
        sheet[strips[side]] = rng.normal(max(10, grey - 15 * place), 2, shape).clip(0, 255)
    done = straighten(Page(sheet), borders=True, deskew=True)
    assert done.angle == 0.0
    assert done.page.pixels.min() > 200


def test_without_lines_of_text_nothing_is_level():
    rng = np.random.default_rng(2)
    ruled = np.full((1400, 1000), 240, np.uint8)
    for row in range(200, 1200, 40):
        ruled[row : row + 3, 100:900] = 60
    picture = np.full((1400, 1000), 240, np.uint8)
    picture[300:900, 200:800] = rng.integers(20, 120, (600, 600))
    specks = np.full((1400, 1000), 240, np.uint8)
    specks[rng.integers(0, 1400, 900), rng.integers(0, 1000, 900)] = 30
    for sheet in (ruled, picture, specks):
        assert skew(rotated(sheet, 2.0)) == 0.0


def test_nothing_is_done_unasked(book):
    page, _ = book
    done = straighten(page.with_pixels(rotated(page.pixels, 3)))
    assert not done.moved and done.told() == {}
