"""The map of a page: its cells, what they are called after, and their pixels."""

import numpy as np
import pytest

from docclean.page import Page
from docclean.regions.drawing import drawn
from docclean.regions.harm import harms, measured, parts_of
from docclean.regions.kinds import COLOURS, FIRST, MARKS, NAMES, Kind, bit, merged
from docclean.regions.page_map import PageMap
from docclean.regions.reader import LONGER, map_reader, reduced


def map_of(kinds: np.ndarray, scale: int = 1) -> PageMap:
    """Return the map that shows these kinds, (h, w), on a page `scale` times the small picture."""
    shares = np.stack([(kinds == kind).astype(np.uint8) * 255 for kind in MARKS])
    h, w = kinds.shape
    seen = np.full((8 * h, 8 * w, 3), 255, np.uint8)
    return PageMap(shares, 8 * h * scale, 8 * w * scale, seen, np.zeros(4, np.float32))


def test_every_kind_has_a_name_a_colour_a_layer_and_a_rank():
    assert set(NAMES) == set(COLOURS) == set(Kind)
    assert set(MARKS) == set(FIRST) == set(Kind) - {Kind.PAPER}
    assert len({bit(kind) for kind in Kind}) == len(Kind)


def test_a_cell_of_several_kinds_is_called_after_the_most_telling():
    layers = np.array([[bit(Kind.TEXT) | bit(Kind.STAMP), bit(Kind.TEXT) | bit(Kind.PANEL), 0]])
    assert merged(layers.astype(np.uint16)).tolist() == [[Kind.STAMP, Kind.TEXT, Kind.PAPER]]


def test_cells_become_pixels_of_the_page():
    kinds = np.zeros((6, 8), np.uint8)
    kinds[2:4, 3:6] = Kind.PICTURE
    found = map_of(kinds, scale=5)
    assert found.cell == (40.0, 40.0)
    over = found.over(found.share(Kind.PICTURE))
    assert over.shape == (240, 320)
    assert over[120, 160] == 255 and over[10, 10] == 0
    assert np.array_equal(found.kinds(), kinds)
    assert found.told()["picture"] == pytest.approx(6 / 48, abs=1e-4)


def test_text_is_told_from_a_lower_share_than_stamps():
    shares = np.zeros((len(MARKS), 1, 2), np.uint8)
    shares[MARKS.index(Kind.TEXT), 0, 0] = shares[MARKS.index(Kind.STAMP), 0, 1] = 70
    found = PageMap(shares, 8, 16, np.full((8, 16, 3), 255, np.uint8), np.zeros(4, np.float32))
    assert found.has(Kind.TEXT)[0, 0] and not found.has(Kind.STAMP).any()
    assert not found.has(Kind.TEXT, 128).any()
    assert found.kinds().tolist() == [[Kind.TEXT, Kind.PAPER]]


@pytest.mark.parametrize("shape", [(1, 1), (7, 2000), (40, 33, 3), (1200, 900, 3), (3000, 40)])
def test_a_page_of_any_size_has_a_map(shape):
    page = Page(np.full(shape, 230, np.uint8))
    found = map_reader(1)(page)
    small = reduced(page.pixels)
    assert small.ndim == 3 and max(small.shape) <= LONGER
    assert found.shares.shape[1:] == tuple(-(-side // 8) for side in small.shape[:2])
    assert found.over(found.share(Kind.TEXT)).shape == shape[:2]


def test_blank_paper_is_paper_and_the_same_page_has_the_same_map():
    page = Page(np.full((1100, 800), 244, np.uint8))
    one, other = (map_reader(1)(page) for _ in range(2))
    assert np.array_equal(one.shares, other.shares)
    assert one.told()["paper"] > 0.95


def test_a_bleached_picture_is_told_from_a_whole_one():
    rng = np.random.default_rng(1)
    before = rng.integers(30, 200, (80, 80, 3), np.uint8)
    inside = np.ones((80, 80), np.bool_)
    box = (0, 80, 0, 80)
    assert measured(Kind.PICTURE, box, before, before, inside).is_whole
    lighter = np.clip(before * 1.1, 0, 255).astype(np.uint8)
    assert measured(Kind.PICTURE, box, before, lighter, inside).is_whole
    bleached = np.where(before > 120, 255, before).astype(np.uint8)
    told = measured(Kind.PICTURE, box, before, bleached, inside)
    assert told.white_after > 0.05 and not told.is_whole


def test_a_stamp_that_lost_its_colour_is_told():
    before = np.full((64, 64, 3), 240, np.uint8)
    before[20:40, 10:50] = (60, 80, 200)
    pale = before.copy()
    pale[20:40, 10:50] = (230, 232, 255)
    inside = np.ones((64, 64), np.bool_)
    assert measured(Kind.STAMP, (0, 64, 0, 64), before, before, inside).ink == 1
    assert not measured(Kind.STAMP, (0, 64, 0, 64), before, pale, inside).is_whole


def test_harms_yields_each_part_with_its_box():
    kinds = np.zeros((20, 20), np.uint8)
    kinds[2:8, 2:8] = Kind.PICTURE
    kinds[12:18, 4:16] = Kind.PANEL
    found = map_of(kinds, scale=2)
    page = np.full((320, 320), 200, np.uint8)
    parts = parts_of(found)
    told = {harm.kind: harm.box for harm, part in harms(page, page, parts) if part.cells.any()}
    assert told[Kind.PICTURE] == (32, 129, 32, 129)
    assert told[Kind.PANEL] == (192, 289, 64, 257)


def test_a_drawn_map_shows_colours_beside_a_legend():
    kinds = np.zeros((40, 30), np.uint8)
    kinds[5:20, 5:25] = Kind.PICTURE
    found = map_of(kinds)
    page = Page(np.full((320, 240), 255, np.uint8))
    image = drawn(page, found, {Kind.PICTURE: "as it came"}, "cleaned: the paper was dirty")
    assert image.shape[1] > 240 and image.shape[0] >= 320
    mixed = image[100, 100].astype(int)
    assert mixed[1] > mixed[0] and mixed[1] > mixed[2]  # green over white
    assert (image[:320, 240:] < 100).any()  # words of the legend
