"""The skeleton of ink: thinned to lines of one pixel, which stay in the middle of their strokes.

T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns" (1984).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image

Ink = NDArray[np.bool_]
"""Ink mask (H, W), True where there is ink."""


def skeleton(truth: Ink) -> Image:
    """Return the skeleton of the ink by Zhang & Suen 1984: (H, W) bool -> (H, W) uint8, 0 or 1.

    Only pixels whose surroundings changed since the same half-step last saw them are looked at, so
    a page with a black picture takes no longer than its rim is long at each step.
    """
    rules = _thinning_rules()
    framed = np.pad(truth.view(np.uint8), 1)
    wide = framed.shape[1]
    around = np.array([-wide, 1 - wide, 1, wide + 1, wide, wide - 1, -1, -wide - 1])
    pixels = framed.ravel()
    rim = np.flatnonzero(framed - cv2.erode(framed, np.ones((3, 3), np.uint8)))
    ticket = np.zeros(pixels.size, np.int32)
    candidates = waiting = rim
    half = 0
    while candidates.size:
        code = np.zeros(candidates.size, np.uint8)
        for bit, step in enumerate(around):
            code |= pixels[candidates + step] << np.uint8(bit)
        gone = candidates[rules[half][code]]
        pixels[gone] = 0
        touched = (gone[:, None] + around).ravel()
        touched = touched[pixels[touched] > 0]
        candidates, waiting = np.concatenate([waiting, touched]), touched
        candidates = candidates[pixels[candidates] > 0]
        numbers = np.arange(candidates.size, dtype=np.int32)
        ticket[candidates] = numbers  # the last of several equal ones keeps its number
        candidates = candidates[ticket[candidates] == numbers]
        half = 1 - half
    return framed[1:-1, 1:-1].copy()


def _thinning_rules() -> Ink:
    """Return (2, 256) bool: whether a pixel goes, by half-step and by its neighbours as bits.

    Bits 0..7 are the neighbours from north clockwise (Zhang & Suen 1984).
    """
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    north, east, south, west = (bits[:, 2 * side] == 1 for side in range(4))
    simple = (count >= 2) & (count <= 6) & (rises == 1)
    return np.stack(
        [
            simple & ~(north & east & south) & ~(east & south & west),
            simple & ~(north & east & west) & ~(north & south & west),
        ]
    )
