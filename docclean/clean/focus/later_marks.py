"""What is sharp on a page out of focus came after the blur: salt and pepper, a pen (numpy only).

It hides the blur from whoever looks for it, and turning the blur back would spread rings around
it. So it is taken out first, and its place filled smoothly from around. On a page in focus its
print is all that is sharp; without it nothing is left, and the page stays as it is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import Components, components
from docclean.imageops.morphology import spread
from docclean.page import Image

Mask = NDArray[np.bool_]
ALONE, EXTREME = 40, 8
"""Grey levels by which a pixel of no neighbour's like differs from those above, below and beside
it, and of black and white ones."""
ENDS = (2, 253)
"""Up to and from where a pixel is black or white."""
MOST_ALONE, MOST_DRAWN = 0.15, 0.08
"""Share of a page's pixels that may stand alone, and that a pen may have drawn."""
STEEP = 0.25
"""Step from pixel to pixel, of the page's contrast, that only what came after the blur has."""
RIM = 2
"""Pixels around a steep step that belong to what was drawn."""
LEAST_PEPPER, ALL_PEPPER = 0.01, 0.8
"""Share of black pixels from which a page may be peppered, and share of these that are pepper and
not ink: on a page whose ink is black it is nearly all ink."""
BESIDE_BLACK, MOSTLY_BLACK = 20, 0.75
"""Grey up to which pixels are black or nearly, and share of them that has to be black: pepper is
all black, noise has no end there."""
SQUARE, EVEN = 12, 0.85
"""Side in px of a square, and share of the squares that so much pepper would reach in which it has
to be: dots and crumbs of ink lie in lines."""
LARGEST_SPECK = 4
"""Pixels of the largest speck of salt or pepper: a few that touch."""
ROUNDS, FEW_ROUNDS = 80, 12
"""Rounds of filling: of a pen's stroke, and of single pixels."""
LEAST_STROKE, LEAST_DARKER = 24, 12
"""Length in px of the least stroke that is a pen's, and how much darker than the page it is."""


@dataclass(frozen=True, eq=False)
class LaterMarks:
    """A page without what came after its blur.

    Attributes:
        page: without it, (H, W) uint8.
        drawn: where a pen has drawn, (H, W) bool.
        contrast: of its ink to its paper, grey levels.
    """

    page: Image
    drawn: Mask
    contrast: float


def without_later_marks(
    grey: Image, contrast: float | None = None, most_drawn: float = MOST_DRAWN
) -> LaterMarks | None:
    """Take out what is too sharp for a page out of focus; None where that would be too much.

    Args:
        grey: the page, (H, W) uint8.
        contrast: of its ink to its paper, grey levels; None: as the page itself shows it.
        most_drawn: share of its pixels that a pen may have drawn.
    """
    quiet = _without_specks(grey)
    if quiet is None:
        return None
    if contrast is None:
        low, high = np.percentile(quiet, (2, 95))
        contrast = float(high - low)
    steep = spread(_steep(quiet, STEEP * contrast), RIM)
    if float(steep.mean()) > most_drawn:
        return None
    if not steep.any():
        return LaterMarks(quiet, steep, contrast)
    page = filled(quiet, steep, ROUNDS)
    drawn = _strokes(steep & (quiet.astype(np.int16) < page - LEAST_DARKER))
    return LaterMarks(page, drawn, contrast)


def without_pepper(grey: Image) -> Image | None:
    """Return a page, (H, W) uint8, without salt and pepper where its ink is not black; else None.

    Salt eats weak ink, and pepper is all that a network sees of it. Black ink outweighs both, and
    its thin strokes would go with them.
    """
    few = grey[::3, ::3]
    share, beside = (float(np.mean(few <= level)) for level in (ENDS[0], BESIDE_BLACK))
    if not LEAST_PEPPER <= share <= MOST_ALONE or share < MOSTLY_BLACK * beside:
        return None
    black = components(grey <= ENDS[0])
    pepper = black.area <= LARGEST_SPECK
    if float(black.area[pepper].sum()) < ALL_PEPPER * float(black.area.sum()):
        return None
    if _evenly(grey.shape, black, pepper) < EVEN:
        return None
    white = components(grey >= ENDS[1])
    gone = np.zeros(grey.shape, np.bool_)
    for found, specks in ((black, pepper), (white, white.area <= LARGEST_SPECK)):
        row, column, _ = found.pixels(specks)
        gone[row, column] = True
    return filled(grey, gone, FEW_ROUNDS)


def _evenly(shape: tuple[int, ...], black: Components, pepper: Mask) -> float:
    """Return the share of squares of a page in which there is pepper, of those to be expected.

    Pepper falls as it likes: n specks leave exp(-n / squares) of the squares empty (Poisson).
    """
    squares = np.zeros([-(-side // SQUARE) for side in shape[:2]], np.bool_)
    squares[black.top[pepper] // SQUARE, black.left[pepper] // SQUARE] = True
    expected = 1 - np.exp(-np.count_nonzero(pepper) / squares.size)
    return float(squares.mean() / max(expected, 1e-9))


def filled(grey: Image, gone: Mask, rounds: int) -> Image:
    """Fill pixels smoothly from around: each becomes the mean of its four neighbours, by and by.

    That is Laplace's equation by Jacobi's iteration.

    Args:
        grey: (H, W) uint8.
        gone: which pixels to fill, (H, W) bool.
        rounds: how often.
    """
    walled = np.pad(grey.astype(np.float32), 1, mode="edge")
    flat, width = walled.ravel(), walled.shape[1]
    here = np.flatnonzero(np.pad(gone, 1))
    if len(here) < gone.size:
        flat[here] = np.median(grey[~gone][::97])
    for _ in range(rounds):
        beside = flat[here - 1] + flat[here + 1]
        flat[here] = (beside + flat[here - width] + flat[here + width]) * np.float32(0.25)
    return np.asarray(np.clip(walled[1:-1, 1:-1] + 0.5, 0, 255), np.uint8)


def _without_specks(grey: Image) -> Image | None:
    """Take out single pixels unlike all around them; None where there are too many."""
    ends = (grey <= ENDS[0]) | (grey >= ENDS[1])
    alone, quiet = np.zeros(grey.shape, np.bool_), grey
    for _ in range(3):  # specks side by side hide one another
        unlike = np.abs(quiet - _middle_of_four(quiet))
        found = (unlike > ALONE) | (ends & (unlike > EXTREME))
        if not (found & ~alone).any():
            break
        alone |= found
        if float(alone.mean()) > MOST_ALONE:
            return None
        quiet = filled(grey, alone, FEW_ROUNDS)
    return quiet


def _middle_of_four(grey: Image) -> NDArray[np.int16]:
    """Return the mean of the middle two of the pixels above, below and beside each, (H, W)."""
    walled = np.pad(grey, 1, mode="edge")
    four = walled[:-2, 1:-1], walled[2:, 1:-1], walled[1:-1, :-2], walled[1:-1, 2:]
    least, most = four[0].copy(), four[0].copy()
    for one in four[1:]:
        np.minimum(least, one, out=least)
        np.maximum(most, one, out=most)
    total: NDArray[Any] = sum((one.astype(np.int16) for one in four[1:]), four[0].astype(np.int16))
    return np.asarray((total - least - most) // 2, np.int16)


def _steep(grey: Image, least: float) -> Mask:
    """Tell which pixels differ from one beside or below by more than a blurred page's can."""
    found = np.zeros(grey.shape, np.bool_)
    for axis in (0, 1):
        head, tail = (np.s_[1:], np.s_[:-1]) if axis == 0 else (np.s_[:, 1:], np.s_[:, :-1])
        step = np.maximum(grey[head], grey[tail]) - np.minimum(grey[head], grey[tail]) > least
        found[head] |= step
        found[tail] |= step
    return found


def _strokes(drawn: Mask) -> Mask:
    """Leave out what is too small for a pen."""
    found = components(drawn)
    return found.mask(np.maximum(found.height, found.width) >= LEAST_STROKE, drawn.shape)
