"""Histograms, what they tell of the pixels, and the threshold between ink and paper (numpy)."""

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image


def histogram(grey: Image) -> NDArray[np.int64]:
    """Count the pixels of each grey, (H, W) uint8 -> (256,).

    Rows at a time: NumPy counts in eight bytes a pixel.
    """
    counts = np.zeros(256, np.int64)
    for top in range(0, len(grey), 256):
        counts += np.bincount(grey[top : top + 256].ravel(), minlength=256)
    return counts


def percentiles(counts: NDArray[np.int64], *percents: float) -> tuple[float, ...]:
    """Return percentiles of the pixels whose greys are counted, as `np.percentile` would.

    Args:
        counts: of each grey, (256,); of one pixel at least.
        percents: 0..100 each.
    """
    below = np.cumsum(counts)
    places = np.asarray(percents) / 100 * (below[-1] - 1)
    low, high = (np.searchsorted(below, np.floor(places) + step, "right") for step in (0, 1))
    # behind the last pixel there is none
    high = np.where(places == below[-1] - 1, low, high)
    return tuple(float(told) for told in low + (places - np.floor(places)) * (high - low))


def otsu(counts: NDArray[np.int64]) -> int:
    """Return the grey up to which a page is ink, of the counts (256,) of its greys.

    Otsu (1979): the threshold of the largest variance between the two classes.
    """
    counts = counts.astype(np.float64)
    below, weighted = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    means = weighted / np.maximum(below, 1) - (weighted[-1] - weighted) / np.maximum(above, 1)
    return int(np.argmax(below * above * means**2))
