"""The one thing that travels through the house: a page of pixels and where it came from."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Grey (H, W) or colour (H, W, 3, RGB), uint8, 0 black .. 255 white."""

STRIP = 256
"""Rows of a colour page taken at a time: a large one is never held as floats."""
LUMA = (0.299, 0.587, 0.114)
"""Weights of R, G, B in luma (ITU-R BT.601)."""


def is_same(one: Image, other: Image) -> bool:
    """Say whether two pictures are equal, a strip at a time: their difference is a page more."""
    if one is other or one.shape != other.shape:
        return one is other
    tops = range(0, len(one), STRIP)
    return all(np.array_equal(one[top : top + STRIP], other[top : top + STRIP]) for top in tops)


@dataclass(frozen=True, eq=False)
class Page:
    """One page as pixels.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) RGB, uint8, 0 black .. 255 white.
        dpi: horizontal and vertical resolution in dots per inch; None where the file says none.
        number: place in its document, from 1.
        source: the file it came from, for messages; empty for a page made here.
        note: what was taken for true of its pixels though its file does not say it.
    """

    pixels: Image
    dpi: tuple[float, float] | None = None
    number: int = 1
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse anything that is not a page.

        Raises:
            ValueError: the array is not uint8, not (H, W) or (H, W, 3), or has no pixels.
        """
        shape = self.pixels.shape
        grey_or_rgb = self.pixels.ndim == 2 or (self.pixels.ndim == 3 and shape[2] == 3)
        if self.pixels.dtype != np.uint8 or not grey_or_rgb or self.pixels.size == 0:
            raise ValueError(
                f"a page is uint8 of shape (H, W) or (H, W, 3), not {self.pixels.dtype} {shape}"
            )

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def is_grey(self) -> bool:
        """Whether the pixels are (H, W)."""
        return self.pixels.ndim == 2

    def grey(self) -> Image:
        """Return the luma of the page, (H, W) uint8; the pixels themselves where already grey."""
        if self.is_grey:
            return self.pixels
        grey = np.empty(self.pixels.shape[:2], np.uint8)
        weights = np.asarray(LUMA, np.float32)
        for top in range(0, self.height, STRIP):
            rows = self.pixels[top : top + STRIP].astype(np.float32)
            grey[top : top + STRIP] = np.rint(rows @ weights).astype(np.uint8)
        return grey

    def with_pixels(self, pixels: Image) -> "Page":
        """Return the same page (dpi, number, source) with other pixels."""
        return replace(self, pixels=pixels)

    def with_luma(self, grey: Image, luma: Image) -> "Page":
        """Return the same page with new luma (H, W) uint8; colour keeps its chroma.

        R, G and B keep their distance from the luma (ITU-R BT.601), scaled down towards white
        paper, where chroma fades.

        Args:
            grey: the page's own luma, (H, W) uint8.
            luma: the new one.
        """
        if self.is_grey:
            return self.with_pixels(luma)
        out = np.empty_like(self.pixels)
        for top in range(0, self.height, STRIP):
            rows = np.s_[top : top + STRIP]
            light, own = luma[rows].astype(np.int16), grey[rows].astype(np.int16)
            keep = np.minimum(255 - light, 64)  # of 64: half the time of floats
            values = self.pixels[rows] - own[..., None]
            values *= keep[..., None]
            values += 32
            values >>= 6
            values += light[..., None]
            out[rows] = np.clip(values, 0, 255, out=values).astype(np.uint8)
        return self.with_pixels(out)

    def finer(self, pixels: Image, factor: float) -> "Page":
        """Return the same page with pixels `factor` times as fine, dpi with them."""
        dpi = self.dpi and (factor * self.dpi[0], factor * self.dpi[1])
        return replace(self, pixels=pixels, dpi=dpi)
