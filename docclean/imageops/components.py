"""Connected components of ink (numpy only): which pixels touch each other, and how large they are.

Rows are taken apart into runs of ink; runs of neighbouring rows that touch, corners included, get
one label. The work grows with the runs, not with the pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image

Ints = NDArray[np.int64]

STRIP = 512
"""Rows that are taken apart into runs at a time."""


@dataclass(frozen=True, eq=False)
class Components:
    """Boxes and areas of N components, in px, and the runs of ink they are made of.

    Attributes:
        top, bottom, left, right: (N,) sides of the boxes; bottom and right lie outside.
        area: (N,) pixels of ink.
        row, start, end: (R,) runs of ink; `end` lies outside.
        label: (R,) component of each run.
    """

    top: Ints
    bottom: Ints
    left: Ints
    right: Ints
    area: Ints
    row: Ints
    start: Ints
    end: Ints
    label: Ints

    @property
    def height(self) -> Ints:
        """Return the heights of the boxes, (N,)."""
        return self.bottom - self.top

    @property
    def width(self) -> Ints:
        """Return the widths of the boxes, (N,)."""
        return self.right - self.left

    def pixels(self, chosen: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
        """Return rows, columns and components (P,) of all pixels of the chosen ones, (N,)."""
        runs = np.flatnonzero(chosen[self.label])
        length = self.end[runs] - self.start[runs]
        first = np.cumsum(length) - length
        along = np.arange(int(length.sum())) - np.repeat(first, length)
        return (
            np.repeat(self.row[runs], length),
            np.repeat(self.start[runs], length) + along,
            np.repeat(self.label[runs], length),
        )

    def mask(self, chosen: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return the pixels of the chosen ones, (N,), in a picture of a shape, (H, W)."""
        mask = np.zeros(shape, np.bool_)
        row, column, _ = self.pixels(chosen)
        mask[row, column] = True
        return mask

    def greatest(self, picture: Image) -> Image:
        """Return the greatest value of a picture, (H, W) uint8, on each component, (N,)."""
        if not len(self.area):
            return np.zeros(0, np.uint8)
        width = picture.shape[1]
        ends = np.stack([self.row * width + self.start, self.row * width + self.end], 1)
        of_runs = np.maximum.reduceat(np.append(picture.ravel(), np.uint8(0)), ends.ravel())[::2]
        order = np.argsort(self.label, kind="stable")
        runs = np.bincount(self.label, minlength=len(self.area))
        return np.asarray(np.maximum.reduceat(of_runs[order], np.cumsum(runs) - runs), np.uint8)

    def least(self, picture: Image) -> Image:
        """Return the least value of a picture, (H, W) uint8, on each component, (N,)."""
        return 255 - self.greatest(255 - picture)


def components(ink: NDArray[np.bool_]) -> Components:
    """Return the 8-connected components of a mask, (H, W) True where there is ink."""
    row, start, end = _runs(ink)
    label = _labels(len(row), *_touching(row, start, end))
    return Components(
        _least(label, row),
        -_least(label, -row) + 1,
        _least(label, start),
        -_least(label, -end),
        np.bincount(label, end - start).astype(np.int64) if len(label) else label,
        row,
        start,
        end,
        label,
    )


def _runs(ink: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Return row, first and one past the last column of every run, row by row."""
    height, width = ink.shape
    rows, columns = [], []
    for top in range(0, max(height, 1), STRIP):  # the whole would be two pages more
        strip = ink[top : top + STRIP]
        walled = np.zeros((len(strip), width + 2), np.bool_)
        walled[:, 1:-1] = strip
        # places in the order of reading: NumPy finds them in booleans of one axis fastest
        row, column = np.divmod(np.flatnonzero(walled[:, 1:] != walled[:, :-1]), width + 1)
        rows.append(row + top)
        columns.append(column)
    row, column = np.concatenate(rows), np.concatenate(columns)
    return row[::2], column[::2], column[1::2]


def _touching(row: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the pairs of runs in neighbouring rows that touch, corners included.

    A place in the order of reading, row by row, makes one sorted line of all runs: the runs above
    that touch a run are neighbours in it.
    """
    if not len(row):
        return row, row
    span = int(end.max()) + 2
    firsts, lasts = row * span + start, row * span + end
    # of the row above: the first run that ends at or behind the start, the last that begins by end
    low = np.searchsorted(lasts, (row - 1) * span + start, "left")
    high = np.searchsorted(firsts, (row - 1) * span + end, "right")
    count = np.maximum(high - low, 0)
    below = np.repeat(np.arange(len(row)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(low, count) + offset, below


def _labels(count: int, one: Ints, other: Ints) -> Ints:
    """Return a label 0..N-1 for each of `count` runs; those joined by a pair share it.

    Each run takes the least label among its own and its neighbours'; labels are then followed to
    their end, so that chains shorten by half or more with every turn.
    """
    label = np.arange(count)
    while len(one):
        least = np.minimum(label[one], label[other])
        before = label.copy()
        np.minimum.at(label, label[one], least)
        np.minimum.at(label, label[other], least)
        while (label != label[label]).any():
            label = label[label]
        if (label == before).all():
            break
        apart = label[one] != label[other]
        one, other = one[apart], other[apart]
    used = np.zeros(count, np.bool_)
    used[label] = True
    return (np.cumsum(used) - 1)[label]  # numbered in order: NumPy's `unique` would sort them


def _least(label: Ints, value: Ints) -> Ints:
    """Return the least value of each label."""
    if not len(label):
        return value
    least = np.full(int(label.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, label, value)
    return least
