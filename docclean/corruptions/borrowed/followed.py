"""Where points went when all that is known is where each pixel came from."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.borrowed.library import Points

Trace = Callable[[NDArray[np.float32]], NDArray[Any]]
"""Moves an image (H, W), 0..1, as the page was moved, and leaves 0 where nothing came from."""
FAR = 1e9
"""Where nothing is."""
STEP = 8
"""Px between the pixels that are looked at first."""


def follow(points: Points, shape: tuple[int, int], trace: Trace) -> Points:
    """Return the pixels whose values come from nearest to the points.

    Args:
        points: (N, 2) x, y in px before the move.
        shape: height and width of the page.
        trace: the move.

    Returns:
        (N, 2), to a part of a pixel; a point that left the page stays at the edge where it did.
    """
    height, width = shape
    scale = max(shape)
    y, x = (ramp.astype(np.float32) / scale for ramp in np.mgrid[:height, :width])
    whole = trace(np.ones(shape, np.float32)) > 0.999  # at the edge a value is a mixture
    x, y = (np.where(whole, trace(side) * scale, FAR).astype(np.float64) for side in (x, y))
    rows, columns = np.mgrid[:height:STEP, :width:STEP].reshape(2, -1)
    coarse = np.column_stack((x[rows, columns], y[rows, columns]))
    moved = np.empty_like(points)
    for at, point in enumerate(points):
        near = int(np.argmin(((coarse - point) ** 2).sum(1)))
        moved[at] = _refined(point, x, y, int(rows[near]), int(columns[near]))
    return moved


def _refined(point: Points, x: NDArray[Any], y: NDArray[Any], row: int, column: int) -> Points:
    """Return the nearest source's pixel around a row and a column, and the rest by its slope."""
    top, left = max(0, row - STEP), max(0, column - STEP)
    window = np.s_[top : row + STEP + 1, left : column + STEP + 1]
    away = (x[window] - point[0]) ** 2 + (y[window] - point[1]) ** 2
    down, along = np.unravel_index(int(np.argmin(away)), away.shape)
    row, column = top + int(down), left + int(along)
    one, two = max(0, row - 1), max(0, column - 1)
    last_row, last_column = min(len(x) - 1, row + 1), min(x.shape[1] - 1, column + 1)
    slope = np.array(
        [
            [side[row, last_column] - side[row, two], side[last_row, column] - side[one, column]]
            for side in (x, y)
        ],
        np.float64,
    ) / np.array([max(1, last_column - two), max(1, last_row - one)])
    rest = point - (x[row, column], y[row, column])
    if not 1e-3 < abs(np.linalg.det(slope)) < FAR:  # a fold, or the edge
        return np.array((column, row), np.float64)
    return np.asarray(np.array((column, row)) + np.clip(np.linalg.solve(slope, rest), -1, 1))
