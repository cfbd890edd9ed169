"""Rectangles of dark grounds, each side put where the tint ends.

Light print looks like paper where only what is dark is told apart: the steps at its lines are taken
for sides, and the true side lies a line or a column farther. The tint itself runs through to it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.clean.parts.light import luma
from docclean.clean.parts.rectangles import Rectangle
from docclean.clean.parts.sides import LEAST_SIDE
from docclean.clean.parts.tint_and_ink import Colour, commonest, ink_on
from docclean.page import Image

NEAR = 26.0
"""Distance of a colour from a tint, in grey levels, up to which it is that tint."""
DARKEST, STANDS_OUT = 130.0, 24.0
"""Grey of the lightest tint on which print may be light, and by how much it is lighter."""
LOOKED_AT = 20_000
"""Pixels of a box that are enough to tell its colour."""
LIGHTEST = 80
"""Percentile of the greys of a page that is its paper."""
STROKES = 7
"""Width in px of light strokes that a row of the ground is seen through."""
IN_ROW, OF_COLUMN = 0.25, 0.5
"""Share of a row, and of what a column of the ground has, that is of the tint up to its end: paper
between two lines of dark print has none."""
BEYOND, ENDED = 4, 0.6
"""Pixels beyond an end within which the share has fallen below so much of that."""
ALIKE = 0.7
"""Share of a box that another one takes, from which it is no second one."""


def fitted(
    seen: Image, boxes: tuple[Rectangle, ...], before: Iterable[Rectangle]
) -> tuple[Rectangle, ...]:
    """Return boxes, those of light print on a dark tint as large as their tint reaches.

    Args:
        seen: the small picture of the page, (h, w, 3) uint8.
        boxes: what the sides tell.
        before: boxes that were told before: what takes them again is left out.
    """
    told, found = list(before), []
    paper = max(1.0, float(np.percentile(seen[::4, ::4], LIGHTEST)))
    for box in boxes:
        tint = _tint(seen, box)
        if luma(tint) > DARKEST * paper / 255:
            found.append(box)
        elif not _is_taken(seen, box, tint, told):
            made = _fitted(seen, box, tint, paper)
            if made == box or not _is_taken(seen, made, tint, told):
                found.append(made)
                told.append(made)
    return tuple(found)


def _is_taken(seen: Image, box: Rectangle, tint: Colour, told: list[Rectangle]) -> bool:
    """Say whether most of a box lies in one of this tint that was told before."""
    within = [other for other in told if box.overlap(other).area > ALIKE * box.area]
    return any(np.abs(_tint(seen, other) - tint).max() <= NEAR for other in within)


def _tint(seen: Image, box: Rectangle) -> Colour:
    """Return the commonest colour of a box of the small picture, (3,)."""
    here = seen[box.top : box.bottom, box.left : box.right]
    step = max(1, int(np.sqrt(box.area / LOOKED_AT)))
    return commonest(here[::step, ::step].reshape(-1, 3).astype(np.float32))


def _fitted(seen: Image, box: Rectangle, tint: Colour, paper: float) -> Rectangle:
    """Return a box as large as its tint reaches; itself where the print on it is not light.

    Args:
        seen: the small picture of the page, (h, w, 3) uint8.
        box: what the sides tell.
        tint: its colour, (3,).
        paper: grey of the paper.
    """
    inside = seen[box.top : box.bottom, box.left : box.right]
    even = np.float32(255 / paper)
    ink = ink_on(inside * even, np.ones(inside.shape[:2], np.bool_), tint * even)
    if luma(ink) < luma(tint * even) + STANDS_OUT:
        return box
    near = _between(seen, tint - NEAR, tint + NEAR)
    # where the light falls off it is darker
    near[box.top : box.bottom, box.left : box.right] |= _between(inside, tint - 255, tint + NEAR)
    through = _without_gaps(near)
    made = box
    for _ in range(2):
        rows = through[:, made.left : made.right].mean(1)
        top, bottom = _reach(rows, IN_ROW, made.top, made.bottom)
        if bottom - top < LEAST_SIDE:
            return box
        columns = near[top:bottom].mean(0)
        typical = float(np.median(columns[made.left : made.right]))
        left, right = _reach(columns, OF_COLUMN * typical, made.left, made.right)
        if right - left < LEAST_SIDE:
            return box
        made = replace(made, top=top, bottom=bottom, left=left, right=right)
    return made


def _between(seen: Image, low: Colour, high: Colour) -> NDArray[np.bool_]:
    """Return which pixels, (h, w, 3), lie between two colours in every channel, (h, w)."""
    levels = np.arange(256)
    good = np.ones(seen.shape[:2], np.bool_)
    for channel, (least, most) in enumerate(zip(low, high, strict=True)):
        good &= ((levels >= least) & (levels <= most)).take(seen[..., channel])
    return good


def _without_gaps(near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask, (h, w), with the gaps of its rows up to `STROKES` px filled."""
    reach = STROKES // 2
    walled = np.pad(near, ((0, 0), (2 * reach, 2 * reach)))
    grown = _any(walled, 2 * reach + 1)
    return ~_any(~grown, 2 * reach + 1)


def _any(mask: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return whether any of so many neighbours in a row is set, (h, w - length + 1)."""
    width = mask.shape[1] - length + 1
    found = mask[:, :width].copy()
    for place in range(1, length):
        found |= mask[:, place : place + width]
    return found


def _reach(
    share: NDArray[np.floating[Any]], least: float, first: int, last: int
) -> tuple[int, int]:
    """Return the stretch of (N,) shares from `least` on most of which lies within two ends.

    Nothing where it does not end at once on either side: a shade does not.
    """
    ends = np.flatnonzero(np.diff(np.pad(share >= least, 1).astype(np.int8)))
    starts, stops = ends[::2], ends[1::2]
    inside = np.minimum(stops, last) - np.maximum(starts, first)
    if not len(inside) or inside.max() <= 0:
        return first, first
    start, stop = (int(ends[inside.argmax()]) for ends in (starts, stops))
    beyond = (share[max(0, start - BEYOND) : max(0, start - 1)], share[stop + 1 : stop + BEYOND])
    sharp = all(not len(some) or some.min() < ENDED * least for some in beyond)
    return (start, stop) if sharp else (first, first)
