"""The map with what the sides of rectangles tell beside the network: grounds and whole pictures."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from docclean.clean.parts.dark_boxes import fitted
from docclean.clean.parts.rectangles import Rectangle, rectangles
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.page_map import CELL, PageMap

MOST_CODE, MOST_OFF, LEAST_PICTURE = 50, 128, 64
"""Mean share, of 255, of codes and of the desk in a rectangle from which it is no ground, and of
pictures from which it is one."""
SUPPORTED, SURE, DEEP = 24, 0.97, (0.95, 0.2)
"""Mean share of grounds and pictures from which the map supports a rectangle; how evenly one steps
that needs no support, and how evenly and how deep one that lies deep."""
Box = tuple[slice, slice]


def with_rectangles(found: PageMap) -> tuple[PageMap, tuple[Rectangle, ...]]:
    """Return a map with the rectangles of its page in it, and those of them that are grounds.

    Args:
        found: the map as the network drew it.
    """
    shares: NDArray[np.uint8] | None = None
    grounds: list[Rectangle] = []
    for box in rectangles(found.seen):
        cells = _cells(box)
        mean = {kind: float(found.share(kind)[cells].mean()) for kind in MARKS}
        told = mean[Kind.PANEL] + mean[Kind.DARK] + mean[Kind.PICTURE]
        other = mean[Kind.CODE] > MOST_CODE or mean[Kind.OFF] > MOST_OFF
        sure = box.even >= SURE or (box.even >= DEEP[0] and box.depth >= DEEP[1])
        if other or not (sure or told >= SUPPORTED):
            continue
        shares = found.shares.copy() if shares is None else shares
        is_picture = mean[Kind.PICTURE] > max(LEAST_PICTURE, mean[Kind.PANEL] + mean[Kind.DARK])
        kind = Kind.PICTURE if is_picture else Kind.PANEL
        shares[MARKS.index(Kind.OFF)][cells] = 0
        parts = (box,) if is_picture else fitted(found.seen, box.tints, grounds)
        for part in parts:
            shares[MARKS.index(kind)][_cells(part)] = 255
        if kind is Kind.PANEL:
            shares[MARKS.index(Kind.PICTURE)][cells] = 0
            grounds.extend(parts)
    return (found if shares is None else replace(found, shares=shares)), tuple(grounds)


def _cells(box: Rectangle) -> Box:
    """Return the cells that are mostly in a box."""
    rows, columns = (
        slice(round(first / CELL), max(round(first / CELL) + 1, round(last / CELL)))
        for first, last in ((box.top, box.bottom), (box.left, box.right))
    )
    return rows, columns
