"""How large the letters are, and bringing small ones to the size networks and Tesseract work at.

Letters of an x-height below about 17 px are cleaned and read worse than the same letters enlarged;
larger ones are read worse when they are enlarged further. So the x-height is measured, and only
small type is enlarged.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.imageops.components import components
from docclean.imageops.morphology import darkest, widest
from docclean.page import Image

WORKING_X_HEIGHT = 24.0
"""x-height in px that small letters are brought to: 10 to 12 point type at 300 dpi."""
SMALL_X_HEIGHT = 17.0
"""x-height in px from which letters are large enough as they are."""
TINY_X_HEIGHT = 11.0
"""x-height in px below which a page that is left as it came is read enlarged: with its own grain
about it, larger type gains nothing (validation halves of the public sets)."""
SEEN_X_HEIGHT, LEAST_SEEN = 14.0, 11.5
"""x-height in px that large letters have in the reduced picture which the network sees, and below
which it is to look again: it finds dirt as well there, in less time."""
LEAST_REDUCED, MOST_REDUCED = 18, 48
"""Pixels of a page that are seen as 16 where it pays at all, and at most."""
ALIKE = 1.35
"""How much larger letters may turn out to be than they seemed before the page was cleaned."""
LARGEST_FACTOR = 3.0
"""No page is enlarged more: what was never scanned does not come back."""
MAX_WORK = 36_000_000
"""Pixels of an enlarged page, at most; larger ones are worked on as they are."""

X_HEIGHTS = (4, 120)
"""Heights of components that can be letters, px."""
ASPECT = (0.2, 5.0)
"""Width over height of what can be a letter or a few that touch."""
LEAST_LETTERS = 30
"""Letters to be found before an x-height is told."""
QUANTILE = 0.25
"""Place of the small letters in all ink, lowest first: half of it is in such letters."""
INK = 200
"""Grey below which a pixel of a cleaned page holds a letter together, be its strokes faint."""
INKED = 64
"""Grey levels below white from which a place wholly counts as inked."""
DARKENED = (0.05, 0.3)
"""Gain of contrast from which letters get back some, and all, of what they themselves lost."""
OWN, CLOSING = 0.6, 5
"""Share of the letters' greys that is the page's own, divided by its paper: its closing, px."""
OWN_DARKENED = 1.3
"""How much darker the cleaned letters may be than the page's own before those are darkened too."""
STRETCH, PIVOT = 1.2, 155
"""Contrast that two estimates of an edge lose when they are mixed, and the grey it turns about."""
DARK, LIGHT = 100, 240
"""Greys of a cleaned page below which it shows the middle of a stroke, above which paper."""
BANDS, SAMPLE = 5, 2_000_000
"""A larger page is looked at in so many bands spread over it, of so many pixels together."""


def x_height(clean: Image) -> float:
    """Return the height of the small letters in px, (H, W) uint8 of a cleaned page; 0 for no text.

    Letters are the components of ink of a letter's shape. Each counts by its area, so that neither
    grain nor the crumbs of broken letters outvote them.
    """
    return x_height_of(clean[rows] for rows in bands(clean.shape))


def x_height_of(looked_at: Iterable[Image], alike: int = 0) -> float:
    """Return the height of the small letters on bands of a page, px: see `x_height`.

    Args:
        looked_at: bands, (h, w) uint8 each.
        alike: letters of about that height there must be; else 0 is told. On a page that is not
            cleaned one stain has more ink than all its letters.
    """
    heights: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.int64]] = []
    for band in looked_at:
        found = components(band < INK)
        height, width = found.height, found.width
        ratio = width / np.maximum(height, 1)
        letter = (height >= X_HEIGHTS[0]) & (height <= X_HEIGHTS[1])
        letter &= (ratio > ASPECT[0]) & (ratio < ASPECT[1])
        heights.append(height[letter])
        weights.append(found.area[letter])
    height, weight = np.concatenate(heights), np.concatenate(weights)
    if len(height) < LEAST_LETTERS:
        return 0.0
    order = np.argsort(height, kind="stable")
    share = np.cumsum(weight[order])
    told = float(height[order][np.searchsorted(share, QUANTILE * share[-1])])
    like = np.count_nonzero((height * ALIKE >= told) & (height <= ALIKE * told))
    return told if like >= alike else 0.0


def working_factor(height: float, shape: tuple[int, ...]) -> float:
    """Return how much a page is to be enlarged, in steps of a half, 1 for not at all.

    Args:
        height: its x-height in px, 0 for none.
        shape: (H, W) of the page in px.
    """
    if not 0 < height < SMALL_X_HEIGHT:
        return 1.0
    factor = min(LARGEST_FACTOR, max(1.0, round(2 * WORKING_X_HEIGHT / height) / 2))
    return factor if factor**2 * shape[0] * shape[1] <= MAX_WORK else 1.0


def pixels_seen_as_16(height: float) -> int:
    """Return how many pixels of a page the network may see as 16, 16 to 48; 16: the page itself.

    Args:
        height: the page's x-height in px, 0 for none.
    """
    px = min(MOST_REDUCED, int(16 * height / SEEN_X_HEIGHT))
    return px if px >= LEAST_REDUCED else 16


def is_seen_too_small(height: float, px: int) -> bool:
    """Say whether letters of an x-height in px were reduced too far when `px` were seen as 16."""
    return px > 16 and 16 * height < LEAST_SEEN * px


def enlarge(grey: Image, factor: float) -> Image:
    """Return a page (H, W) uint8 at `factor` times its sides, rounded, by Lanczos."""
    return resized(grey, (round(factor * grey.shape[0]), round(factor * grey.shape[1])))


def resized(grey: Image, shape: tuple[int, ...]) -> Image:
    """Return a page (H, W) uint8 at another shape: Lanczos, which averages where it reduces."""
    size = (shape[1], shape[0])
    return np.asarray(Pillow.fromarray(grey).resize(size, Pillow.Resampling.LANCZOS), np.uint8)


def bring_back(grey: Image, work: Image, cleaned: Image) -> Image:
    """Return a page cleaned at its working size at its own size, (H, W) uint8.

    Enlarging and reducing blurs letters. What the page lost on the way, itself minus itself there
    and back, is given back to them; where the cleaned page is white there is nothing to sharpen.
    Letters that were made darker lost more than that: what the reduced page itself loses there and
    back (one step of iterative back-projection, Irani and Peleg 1991), in part or whole. At last
    their greys are mixed with those of the page itself divided by the paper beside them, which
    never were enlarged.

    Args:
        grey: the page as it came, (H, W).
        work: it enlarged, (h, w).
        cleaned: the enlarged page cleaned, (h, w).
    """
    back = resized(cleaned, grey.shape)
    least = darkest(back, 3).astype(np.float32)
    lost = grey - resized(work, grey.shape).astype(np.float32)
    least_gain, most_gain = DARKENED
    gain = _contrast(back, back) / max(1.0, _contrast(grey, back)) - 1
    share = float(np.clip((gain - least_gain) / (most_gain - least_gain), 0, 1))
    if share:
        there = resized(resized(back, work.shape), grey.shape)
        lost = lost + share * (back - there.astype(np.float32))
    inked = np.clip((255 - least) / INKED, 0, 1)
    shown = np.clip(back + inked * lost + 0.5, 0, 255).astype(np.uint8)
    if not share:
        return shown
    mixed = shown + OWN * (_own_letters(grey, shown) - shown)
    edges = inked * np.clip((widest(shown, CLOSING) - np.float32(PIVOT)) / INKED, 0, 1)
    mixed = shown + share * edges * (PIVOT + STRETCH * (mixed - PIVOT) - shown)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def _own_letters(grey: Image, cleaned: Image) -> NDArray[np.float32]:
    """Return the page divided by the paper right beside each pixel, float32 (H, W), 0..255.

    Right at the edges of letters, wrong in dirt and deep inside strokes wider than the closing.
    """
    paper = darkest(widest(grey, CLOSING), CLOSING)
    dark = 255 - np.float32(255) * grey / np.maximum(paper, 1)
    gain = _contrast(cleaned, cleaned) / max(1.0, _contrast(255 - dark, cleaned))
    return np.asarray(255 - np.clip(max(1.0, gain / OWN_DARKENED) * dark, 0, 255), np.float32)


def _contrast(page: NDArray[Any], cleaned: Image) -> float:
    """Return how much darker `page` is in the letters of the cleaned page than on its paper."""
    ink, paper = cleaned < DARK, cleaned > LIGHT
    if not ink.any() or not paper.any():
        return 0.0
    return float(page[paper].mean() - page[ink].mean())


def bands(shape: tuple[int, ...]) -> list[slice]:
    """Return the rows by which a page of this shape is looked at: all, or bands spread over it."""
    height, width = shape[:2]
    if height * width <= SAMPLE:
        return [slice(0, height)]
    rows = max(1, min(height // BANDS, SAMPLE // (BANDS * width)))
    tops = np.linspace(0, height - rows, BANDS).astype(int)
    return [slice(int(top), int(top) + rows) for top in tops]
