"""Pages that need nothing, told without the network: sharp dark letters on blank white paper.

Most of the time of a page is the network's. What it would have found on such a page is known: its
verdict is the same. Whatever is less than certain goes the whole way.
"""

import numpy as np

from docclean.clean.gate.letters import sampled
from docclean.clean.gate.measures import DIRT, Measures, blank_paper
from docclean.clean.gate.need_and_harm import MOST_DIRT, NEEDS
from docclean.imageops.blank import pooled
from docclean.page import Image

WHITE, BLANK = 250.0, 0.5
"""Grey of the paper from which, and deviation below which, it is blank."""
SHARP, DARK_INK = 0.8, 190.0
"""Sharpness and contrast, in grey levels, from which letters are beyond doubt."""
CELL = 8
"""Side in px of the cells that are looked at for tone."""
MOST_SOLID = 0.012
"""Share of the cells that may be dark all over: the thick ink of a page in black and white."""
NO_INK = 0.6
"""Share of the contrast below which no pixel of a cell of tone is dark."""


def needs_nothing(grey: Image) -> Measures | None:
    """Return the measures of a page (H, W) uint8 that needs nothing for certain; None for others.

    The page is measured beside itself, as if the network had left it as it is.
    """
    sample, _ = sampled(grey, grey)
    paper, deviation, _ = blank_paper(sample, sample)
    if paper < WHITE or deviation >= BLANK:
        return None  # most dirty pages: the other measures cost more
    page = Measures.of(grey, grey)
    certain = page.sharpness >= SHARP and page.contrast >= DARK_INK
    if not certain or any(row.holds(page) for row in NEEDS):
        return None
    tinted, solid = toned(grey, page.paper_grey, page.contrast)
    return page if tinted < MOST_DIRT and solid < MOST_SOLID else None


def toned(grey: Image, paper: float, contrast: float) -> tuple[float, float]:
    """Return the shares of cells that are neither paper nor letters: tinted ones, and solid ones.

    A tinted cell is grey without ink in it: of a stain, a panel, a picture. A solid one is dark
    all over: of a rim, a blot, a picture, or of very thick ink.

    Args:
        grey: the page, (H, W) uint8.
        paper: grey of its paper.
        contrast: grey levels from paper to ink.
    """
    height, width = (side // CELL for side in grey.shape)
    if not height * width:
        return 0.0, 0.0
    page = grey[: height * CELL, : width * CELL]
    lightest, darkest = pooled(page, np.maximum, CELL), pooled(page, np.minimum, CELL)
    # down first, along whole rows, which numpy does many pixels at a time
    rows = page.reshape(height, CELL, -1).sum(1, dtype=np.uint16)
    sums = np.zeros((height, width), np.uint32)
    for at in range(CELL):
        sums += rows[:, at::CELL]
    mean = sums / CELL**2
    tinted = (mean < paper - DIRT) & (darkest > paper - NO_INK * contrast)
    solid = lightest < paper - NO_INK * contrast
    return float(tinted.mean()), float(solid.mean())
