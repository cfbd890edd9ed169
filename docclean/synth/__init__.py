"""Clean pages out of words and fonts."""

from collections.abc import Mapping
from random import Random

import numpy as np

from docclean.recipe import Synth
from docclean.synth.language.text import TextSource
from docclean.synth.layouts import LAYOUTS
from docclean.synth.pages import Typeset, typeset
from docclean.synth.rendering import Word

__all__ = ["LAYOUTS", "TextSource", "Typeset", "Word", "draw_dpi", "draw_page", "typeset"]


def draw_dpi(rng: Random, dpi_range: tuple[int, int]) -> int:
    """Draw a resolution, log-uniform: thin strokes at low dpi are the harder half."""
    low, high = dpi_range
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def draw_page(
    rng: Random,
    text: TextSource,
    synth: Synth,
    max_pixels: int = 40_000_000,
    layout: str | None = None,
) -> Typeset:
    """Draw a clean page as a recipe says; the same `rng` state draws the same page.

    Args:
        rng: draws everything.
        text: where the words come from.
        synth: resolutions, layouts and fonts to draw from.
        max_pixels: rows below this area are cut off.
        layout: a name of `LAYOUTS`; drawn by the recipe's weights when None.

    Raises:
        UsageError: no such layout; the message names the nearest one.
    """
    dpi = draw_dpi(rng, synth.dpi_range)
    name = layout or _draw_layout(rng, synth.layouts)
    return typeset(rng, text, dpi, name, max_pixels, synth.fonts)


def _draw_layout(rng: Random, weights: Mapping[str, float]) -> str:
    """Draw a layout by its weight; all alike where none is weighted."""
    names = [LAYOUTS[name].name for name in weights] or LAYOUTS.names()
    return rng.choices(names, [weights.get(name, 1.0) for name in names])[0]
