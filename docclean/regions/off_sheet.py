"""What is off the sheet: sure of it, joined to the picture's rim, and clear of letters."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.page import LUMA
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap, in_cells

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Cells = NDArray[np.floating[Any]]
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Rows and columns to the neighbour on each side."""
FAR, STEP, GRAIN = 2, 12.0, 2.5
"""Cells from an edge at which both its sides are looked at; steps of grey, and of its deviation in
a cell, that no paper has on both sides. Of 100 desks drawn 8 are so like their sheet."""
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
    return unlike_the_sheet(page, joined_to_rim(loose, page.has(Kind.OFF, SURE)))


def unlike_the_sheet(page: PageMap, off: Mask) -> Mask:
    """Return those of the cells, (h, w), that lie beyond an edge of something.

    Across the sheet's edge light or grain is another. Across a streak of a scanner or a fold paper
    goes on, and with it the text that the network then does not see.
    """
    if not off.any():
        return off
    grey, grain = _grey_and_grain(page)
    found = components(off)
    row, column, label = found.pixels(np.ones(len(found.area), np.bool_))
    steps = [_across(off, side, row, column, label, grey, grain) for side in SIDES]
    where, light, texture = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    kept = np.ones(len(found.area), np.bool_)
    for number in range(len(kept)):
        here = where == number
        if here.any():
            unlike = np.median(light[here]) >= STEP or np.median(texture[here]) >= GRAIN
            kept[number] = unlike
    chosen = kept[label]
    left = np.zeros_like(off)
    left[row[chosen], column[chosen]] = True
    return left


def _grey_and_grain(page: PageMap) -> tuple[Cells, Cells]:
    """Return the median grey of each cell, (h, w), and its standard deviation."""
    flat = in_cells(page.seen @ np.asarray(LUMA, np.float32), page.shares.shape[1:])
    return np.median(flat, axis=2), flat.std(2)


def _across(
    off: Mask,
    side: tuple[int, int],
    row: Ints,
    column: Ints,
    label: Ints,
    grey: Cells,
    grain: Cells,
) -> tuple[Ints, Cells, Cells]:
    """Return for cells at the edge on one side their label, and the steps of grey and grain."""
    (down, across), (high, wide) = side, off.shape
    within = (row + down >= 0) & (row + down < high)
    within &= (column + across >= 0) & (column + across < wide)
    row, column, label = row[within], column[within], label[within]
    edge = ~off[row + down, column + across]
    row, column, label = row[edge], column[edge], label[edge]
    out, on = (
        (np.clip(row + n * down, 0, high - 1), np.clip(column + n * across, 0, wide - 1))
        for n in (-FAR, FAR + 1)
    )
    return label, np.abs(grey[out] - grey[on]), np.abs(grain[out] - grain[on])


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
