"""A dirty scan that Tesseract reads badly as it is and without a fault once it is clean."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from docclean.page import Page

SENTENCES = (
    "The harbour office keeps every letter",
    "that was written before the winter of",
    "that year and nobody has read them",
)


def dirty(seed: int = 0, size: int = 34) -> Page:
    """A page of three lines at 200 dpi under broad dark stains and noise."""
    width, height = 20 * size, 7 * size
    picture = Image.new("L", (width, height), 225)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=size)
    for line, words in enumerate(SENTENCES):
        pen.text((size, size + line * size * 1.6), words, fill=60, font=font)
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[:height, :width]
    stain = 75 * (np.hypot(down - height / 2, (across - width / 2) / 2) < height / 3)
    pixels = np.asarray(picture, np.float32) - stain + rng.normal(0, 16, (height, width))
    return Page(np.clip(pixels, 0, 255).astype(np.uint8), (200.0, 200.0))
