"""What became of the parts of a page that are no text: bleached, garbled, or whole."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.page import LUMA, Image
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap

WHITE = 250
"""Grey from which a pixel is white."""
COLOURED, STAYS = 70, 170
"""Distance between channels from which ink has a colour, and its darkest channel while it stays."""
LEAST_CELLS = 9
"""Cells of the smallest part that is measured."""
MOST_BLEACHED, LEAST_ALIKE, LEAST_INK = 0.05, 0.95, 0.85
"""Growth of the share of white, correlation of greys, and share of coloured ink that stays, from
which a part is whole."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Harm:
    """One part before and after.

    Attributes:
        kind: what it is.
        box: top, bottom, left, right on the page, px.
        white_before: share of its pixels that were white, 0..1.
        white_after: that are white now.
        greys: correlation of its greys before and after, -1..1.
        chroma: correlation of its distances between channels; 1 where it has no colours.
        ink: share of its coloured ink that still has its colour; 1 where it has none.
    """

    kind: Kind
    box: tuple[int, int, int, int]
    white_before: float
    white_after: float
    greys: float
    chroma: float
    ink: float

    @property
    def is_whole(self) -> bool:
        """Whether the part came out whole."""
        bleached = self.white_after - self.white_before
        if self.kind is Kind.PICTURE:
            return bleached < MOST_BLEACHED and self.greys >= LEAST_ALIKE
        if self.kind is Kind.PANEL:
            return bleached < MOST_BLEACHED or self.white_after > 1 - MOST_BLEACHED
        if self.kind is Kind.STAMP:
            return self.ink >= LEAST_INK
        return True


def harms(before: Image, after: Image, found: PageMap) -> Iterator[tuple[Harm, Mask]]:
    """Yield every picture, panel and stamp of a page before and after, and its cells, (h, w).

    Args:
        before: the page as it came, (H, W) or (H, W, 3) uint8.
        after: the page that is kept, of the same height and width.
        found: the map of the page as it came.
    """
    for kind in (Kind.PICTURE, Kind.PANEL, Kind.STAMP):
        parts = components(found.has(kind))
        for number in np.flatnonzero(parts.area >= LEAST_CELLS):
            down, across = found.cell
            box = (
                int(parts.top[number] * down),
                min(found.height, int(parts.bottom[number] * down) + 1),
                int(parts.left[number] * across),
                min(found.width, int(parts.right[number] * across) + 1),
            )
            cells = np.zeros(found.shares.shape[1:], np.uint8)
            row, column, _ = parts.pixels(np.arange(len(parts.area)) == number)
            cells[row, column] = 255
            window = (slice(box[0], box[1]), slice(box[2], box[3]))
            inside = found.within(cells, window) >= 250
            if inside.any():
                yield measured(kind, box, before[window], after[window], inside), cells > 0


def measured(
    kind: Kind, box: tuple[int, int, int, int], before: Image, after: Image, inside: Mask
) -> Harm:
    """Measure one part.

    Args:
        kind: what it is.
        box: where on the page.
        before: its pixels as they came, (h, w) or (h, w, 3).
        after: those that are kept.
        inside: (h, w), which of them belong to it.
    """
    one, other = _luma(before)[inside], _luma(after)[inside]
    chroma, ink = 1.0, 1.0
    if before.ndim == 3:
        now = after if after.ndim == 3 else np.repeat(after[..., None], 3, 2)
        was, then = np.ptp(before[inside], axis=1), np.ptp(now[inside], axis=1)
        coloured = was > COLOURED
        if coloured.any():
            ink = float(np.mean(now[inside][coloured].min(1) < STAYS))
            chroma = _alike(was, then)
    return Harm(
        kind,
        box,
        float(np.mean(one >= WHITE)),
        float(np.mean(other >= WHITE)),
        _alike(one, other),
        chroma,
        ink,
    )


def _luma(pixels: Image) -> NDArray[np.float32]:
    grey = pixels if pixels.ndim == 2 else pixels @ np.asarray(LUMA, np.float32)
    return np.asarray(grey, np.float32)


def _alike(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Return the correlation of two rows of numbers; 1 where the first has no spread."""
    a, b = (np.asarray(row, np.float64) for row in (one, other))
    if a.std() < 1:
        return 1.0
    return float(np.corrcoef(a, b)[0, 1]) if b.std() else 0.0
