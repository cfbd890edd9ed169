"""Can a person still read it? What nobody can read teaches a network to invent."""

import cv2
import numpy as np

from docclean.corruptions.shared.fields import Field
from docclean.page import Image

LEAST_CONTRAST = 14.0
"""Grey levels between ink and paper below which letters are lost in the paper's own tone."""
LEAST_SIGHT = 1.7
"""Contrast over noise, both at the scale of a stroke, below which letters are lost in noise."""
MOST_STROKES = 0.65
"""Share of the ink that has to be seen: words are guessed from the most of their strokes."""
MOST_PLACES = 0.9
"""Share of the ink that has to lie where print can be seen at all."""


def is_legible(dirty: Image, clean: Image) -> bool:
    """Tell whether the ink of the clean page can be seen on the dirty one, nearly everywhere.

    Ink and paper right beside it are compared, place by place, after a blur half as wide as a
    stroke, which is what an eye does with grain. Pages with hardly any ink are legible.

    Args:
        dirty: uint8 (H, W).
        clean: its clean twin, aligned.
    """
    ink = (clean < 128).astype(np.uint8)
    area = int(ink.sum())
    if area < 30:
        return True
    square = np.ones((3, 3), np.uint8)
    width = 2 * area / max(1, area - int(cv2.erode(ink, square).sum()))
    blur = float(np.clip(width / 2, 0.7, 4))
    seen: Field = np.asarray(cv2.GaussianBlur(dirty, (0, 0), blur), np.float32)
    reach = round(float(np.clip(width, 2, 8)))
    near = cv2.dilate(ink, square, iterations=2)
    paper: Image = np.asarray(cv2.dilate(near, square, iterations=reach) - near, np.uint8)
    side = 2 * round(float(np.clip(8 * width, 20, 60))) + 1
    ground = _mean_over(seen, paper, side)
    grain = np.sqrt(np.maximum(0, _mean_over(np.square(seen - ground), paper, side)))
    needed = np.maximum(LEAST_CONTRAST, LEAST_SIGHT * grain)
    stroke = ground - _mean_over(seen, ink, side)
    on_ink = (ink > 0) & (cv2.blur(paper.astype(np.float32), (side, side)) > 0)
    if not on_ink.any():
        return True
    places = np.abs(stroke) >= needed
    strokes = (ground - seen) * np.sign(stroke) >= 0.6 * needed
    return bool(
        places[on_ink].mean() >= MOST_PLACES and (places & strokes)[on_ink].mean() >= MOST_STROKES
    )


def _mean_over(values: Field, mask: Image, side: int) -> Field:
    """Return the mean of the masked pixels in a window around each pixel."""
    weight = mask.astype(np.float32)
    share = cv2.blur(weight, (side, side))
    return np.asarray(cv2.blur(values * weight, (side, side)) / np.maximum(share, 1e-4), np.float32)
