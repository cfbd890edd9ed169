"""Runs the map's network on a small picture of the page."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.page import Image, Page
from docclean.regions.kinds import MARKS
from docclean.regions.page_map import CELL, PageMap
from docclean.sessions import session

WEIGHTS = Path(__file__).with_name("regions.onnx")
LONGER = 768
"""Longer side, in px, of the picture that the network sees; a smaller page is seen as it is."""
STRIDE = 32
"""Sides of what it is given are multiples of it, in px."""


class MapReader:
    """Draws the map of pages with one loaded network."""

    def __init__(self, threads: int | None = None) -> None:
        """Load the network.

        Args:
            threads: processor threads; None uses all cores.
        """
        self._session = session(WEIGHTS, threads)  # so small a picture is done before it is sent

    def __call__(self, page: Page) -> PageMap:
        """Return the map of a page."""
        small = reduced(page.pixels)
        height, width = small.shape[:2]
        layers, turns = self._session.run(None, {"pictures": _whole(small)[None]})
        rows, columns = -(-height // CELL), -(-width // CELL)
        # copies: what comes out of a session lies in the memory that its networks work in
        shares, turns = layers[0, : len(MARKS), :rows, :columns].copy(), turns.copy()
        return PageMap(shares, page.height, page.width, small, turns[0])


@cache
def map_reader(threads: int | None = None) -> MapReader:
    """Return the one reader of this process for so many threads."""
    return MapReader(threads)


def reduced(pixels: Image) -> Image:
    """Return a page, (H, W) or (H, W, 3), as the network sees it, (h, w, 3) uint8."""
    small = shrunk(pixels, shape_seen(*pixels.shape[:2]))
    return small if small.ndim == 3 else np.repeat(small[..., None], 3, 2)


def shape_seen(height: int, width: int) -> tuple[int, int]:
    """Return height and width, px, of the picture that the network sees of a page so large."""
    scale = min(1.0, LONGER / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def shrunk(pixels: Image, shape: tuple[int, int]) -> Image:
    """Return a page, (H, W) or (H, W, 3), at a smaller height and width: means of its pixels."""
    if pixels.shape[:2] == shape:
        return pixels
    image, times = (
        Pillow.fromarray(pixels),
        min(pixels.shape[0] // shape[0], pixels.shape[1] // shape[1]),
    )
    if times >= 4:  # twice as fine first, by plain means of whole pixels: five times as fast
        image = image.reduce(times // 2)
    return np.asarray(image.resize(shape[::-1], Pillow.Resampling.BOX), np.uint8)


def _whole(picture: Image) -> NDArray[np.uint8]:
    """Return a picture with its edges repeated until its sides are multiples of the stride."""
    down, across = (-side % STRIDE for side in picture.shape[:2])
    return np.pad(picture, ((0, down), (0, across), (0, 0)), mode="edge")
