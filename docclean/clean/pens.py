"""Pen strokes over print: taken out of the page that is read, never out of the page that is kept.

A pen that is lighter than the print runs through the words and ties them together. Print is dark
all over; what stays lighter although it is wider than an edge, runs on for letters and letters and
meets the print, was drawn by a hand. Its pieces between the letters have the same grey and lie
close together, so from the long ones the short ones are found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.by_boxes import Grey, whole
from docclean.imageops.components import Components, components
from docclean.imageops.morphology import widest
from docclean.imageops.threshold import histogram, percentiles
from docclean.page import Image

LEAST_CONTRAST, EVEN = 170, 14
"""Grey levels from paper to print at least, and those that the paper itself may span."""
PALE, DARK = 0.8, 0.86
"""Depth (0 paper, 1 print) below which a pen stays, and from which a pixel is print."""
FAINT, HALF = 0.16, 0.4
"""Depth below which nothing was drawn, and from which a pixel counts as inked."""
LONG, SHORT = 2.5, 5
"""Length in x-heights of a stroke that a pen alone draws, and pixels of the least piece of one."""
GAP, LIKE = 1.2, 0.06
"""How far apart, in x-heights, and how unlike, in depth, two pieces of one pen's work may be."""
THICK = 0.6
"""Width of a pen's stroke in x-heights, at most: area over length."""
HALO = 9
"""Window in px in which the soft rim of a removed stroke goes too."""
LEAST_SOLID = 0.5
"""Share of the inked pixels that have to be print: soft or uneven type is as pale as a pen."""
MOST_DRAWN, MOST_PALE = 0.25, 0.2
"""Pixels that a pen drew, and other pale ones, for one of print, at most."""
MOST_PIECES = 5000
"""Pale pieces of a page; with more it has greys of its own, a picture or a screen."""


def without_pens(page: Grey, x_height: float) -> Image | None:
    """Return the page without pen strokes that cross its print, (H, W) uint8; None: there are none.

    Args:
        page: it, (H, W) uint8.
        x_height: of its print in px; 0, no text, has no pens.
    """
    levels = Levels.of(page) if x_height > 0 else None
    if levels is None:
        return None
    coarse = Pale.of(page[::2, ::2], levels)
    if not coarse.long(x_height / 2, touching=False).any():
        return None  # the rest costs three times as much
    grey = whole(page)
    pale = Pale.of(grey, levels)
    if len(pale.found.area) > MOST_PIECES:
        return None
    drawn = pale.grown(pale.long(x_height), GAP * x_height)
    if not drawn.any() or not _telling(grey, levels, pale.found.area, drawn):
        return None
    removed = np.zeros(grey.shape, np.bool_)
    row, column, _ = pale.found.pixels(drawn)
    removed[row, column] = True
    near = widest(removed.astype(np.uint8), HALO) > 0
    beside_print = widest((grey < levels.grey(DARK)).astype(np.uint8), 3) > 0
    read = grey.copy()
    read[removed | (near & ~beside_print)] = round(levels.paper)
    return read


@dataclass(frozen=True)
class Levels:
    """Greys of a page's paper and of its print."""

    paper: float
    ink: float

    @classmethod
    def of(cls, grey: Grey) -> "Levels | None":
        """Tell them; None where the paper is uneven or the print is weak."""
        counts = histogram(grey[::4, ::4])  # sorted, a large page would take its own room again
        low, paper, high = (float(value) for value in percentiles(counts, 30, 60, 95))
        inked = np.where(np.arange(256) < paper - LEAST_CONTRAST / 2, counts, 0)
        if high - low > EVEN or inked.sum() < 100:
            return None
        ink = float(percentiles(inked, 15)[0])
        return cls(paper, ink) if paper - ink >= LEAST_CONTRAST else None

    def grey(self, depth: float) -> float:
        """Return the grey of a depth, 0 paper to 1 print."""
        return self.paper - depth * (self.paper - self.ink)


@dataclass(frozen=True, eq=False)
class Pale:
    """The pieces of a page that are no paper and no print, nor the edge of print.

    Attributes:
        found: the pieces.
        depth: (N,) of each at its darkest, 0..1.
        meets: (N,) whether print is within 3 px.
    """

    found: Components
    depth: NDArray[np.float64]
    meets: NDArray[np.bool_]

    @classmethod
    def of(cls, grey: Image, levels: Levels) -> "Pale":
        """Find them on a page, (H, W) uint8."""
        darkest = 255 - widest(255 - grey, 3)
        found = components((grey < levels.grey(FAINT)) & (darkest > levels.grey(PALE)))
        row, column, label = found.pixels(np.ones(len(found.area), np.bool_))
        least = np.full(len(found.area), 255, np.int64)
        np.minimum.at(least, label, grey[row, column].astype(np.int64))
        meets = np.zeros(len(found.area), np.bool_)
        near = 255 - widest(255 - darkest, 5) < levels.grey(DARK)
        meets[label[near[row, column]]] = True
        depth = (levels.paper - least) / (levels.paper - levels.ink)
        return cls(found, np.asarray(depth, np.float64), meets)

    def long(self, x_height: float, touching: bool = True) -> NDArray[np.bool_]:
        """Tell which pieces only a pen draws: long, thin, along neither axis, meeting print."""
        high, wide = self.found.height, self.found.width
        length = np.maximum(high, wide)
        thick = self.found.area / np.maximum(1, length)
        slanted = np.minimum(high, wide) > 2 * thick + 1
        drawn = (length >= LONG * x_height) & (thick < THICK * x_height) & slanted
        return drawn & self.meets if touching else drawn

    def grown(self, drawn: NDArray[np.bool_], gap: float) -> NDArray[np.bool_]:
        """Add the pieces within `gap` px of a drawn one that have its pen's grey, step by step."""
        found, drawn = self.found, drawn.copy()
        pen = self.depth.copy()  # of the long stroke that a piece was found from
        fresh = np.flatnonzero(drawn)
        while len(fresh):
            rest = np.flatnonzero(~drawn & (found.area >= SHORT))
            across = _apart(found.left, found.right, rest, fresh)
            down = _apart(found.top, found.bottom, rest, fresh)
            unlike = np.abs(self.depth[rest][:, None] - pen[fresh])
            like = (np.maximum(across, down) <= gap) & (unlike <= LIKE)
            which, where = like.any(1), like.argmax(1)
            pen[rest[which]] = pen[fresh[where[which]]]
            fresh = rest[which]
            drawn[fresh] = True
        return drawn


def _telling(
    grey: Image, levels: Levels, area: NDArray[np.int64], drawn: NDArray[np.bool_]
) -> bool:
    """Tell whether print is solid, and hardly anything pale but what was drawn."""
    print_area = max(1, int(np.count_nonzero(grey < levels.grey(DARK))))
    inked = np.count_nonzero(grey < levels.grey(HALF)) - int(area[drawn].sum())
    return bool(
        print_area > LEAST_SOLID * inked
        and area[drawn].sum() < MOST_DRAWN * print_area
        and area[~drawn].sum() < MOST_PALE * print_area
    )


def _apart(
    first: NDArray[np.int64], last: NDArray[np.int64],
    ones: NDArray[np.int64], others: NDArray[np.int64],
) -> NDArray[np.int64]:  # fmt: skip
    """Return how far the spans of `ones` lie from those of `others`, (ones, others), 0 inside."""
    before = first[ones][:, None] - last[others]
    behind = first[others] - last[ones][:, None]
    return np.asarray(np.maximum(0, np.maximum(before, behind)), np.int64)
