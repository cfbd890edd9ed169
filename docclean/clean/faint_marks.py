"""Faint crumbs: what a whole page knows to be dirt and a network that sees a part of it cannot.

A network makes the back of the sheet or a stain as dark as ink where it finds no ink nearby to tell
them from. The page knows how dark its ink is: small marks that were not half as dark are wiped off.
"""

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import Components, components
from docclean.imageops.morphology import widest
from docclean.page import Image

MARK = 230
"""Grey of the cleaned page below which there is a mark."""
FAINT = 0.45
"""Darkness before cleaning, of the page's own contrast, below which a mark is faint."""
SMALL = 0.7
"""Longest side of a crumb in x-heights; larger marks may be faint writing."""
PAPER_CELL = 16
"""Side in px of the cells whose lightest pixel is the paper of a mark in or beside them."""


def wipe_crumbs(raw: Image, cleaned: Image, x_height: float, contrast: float) -> Image:
    """Return the cleaned page without its faint crumbs, (H, W) uint8.

    Args:
        raw: the page as it came, (H, W) uint8.
        cleaned: the network's page, same shape.
        x_height: height of its small letters in px; 0, no text: nothing is wiped.
        contrast: grey levels from the page's paper to its ink, `Measures.speckled_contrast`.
    """
    if x_height <= 0 or not contrast:
        return cleaned
    cells = _paper(raw)
    found = components(cleaned < MARK)
    small = np.maximum(found.height, found.width) <= SMALL * x_height
    middle = ((found.top + found.bottom) // 2, (found.left + found.right) // 2)
    paper = cells[tuple(place // PAPER_CELL for place in middle)]
    crumb = small & (paper - _darkest(raw, found, small) < FAINT * contrast)
    wiped = cleaned.copy()
    row, column, _ = found.pixels(crumb)
    wiped[row, column] = 255
    return wiped


def _darkest(raw: Image, found: Components, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the darkest grey of each component that is chosen, (N,); 255 for the others."""
    row, column, label = found.pixels(chosen)
    darkest = np.full(len(chosen), 255, np.int64)
    np.minimum.at(darkest, label, raw[row, column].astype(np.int64))
    return darkest


def _paper(raw: Image) -> NDArray[np.int64]:
    """Return the lightest grey of each cell and its eight neighbours, (h, w)."""
    height, width = (-(-side // PAPER_CELL) * PAPER_CELL for side in raw.shape)
    whole = np.zeros((height, width), np.uint8)
    whole[: raw.shape[0], : raw.shape[1]] = raw
    cells = whole.reshape(height // PAPER_CELL, PAPER_CELL, -1, PAPER_CELL).max((1, 3))
    return widest(cells, 3).astype(np.int64)
