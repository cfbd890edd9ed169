"""Where a page holds anything but even paper (numpy only): cells that do, and pieces around them.

A network that whitens paper need not see blank paper. Pieces are rectangles that together hold
every marked cell; each costs its own pixels, a rim seen around it, and a start.
"""

import math

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.by_boxes import Grey
from docclean.imageops.morphology import spread
from docclean.imageops.packed import LARGE
from docclean.page import Image

CELL = 8
"""Pixels of a side of a cell."""
EVEN, PAPER_SHARE, DARKER = 16, 60, 60
"""Greys by which blank paper may vary inside a cell; the percentile of the cells' lightest greys
that is paper; and greys by which an even cell is darker when it is ink, a desk or a dark ground."""
UNIT = 16
"""Pixels by which pieces are cut."""
AROUND = 2
"""Cells around a marked one that count as marked."""
PART = 256
"""Pixels of a side of the squares from which pieces are put together; of large pages, more."""
START = 30_000
"""Pixels in whose time a piece is begun."""
AT_ONCE = 4096
"""Rows of a page that are pooled at a time."""

Mask = NDArray[np.bool_]
Boxes = NDArray[np.int64]


def pooled(grey: Grey, pick: np.ufunc, cell: int = CELL) -> Image:
    """Return `np.minimum` or `np.maximum` of each cell, uint8 (H, W) -> (h, w), whole or cut off.

    Args:
        grey: the page.
        pick: a binary function of NumPy that can be reduced.
        cell: pixels of a side.
    """
    rows = np.empty((math.ceil(len(grey) / cell), grey.shape[1]), np.uint8)
    high = max(1, AT_ONCE // cell)
    for top in range(0, len(rows), high):
        band = grey[top * cell : (top + high) * cell]
        whole = len(band) // cell
        cells = band[: whole * cell].reshape(whole, cell, grey.shape[1])
        if whole:
            pick.reduce(cells, axis=1, out=rows[top : top + whole])
        if whole * cell < len(band):
            pick.reduce(band[whole * cell :], axis=0, out=rows[top + whole])
    if grey.shape[1] % cell:
        rows = np.pad(rows, ((0, 0), (0, -grey.shape[1] % cell)), mode="edge")
    found: Image = rows[:, 0::cell].copy()
    for at in range(1, cell):
        pick(found, rows[:, at::cell], out=found)
    return found


def averaged(grey: Grey, cell: int) -> Image:
    """Return the mean of each cell, uint8 (H, W) -> (h, w), rounded down; edges are continued."""
    height, width = math.ceil(len(grey) / cell), math.ceil(grey.shape[1] / cell)
    means = np.empty((height, width), np.uint8)
    high = max(1, AT_ONCE // cell // 8)
    for top in range(0, height, high):
        band = grey[top * cell : (top + high) * cell]
        if len(band) % cell or band.shape[1] % cell:
            band = np.pad(band, [(0, -side % cell) for side in band.shape], mode="edge")
        rows = band[0::cell].astype(np.uint16)
        for at in range(1, cell):
            rows += band[at::cell]
        sums = rows[:, 0::cell].astype(np.uint32)
        for at in range(1, cell):
            sums += rows[:, at::cell]
        means[top : top + high] = sums // cell**2
    return means


def marked(grey: Grey) -> Mask:
    """Return the cells that hold more than even paper, with those around, (H, W) -> (h, w) bool."""
    low, high = pooled(grey, np.minimum), pooled(grey, np.maximum)
    paper = int(np.percentile(high, PAPER_SHARE))
    cells = (high - low > EVEN) | (high < max(0, paper - DARKER))
    return spread(cells, AROUND)


def pieces(cells: Mask, rim: int) -> Boxes:
    """Return rectangles that hold all marked cells: (N, 4) top, bottom, left, right, px.

    Squares of the page, drawn together around what they hold, are joined as long as two cost more
    than the one around both, and where they lie so near that one is seen in the other's rim. A
    blank page has one piece, which tells what becomes of its paper.

    Args:
        cells: of `marked`.
        rim: pixels that are seen around a piece.
    """
    blocks = _any(cells, UNIT // CELL)
    if not blocks.any():
        return np.array([[0, PART, 0, PART]], np.int64)
    price = _Price(rim / UNIT, START / UNIT**2)
    # each pair of squares is weighed: those of 400 million px would take 4 GB and a minute
    larger = math.ceil(math.sqrt(blocks.size * UNIT**2 / LARGE))
    return _parted(_joined(_drawn_together(blocks, larger * PART // UNIT), price) * UNIT, rim)


def least_share(cells: Mask, rim: int) -> float:
    """Return the share of a page that pieces of it cost at least: what lies in a rim of a mark."""
    return float(spread(cells, rim // CELL).mean())


def share(boxes: Boxes, rim: int, shape: tuple[int, ...]) -> float:
    """Return what pieces with their rims cost of what the whole page, (H, W) px, does."""
    return float(_Price(rim, START)(boxes).sum()) / (START + math.prod(shape[:2]))


class _Price:
    """What a piece costs: its pixels with the rim around it, and a start."""

    def __init__(self, rim: float, start: float) -> None:
        self.rim, self.start = rim, start

    def __call__(self, boxes: Boxes) -> NDArray[np.float64]:
        high = boxes[..., 1] - boxes[..., 0] + 2 * self.rim
        wide = boxes[..., 3] - boxes[..., 2] + 2 * self.rim
        return np.asarray(high * wide + self.start, np.float64)


def _any(cells: Mask, by: int) -> Mask:
    """Return whether any cell of each square of `by` x `by` is marked."""
    high, wide = (math.ceil(side / by) for side in cells.shape)
    whole = np.zeros((high * by, wide * by), np.bool_)
    whole[: cells.shape[0], : cells.shape[1]] = cells
    return np.asarray(whole.reshape(high, by, wide, by).any((1, 3)))


def _drawn_together(blocks: Mask, part: int) -> Boxes:
    """Return the boxes of what is marked in each square of `part` x `part` blocks."""
    boxes = []
    for top in range(0, blocks.shape[0], part):
        for left in range(0, blocks.shape[1], part):
            square = blocks[top : top + part, left : left + part]
            rows, columns = (np.flatnonzero(square.any(axis)) for axis in (1, 0))
            if len(rows):
                ends = (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)
                boxes.append([top + ends[0], top + ends[1], left + ends[2], left + ends[3]])
    return np.array(boxes, np.int64).reshape(-1, 4)


def _around(one: Boxes, other: Boxes) -> Boxes:
    """Return the boxes around two each."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.stack([low[..., 0], high[..., 1], low[..., 2], high[..., 3]], -1)


def _joined(boxes: Boxes, price: _Price) -> Boxes:
    """Join boxes, first those that save most, until nothing is saved."""
    if len(boxes) < 2:
        return boxes
    cost = price(boxes)
    saved = cost[:, None] + cost - price(_around(boxes[:, None], boxes[None]))
    np.fill_diagonal(saved, 0)
    left = np.ones(len(boxes), np.bool_)
    while True:
        one, other = divmod(int(saved.argmax()), len(boxes))
        if saved[one, other] <= 0:
            return boxes[left]
        boxes[one] = _around(boxes[one], boxes[other])
        cost[one] = price(boxes[one])
        left[other] = False
        saved[other], saved[:, other] = 0, 0
        saved[one] = np.where(left, cost[one] + cost - price(_around(boxes[one][None], boxes)), 0)
        saved[one, one] = 0
        saved[:, one] = saved[one]


def _parted(boxes: Boxes, rim: int) -> Boxes:
    """Join boxes until each has `rim` pixels around it in which no other lies."""
    while True:
        top, bottom, left, right = boxes.T
        near = (top[:, None] - rim < bottom) & (left[:, None] - rim < right)
        one, other = np.nonzero(np.triu(near & near.T, 1))
        if not len(one):
            return boxes
        boxes[one[0]] = _around(boxes[one[0]], boxes[other[0]])
        boxes = np.delete(boxes, other[0], 0)
