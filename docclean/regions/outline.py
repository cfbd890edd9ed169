"""The outline of a sheet: its four sides as curves, and its corners."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.regions.kinds import Kind
from docclean.regions.off_sheet import off_sheet
from docclean.regions.page_map import CELL, PageMap

FINER = 4
"""How many times as fine as the cells the sides are followed."""
DEGREE = 3
"""Of the polynomials that sides are fitted by: a curl bends one way and then the other."""
LEAST_OFF = 0.01
"""Share of a picture that is off the sheet at least, or the picture is the sheet."""
BEND, MOST = 0.06, 0.6
"""Of its length, how far a side may depart from a line, and the share of its points that must keep
to that: others belong to a hand, a shadow, or to no edge at all."""
ROUNDS = 3
"""Fits of a side; each leaves out the points that lay far from the one before."""
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outline:
    """The sides of a sheet, in px of the page.

    Attributes:
        corners: (4, 2) x, y: top left, top right, bottom right, bottom left.
        top, bottom: coefficients of y as a polynomial of x, highest power first.
        left, right: of x as one of y.
    """

    corners: Points
    top: Points
    bottom: Points
    left: Points
    right: Points

    def points(self, count: int) -> tuple[Points, Points, Points, Points]:
        """Return `count` points, (count, 2), along top, right, bottom and left, evenly spaced.

        Top and bottom run to the right, left and right run down.
        """
        ends = ((0, 1), (1, 2), (3, 2), (0, 3))
        made = []
        for side, (start, end) in zip(
            (self.top, self.right, self.bottom, self.left), ends, strict=True
        ):
            axis = 0 if side is self.top or side is self.bottom else 1
            first, last = self.corners[start], self.corners[end]
            along = np.linspace(first[axis], last[axis], count)
            across = np.polyval(side, along)
            # the polynomial ends in the corners
            share = np.linspace(0, 1, count)
            across += (1 - share) * (first[1 - axis] - across[0]) + share * (
                last[1 - axis] - across[-1]
            )
            made.append(np.stack((along, across) if axis == 0 else (across, along), 1))
        return made[0], made[1], made[2], made[3]


def find_outline(page: PageMap) -> Outline | None:
    """Return the outline of the sheet; None where the whole picture is the sheet."""
    sheet = _sheet(page)
    if sheet is None:
        return None
    quad = _extremes(sheet)
    if quad is None:
        return None
    sides = []
    for axis, first in ((0, True), (1, False), (0, False), (1, True)):  # top, right, bottom, left
        side = _side(sheet, quad, axis, first)
        if side is None:
            return None
        sides.append(side)
    top, right, bottom, left = sides
    corners = [
        _meet(top, left, quad[0]),
        _meet(top, right, quad[1]),
        _meet(bottom, right, quad[2]),
        _meet(bottom, left, quad[3]),
    ]
    scale = np.array((page.width / page.picture[1], page.height / page.picture[0])) * CELL / FINER
    return Outline(
        np.array(corners) * scale,
        _scaled(top, scale[0], scale[1]),
        _scaled(bottom, scale[0], scale[1]),
        _scaled(left, scale[1], scale[0]),
        _scaled(right, scale[1], scale[0]),
    )


def _sheet(page: PageMap) -> NDArray[np.bool_] | None:
    """Return which points, `FINER` to a cell, are on the sheet: the largest piece of it."""
    shape = tuple(round(side / CELL * FINER) for side in page.picture)
    on = page.over(page.share(Kind.OFF), (shape[0], shape[1])) < 128
    if on.mean() > 1 - LEAST_OFF or not on.any() or not off_sheet(page).any():
        return None
    found = components(on)
    largest = np.arange(len(found.area)) == found.area.argmax()
    return found.mask(largest, on.shape)


def _extremes(sheet: NDArray[np.bool_]) -> Points | None:
    """Return the points of a sheet farthest towards the four corners, (4, 2) x, y."""
    rows, columns = np.nonzero(sheet)
    if len(rows) < 100:
        return None
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    across, down = columns / width, rows / height  # so that a slim sheet is as a square one
    places = [
        (across + down).argmin(),
        (across - down).argmax(),
        (across + down).argmax(),
        (across - down).argmin(),
    ]
    return np.array([(columns[at], rows[at]) for at in places], np.float64)


def _side(sheet: NDArray[np.bool_], quad: Points, axis: int, first: bool) -> Points | None:
    """Fit one side between its corners: y of x where `axis` is 0, x of y where it is 1."""
    lines = sheet if axis == 0 else sheet.T
    near = {(0, True): (0, 1), (1, False): (1, 2), (0, False): (3, 2), (1, True): (0, 3)}[
        axis, first
    ]
    low, high = (quad[corner][axis] for corner in near)
    inset = 0.03 * (high - low)
    along = np.arange(int(np.ceil(low + inset)), int(np.floor(high - inset)) + 1)
    along = along[(along >= 0) & (along < lines.shape[1])]
    if len(along) < 12:
        return None
    some = lines[:, along]
    along, some = along[some.any(0)], some[:, some.any(0)]
    if len(along) < 12:
        return None
    edge = some.argmax(0) if first else len(lines) - some[::-1].argmax(0)
    x, y = along + 0.5, edge.astype(np.float64)
    keep = _near_line(x, y, BEND * (high - low))
    if keep.mean() < MOST:
        return None
    for _ in range(ROUNDS):
        middle = x[keep].mean()
        fit = np.polyfit(x[keep] - middle, y[keep], DEGREE)
        off = np.abs(np.polyval(fit, x - middle) - y)
        keep = off <= max(1.0, 2.5 * float(np.median(off)))
    return np.asarray(_shifted(fit, middle), np.float64)


def _near_line(x: Points, y: Points, far: float) -> NDArray[np.bool_]:
    """Tell which points lie near the line that most agree on: its slope and height are medians."""
    half = len(x) // 2
    slope = np.median((y[half:] - y[: len(y) - half]) / (x[half:] - x[: len(x) - half]))
    off = y - slope * x
    return np.asarray(np.abs(off - np.median(off)) <= far)


def _shifted(fit: Points, middle: float) -> Points:
    """Return the coefficients of p(x - middle) as those of a polynomial of x."""
    return np.asarray(np.poly1d(fit)(np.poly1d([1.0, -middle])).coeffs, np.float64)


def _scaled(fit: Points, along: float, across: float) -> Points:
    """Return a polynomial of a variable that is `along` times as large, `across` times as high."""
    powers = np.arange(len(fit) - 1, -1, -1)
    return np.asarray(fit * across / along**powers, np.float64)


def _meet(level: Points, upright: Points, start: Points) -> Points:
    """Return where y = level(x) and x = upright(y) meet, near `start`."""
    x, y = start
    for _ in range(8):
        y = np.polyval(level, x)
        x = np.polyval(upright, y)
    far = np.hypot(x - start[0], y - start[1])
    return np.array((x, y)) if np.isfinite(far) and far < 60 * FINER else start
