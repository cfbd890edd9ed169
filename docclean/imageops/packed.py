"""A large picture put away, rows of it compressed, while other work needs the memory."""

import zlib

import numpy as np

from docclean.page import Image

LARGE = 64_000_000
"""Pixels from which a picture is put away: of smaller ones the time costs more than the room."""
ROWS = 256
"""Rows that are compressed together."""
FASTEST = 1
"""Level of zlib: a cleaned page, mostly white, takes a twentieth of its room, in a fiftieth of the
time that cleaning it takes."""


def is_large(shape: tuple[int, ...]) -> bool:
    """Say whether a picture of a shape, (H, W) px, is put away."""
    return shape[0] * shape[1] >= LARGE


class Packed:
    """A grey picture put away; rows come back as they are asked for.

    Attributes:
        shape: (H, W) of what was put away so far, px.
    """

    def __init__(self, width: int) -> None:
        """Begin with no rows, each `width` px long."""
        self.shape = (0, width)
        self._parts: list[tuple[int, bytes]] = []

    @classmethod
    def of(cls, grey: Image) -> "Packed":
        """Put a picture, (H, W) uint8, away."""
        packed = cls(grey.shape[1])
        packed.put(grey)
        return packed

    @property
    def nbytes(self) -> int:
        """Return what it takes."""
        return sum(len(data) for _, data in self._parts)

    def put(self, rows: Image) -> None:
        """Put the next rows away, (h, W) uint8."""
        for top in range(0, len(rows), ROWS):
            some = np.ascontiguousarray(rows[top : top + ROWS])
            self._parts.append((self.shape[0], zlib.compress(some.data, FASTEST)))
            self.shape = (self.shape[0] + len(some), self.shape[1])

    def __getitem__(self, box: tuple[slice, slice]) -> Image:
        """Return a box of rows and columns, (h, w) uint8."""
        return self.rows(box[0])[:, box[1]]

    def rows(self, span: slice) -> Image:
        """Return rows, (h, W) uint8, from `span.start` to before `span.stop`."""
        first, last = max(0, span.start or 0), min(self.shape[0], span.stop)
        out = np.empty((max(0, last - first), self.shape[1]), np.uint8)
        for index, (top, data) in enumerate(self._parts):
            below = self._parts[index + 1][0] if index + 1 < len(self._parts) else self.shape[0]
            if below <= first or top >= last:
                continue
            part = np.frombuffer(zlib.decompress(data), np.uint8).reshape(below - top, -1)
            low, high = max(top, first), min(below, last)
            out[low - first : high - first] = part[low - top : high - top]
        return out

    def whole(self) -> Image:
        """Return all of it, (H, W) uint8."""
        return self.rows(slice(0, self.shape[0]))

    def into(self, out: Image) -> None:
        """Write all of it over a picture of its shape."""
        for top in range(0, self.shape[0], ROWS):
            out[top : top + ROWS] = self.rows(slice(top, top + ROWS))
