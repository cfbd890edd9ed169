"""The page's own strokes on white: what a neural engine reads best of a cleaned page.

Such an engine has learned from pages as they come: soft edges and uneven greys tell it letters
apart, a darkened and sharpened edge closes a c to an o. So the cleaned page only says where ink is;
what is shown there is the page as it came, divided by its paper, at its own size.
"""

import numpy as np

from docclean.clean.type_size import resized
from docclean.imageops.division import divided
from docclean.imageops.morphology import darkest
from docclean.page import Image

REACH = 5
"""Side of the square, px, in which ink of the cleaned page lets the page's own greys through."""
INKED = 64
"""Levels below white from which a place of the cleaned page lets all of them through."""
STRIP = 1024
"""Rows that are held as floats at a time."""


def own_strokes(grey: Image, read: Image) -> Image:
    """Return the strokes of a page on white paper, (H, W) uint8, at the size it came at.

    Args:
        grey: luma of the page as it came, dark on light everywhere, (H, W) uint8.
        read: the cleaned page as it is read, dark on white, of any size.
    """
    cleaned = read if read.shape == grey.shape else resized(read, grey.shape)
    inked, out = 255 - darkest(cleaned, REACH), divided(grey)
    if out is grey:  # too small to be divided
        out = grey.copy()
    for top in range(0, len(out), STRIP):
        rows = slice(top, top + STRIP)
        share = np.minimum(inked[rows] / np.float32(INKED), 1)
        out[rows] = (255.5 - share * (255 - out[rows])).astype(np.uint8)
    return out
