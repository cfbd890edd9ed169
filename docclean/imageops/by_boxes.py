"""A large picture that is made a box at a time, whenever it is looked at: it takes no room."""

from collections.abc import Callable

import numpy as np

from docclean.page import Image

Box = tuple[slice, slice]
ROWS = 1024
"""Rows that are made at a time where few pixels of many are asked for."""


class ByBoxes:
    """A grey picture that looks like an array to whoever takes boxes of it.

    Attributes:
        shape: (H, W) px.
    """

    def __init__(self, shape: tuple[int, int], make: Callable[[slice, slice], Image]) -> None:
        """Take its shape and what makes rows and columns of it, (h, w) uint8."""
        self.shape, self._make = shape, make

    def __len__(self) -> int:
        """Return its height."""
        return self.shape[0]

    def __getitem__(self, box: slice | Box) -> Image:
        """Make a box of it, whole rows or rows and columns; of steps, few rows at a time."""
        rows, columns = box if isinstance(box, tuple) else (box, slice(None))
        top, bottom, step = rows.indices(self.shape[0])
        left, right, across = columns.indices(self.shape[1])
        if step == 1:
            made = self._make(slice(top, max(top, bottom)), slice(left, max(left, right)))
            return made[:, ::across]
        high = ROWS // step * step
        tops = range(top, bottom, high)
        ends = ((first, min(bottom, first + high)) for first in tops)
        # copies: views would hold all that was made
        return np.concatenate(
            [self[first:last, left:right:across][::step].copy() for first, last in ends]
        )

    def window(self, box: Box) -> "ByBoxes":
        """Return a box of it, not made yet."""
        (top, bottom, _), (left, right, _) = (
            side.indices(length) for side, length in zip(box, self.shape, strict=True)
        )
        return ByBoxes(
            (bottom - top, right - left),
            lambda rows, columns: self[
                top + rows.start : top + rows.stop, left + columns.start : left + columns.stop
            ],
        )

    def whole(self) -> Image:
        """Make all of it, (H, W) uint8."""
        return self[:]


Grey = Image | ByBoxes
"""A grey picture, there or made a box at a time."""


def window(grey: Grey, box: Box) -> Grey:
    """Return a box of a picture, without making it."""
    return grey.window(box) if isinstance(grey, ByBoxes) else grey[box]


def whole(grey: Grey) -> Image:
    """Return a picture, (H, W) uint8, that is there."""
    return grey.whole() if isinstance(grey, ByBoxes) else grey
