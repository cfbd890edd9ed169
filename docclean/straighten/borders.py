"""What is off the sheet becomes paper: black borders, slivers of the next page, the desk."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.page import Image, Page
from docclean.regions.kinds import Kind
from docclean.regions.off_sheet import near_letters, off_sheet
from docclean.regions.page_map import HALF, PageMap
from docclean.regions.reader import map_reader
from docclean.straighten.pixels import COARSE, paper_colour, reduced, threshold

BORDER_WITHIN = 0.15
"""Share of the page, from its edge, in which a border may lie."""
BORDER_OPENING = 5
"""Width, coarse px, below which dark things are print: 2 mm of an A4 page."""
BORDER_LENGTH = 0.08
"""Share of the page's longer side that a border is long at least; cut letters are not."""
DARK, DARK_OF_PAPER, PAPER_AT = 110.0, 0.6, 75
"""Grey below which a border lies, or its share of the paper's, which is this percentile: the lid of
a scanner is grey, and lighter the lighter the scan."""
BAND = 0.8
"""Share of a side that a dark band must fill for all beyond it to be another page."""
PRINTED = (Kind.DARK, Kind.PICTURE, Kind.PANEL, Kind.CODE, Kind.STAMP)
"""What may be dark at a page's edge and belong to it."""
SEEN = 100
"""Share, of 255, from which a cell of the map shows such."""
Mask = NDArray[np.bool_]


def find_off_sheet(page: Page) -> Mask:
    """Return the mask (H, W) of what is off the sheet: what the map shows so, and black borders.

    A border is as sharp as the page's pixels, a cell of the map is not. But only the map tells it
    from dark panels and pictures that reach the page's edge, and from gutters with letters in them.
    """
    found = map_reader()(page)
    off = off_sheet(found)
    border = find_border(page.grey())
    if border.any():
        border &= ~_over(found, _printed(found) & ~spread(off, 1) | near_letters(found), 1)
    return np.asarray(border | _over(found, off, HALF)) if off.any() else border


def _printed(found: PageMap) -> Mask:
    """Return the cells of grounds, pictures, codes and stamps, and those beside them."""
    return spread(np.any([found.has(kind, SEEN) for kind in PRINTED], axis=0), 1)


def _over(found: PageMap, cells: Mask, least: int) -> Mask:
    """Return the pixels at which cells, interpolated to 0..255, are `least` at least."""
    return np.asarray(found.over(cells.astype(np.uint8) * np.uint8(255)) >= least)


def find_border(grey: Image) -> Mask:
    """Return the mask (H, W) of what is black around the sheet, and of the next page beyond it."""
    small = reduced(grey, COARSE)
    paper = float(np.percentile(small, PAPER_AT))
    dark = _opened(small < min(threshold(small), max(DARK, DARK_OF_PAPER * paper)))
    found = _at_edges(dark) | _beyond(dark)
    if not found.any():
        return np.zeros(grey.shape, np.bool_)
    grown = Pillow.fromarray(spread(found, 2).astype(np.uint8) * np.uint8(255))
    whole = grown.resize((grey.shape[1], grey.shape[0]), Pillow.Resampling.NEAREST)
    return np.asarray(whole) > 0


def _opened(dark: Mask) -> Mask:
    """Take away what is thinner than `BORDER_OPENING`: strokes, rules, print that runs to the edge.

    What lies at the page's edge is as wide as it goes on beyond it.
    """
    side = BORDER_OPENING
    wide = np.pad(dark, side, mode="edge")
    opened = spread(~spread(~wide, side // 2), side // 2)
    return opened[side:-side, side:-side]


def _at_edges(dark: Mask) -> Mask:
    """Keep the parts of a mask that touch the page's edge, as far as a border may reach."""
    found = components(dark)
    height, width = dark.shape
    touching = (found.top == 0) | (found.left == 0)
    touching |= (found.bottom == height) | (found.right == width)
    touching &= np.maximum(found.height, found.width) >= BORDER_LENGTH * max(height, width)
    kept = found.mask(touching, dark.shape)
    deep, wide = round(BORDER_WITHIN * height), round(BORDER_WITHIN * width)
    inside = np.zeros(dark.shape, np.bool_)
    inside[deep : height - deep, wide : width - wide] = True
    return kept & ~inside


def _beyond(dark: Mask) -> Mask:
    """Return what lies beyond a dark band along a side: the gutter, then the next page."""
    out = np.zeros(dark.shape, np.bool_)
    for axis in (0, 1):
        filled = dark.mean(axis)
        reach = round(BORDER_WITHIN * len(filled))
        first = np.flatnonzero(filled[:reach] >= BAND)
        last = np.flatnonzero(filled[-reach:] >= BAND)
        view = out if axis == 1 else out.T
        if len(first):
            view[: first[-1] + 1] = True
        if len(last):
            view[len(filled) - reach + last[0] :] = True
    return out


def painted(pixels: Image, mask: Mask) -> Image:
    """Return pixels (H, W) or (H, W, 3) uint8 with paper where the mask (H, W) is True."""
    out = pixels.copy()
    paper = paper_colour(pixels)
    out[mask] = paper if pixels.ndim == 3 else paper[0]
    return out
