"""Parts before and after: what the map shows, what it missed, what is enough to look at."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter
from test_page_map import map_of

from docclean.regions.codes import code_reader
from docclean.regions.harm import LOOKED_AT, harms, parts_of
from docclean.regions.kinds import Kind
from docclean.scenes import parts as made


def with_a_code(name: str = "QRCode") -> np.ndarray:
    """Return a grey page of 800 x 800 px with a code in its middle."""
    page = np.full((800, 800), 220, np.uint8)
    plate = made.code(np.random.default_rng(2), name)
    top, left = (400 - side // 2 for side in plate.shape)
    page[top : top + plate.shape[0], left : left + plate.shape[1]] = plate * 0.85
    return page


def smeared(page: np.ndarray, side: int = 13) -> np.ndarray:
    return np.asarray(Pillow.fromarray(page).filter(ImageFilter.MedianFilter(side)))


def coded_map() -> np.ndarray:
    kinds = np.zeros((100, 100), np.uint8)
    kinds[35:65, 35:65] = Kind.CODE
    return kinds


def test_a_code_is_whole_as_long_as_it_is_read():
    page, decode = with_a_code(), code_reader()
    parts = parts_of(map_of(coded_map()), page, decode)
    assert [len(part.texts) for part in parts] == [1]
    black = np.where(page > 100, 255, 0).astype(np.uint8)
    for after, whole in ((page, True), (black, True), (smeared(page), False)):
        ((harm, _),) = harms(page, after, parts, decode)
        assert harm.decoded is whole and harm.is_whole is whole


def test_without_a_reader_a_code_is_judged_by_its_greys():
    page = with_a_code()
    parts = parts_of(map_of(coded_map()))
    assert [part.texts for part in parts] == [frozenset()]
    for after, whole in ((page, True), (smeared(page), False)):
        ((harm, _),) = harms(page, after, parts)
        assert harm.decoded is None and harm.is_whole is whole


@pytest.mark.parametrize("name", ["QRCode", "Code128"])
def test_a_code_that_the_map_missed_is_found_by_reading(name):
    page, decode = with_a_code(name), code_reader()
    blank = map_of(np.zeros((100, 100), np.uint8))
    assert parts_of(blank) == ()
    (part,) = parts_of(blank, page, decode)
    assert part.kind is Kind.CODE and part.inside.any() and part.cells.any()
    assert part.box[0] < 400 < part.box[1] and part.box[2] < 400 < part.box[3]
    ((harm, _),) = harms(page, smeared(page), [part], decode)
    assert harm.decoded is False and not harm.is_whole


def test_a_picture_too_long_to_be_read_has_no_codes():
    assert code_reader()(np.full((4, 70_000), 200, np.uint8)) == []


def test_a_panel_that_turned_black_is_harmed():
    kinds = np.full((40, 40), Kind.PANEL, np.uint8)
    page = np.full((320, 320), 120, np.uint8)
    page[::16] = 60  # print
    even, black = np.where(page < 100, 0, 130), np.zeros_like(page)
    parts = parts_of(map_of(kinds))
    for after, whole in ((even.astype(np.uint8), True), (black, False)):
        ((harm, _),) = harms(page, after, parts)
        assert harm.is_whole is whole


def test_of_a_large_part_enough_is_looked_at():
    rng = np.random.default_rng(3)
    kinds = np.full((60, 50), Kind.PICTURE, np.uint8)
    found = map_of(kinds, scale=6)
    page = rng.integers(0, 250, (found.height, found.width, 3), np.uint8)
    after = page.copy()
    after[: found.height // 4] = 255
    (part,) = parts_of(found)
    assert part.inside.sum() > 8 * LOOKED_AT
    ((harm, _),) = harms(page, after, [part])
    assert harm.white_after == pytest.approx(0.25, abs=0.01) and not harm.is_whole
