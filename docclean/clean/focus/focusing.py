"""A page as it comes and the same in focus, without pepper, with what a pen drew on it later."""

from dataclasses import dataclass

import numpy as np

from docclean.clean.focus.blur import (
    SIDE,
    Blur,
    Squares,
    find_blur,
    refocus,
    soft_beneath,
)
from docclean.clean.focus.later_marks import without_later_marks, without_pepper
from docclean.imageops.morphology import spread
from docclean.page import Image, Page
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap

OTHER = (Kind.OFF, Kind.PICTURE, Kind.CODE, Kind.DARK)
"""What may be sharp on a page whose print is not, or soft on one whose print is sharp."""


@dataclass(frozen=True, eq=False)
class Focused:
    """A page in focus.

    Attributes:
        page: as it came, but in focus.
        grey: its luma, (H, W) uint8.
        blur: standard deviation of what had blurred it, px; 0: nothing had.
        print_only: its luma without what a pen drew on it when it was out of focus; None: nothing.
        specks: share of its pixels that were salt or pepper over weak ink, and are gone.
    """

    page: Page
    grey: Image
    blur: float = 0.0
    print_only: Image | None = None
    specks: float = 0.0


def in_focus(page: Page, grey: Image, found: PageMap | None = None) -> Focused:
    """Return a page in focus: itself where it is.

    Args:
        page: as it came.
        grey: its luma, (H, W) uint8.
        found: what is where on it: its text alone tells whether it is in focus, no desk and no
            picture; None: nobody looked.
    """
    squares = None if found is None else written_squares(found)
    blur = find_blur(grey, squares)
    if blur is not None:
        return _refocused(page, grey, refocus(grey, blur), blur)
    contrast = soft_beneath(grey, squares)
    later = without_later_marks(grey, contrast) if contrast else None
    blur = find_blur(later.page, squares) if later is not None else None
    if later is None or blur is None:
        return _without_pepper(page, grey)
    sharp = refocus(later.page, blur)
    if not later.drawn.any():
        return _refocused(page, grey, sharp, blur)
    whole = np.where(later.drawn, np.minimum(sharp, grey), sharp)
    return _refocused(page, grey, whole, blur, sharp)


def written_squares(found: PageMap) -> Squares | None:
    """Return which squares of a page hold text and no desk or picture; None where none does."""
    written = found.has(Kind.TEXT)
    other = spread(np.any([found.has(kind) for kind in OTHER], axis=0), 1)
    down, across = found.cell
    shape = found.height // SIDE, found.width // SIDE
    tops, lefts = (
        (np.arange(count + 1) * SIDE / step).astype(int)
        for count, step in zip(shape, (down, across), strict=True)
    )
    squares = np.zeros(shape, np.bool_)
    for row, column in np.ndindex(shape):
        here = np.s_[tops[row] : tops[row + 1], lefts[column] : lefts[column + 1]]
        squares[row, column] = written[here].any() and not other[here].any()
    return squares if squares.any() else None


def _without_pepper(page: Page, grey: Image) -> Focused:
    quiet = without_pepper(grey)
    if quiet is None:
        return Focused(page, grey)
    cleared = page.with_luma(grey, quiet)
    return Focused(cleared, cleared.grey(), specks=float(np.mean(quiet != grey)))


def _refocused(
    page: Page, grey: Image, sharp: Image, blur: Blur, print_only: Image | None = None
) -> Focused:
    focused = page.with_luma(grey, sharp)
    return Focused(focused, focused.grey(), blur.width(), print_only)
