"""The bar codes and matrix codes that are read in a picture, where zxing-cpp is installed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from docclean.page import Image

LONGEST = 65_535
"""Longest side, px, of a picture that zxing-cpp takes."""


@dataclass(frozen=True)
class Code:
    """A code that was read.

    Attributes:
        text: what stands in it.
        box: top, bottom, left, right in px, without its quiet zone; bottom and right excluded.
    """

    text: str
    box: tuple[int, int, int, int]


Decoder = Callable[[Image], list[Code]]
"""Takes a picture, (h, w) or (h, w, 3) uint8, and returns every code read in it; none of
a picture with a side beyond `LONGEST`."""


@cache
def code_reader() -> Decoder | None:
    """Return what reads codes; None where zxing-cpp (extra `measure`) is not installed."""
    try:
        import zxingcpp
    except ImportError:
        return None

    def read(pixels: Image) -> list[Code]:
        if max(pixels.shape[:2]) > LONGEST:
            return []
        found = zxingcpp.read_barcodes(np.ascontiguousarray(pixels))
        return [Code(one.text, _box(one.position)) for one in found]

    def _box(at: zxingcpp.Position) -> tuple[int, int, int, int]:
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        down, across = [one.y for one in corners], [one.x for one in corners]
        return max(0, min(down)), max(down) + 1, max(0, min(across)), max(across) + 1

    return read
