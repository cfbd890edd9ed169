"""The gate that reads: a few bands of the page, raw and cleaned, before the choice is made.

Tesseract says of every word how sure it is. Letters in words, each counted by that confidence, are
what a band yields; the version that yields more goes on. Costs two readings of a part of the page.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from docclean.clean.gate.decision import Decision
from docclean.ocr import OcrEngine
from docclean.page import Image, Page

BANDS = 3
"""Bands read of a page that is larger."""
BAND_HEIGHT = 320
"""Height of a band in px: about six lines at the working size."""
LEAST_GAIN = 0.0
"""Share by which the cleaned bands must yield more than the raw ones."""


def decide_by_reading(raw: Page, cleaned: Page, engine: OcrEngine, first: Decision) -> Decision:
    """Judge a cleaned page by what an OCR engine reads on it.

    Args:
        raw: the page as it came, grey, at its working size.
        cleaned: the network's page, same shape.
        engine: reads both; told to take a band for one block of text (`--psm 6`) reads best.
        first: what the pixels say; a page that needs no cleaning is not read.

    Returns:
        the decision, with the measures `yield_raw` and `yield_cleaned` (letters, weighed by
        confidence 0..1) beside the first one's.
    """
    if first.untouched:
        return first
    bands = _bands(cleaned.pixels)
    before = sum(_yield(raw, band, engine) for band in bands)
    after = sum(_yield(cleaned, band, engine) for band in bands)
    told = f"a sample yields {after:.0f} letters cleaned, {before:.0f} as scanned"
    measures = {"yield_raw": round(before, 1), "yield_cleaned": round(after, 1)}
    if after > before * (1 + LEAST_GAIN):
        return Decision("cleaned", told, first.measures | measures)
    unread = told if first.verdict == "cleaned" else ""
    reason = first.reason if unread else told
    return Decision(first.verdict, reason, first.measures | measures, unread=unread)


def _bands(cleaned: Image) -> Sequence[slice]:
    """Return the rows of the bands with most ink, one from each third of the page."""
    height = len(cleaned)
    if height <= BANDS * BAND_HEIGHT:
        return [slice(0, height)]
    ink = (cleaned < 128).sum(1, dtype=np.int64)
    sums = np.concatenate(([0], np.cumsum(ink)))
    held = sums[BAND_HEIGHT:] - sums[:-BAND_HEIGHT]
    bounds = np.linspace(0, len(held), BANDS + 1).astype(int)
    tops = [low + int(np.argmax(held[low:high])) for low, high in pairwise(bounds)]
    return [slice(top, top + BAND_HEIGHT) for top in tops]


def _yield(page: Page, rows: slice, engine: OcrEngine) -> float:
    """Return the letters and digits read in a band, each counted by its word's confidence."""
    words = engine.read(page.with_pixels(page.pixels[rows]), words=True).words
    return sum(
        sum(sign.isalnum() for sign in word.text) * max(0.0, word.confidence) / 100
        for word in words
    )
