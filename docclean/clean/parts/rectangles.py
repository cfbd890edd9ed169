"""Rectangles darker than what is around them: printed grounds and pictures, told by their sides.

A stain or a shade ends slowly, or along no straight line. What is printed on a ground, and the
light on it, change nothing at its sides: a step of one sign all along them. No network looks.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from docclean.clean.parts.sides import (
    LEAST_SIDE,
    LINES,
    STEP,
    WORDS,
    Boxes,
    Steps,
    darkest_channel,
    facing,
    sides_of,
    steps_across,
)
from docclean.clean.parts.tints import MOST, cuts_of
from docclean.page import Image

LEAST_AREA = 3000
"""Pixels of the smallest rectangle."""
NEAR, RIM, SAME = (10, 4), 6, 3
"""How far, in px, a side may lie from where a candidate has it, at first and when others have been
moved; or from the picture's rim, where no step is asked for. Pixels that part two boxes."""
LEAST_COVER, LEAST_MEAN, LEAST_BAND = 0.6, 0.87, 0.95
"""Share of each side, and of all, along which the step is seen; of those of a band across the
page."""
LEAST_EVEN = 0.85
"""Share of its sides along which a rectangle steps by about as much as on most of the side."""
COMMON, WITHIN, TWIN = 0.1, 0.7, 0.8
"""Share of the smaller from which two have ground in common, of one that lies in another, and of
the larger from which they are one, of which the plainer is taken."""
PLAIN, AS_DEEP = 0.92, 0.5
"""How evenly the second of two with common ground has to step, and how deep beside another."""
NARROW = 48
"""Pixels of the shorter side below which a rectangle has to step as evenly as the second of two:
between two lines of print and the ends of a stain there may be such a one."""
BEYOND = 16
"""Pixels beyond the ends of a side where it should have ended."""
FAR = 8
"""Pixels around a rectangle that it is compared with."""
PLAIN_TINT = 0.15
"""How much darker than the paper around a box, a logarithm, a part of it is tinted for certain."""
DARKEST_PAPER = 80.0
"""Grey of paper, at least: on a dark page the gaps between light lines are no grounds."""
MOST_BOXES = 120
"""Boxes that are tried, the largest, and as many whose sides are seen most."""


@dataclass(frozen=True)
class Rectangle:
    """One rectangle, in px of the small picture.

    Attributes:
        top, bottom, left, right: its sides; bottom and right lie outside.
        even: share of its sides along which it steps by as much as on most of the side, 0..1.
        depth: how much darker most of it is than the paper around it, a logarithm.
        tints: it, or the pieces of it that have tints of their own.
    """

    top: int
    bottom: int
    left: int
    right: int
    even: float = 1.0
    depth: float = 0.0
    tints: tuple["Rectangle", ...] = ()

    @property
    def area(self) -> int:
        """Its pixels."""
        return max(0, self.bottom - self.top) * max(0, self.right - self.left)

    def overlap(self, other: "Rectangle") -> "Rectangle":
        """Return what it has in common with another one; of no area where that is nothing."""
        return Rectangle(
            max(self.top, other.top), min(self.bottom, other.bottom),
            max(self.left, other.left), min(self.right, other.right),
        )  # fmt: skip


def rectangles(seen: Image) -> list[Rectangle]:
    """Return the rectangles of a page that are darker than what is around them, the largest first.

    Args:
        seen: the small picture of the page, (h, w, 3) uint8.
    """
    if min(seen.shape[:2]) < 2 * LEAST_SIDE:
        return []
    white = np.percentile(seen[::4, ::4].reshape(-1, 3), 80, axis=0)
    if white.min() < DARKEST_PAPER:
        return []
    grey = darkest_channel(seen, white)
    upright = steps_across(grey, LINES)
    level = steps_across(np.ascontiguousarray(grey.T), WORDS)
    left, right = sides_of(upright, 1), sides_of(upright, -1)
    top, bottom = sides_of(level, 1), sides_of(level, -1)
    boxes = np.concatenate((facing(left, right), facing(top, bottom)[:, (2, 3, 0, 1)]))
    if not len(boxes):
        return []
    found = _chosen(_placed(boxes, upright, level), upright, level)
    grounds = []
    for box in found:
        depth = _paper_around(grey, box, box)
        if depth >= STEP:  # dense print is darker in part
            tints = _tints(seen, box, upright, level)
            # paper between panels that end alike is none of them
            tinted = [
                one
                for one in tints
                if _paper_around(grey, box, one) >= PLAIN_TINT
                or _paper_around(grey, one, one) >= STEP
            ]
            grounds.append(replace(box, depth=depth, tints=tuple(tinted)))
    return grounds


def _paper_around(grey: Image, box: Rectangle, part: Rectangle) -> float:
    """Return how much lighter the paper around a box is than most of a part of it, a logarithm.

    Minus infinity where nothing is around it, or no paper.
    """
    wide = [
        slice(max(0, a - FAR), b + FAR) for a, b in ((box.top, box.bottom), (box.left, box.right))
    ]
    around = grey[tuple(wide)]
    outside = np.ones(around.shape, np.bool_)
    rows, columns = (
        slice(max(0, a - side.start - 2), b - side.start + 2)
        for side, a, b in zip(wide, (box.top, box.left), (box.bottom, box.right), strict=True)
    )
    outside[rows, columns] = False
    paper = float(np.percentile(around[outside], MOST)) if outside.any() else 0.0
    inside = grey[part.top + 2 : part.bottom - 2, part.left + 2 : part.right - 2]
    ground = max(1.0, float(np.percentile(inside, MOST)))
    return float(np.log(paper / ground)) if paper > DARKEST_PAPER else -np.inf


def _placed(boxes: Boxes, upright: Steps, level: Steps) -> Boxes:
    """Return the boxes with each side where most of it is seen, those of which enough is."""
    sums = [
        np.pad(np.cumsum(seen, 1, dtype=np.int16), ((0, 0), (1, 0)))
        for steps in (upright, level)
        for seen in (steps > STEP, steps < -STEP)
    ]
    width, height = len(upright), len(level)
    for near in NEAR:
        seen = np.ones(boxes.shape)
        made = boxes.copy()
        for side in range(4):
            along = boxes[:, (2, 3)] if side < 2 else boxes[:, (0, 1)]
            made[:, side], seen[:, side] = _best(sums[side], boxes[:, side], along, near)
        boxes = made
    low, high = boxes < RIM, boxes > np.array((width, width, height, height)) - RIM
    rim = np.where((True, False, True, False), low, high)
    mean = (seen * ~rim).sum(1) / np.maximum(1, (~rim).sum(1))
    # a band from rim to rim has only two sides to tell by
    band = (rim == np.array((True, True, False, False))).all(1) & (mean >= LEAST_BAND)
    sure = (np.where(rim, 1, seen).min(1) >= LEAST_COVER) & ((rim.sum(1) <= 1) | band)
    good = np.flatnonzero(sure & (mean >= LEAST_MEAN))
    good = good[np.argsort(-mean[good], kind="stable")]
    return boxes[good[np.sort(np.unique(boxes[good] // SAME, axis=0, return_index=True)[1])]]


def _best(
    sums: NDArray[np.int16], place: NDArray[np.int64], along: Boxes, reach: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which rows, up to `reach` from `place`, (N,), show most of a step, and how much."""
    near = np.clip(place[:, None] + np.arange(-reach, reach + 1), 0, len(sums) - 1)
    first, last = (np.clip(end, 0, sums.shape[1] - 1)[:, None] for end in along.T)
    count = sums[near, last] - sums[near, first]
    # of rows that are alike the middle one
    middle = (count >= count.max(1, keepdims=True)) * near
    best = np.round(middle.sum(1) / np.maximum(1, (middle > 0).sum(1))).astype(np.int64)
    return best, count.max(1) / np.maximum(1, (last - first)[:, 0])


def _chosen(boxes: Boxes, upright: Steps, level: Steps) -> list[Rectangle]:
    """Return the rectangles among boxes, the largest first.

    Lines of print in a ground make boxes with its sides and one of theirs. Those lie in it, or step
    far less than it does.
    """
    size = np.multiply(*_spans(boxes))
    large = (size >= LEAST_AREA) & (np.minimum(*_spans(boxes)) >= LEAST_SIDE)
    boxes = boxes[large]
    order = np.argsort(-size[large], kind="stable")
    tried = np.arange(len(boxes)) < MOST_BOXES
    tried[order[:MOST_BOXES]] = True
    boxes = boxes[order[tried[order]]]
    judged = np.array([_judged(box, upright, level) for box in boxes.tolist()]).reshape(-1, 2)
    least = np.where(np.minimum(*_spans(boxes)) < NARROW, PLAIN, LEAST_EVEN)
    good = (judged[:, 0] >= least) & (judged[:, 1] >= STEP)
    boxes, even, worth = boxes[good], judged[good, 0], judged[good].prod(1)
    common, size = _common(boxes), np.multiply(*_spans(boxes))
    meet = common > COMMON * np.minimum(size[:, None], size)
    found: list[int] = []
    for one in range(len(boxes)):
        before = [n for n in found if meet[one, n]]
        if worth[one] < AS_DEEP * worth[meet[one]].max():
            continue
        twins = common[one] > TWIN * np.maximum(size[one], size)
        if worth[one] < PLAIN * worth[twins].max():
            continue
        inside = any(common[one, n] > WITHIN * size[one] for n in found)
        deeper = not before or worth[one] * AS_DEEP > worth[before].max()
        if not before or (even[one] >= PLAIN and (not inside or deeper)):
            found.append(one)
    return [
        Rectangle(top, bottom, left, right, float(even[n]))
        for n in found
        for left, right, top, bottom in [boxes[n].tolist()]
    ]


def _spans(boxes: Boxes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return widths and heights of boxes, (N,) each."""
    return boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]


def _common(boxes: Boxes) -> NDArray[np.int64]:
    """Return how many pixels each two boxes have in common, (N, N)."""
    across, down = (
        np.minimum(boxes[:, None, last], boxes[:, last])
        - np.maximum(boxes[:, None, first], boxes[:, first])
        for first, last in ((0, 1), (2, 3))
    )
    return np.asarray(np.maximum(across, 0) * np.maximum(down, 0), np.int64)


def _judged(box: list[int], upright: Steps, level: Steps) -> tuple[float, float]:
    """Return how evenly the sides of a box step, 0..1, and the least deep one's step."""
    left, right, top, bottom = box
    width, height = len(upright), len(level)
    sides = [
        (steps[place] * np.float32(sign), first, last)
        for steps, place, first, last, sign, rim in (
            (upright, left, top, bottom, 1, left < RIM),
            (upright, min(right, width - 1), top, bottom, -1, right > width - RIM),
            (level, top, left, right, 1, top < RIM),
            (level, min(bottom, height - 1), left, right, -1, bottom > height - RIM),
        )
        if not rim
    ]
    depths, even = [], []
    for step, first, last in sides:
        side = step[first:last]
        depth = float(np.partition(side, len(side) // 2)[len(side) // 2])
        share = np.count_nonzero((side > max(STEP, depth / 2)) & (side < 2 * depth)) / len(side)
        if share < LEAST_COVER:
            return 0.0, 0.0
        even.append(share)
        depths.append(depth - _beyond(step, first, last))
    return sum(even) / len(even), min(depths)


def _beyond(step: Steps, first: int, last: int) -> float:
    """Return how deep a side, of (n,) steps, runs on beyond both its ends, as a shade's edge does.

    Nothing where one end is at the picture's rim.
    """
    before, after = step[max(0, first - BEYOND) : max(0, first - 2)], step[last + 2 : last + BEYOND]
    if min(len(before), len(after)) < BEYOND // 2:
        return 0.0
    return max(0.0, min(float(before.mean()), float(after.mean())))


def _tints(seen: Image, box: Rectangle, upright: Steps, level: Steps) -> tuple[Rectangle, ...]:
    """Return the pieces of a box that have tints of their own."""
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    across = cuts_of(seen[:, columns], level[:, columns], box.top, box.bottom)
    down = cuts_of(seen[rows].swapaxes(0, 1), upright[:, rows], box.left, box.right)
    return tuple(
        Rectangle(top, bottom, left, right, box.even)
        for top, bottom in pairwise(across)
        for left, right in pairwise(down)
    )


def shared(boxes: tuple[Rectangle, ...]) -> list[Rectangle]:
    """Return what pairs of rectangles have in common: tints that lie over one another."""
    pairs = [one.overlap(other) for n, one in enumerate(boxes) for other in boxes[n + 1 :]]
    return [box for box in pairs if box.area]
