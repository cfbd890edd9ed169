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
STROKE = 0.6
"""Share of the contrast needed that a single pixel of a stroke has to show."""
LEAST_INK = 30
"""Pixels of ink below which there is nothing to read."""
LEAST_SHARE = 1e-4
"""Of a window, below which what is sought is not in it."""


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
    if area < LEAST_INK:
        return True
    square = np.ones((3, 3), np.uint8)
    width = 2 * area / max(1, area - int(cv2.erode(ink, square).sum()))
    blur = float(np.clip(width / 2, 0.7, 4))
    seen: Field = np.asarray(cv2.GaussianBlur(dirty, (0, 0), blur), np.float32)
    reach = round(float(np.clip(width, 2, 8)))
    near = cv2.dilate(ink, square, iterations=2)
    paper = (cv2.dilate(near, square, iterations=reach) - near).astype(np.float32)
    side = 2 * round(float(np.clip(8 * width, 20, 60))) + 1
    window = (side, side)
    share = cv2.blur(paper, window)
    on_ink = (ink > 0) & (share > 0)
    if not on_ink.any():
        return True
    part = np.maximum(share, LEAST_SHARE)
    ground = cv2.blur(seen * paper, window) / part
    rough = cv2.blur(np.square(seen - ground) * paper, window)[on_ink] / part[on_ink]
    grain = np.sqrt(np.maximum(0, rough))
    needed = np.maximum(LEAST_CONTRAST, LEAST_SIGHT * grain)
    mask = ink.astype(np.float32)
    dark = cv2.blur(seen * mask, window)[on_ink]
    stroke = ground[on_ink] - dark / np.maximum(cv2.blur(mask, window)[on_ink], LEAST_SHARE)
    places = np.abs(stroke) >= needed
    if places.mean() < MOST_PLACES:
        return False
    strokes = (ground - seen)[on_ink] * np.sign(stroke) >= STROKE * needed
    return bool((places & strokes).mean() >= MOST_STROKES)
