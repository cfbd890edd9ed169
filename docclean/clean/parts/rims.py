"""A part ends where the paper around it begins: without the paper that its cells take in."""

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.imageops.morphology import spread

Mask = NDArray[np.bool_]
RIM = 1
"""Cells by which the map takes in paper about a picture: of small ones two are the half."""
MOSTLY = 0.5
"""Share of a part that is blank from which it is a drawing: all paper that reaches it is paper."""


def without_paper(cells: Mask, blank: Mask, tinted: Mask | None = None, rim: int = RIM) -> Mask:
    """Return the cells of parts, (h, w), without the blank paper that reaches in from outside.

    A light sky that meets the edge reaches farther in than a rim: it stays.

    Args:
        cells: of the parts.
        blank: cells of nothing but paper.
        tinted: cells of parts that have no paper of their own, however far it reaches in.
        rim: cells from its edge in which a part may hold paper that is not its own.
    """
    paper = components(cells & blank)
    row, column, label = paper.pixels(np.ones(len(paper.area), np.bool_))
    reached, deep, drawn = (np.zeros(len(paper.area), np.bool_) for _ in range(3))
    outside = ~cells
    reached[label[spread(outside, 1)[row, column]]] = True
    deep[label[~spread(outside, rim)[row, column]]] = True
    drawings = _mostly_blank(cells, blank)
    drawn[label[(drawings if tinted is None else drawings | tinted)[row, column]]] = True
    gone = (reached & (~deep | drawn))[label]
    left = cells.copy()
    left[row[gone], column[gone]] = False
    return left


def _mostly_blank(cells: Mask, blank: Mask) -> Mask:
    """Return the cells of those parts that are mostly blank."""
    parts = components(cells)
    row, column, label = parts.pixels(np.ones(len(parts.area), np.bool_))
    white = np.bincount(label, blank[row, column], len(parts.area))
    drawings = np.zeros_like(cells)
    drawn = (white >= MOSTLY * parts.area)[label]
    drawings[row[drawn], column[drawn]] = True
    return drawings
