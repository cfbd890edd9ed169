"""Spreads: where two pages meet on one scan."""

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image, Page
from docclean.straighten.pixels import COARSE, reduced, threshold

SPREAD_FROM = 1.15
"""Width to height from which two pages may lie side by side."""
GUTTER_WITHIN = (0.35, 0.65)
"""Shares of the width between which the gutter is looked for."""
GUTTER_WIDTH = 0.02
"""Share of the width a gutter is wide at least."""


Mask = NDArray[np.bool_]


def find_gutter(grey: Image) -> float | None:
    """Return the share of the width of a scan (H, W) at which two pages meet; None for one page."""
    height, width = grey.shape
    if width < SPREAD_FROM * height:
        return None
    small = reduced(grey, COARSE)
    ink = (small < threshold(small)).mean(0)
    columns = len(ink)
    low, high = (round(share * columns) for share in GUTTER_WITHIN)
    sides = min(ink[:low].mean(), ink[high:].mean())
    if sides < 0.01:  # a half without print is no page of a spread
        return None
    empty = ink[low:high] < 0.1 * sides
    dark = ink[low:high] > 0.6
    for mask, least in ((dark, 1), (empty, max(2, round(GUTTER_WIDTH * columns)))):
        runs = _longest(mask)
        if runs and runs[1] - runs[0] >= least:
            return round((low + (runs[0] + runs[1]) / 2) / columns, 4)
    return None


def _longest(mask: Mask) -> tuple[int, int] | None:
    """Return the first and one past the last place of the longest run, the middlemost of equals."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    if not len(steps):
        return None
    runs = steps.reshape(-1, 2)
    first, last = max(runs, key=lambda run: run[1] - run[0])
    return int(first), int(last)


def halves(page: Page, cut: float) -> tuple[Page, Page]:
    """Return the left and the right page of a spread; `cut` is a share of its width."""
    column = round(cut * page.width)
    left, right = page.pixels[:, :column], page.pixels[:, column:]
    return page.with_pixels(left.copy()), page.with_pixels(right.copy())
