"""What the steps of setting straight share: a smaller page, its threshold, its paper."""

import numpy as np
from PIL import Image as Pillow

from docclean.page import Image

COARSE = 600
"""Longer side of the page on which borders and gutters are looked for, px."""


def reduced(grey: Image, longest: int) -> Image:
    """Return a page (H, W) reduced by a whole number, its longer side to about `longest` px."""
    factor = max(1, max(grey.shape) // longest)
    return np.asarray(Pillow.fromarray(grey).reduce(factor)) if factor > 1 else grey


def threshold(grey: Image) -> float:
    """Return a grey, 0..255, three fifths of the way from the ink of a page (H, W) to its paper.

    0.0 where the two lie within 30 greys: such a page has no ink.
    """
    low, high = np.percentile(grey[::2, ::2], (1, 75))
    return float(low + 0.6 * (high - low)) if high - low > 30 else 0.0


def paper_colour(pixels: Image) -> Image:
    """Return the paper's colour, (C,) uint8: the median of the brighter half of (H, W[, 3])."""
    flat = pixels[::7, ::7].reshape(-1, 1 if pixels.ndim == 2 else 3)
    light = flat.mean(1)
    return np.asarray(np.median(flat[light >= np.median(light)], 0), np.uint8)
