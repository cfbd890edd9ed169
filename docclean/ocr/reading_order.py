"""The order in which pieces of text are read: columns, paragraphs, lines, pieces of a line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Quads = NDArray[np.float64]
"""Pieces of text, (N, 4, 2): x and y of the corners from the upper left one clockwise, px."""
Numbers = NDArray[np.intp]
Lines = list[list[int]]
"""Numbers of pieces, line by line from top to bottom, each from left to right."""

LONG = 8.0
"""Heights of a line from which a piece is running text, or tells how far the page leans."""
LEAST_LINES = 3
"""Pieces of running text that a column has at least."""
MOST_CROSSING = 0.15
"""Share of the pieces, headings above all, that may run over the gap between two columns."""
OVER = 2.0
"""Heights that a piece reaches beyond a gap, on both sides, to count as over it."""
NEW_PARAGRAPH = 1.6
"""Distances from line to line, in usual ones, from which a paragraph begins."""


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Upright boxes of the pieces on a page made level.

    Attributes:
        left, right, middle, height: (N,) float, px; `middle` is the height of the centre.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    middle: NDArray[np.float64]
    height: NDArray[np.float64]

    @classmethod
    def of(cls, quads: Quads) -> "_Pieces":
        """Take the pieces of a page, levelled by the lean of the long ones."""
        start = (quads[:, 0] + quads[:, 3]) / 2
        end = (quads[:, 1] + quads[:, 2]) / 2
        height = np.linalg.norm(quads[:, 0] - quads[:, 3], axis=1)
        run = np.maximum(end[:, 0] - start[:, 0], 1.0)
        long = run > LONG * height
        lean = float(np.median(((end - start)[:, 1] / run)[long])) if long.any() else 0.0
        across = np.stack((start[:, 0], end[:, 0])) + lean * np.stack((start[:, 1], end[:, 1]))
        middle = (start + end)[:, 1] / 2 - lean * (start + end)[:, 0] / 2
        return cls(across.min(0), across.max(0), middle, np.maximum(height, 1.0))

    def sides(self, among: Numbers, gap: float) -> NDArray[np.int8]:
        """Return -1 for what is left of a gap, 1 for what is right of it, 0 for what runs over."""
        left, right = gap - self.left[among], self.right[among] - gap
        reach = OVER * self.height[among]
        over = (left > reach) & (right > reach)
        return np.where(over, 0, np.where(left > right, -1, 1)).astype(np.int8)


def reading_order(quads: Quads) -> list[Lines]:
    """Return the paragraphs of a page in the order in which they are read.

    Two columns are read one after the other where each holds running text; the columns of a table
    are read line by line. A piece that runs over both parts what is above from what is below.

    Args:
        quads: (N, 4, 2), see `Quads`.
    """
    if not len(quads):
        return []
    pieces = _Pieces.of(quads)
    return [
        paragraph
        for column in _columns(pieces, np.arange(len(quads)))
        for paragraph in _paragraphs(pieces, _lines(pieces, column))
    ]


def _columns(pieces: _Pieces, among: Numbers) -> list[Numbers]:
    """Return the pieces column by column; what runs over a gap comes between."""
    gap = _gap(pieces, among)
    if gap is None:
        return [among]
    side = pieces.sides(among, gap)
    crossing = among[side == 0]
    crossing = crossing[np.argsort(pieces.middle[crossing], kind="stable")]
    band = np.searchsorted(pieces.middle[crossing], pieces.middle[among])
    columns: list[Numbers] = []
    for number in range(len(crossing) + 1):
        for which in (-1, 1):
            inside = among[(band == number) & (side == which)]
            columns += _columns(pieces, inside) if len(inside) else []
        columns += [crossing[number : number + 1]]
    return _joined([column for column in columns if len(column)])


def _joined(columns: Sequence[Numbers]) -> list[Numbers]:
    """Put neighbours together that are one piece each: the lines of a heading."""
    joined: list[Numbers] = []
    for column in columns:
        if joined and len(joined[-1]) == 1 == len(column):
            joined[-1] = np.concatenate((joined[-1], column))
        else:
            joined.append(column)
    return joined


def _gap(pieces: _Pieces, among: Numbers) -> float | None:
    """Return the x of the best gap between two columns of running text, None without one."""
    best: float | None = None
    fewest = MOST_CROSSING * len(among)
    width = (pieces.right - pieces.left)[among]
    running = width * (width > LONG * pieces.height[among])
    for edge in np.unique(pieces.right[among]):
        gap = float(edge) + 1
        side = pieces.sides(among, gap)
        crossing = int(np.count_nonzero(side == 0))
        if crossing < fewest and all(
            _is_column(running[side == which], width[side == which]) for which in (-1, 1)
        ):
            best, fewest = gap, crossing
    return best


def _is_column(running: NDArray[np.float64], width: NDArray[np.float64]) -> bool:
    """Say whether the pieces on one side of a gap are running text for the most part.

    Args:
        running: (N,) widths of the pieces that are running text, 0 for the others, px.
        width: (N,) widths of all, px.
    """
    return bool(np.count_nonzero(running) >= LEAST_LINES and running.sum() > width.sum() / 2)


def _lines(pieces: _Pieces, among: Numbers) -> Lines:
    """Return the lines of a column: pieces whose middles lie at one height."""
    lines: Lines = []
    for number in among[np.argsort(pieces.middle[among], kind="stable")].tolist():
        if lines and _beside(pieces, lines[-1], number):
            lines[-1].append(number)
        else:
            lines.append([number])
    return [sorted(line, key=lambda number: pieces.left[number]) for line in lines]


def _beside(pieces: _Pieces, line: list[int], number: int) -> bool:
    """Say whether a piece stands in a line: at its height, and not over its pieces."""
    away = abs(pieces.middle[number] - pieces.middle[line].mean())
    lower = min(pieces.height[number], pieces.height[line].min())
    if away > lower / 2:
        return False
    shared = np.minimum(pieces.right[number], pieces.right[line])
    shared = shared - np.maximum(pieces.left[number], pieces.left[line])
    return bool((shared < lower).all())


def _paragraphs(pieces: _Pieces, lines: Lines) -> list[Lines]:
    """Part the lines of a column where they stand farther apart than usual."""
    if not lines:
        return []
    heights = np.array([pieces.middle[line].mean() for line in lines])
    steps = np.diff(heights)
    usual = float(np.median(steps)) if len(steps) else 0.0
    starts = [0, *(np.flatnonzero(steps > NEW_PARAGRAPH * max(usual, 1.0)) + 1).tolist()]
    return [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
