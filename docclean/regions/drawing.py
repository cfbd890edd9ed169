"""A picture of a map: its colours over the page, and a legend that says what each part gets."""

from collections.abc import Mapping

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.page import Image, Page
from docclean.regions.kinds import COLOURS, NAMES, Kind
from docclean.regions.outline import find_outline
from docclean.regions.page_map import PageMap

LONGER = 1400
"""Longer side, in px, of the page in the picture."""
STRENGTH = 0.5
"""Of the colours over the page."""
WIDTH, LINE, SWATCH = 420, 30, 18
"""Of the legend, of its lines and of its patches of colour, px."""


def drawn(page: Page, found: PageMap, treatment: Mapping[Kind, str], verdict: str) -> Image:
    """Return the page with its map over it and a legend beside it, (H, W, 3) uint8.

    Args:
        page: the page.
        found: its map.
        treatment: what becomes of each kind, in a few words.
        verdict: what the gate says of the page.
    """
    scale = min(1.0, LONGER / max(page.height, page.width))
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    image = Pillow.fromarray(page.pixels).convert("RGB").resize(size, Pillow.Resampling.LANCZOS)
    kinds = found.kinds()
    colours = np.array([COLOURS[kind] for kind in Kind], np.uint8)[kinds]
    box = (0, 0, found.picture[1] / 8, found.picture[0] / 8)
    over = Pillow.fromarray(colours).resize(size, Pillow.Resampling.NEAREST, box=box)
    mixed = Pillow.blend(image, over, STRENGTH)
    outline = find_outline(found)
    if outline is not None:
        sides = [side * scale for side in outline.points(24)]
        for side in sides:
            ImageDraw.Draw(mixed).line([tuple(point) for point in side], (255, 0, 0), 3)
    return _with_legend(mixed, found, treatment, verdict)


def _with_legend(
    mixed: Pillow.Image, found: PageMap, treatment: Mapping[Kind, str], verdict: str
) -> Image:
    """Return the picture with a legend on its right."""
    shares = found.told()
    shown = [kind for kind in Kind if shares[kind.name.lower()] > 0]
    height = max(mixed.height, LINE * (2 * len(shown) + 6))
    whole = Pillow.new("RGB", (mixed.width + WIDTH, height), (255, 255, 255))
    whole.paste(mixed, (0, 0))
    draw, x, y = ImageDraw.Draw(whole), mixed.width + 20, 16
    large, small = ImageFont.load_default(17), ImageFont.load_default(14)
    for line in _wrapped(verdict, 46):
        draw.text((x, y), line, (0, 0, 0), small)
        y += 20
    y += 12
    for kind in shown:
        draw.rectangle((x, y, x + SWATCH, y + SWATCH), COLOURS[kind], (0, 0, 0))
        told = f"{NAMES[kind]}: {shares[kind.name.lower()]:.1%}"
        draw.text((x + SWATCH + 10, y - 2), told, (0, 0, 0), large)
        draw.text((x + SWATCH + 10, y + 19), treatment.get(kind, ""), (90, 90, 90), small)
        y += 2 * LINE - 8
    return np.asarray(whole, np.uint8)


def _wrapped(text: str, letters: int) -> list[str]:
    """Return the text in lines of at most so many letters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
