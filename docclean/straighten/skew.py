"""Level: the angle at which lines lean, and turning them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.imageops.components import components
from docclean.page import Image
from docclean.straighten.borders import find_border
from docclean.straighten.pixels import paper_colour, reduced, threshold

STEEPEST = 10.0
"""Degrees up to which lines may lean; beyond, a page is meant to be so."""
LEVEL = 0.1
"""Degrees below which a page is level."""
SHARPNESS = 1.6
"""How much sharper the profile of level lines must be than that of most other angles."""
SEEN_AT = 1600
"""Longer side of the page on which lines are looked for, px: 0.1 degrees are 2 px there."""
LETTERS, LETTER, LONGEST_WORD = 25, (4, 120), 15
"""Letters from which there is text; their height there, px; width to height of a joined word."""
SOLID = 0.25
"""Share of its box that a large thing fills which is a shadow or a picture, not rules."""
POINTS = 150_000
"""Edge points that are projected."""


def skew(grey: Image) -> float:
    """Return the degrees counter-clockwise by which to turn a page (H, W) so that lines are level.

    The lower edges of ink are projected onto lines of each angle; the right one makes the sharpest
    profile: the greatest sum of squared differences of neighbouring counts (Postl 1986).
    0.0 where the lines are level within `LEVEL`, lean more than `STEEPEST`, or are no lines.
    """
    x, y = _edges(grey)
    if len(x) < 500:
        return 0.0
    coarse = np.arange(-STEEPEST - 1, STEEPEST + 1.01, 0.5)
    scores = np.array([_sharpness(x, y, angle) for angle in coarse])
    best = coarse[scores.argmax()]
    if scores.max() < SHARPNESS * np.median(scores) or abs(best) > STEEPEST:
        return 0.0
    fine = np.arange(best - 0.5, best + 0.51, 0.05)
    sharp = np.array([_sharpness(x, y, angle) for angle in fine])
    angle = float(fine[sharp.argmax()])
    return round(angle, 2) if abs(angle) >= LEVEL else 0.0


def _edges(grey: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x and y, px from the middle, of places where ink ends downwards; none without text.

    The edges of borders, shadows and pictures are none of the lines of a text.
    """
    small = reduced(grey, SEEN_AT)
    found = components((small < threshold(small)) & ~find_border(small))
    height, width = found.height, found.width
    letters = (height >= LETTER[0]) & (height <= LETTER[1]) & (width >= 2)
    letters &= width <= LONGEST_WORD * height  # as long as a word of a script that joins letters
    if letters.sum() < LETTERS:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    large = (height > LETTER[1]) & (width > LETTER[1])
    ink = np.zeros(small.shape, np.bool_)
    ink[found.pixels(~large | (found.area < SOLID * height * width))[:2]] = True
    rows, columns = np.nonzero(ink[:-1] & ~ink[1:])
    step = max(1, len(rows) // POINTS)
    x = columns[::step].astype(np.float32) - small.shape[1] / 2
    return x, rows[::step].astype(np.float32) - small.shape[0] / 2


def _sharpness(x: NDArray[np.float32], y: NDArray[np.float32], angle: float) -> float:
    """Return how sharp the profile is once the page is turned by `angle`, degrees."""
    lean = np.tan(np.deg2rad(angle))
    place = np.floor(y - x * lean).astype(np.int64)
    counts = np.bincount(place - place.min()).astype(np.float64)
    return float((np.diff(counts) ** 2).sum())


def rotated(pixels: Image, angle: float) -> Image:
    """Turn pixels (H, W) or (H, W, 3) counter-clockwise by `angle`, degrees, about their middle.

    The size stays; corners become paper.
    """
    image = Pillow.fromarray(pixels)
    paper: Any = paper_colour(pixels)
    fill = tuple(int(value) for value in paper) if pixels.ndim == 3 else int(paper[0])
    return np.asarray(image.rotate(angle, Pillow.Resampling.BICUBIC, fillcolor=fill))
