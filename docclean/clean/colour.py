"""Colour pages: the luma is cleaned, the chroma stays."""

import numpy as np

from docclean.page import Image, Page

COLOUR_STRIP = 256
"""Rows of a colour page put together at a time."""


def with_luma(page: Page, grey: Image, luma: Image) -> Page:
    """Return a page with new luma (H, W), `grey` being its own; colour keeps its chroma."""
    return page.with_pixels(luma if page.is_grey else _with_chroma(page.pixels, grey, luma))


def _with_chroma(colour: Image, grey: Image, cleaned: Image) -> Image:
    """Return a colour page (H, W, 3) with new luma; chroma fades where the paper is white.

    R, G and B keep their distance from the luma (ITU-R BT.601), scaled down towards white paper.
    """
    out = np.empty_like(colour)
    for top in range(0, len(colour), COLOUR_STRIP):
        rows = np.s_[top : top + COLOUR_STRIP]
        luma = cleaned[rows].astype(np.float32)
        keep = np.clip((255 - luma) / 64, 0, 1)
        chroma = colour[rows].astype(np.float32) - grey[rows].astype(np.float32)[..., None]
        values = luma[..., None] + keep[..., None] * chroma
        out[rows] = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    return out
