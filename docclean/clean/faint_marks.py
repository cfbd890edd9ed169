"""Faint crumbs: what a whole page knows to be dirt and a network that sees a part of it cannot.

A network makes the back of the sheet or a stain as dark as ink where it finds no ink nearby to tell
them from. The page knows how dark its ink is: small marks that were not half as dark are wiped off.
"""

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.blank import pooled
from docclean.imageops.by_boxes import Grey
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
BAND = 4096
"""Rows in which crumbs begin that are looked for together: an ordinary page has no more."""


def wipe_crumbs(raw: Grey, cleaned: Image, x_height: float, contrast: float) -> Image:
    """Wipe the faint crumbs off the cleaned page, (H, W) uint8, and return it: no other is made.

    Args:
        raw: the page as it came, (H, W) uint8.
        cleaned: the network's page, same shape.
        x_height: height of its small letters in px; 0, no text: nothing is wiped.
        contrast: grey levels from the page's paper to its ink, `Measures.speckled_contrast`.
    """
    if x_height <= 0 or not contrast:
        return cleaned
    largest, cells = int(SMALL * x_height), _paper(raw)
    wiped = []
    for top in range(0, len(raw), BAND):
        # what begins in a band and ends below what is seen of it is too large for a crumb
        first, last = max(0, top - 1), top + BAND + largest + 1
        found = components(cleaned[first:last] < MARK)
        own = (found.top >= top - first) & (found.top < top - first + BAND)
        small = own & (np.maximum(found.height, found.width) <= largest)
        middle = (first + (found.top + found.bottom) // 2, (found.left + found.right) // 2)
        paper = cells[tuple(place // PAPER_CELL for place in middle)]
        dark = _darkest(raw[first:last], found, small)
        row, column, _ = found.pixels(small & (paper - dark < FAINT * contrast))
        wiped.append((row + first, column))
    for row, column in wiped:
        cleaned[row, column] = 255
    return cleaned


def _darkest(raw: Image, found: Components, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the darkest grey of each component that is chosen, (N,); 255 for the others."""
    row, column, label = found.pixels(chosen)
    darkest = np.full(len(chosen), 255, np.int64)
    np.minimum.at(darkest, label, raw[row, column].astype(np.int64))
    return darkest


def _paper(raw: Grey) -> NDArray[np.int64]:
    """Return the lightest grey of each cell and its eight neighbours, (h, w)."""
    return widest(pooled(raw, np.maximum, PAPER_CELL), 3).astype(np.int64)
