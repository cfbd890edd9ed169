"""Histograms, what they tell of the pixels, and the threshold between ink and paper (numpy)."""

import numpy as np
from numpy.typing import NDArray

AT_A_TIME = 1 << 16
"""Pixels that are counted at a time."""


def histogram(grey: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the pixels of each grey, uint8 of any shape -> (256,).

    Some pixels at a time: NumPy counts in eight bytes a pixel.
    """
    counts, pixels = np.zeros(256, np.int64), grey.ravel()
    for start in range(0, len(pixels), AT_A_TIME):
        counts += np.bincount(pixels[start : start + AT_A_TIME], minlength=256)
    return counts


def percentiles(counts: NDArray[np.int64], *percents: float) -> NDArray[np.float64]:
    """Return percentiles of the pixels whose greys are counted, as `np.percentile` would.

    Args:
        counts: of each grey, (..., 256); of one pixel at least.
        percents: n of them, 0..100 each.

    Returns:
        greys, (n, ...).
    """
    below = np.cumsum(counts, -1)
    last = below[..., -1] - 1
    places = np.multiply.outer(np.asarray(percents) / 100, last)
    before = np.floor(places)
    low, high = (
        (below <= place[..., None]).sum(-1) for place in (before, np.minimum(before + 1, last))
    )
    return np.asarray(low + (places - before) * (high - low), np.float64)


def otsu(counts: NDArray[np.int64]) -> int:
    """Return the grey up to which a page is ink, of the counts (256,) of its greys.

    Otsu (1979): the threshold of the largest variance between the two classes.
    """
    counts = counts.astype(np.float64)
    below, weighted = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    means = weighted / np.maximum(below, 1) - (weighted[-1] - weighted) / np.maximum(above, 1)
    return int(np.argmax(below * above * means**2))
