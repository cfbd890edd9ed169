"""Clean pages out of words and fonts."""

from random import Random

import numpy as np

from docclean.synth.layout import LAYOUTS, Typeset, typeset
from docclean.synth.text import TextSource

__all__ = ["LAYOUTS", "TextSource", "Typeset", "draw_dpi", "draw_page", "typeset"]


def draw_dpi(rng: Random, dpi_range: tuple[int, int]) -> int:
    """Draw a resolution, log-uniform: thin strokes at low dpi are the harder half."""
    low, high = dpi_range
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def draw_page(
    rng: Random,
    text: TextSource,
    dpi_range: tuple[int, int],
    max_pixels: int = 30_000_000,
    layout: str | None = None,
) -> Typeset:
    """Draw a clean page at a drawn dpi; the same `rng` state draws the same page."""
    return typeset(rng, text, draw_dpi(rng, dpi_range), layout, max_pixels)
