"""A page as it comes and the same in focus, with what a pen drew on it later."""

from dataclasses import dataclass

import numpy as np

from docclean.clean.focus.blur import Blur, find_blur, refocus, soft_beneath
from docclean.clean.focus.later_marks import without_later_marks
from docclean.page import Image, Page


@dataclass(frozen=True, eq=False)
class Focused:
    """A page in focus.

    Attributes:
        page: as it came, but in focus.
        grey: its luma, (H, W) uint8.
        blur: standard deviation of what had blurred it, px; 0: nothing had.
        print_only: its luma without what a pen drew on it when it was out of focus; None: nothing.
    """

    page: Page
    grey: Image
    blur: float = 0.0
    print_only: Image | None = None


def in_focus(page: Page, grey: Image) -> Focused:
    """Return a page in focus: itself where it is.

    Args:
        page: as it came.
        grey: its luma, (H, W) uint8.
    """
    blur = find_blur(grey)
    if blur is not None:
        return _refocused(page, grey, refocus(grey, blur), blur)
    contrast = soft_beneath(grey)
    later = without_later_marks(grey, contrast) if contrast else None
    blur = find_blur(later.page) if later is not None else None
    if later is None or blur is None:
        return Focused(page, grey)
    sharp = refocus(later.page, blur)
    if not later.drawn.any():
        return _refocused(page, grey, sharp, blur)
    whole = np.where(later.drawn, np.minimum(sharp, grey), sharp)
    return _refocused(page, grey, whole, blur, sharp)


def _refocused(
    page: Page, grey: Image, sharp: Image, blur: Blur, print_only: Image | None = None
) -> Focused:
    focused = page.with_luma(grey, sharp)
    return Focused(focused, focused.grey(), blur.width(), print_only)
