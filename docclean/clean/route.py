"""Which way a page goes: past the cleaner, to the usual network, or to the one for weak print."""

import numpy as np

from docclean.clean.gate.decision import Decision
from docclean.imageops.by_boxes import Grey
from docclean.imageops.threshold import histogram
from docclean.page import STRIP, Image, Page

DRAWN_SAME, DRAWN_PAPER, DRAWN_COLOUR, BRIGHT = 0.7, 0.45, 0.02, 60
"""Shares of pixels equal to the one beside them, of the paper's one grey and of bright colour (by
so many levels between channels) from which a page was drawn by a program."""
BLANK_LEVELS, LEAST_BLANK = 3, 0.25
"""Neighbouring greys of even paper, and the share of a page that is blank at least."""
AT_ONCE = 4096
"""Rows whose greys are counted at a time."""
DRAWN = Decision(
    "kept",
    "a program drew it in colour, on paper of one value: there is nothing to clean",
    {},
    untouched=True,
)
"""What is decided of such a page."""
PICTURE = Decision(
    "kept", "the page is a picture: a photograph, a map or a drawing", {}, untouched=True
)
"""What is decided of a page that is one picture with hardly any text beside it."""

FLAT = Decision("kept", "all of it is one value: there is nothing to clean", {}, untouched=True)
"""What is decided of a page without a mark."""


def past_the_cleaner(page: Page, grey: Image) -> Decision | None:
    """Return what is decided of a page that needs no look of a network; None: it needs one.

    Args:
        page: the page.
        grey: its luma, (H, W) uint8.
    """
    if is_flat(grey):
        return FLAT
    return DRAWN if not page.is_grey and is_drawing(page.pixels, grey) else None


def is_flat(grey: Image) -> bool:
    """Say whether a page, (H, W), is one value all over."""
    tops = range(0, len(grey), STRIP)
    return all(bool((grey[top : top + STRIP] == grey[0, 0]).all()) for top in tops)


def is_drawing(colour: Image, grey: Image) -> bool:
    """Say whether a colour page, (H, W, 3), is a chart or map a program drew: no scanner saw it.

    Its paper is one value, most pixels equal their neighbours, and some of it is bright colour, in
    lines and areas that would be taken for stains. A scan's coloured paper has grain.
    """
    if grey.shape[1] < 2:
        return False
    strips = [slice(top, top + STRIP) for top in range(0, len(grey), STRIP)]
    equal = sum(np.count_nonzero(grey[rows, 1:] == grey[rows, :-1]) for rows in strips)
    same = equal / (grey.shape[0] * (grey.shape[1] - 1))
    paper = float(histogram(grey).max()) / grey.size
    if same < DRAWN_SAME or paper < DRAWN_PAPER:
        return False
    some = [colour[rows][::2, ::2] for rows in strips]
    bright = sum(np.count_nonzero(one.max(2) - one.min(2) > BRIGHT) for one in some)
    return bool(bright >= DRAWN_COLOUR * sum(one.shape[0] * one.shape[1] for one in some))


def has_blank_paper(grey: Grey) -> bool:
    """Say whether the paper of a page, (H, W), may be even enough for weak print on it to be faint.

    It costs a histogram; `is_faint` asks what the network made of the page too.
    """
    greys = np.zeros(256, np.int64)
    for top in range(0, len(grey), AT_ONCE):
        greys += histogram(grey[top : top + AT_ONCE])
    counts = np.convolve(greys, np.ones(BLANK_LEVELS, np.int64))
    return bool(counts.max() >= LEAST_BLANK * grey.shape[0] * grey.shape[1])
