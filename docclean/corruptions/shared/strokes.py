"""Where a page's ink lies and how it is weakened: what the corruptions of ink and print share."""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.shared.fields import Field
from docclean.page import Image

FAINTEST = 36.0
"""Grey levels of ink that fading leaves: paler strokes could not be told from paper grain."""


def ink_of(image: Image) -> Field:
    """Return how much darker than white each pixel is, float32, 0..255."""
    return np.subtract(np.float32(255), image, dtype=np.float32)


def stroke_mask(ink: Field) -> NDArray[np.uint8]:
    """Return 1 where there is ink, against the page's darkest: faint pages have strokes too."""
    level = max(8.0, float(ink.max()) * 0.5)
    return np.asarray(ink >= level, np.uint8)


def weakened(ink: Field, weight: Field) -> Field:
    """Return the ink times a weight, its full strokes never paler than FAINTEST."""
    floor = min(1.0, FAINTEST / max(1.0, float(ink.max())))
    return ink * np.clip(weight, np.float32(floor), 1)


def blurred(values: Field, sigma: float) -> Field:
    """Return the Gaussian blur; a wide one is made of fewer pixels, where nobody sees it."""
    factor = int(sigma / 2.5)
    if factor < 2 or min(values.shape) < 2 * factor:
        taps = 2 * max(1, round(2.6 * sigma)) + 1
        return np.asarray(cv2.GaussianBlur(values, (taps, taps), max(0.3, sigma)))
    height, width = values.shape
    small = (-(-width // factor), -(-height // factor))
    few = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
    few = cv2.GaussianBlur(few, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR))
