"""What is off the sheet: sure of it, joined to the picture's rim, and clear of letters."""

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap

Mask = NDArray[np.bool_]
SURE, LOOSE = 200, 110
"""Share, of 255, from which a cell at the rim is off the sheet, and is so beside such a one."""
WRITTEN, NEAR = 25, 2
"""Share, of 255, from which a cell may hold letters, and cells around it in which nothing is off
the sheet: what goes white with it ends softly, half a cell further on."""
LIGHT = 170
"""Share from which a cell holds light letters: a dark desk looks like their ground."""


def off_sheet(page: PageMap) -> Mask:
    """Return which cells of a map, (h, w), are off the sheet."""
    light = spread(page.has(Kind.DARK, LIGHT), 1)
    loose = page.has(Kind.OFF, LOOSE) & ~near_letters(page) & ~light
    return joined_to_rim(loose, page.has(Kind.OFF, SURE))


def near_letters(page: PageMap) -> Mask:
    """Return the cells, (h, w), that may hold letters, and those near them."""
    return spread(page.has(Kind.TEXT, WRITTEN), NEAR)


def joined_to_rim(cells: Mask, sure: Mask) -> Mask:
    """Return those of the cells, (h, w), that are joined to the rim and to a sure one of them."""
    found = components(cells)
    height, width = cells.shape
    joined = (
        (found.top == 0) | (found.left == 0) | (found.bottom == height) | (found.right == width)
    )
    row, column, label = found.pixels(joined)
    certain = np.zeros(len(joined), np.bool_)
    certain[label[sure[row, column]]] = True
    chosen = certain[label]
    kept = np.zeros(cells.shape, np.bool_)
    kept[row[chosen], column[chosen]] = True
    return kept
