"""The map of one page: how surely each cell shows text, a picture, a stamp, the desk."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.page import Image
from docclean.regions.kinds import FIRST, MARKS, Kind, Kinds

Shares = NDArray[np.uint8]
"""(h, w) uint8 by cells: 0 surely not, 255 surely."""
Mask = NDArray[np.bool_]
BAND = 16_000_000
"""Pixels of a page that are interpolated at a time: an ordinary one as a whole."""
CELL = 8
"""Side of a cell in px of the picture that the map was made of."""
HALF = 128
"""Share from which a cell shows a kind."""
LEAST = {Kind.TEXT: 30}
"""The same where it is not half: letters that are missed cost more than paper beside them."""


@dataclass(frozen=True, eq=False)
class PageMap:
    """What is where on a page.

    Attributes:
        shares: (9, h, w) uint8, of each of `MARKS`, by cells: 0 surely not, 255 surely.
        height: of the page in px.
        width: of the page in px.
        seen: the small picture that the map was made of, (h', w', 3) RGB uint8.
        turns: (4,) float, how surely the page was turned by so many quarters counter-clockwise.
    """

    shares: Shares
    height: int
    width: int
    seen: Image
    turns: NDArray[np.float32]

    @property
    def picture(self) -> tuple[int, int]:
        """Return height and width in px of the picture that the map was made of."""
        return self.seen.shape[0], self.seen.shape[1]

    @property
    def cell(self) -> tuple[float, float]:
        """Return height and width of a cell in px of the page."""
        return (
            CELL * self.height / self.picture[0],
            CELL * self.width / self.picture[1],
        )

    def share(self, kind: Kind) -> Shares:
        """Return how surely each cell shows a kind, (h, w) uint8."""
        return np.asarray(self.shares[MARKS.index(kind)])

    def has(self, kind: Kind, least: int | None = None) -> Mask:
        """Tell which cells show a kind, (h, w): from a share on, None: `LEAST`, else `HALF`."""
        return np.asarray(self.share(kind) >= (LEAST.get(kind, HALF) if least is None else least))

    def kinds(self) -> Kinds:
        """Return the one kind that each cell is called after, (h, w) uint8."""
        kinds = np.zeros(self.shares.shape[1:], np.uint8)
        for kind in reversed(FIRST):
            kinds[self.has(kind)] = kind
        return kinds

    def over(
        self, cells: NDArray[np.uint8], shape: tuple[int, int] | None = None
    ) -> NDArray[np.uint8]:
        """Return values by cells, (h, w) uint8, for each pixel, interpolated: (H, W) uint8.

        Args:
            cells: by cells of this map.
            shape: height and width to return; the page's when None.
        """
        height, width = shape or (self.height, self.width)
        down, across = height * CELL / self.picture[0], width * CELL / self.picture[1]
        filled = [np.flatnonzero(cells.any(axis)) for axis in (1, 0)]
        out = np.zeros((height, width), np.uint8)
        if not len(filled[0]):
            return out
        # where there is nothing nothing is interpolated; values reach half a cell beyond their own
        rows, columns = (
            slice(max(0, int((some[0] - 1) * step)), min(side, int((some[-1] + 2) * step) + 1))
            for some, step, side in zip(filled, (down, across), (height, width), strict=True)
        )
        out[rows, columns] = _enlarged(cells, (rows, columns), (down, across))
        return out

    def within(self, cells: NDArray[np.uint8], window: tuple[slice, slice]) -> NDArray[np.uint8]:
        """Return values by cells for each pixel of a window of the page, as `over` does."""
        return _enlarged(cells, window, self.cell)

    def told(self) -> dict[str, float]:
        """Return the share of the page that each kind takes, by its name, 0..1."""
        kinds = self.kinds()
        return {kind.name.lower(): round(float(np.mean(kinds == kind)), 4) for kind in Kind}


def in_cells(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return values by pixels of the small picture, (h', w', ...), by cells: (h, w, CELL^2, ...).

    Cells that reach past the picture are continued by its edge.

    Args:
        values: by pixels.
        shape: (h, w) of the map.
    """
    rows, columns = shape
    short = [(0, rows * CELL - values.shape[0]), (0, columns * CELL - values.shape[1])]
    rest = values.shape[2:]
    whole = np.pad(values, [*short, *((0, 0) for _ in rest)], mode="edge")
    cells = whole.reshape(rows, CELL, columns, CELL, *rest).swapaxes(1, 2)
    return cells.reshape(rows, columns, CELL * CELL, *rest)


def _enlarged(
    cells: NDArray[np.uint8], window: tuple[slice, slice], cell: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return values by cells for each pixel of a window, interpolated.

    Args:
        cells: (h, w) uint8.
        window: rows and columns of a page, px.
        cell: height and width of a cell in its px.
    """
    rows, columns = window
    down, across = cell
    high, wide = cells.shape  # the last cells may reach past the page
    top, bottom = rows.start / down, min(rows.stop / down, high)
    left, right = columns.start / across, min(columns.stop / across, wide)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    small, step = Pillow.fromarray(cells), (bottom - top) / max(1, height)
    out = np.empty((height, width), np.uint8)
    rows_at_once = max(1, BAND // max(1, width))
    for first in range(
        0, height, rows_at_once
    ):  # Pillow's picture and its bytes are two pages more
        last = min(height, first + rows_at_once)
        box = (left, top + first * step, right, min(top + last * step, high))
        out[first:last] = small.resize((width, last - first), Pillow.Resampling.BILINEAR, box=box)
    return out
