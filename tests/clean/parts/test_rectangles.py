"""Grounds are told by their sides: where the map shows none, on stains, where tints touch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter, ImageFont

from docclean.clean.cleaner import Cleaner
from docclean.clean.parts.grounds_by_sides import with_rectangles
from docclean.clean.parts.parts import Parts
from docclean.clean.parts.rectangles import rectangles
from docclean.documents import read_pages
from docclean.page import Page
from docclean.regions.harm import measured
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.page_map import PageMap
from docclean.regions.reader import map_reader, reduced

Box = tuple[int, int, int, int]
CASES = Path(__file__).parents[2] / "cases"
PANEL: Box = (420, 760, 140, 1000)
"""top, bottom, left, right of a ground, px."""


def page_with(*tints: tuple[Box, tuple[int, int, int]], stain: bool = True) -> Page:
    """Return a page of lines, 1240 x 1100, with grounds under them, uneven light and a stain."""
    image = Pillow.new("RGB", (1100, 1240), (255, 255, 255))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for (top, bottom, left, right), tint in tints:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=tint)
    for line in range(26):
        text = "Lines of print go on over a ground and beside it, here as well as there"
        draw.text((120, 60 + 43 * line), text, (40, 36, 34), font)
    light = np.linspace(0.98, 0.78, 1240)[:, None] * np.linspace(1, 0.9, 1100)[None]
    if stain:
        blot = Pillow.new("L", (1100, 1240), 0)
        ImageDraw.Draw(blot).ellipse((500, 560, 900, 1000), fill=70)
        light *= 1 - np.asarray(blot.filter(ImageFilter.GaussianBlur(24))) / 255
    grain = np.random.default_rng(3).normal(0, 3, (1240, 1100))[..., None]
    pixels = np.asarray(image) * light[..., None] + grain
    return Page(np.clip(pixels, 0, 255).astype(np.uint8), (150.0, 150.0))


def blind(page: Page) -> PageMap:
    """Return the map of somebody who sees nothing but paper."""
    seen = reduced(page.pixels)
    rows, columns = (-(-side // 8) for side in seen.shape[:2])
    shares = np.zeros((len(MARKS), rows, columns), np.uint8)
    return PageMap(shares, page.height, page.width, seen, np.zeros(4, np.float32))


def boxes_of(page: Page) -> list[Box]:
    """Return the grounds found on a page, px of the page."""
    seen = reduced(page.pixels)
    scale = page.height / seen.shape[0]
    _, grounds = with_rectangles(blind(page))
    return [
        tuple(round(side * scale) for side in (box.top, box.bottom, box.left, box.right))
        for box in grounds
    ]


@pytest.mark.parametrize("tint", [(236, 226, 190), (200, 200, 200), (60, 70, 120)])
def test_a_ground_is_found_at_its_sides(tint):
    (found,) = boxes_of(page_with((PANEL, tint)))
    assert np.abs(np.subtract(found, PANEL)).max() <= 5


def test_text_and_stains_are_no_grounds():
    assert not rectangles(reduced(page_with().pixels))


def test_tints_that_touch_are_told_apart():
    upper, lower = (420, 600, 140, 1000), (600, 760, 140, 1000)
    found = boxes_of(page_with((upper, (190, 210, 235)), (lower, (235, 215, 160)), stain=False))
    assert len(found) == 2
    assert np.abs(np.subtract(sorted(found), (upper, lower))).max() <= 5


def test_no_band_of_a_dark_ground_is_left_out():
    top, bottom, left, right = PANEL
    bands = [(top, 520, 70), (520, 560, 0), (560, 660, 70), (660, bottom, 0)]
    tints = [((a, b, left, right), (light, 62 + light, 48 + light)) for a, b, light in bands]
    page = page_with(*tints)
    seen = reduced(page.pixels)
    covered = np.zeros(seen.shape[:2], np.bool_)
    for found in rectangles(seen):
        assert len(found.tints) > 1
        assert sum(tint.area for tint in found.tints) == found.area
        covered[found.top : found.bottom, found.left : found.right] = True
    scale = len(seen) / page.height
    inside = [
        round(side * scale) + inwards for side, inwards in zip(PANEL, (2, -2) * 2, strict=True)
    ]
    assert covered[inside[0] : inside[1], inside[2] : inside[3]].all()


def test_paper_between_panels_is_no_ground_and_no_panel_is_cut():
    page = next(iter(read_pages(CASES / "panels.jpg")))
    cleaner = Cleaner.load(threads=1)
    rows, columns = (side / 8 for side in reduced(page.pixels).shape[:2])
    grounds = [ground.cells for ground in Parts.of(page, map_reader(1)(page)).grounds]
    assert len(grounds) == 6
    for cells in grounds:
        row, column = np.nonzero(cells)
        assert 0.7 * columns < np.ptp(column) < 0.9 * columns and np.ptp(row) < 0.13 * rows
    shown = cleaner.clean(page).page.pixels
    green = shown[975:1040, 200:880, 0].astype(int)  # light print ends in the middle of it
    assert np.ptp(np.median(green, axis=0)[350:]) <= 6


def test_a_panel_that_the_map_misses_comes_out_whole():
    page = page_with((PANEL, (214, 190, 170)))
    cleaner = Cleaner.load(threads=1)
    cleaner.look = blind
    done = cleaner.clean(page)
    inside = np.s_[430:750, 150:990]
    told = measured(
        Kind.PANEL, PANEL, page.pixels[inside], done.page.pixels[inside], np.ones((320, 840), bool)
    )
    assert done.decision.verdict == "cleaned"
    assert told.is_whole and told.white_after < 0.02
    beside = done.page.pixels[880:1000, 20:100]
    assert np.mean(beside >= 250) > 0.9


def test_what_is_harmed_is_put_back_in_one_light():
    page = page_with(stain=False)
    pixels = page.pixels.copy()
    rng = np.random.default_rng(5)
    shades = np.asarray(
        Pillow.fromarray(rng.integers(60, 150, (9, 22), np.uint8)).resize((860, 340)), np.uint8
    )
    pixels[420:760, 140:1000] = shades[..., None]
    pixels[300:900, 560:] = (pixels[300:900, 560:] * 0.6).astype(np.uint8)  # a shadow's edge
    pixels[420:760, 140:1000] = shades[..., None]  # the picture is lit otherwise than its paper
    page = replace(page, pixels=pixels)
    found = blind(page)
    scale = 8 * page.height / found.picture[0]
    rows, columns = (
        slice(round(a / scale), round(b / scale)) for a, b in ((420, 760), (140, 1000))
    )
    found.shares[MARKS.index(Kind.PICTURE)][rows, columns] = 255
    parts = Parts(page, found)
    nothing = np.zeros(parts.off.shape, np.bool_)
    white = page.with_pixels(np.full_like(pixels, 255))
    shown = parts.shown(white, white.grey(), nothing)
    harmed = parts.harmed(shown)
    back = parts.put_back(white, white.grey(), nothing, harmed)
    alike = [
        np.corrcoef(Page(one.pixels[440:740, 160:980].copy()).grey().ravel(),
                    shades[20:320, 20:840].ravel())[0, 1]
        for one in (shown, back)
    ]  # fmt: skip
    assert len(harmed) == 1
    assert alike[0] < 0.95 < 0.99 < alike[1]


def test_a_picture_taken_for_a_ground_is_put_back_with_the_whole_of_it():
    page = page_with((PANEL, (150, 150, 150)), stain=False)
    pixels = page.pixels.copy()
    pixels[500:620, 300:520] = np.linspace(40, 130, 220)[None, :, None]
    page = replace(page, pixels=pixels)
    found = blind(page)
    scale = 8 * page.height / found.picture[0]
    rows, columns = (slice(round(a / scale), round(b / scale)) for a, b in ((500, 620), (300, 520)))
    found.shares[MARKS.index(Kind.PICTURE)][rows, columns] = 255
    parts = Parts.of(page, found)
    white = page.with_pixels(np.full_like(pixels, 255))
    nothing = np.zeros(parts.off.shape, np.bool_)
    harmed = parts.harmed(parts.shown(white, white.grey(), nothing))
    assert len(parts.grounds) == 1
    assert any(np.array_equal(cells, parts.grounds[0].cells) for cells in harmed)
