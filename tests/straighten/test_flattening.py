"""A photographed sheet is flattened by its outline, else by its lines; flat scans stay."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from docclean.page import Page
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.outline import find_outline
from docclean.regions.page_map import PageMap
from docclean.regions.reader import map_reader
from docclean.scenes.canvas import Canvas
from docclean.scenes.laying import Curl, View, laid
from docclean.scenes.scene import true_map
from docclean.straighten import straighten
from docclean.straighten.flattening import is_flat, is_sure, sheet_box
from docclean.straighten.lines import levelled
from docclean.straighten.skew import skew
from docclean.synth import TextSource, typeset

CORNERS = np.array([(120, 90), (1010, 190), (950, 1330), (40, 1230)], np.float64)


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    """A printed sheet."""
    made = typeset(Random(11), TextSource(()), 100, "book")
    return Canvas.of_print(made.page.pixels, made.words, 100)


def photographed(canvas: Canvas, corners: np.ndarray = CORNERS, desk: int = 60) -> View:
    ground = np.full((1420, 1100, 3), desk, np.uint8)
    return laid(np.random.default_rng(0), canvas, ground, corners, Curl(), shadow=0.0)


def leans(grey: np.ndarray) -> list[float]:
    """Return how the lines of the upper and the lower half of a page lean, degrees."""
    half = len(grey) // 2
    return [abs(skew(np.ascontiguousarray(part))) for part in (grey[:half], grey[half:])]


def test_lines_are_levelled_where_no_outline_is_to_be_seen(canvas):
    tilted = CORNERS + np.array([(0, 0), (0, 0), (0, -60), (0, 0)])
    view = photographed(canvas, tilted, desk=250)
    page = Page(view.rgb)
    before = leans(page.grey())
    assert max(before) > 3 and abs(before[0] - before[1]) > 0.5  # no one angle levels both
    level = levelled(page.pixels, page.grey(), map_reader(1)(page))
    assert level is not None and level.shape == page.pixels.shape
    assert max(leans(Page(level).grey())) < 0.5


def test_level_lines_and_blank_pages_are_left(canvas):
    page = Page(canvas.rgb)
    assert levelled(page.pixels, page.grey(), map_reader(1)(page)) is None
    blank = Page(np.full((900, 700), 240, np.uint8))
    assert levelled(blank.pixels, blank.grey(), map_reader(1)(blank)) is None


def test_an_outline_is_sure_where_its_sides_are_seen_and_its_text_lies_inside(canvas):
    found = true_map(photographed(canvas))
    outline = find_outline(found)
    assert outline is not None and is_sure(outline, found)
    text = found.shares.copy()
    text[MARKS.index(Kind.TEXT), 2:8, -6:] = 255  # print beside the sheet
    assert not is_sure(outline, replace(found, shares=text))
    moved = outline.corners + np.array([(300, 0), (0, 0), (0, 0), (0, 0)])
    assert not is_sure(replace(outline, corners=moved), found)


def test_print_beyond_an_edge_is_not_cropped(canvas):
    view = photographed(canvas)
    page, found = Page(view.rgb), true_map(view)
    outline = find_outline(found)
    assert outline is not None
    rows, columns = sheet_box(page, outline, found)
    assert columns.stop < page.width - 60
    text = found.shares.copy()
    text[MARKS.index(Kind.TEXT), 40, -2] = 255
    text[MARKS.index(Kind.OFF), 40, -2] = 0
    wider = sheet_box(page, outline, replace(found, shares=text))
    assert wider[1].stop > page.width - 30 and wider[0] == rows


def test_a_strip_beside_a_scan_tells_nothing_of_perspective():
    off = np.zeros((len(MARKS), 96, 70), np.uint8)
    for row in range(96):
        off[MARKS.index(Kind.OFF), row, : 3 + row // 12] = 255
    desk = np.kron(off[MARKS.index(Kind.OFF)], np.ones((8, 8), np.uint8))
    seen = np.repeat((255 - desk // 2)[..., None], 3, 2)
    found = PageMap(off, 1536, 1120, seen, np.zeros(4, np.float32))
    outline = find_outline(found)
    assert outline is not None and not is_flat(outline, (1536, 1120))
    assert not is_sure(outline, found)


@pytest.mark.parametrize("layout", ["book", "table", "drawings"])
def test_a_flat_page_changes_by_nothing(layout):
    page = typeset(Random(5), TextSource(()), 110, layout).page
    done = straighten(page, flatten=True)
    assert done.page is page and not done.moved
