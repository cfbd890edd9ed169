"""The page's own strokes on its own paper: what a neural engine reads best of a cleaned page.

Such an engine has learned from pages as they come: soft edges and uneven greys tell it letters
apart, a darkened and sharpened edge closes a c to an o. So the cleaned page only says where ink is.
There the page is shown as it came, at its own size and in its colours (a page of brown paper turned
grey reads worse); between is the tone of the paper around it.
"""

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.clean.type_size import resized
from docclean.imageops.morphology import darkest
from docclean.page import Image

REACH, LEAST_REACH = 2.5, 5
"""Side of the square, in x-heights, in which ink of the cleaned page lets the page itself through,
and in px at least. It bridges the lines of a text: one x-height won two hundredths on a page and
lost four on another, this one moves pages less (pipelines/results/neural.md)."""
STEP, WINDOW, RANK = 8, 15, 150
"""Every how many pixels the paper is looked at, the side in such steps of the window around each,
and which of its 225 pixels is the paper, the darkest first: a third lighter, for grain is."""
INKED = 64
"""Levels below white from which a place of the cleaned page lets all of the page through."""
STRIP = 1024
"""Rows that are held as floats at a time."""


def own_strokes(came: Image, read: Image, x_height: float) -> Image:
    """Return the strokes of a page on its paper, uint8, at the size and in the colours it came in.

    Args:
        came: the page as it came, dark on light everywhere, (H, W) or (H, W, 3) uint8.
        read: the cleaned page as it is read, dark on white, (h, w) uint8 of any size.
        x_height: height of the small letters, px of `came`; 0: no text.
    """
    inked = 255 - resized(_darkest_around(read, x_height * len(read) / len(came)), came.shape)
    if came.ndim == 2:
        return _laid(came, inked)
    return np.stack([_laid(came[..., channel], inked) for channel in range(3)], 2)


def _laid(came: Image, inked: Image) -> Image:
    """Return a channel of the page where there is ink, (H, W) uint8, its paper elsewhere."""
    paper, out = _paper(came), np.empty_like(came)
    for top in range(0, len(out), STRIP):
        rows = slice(top, top + STRIP)
        share = np.minimum(inked[rows] / np.float32(INKED), 1)
        even = paper[rows].astype(np.float32)
        out[rows] = (even + share * (came[rows] - even) + 0.5).astype(np.uint8)
    return out


def _darkest_around(read: Image, x_height: float) -> Image:
    """Return the darkest within a letter's reach, of a picture so much smaller that it is quick."""
    reach = max(LEAST_REACH, int(REACH * x_height)) | 1
    step = max(1, reach // LEAST_REACH)
    small = np.minimum.reduce(
        [read[down::step, right::step][: len(read) // step, : read.shape[1] // step]
         for down in range(step) for right in range(step)]
    )  # fmt: skip
    return darkest(small, LEAST_REACH) if small.size else read


def _paper(came: Image) -> Image:
    """Return the tone of the paper around each pixel, (H, W) uint8."""
    half = STEP // 2
    seen = came[half::STEP, half::STEP]
    if not seen.size:
        return came
    made = Pillow.fromarray(np.ascontiguousarray(seen)).filter(ImageFilter.RankFilter(WINDOW, RANK))
    size = (came.shape[1], came.shape[0])
    return np.asarray(made.resize(size, Pillow.Resampling.BILINEAR), np.uint8)
