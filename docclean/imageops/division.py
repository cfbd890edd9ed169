"""A page divided by its paper: shadows, stains and yellowing go, every stroke stays."""

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.imageops.morphology import widest
from docclean.page import Image

WINDOW = 21
"""Side of the window whose median is paper, px: strokes fill less than half of it."""
STEP = 3
"""Every how many pixels the paper is looked at: it changes slowly, and a median costs time."""
STROKE = 3
"""Side of the square whose lightest pixel makes up for strokes that the median still saw, px."""
STRIP = 1024
"""Rows divided at a time: a large page is never held as floats."""


def divided(grey: Image) -> Image:
    """Return a page divided by its paper, (H, W) uint8 -> (H, W) uint8, paper 255.

    Light multiplies what paper and ink reflect, so dividing leaves the ratio of ink to paper. The
    paper is the median of what lies around a pixel, taken of one pixel in `STEP` x `STEP`.
    """
    side = WINDOW // STEP | 1
    seen = Pillow.fromarray(np.ascontiguousarray(grey[STEP // 2 :: STEP, STEP // 2 :: STEP]))
    if not seen.width or not seen.height:
        return grey
    paper = seen.filter(ImageFilter.MedianFilter(side))
    size = (seen.width * STEP, seen.height * STEP)
    wide = np.asarray(paper.resize(size, Pillow.Resampling.BILINEAR), np.uint8)
    walls = [(0, max(0, sides - had)) for sides, had in zip(grey.shape, wide.shape, strict=True)]
    wide = widest(np.pad(wide, walls, mode="edge"), STROKE)[: grey.shape[0], : grey.shape[1]]
    clean = np.empty_like(grey)
    for top in range(0, len(grey), STRIP):
        rows = np.s_[top : top + STRIP]
        ratio = np.float32(255) * grey[rows] / np.maximum(wide[rows], 1)
        clean[rows] = np.minimum(ratio + np.float32(0.5), 255).astype(np.uint8)
    return clean
