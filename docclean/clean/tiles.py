"""Cuts a page into overlapping tiles and joins them again, exactly (numpy only).

A tile is a core and a halo around it as wide as the network's reach, so that every core pixel
sees what it would see on the whole page; the halo is thrown away and nothing is blended. Where a
tile meets the edge of the page it ends there, a fixed margin of repeated edge pixels outside, just
as the whole page does. The page is never padded as a whole: a tile's margin is made when it is cut.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from docclean.imageops.by_boxes import Grey
from docclean.imageops.packed import Packed
from docclean.page import Image

MOST_PARTS = 100
"""Ways to divide a side that are compared; beyond it only the smallest tiles are left."""

MARGIN = 32
"""Repeated edge pixels around a page, in px; rounded up to the network's stride."""


@dataclass(frozen=True)
class Box:
    """One tile: rows and columns of its core, and of what is cut, in px of the page.

    What is cut may reach outside the page (negative, or past its sides).
    """

    core: tuple[int, int, int, int]
    """top, bottom, left, right of the pixels this tile gives to the page."""
    cut: tuple[int, int, int, int]
    """top, bottom, left, right of the pixels the network sees."""


@dataclass(frozen=True)
class TileGrid:
    """The tiles that cover a page of `height` x `width` px."""

    height: int
    width: int
    core: tuple[int, int]
    """Height and width of a full core, multiples of the stride."""
    halo: int
    """Pixels seen around a core, at least the network's reach; a multiple of the stride."""
    stride: int

    @classmethod
    def cover(cls, height: int, width: int, reach: int, stride: int, max_area: int) -> "TileGrid":
        """Choose the tiles with the least work whose cuts stay near `max_area` pixels.

        Args:
            height: of the page in px.
            width: of the page in px.
            reach: how far from a pixel the network looks, in px.
            stride: sides of a cut are multiples of it, in px.
            max_area: pixels of a cut that memory allows.
        """
        halo = _up(reach, stride)
        rows, columns = (_ways(side, halo, stride) for side in (height, width))
        core, best = (rows[-1].core, columns[-1].core), math.inf  # the smallest tiles there are
        for across in columns:
            # the fewest rows whose tiles fit beside this many columns
            fit = (down for down in rows if down.largest * across.largest <= max_area)
            down = next(fit, None)
            if down is not None and down.total * across.total < best:
                core, best = (down.core, across.core), down.total * across.total
        return cls(height, width, core, halo, stride)

    @property
    def boxes(self) -> list[Box]:
        """Return every tile, row by row."""
        return [
            Box((top, bottom, left, right), (*rows, *columns))
            for top, bottom, rows in self._spans(self.height, self.core[0])
            for left, right, columns in self._spans(self.width, self.core[1])
        ]

    def _spans(self, side: int, core: int) -> list[tuple[int, int, tuple[int, int]]]:
        """Return (start, end, cut) along one side."""
        return [
            (start, min(side, start + core), cut)
            for start, cut in _cuts(side, core, self.halo, self.stride)
        ]


def _cuts(side: int, core: int, halo: int, stride: int) -> list[tuple[int, tuple[int, int]]]:
    """Return each core's start with its cut's (start, end), all multiples of the stride."""
    first, last = -_up(MARGIN, stride), _up(side + MARGIN, stride)
    return [
        (start, (max(first, start - halo), min(last, start + core + halo)))
        for start in range(0, side, core)
    ]


@dataclass(frozen=True)
class _Way:
    """A way to divide one side: its core, its longest cut and the sum of its cuts, in px."""

    core: int
    largest: int
    total: int


def _ways(side: int, halo: int, stride: int) -> list[_Way]:
    """Return the ways to divide a side, fewest parts first, down to cores of twice the halo."""
    ways = []
    most = max(1, side // max(2 * halo, stride))
    for parts in (*range(1, min(most, MOST_PARTS)), most):
        core = _up(-(-side // parts), stride)
        lengths = [end - start for _, (start, end) in _cuts(side, core, halo, stride)]
        ways.append(_Way(core, max(lengths), sum(lengths)))
    return ways


def split(image: Grey, grid: TileGrid) -> Iterator[tuple[Box, Image]]:
    """Yield each box with its cut, (h, w) uint8, edge pixels repeated outside the page."""
    for box in grid.boxes:
        top, bottom, left, right = box.cut
        inside = image[
            max(0, top) : min(grid.height, bottom), max(0, left) : min(grid.width, right)
        ]
        outside = (
            (max(0, -top), max(0, bottom - grid.height)),
            (max(0, -left), max(0, right - grid.width)),
        )
        yield box, np.pad(inside, outside, mode="edge") if any(map(any, outside)) else inside


def join(page: Image, box: Box, cleaned: Image, scale: int = 1) -> None:
    """Write a cleaned cut's core into `page`: the one array filled in place here.

    Args:
        page: uint8 (scale * H, scale * W), for a grid over (H, W).
        box: the tile, in px of the page that was cut.
        cleaned: uint8, `scale` times the size of the box's cut.
        scale: how much larger the network's output is than its input.
    """
    top, bottom, left, right = (scale * place for place in box.core)
    row, column = top - scale * box.cut[0], left - scale * box.cut[2]
    page[top:bottom, left:right] = cleaned[row : row + bottom - top, column : column + right - left]


class Canvas:
    """The page that cleaned tiles are joined to, row of tiles by row of tiles.

    Of a large one the rows that are done are put away: the network needs the memory meanwhile.
    """

    def __init__(self, shape: tuple[int, ...], large: bool = False) -> None:
        """Begin an empty page of a shape, (H, W) px."""
        self.shape = shape
        self._packed = Packed(shape[1]) if large else None
        self._rows = (0, 0) if self._packed else (0, shape[0])
        self._open = np.empty((0 if self._packed else shape[0], shape[1]), np.uint8)

    def join(self, box: Box, cleaned: Image) -> None:
        """Write a cleaned cut's core; the boxes come in the order of a grid."""
        top, bottom, left, right = box.core
        if self._packed and (top, bottom) != self._rows:
            self._packed.put(self._open)
            self._rows = (top, bottom)
            self._open = np.empty((bottom - top, self.shape[1]), np.uint8)
        first, (above, below) = self._rows[0], box.cut[:2]
        core = (top - first, bottom - first, left, right)
        join(self._open, Box(core, (above - first, below - first, *box.cut[2:])), cleaned)

    def rows(self, span: slice) -> Image:
        """Return rows of it, (h, W) uint8, once all tiles are joined."""
        if not self._packed:
            return self._open[span]
        self._put_last()
        return self._packed.rows(span)

    def whole(self) -> Image:
        """Return all of it, (H, W) uint8, once all tiles are joined."""
        if not self._packed:
            return self._open
        self._put_last()
        return self._packed.whole()

    def _put_last(self) -> None:
        if self._packed and len(self._open):
            self._packed.put(self._open)
            self._open = self._open[:0].copy()


def _up(value: int, stride: int) -> int:
    return math.ceil(value / stride) * stride
