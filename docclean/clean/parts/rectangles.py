"""Rectangles darker than what is around them: printed grounds and pictures, told by their sides.

A stain or a shade ends slowly, or along no straight line. What is printed on a ground, and the
light on it, change nothing at its sides: a step of one sign all along them. No network looks.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.imageops.components import components
from docclean.page import Image

LINES, WORDS = 17, 25
"""Height and length in px of the small picture of print that does not count beside a side."""
REACH, ALONG = 2, 9
"""Pixels each side of a step that are compared, and along it that are taken together."""
STEP = 0.028
"""Share of the light that a side takes at least: logarithm of the paper's over the ground's."""
LEAST_SIDE, LEAST_AREA = 16, 2000
"""Pixels of the shortest side, and of the smallest rectangle."""
SLOPE = 0.04
"""How much a side may lean."""
NEAR, RIM = 4, 6
"""How far, in px, a side may lie from where a candidate has it, or from the picture's rim, where
no step is asked for."""
ENDS_ALIKE = 0.5
"""Overlap, of their union, of two sides that face each other."""
LEAST_COVER, LEAST_MEAN = 0.6, 0.87
"""Share of each side, and of all, along which the step is seen."""
LEAST_EVEN = 0.85
"""Share of its sides along which a rectangle steps by about as much as on most of the side."""
COMMON, WITHIN = 0.1, 0.7
"""Share of the smaller from which two have ground in common, and from which it lies in the larger."""
FAR, MOST = 8, 68
"""Pixels around a rectangle that it is compared with; percentile of greys that are no print."""
PLAIN, AS_DEEP = 0.92, 0.5
"""How evenly the second of two with common ground has to step, and how deep beside another."""
MOST_SIDES = 40
"""Sides of one kind that are tried, the longest first."""
Steps = NDArray[np.float32]
Mask = NDArray[np.bool_]
Boxes = NDArray[np.int64]
"""(N, 4) left, right, top, bottom; right and bottom lie outside."""


@dataclass(frozen=True)
class Rectangle:
    """One rectangle, in px of the small picture.

    Attributes:
        top, bottom, left, right: its sides; bottom and right lie outside.
        even: share of its sides along which it steps by as much as on most of the side, 0..1.
    """

    top: int
    bottom: int
    left: int
    right: int
    even: float = 1.0

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

    def common(self, other: "Rectangle") -> int:
        """Return how many pixels it has in common with another one."""
        return self.overlap(other).area


def rectangles(seen: Image) -> list[Rectangle]:
    """Return the rectangles of a page that are darker than what is around them, the largest first.

    Args:
        seen: the small picture of the page, (h, w, 3) uint8.
    """
    if min(seen.shape[:2]) < 2 * LEAST_SIDE:
        return []
    grey = _darkest_channel(seen)
    upright = _steps(grey, LINES)
    level = _steps(np.ascontiguousarray(grey.T), WORDS)
    left, right = _sides(upright, 1), _sides(upright, -1)
    top, bottom = _sides(level, 1), _sides(level, -1)
    boxes = np.concatenate((_facing(left, right), _facing(top, bottom)[:, (2, 3, 0, 1)]))
    if not len(boxes):
        return []
    found = _chosen(_placed(boxes, upright, level), upright, level)
    return [box for box in found if _is_ground(grey, box)]


def _darkest_channel(seen: Image) -> Image:
    """Return the darkest channel of each pixel, grain and screens smoothed, (h, w) uint8."""
    white = np.percentile(seen[::4, ::4].reshape(-1, 3), 80, axis=0)
    tables = [np.minimum(np.arange(256) * (255 / max(1.0, w)), 255).astype(np.uint8) for w in white]
    red, green, blue = (table.take(seen[..., n]) for n, table in enumerate(tables))
    least = np.minimum(np.minimum(red, green), blue)
    return np.asarray(Pillow.fromarray(least).filter(ImageFilter.BoxBlur(1)), np.uint8)


def _is_ground(grey: Image, box: Rectangle) -> bool:
    """Tell whether most of a box is darker than what is around it: dense print is in part."""
    wide = [slice(max(0, a - FAR), b + FAR) for a, b in ((box.top, box.bottom), (box.left, box.right))]
    around = grey[tuple(wide)]
    outside = np.ones(around.shape, np.bool_)
    rows, columns = (
        slice(max(0, a - side.start - 2), b - side.start + 2)
        for side, a, b in zip(wide, (box.top, box.left), (box.bottom, box.right), strict=True)
    )
    outside[rows, columns] = False
    if not outside.any():
        return False
    inside = grey[box.top + 2 : box.bottom - 2, box.left + 2 : box.right - 2]
    paper, ground = np.percentile(around[outside], MOST), np.percentile(inside, MOST)
    return bool(np.log(max(1.0, paper) / max(1.0, ground)) >= STEP)


def _steps(grey: Image, gap: int) -> Steps:
    """Return how much darker it gets across the columns, columns first, (w, h) float32.

    Print up to `gap` px tall does not count.
    """
    closed = 255 - _lightest_along(255 - _lightest_along(grey, gap), gap)
    logs = np.log(np.maximum(np.arange(256, dtype=np.float32), 4))
    light = logs.take(np.ascontiguousarray(closed.T))
    total = np.cumsum(np.pad(light, ((0, 0), (ALONG // 2 + 1, ALONG // 2)), mode="edge"), 1)
    light = (total[:, ALONG:] - total[:, :-ALONG]) / np.float32(ALONG)
    step = np.zeros_like(light)
    step[REACH:-REACH] = light[: -2 * REACH] - light[2 * REACH :]
    return step


def _lightest_along(grey: Image, length: int) -> Image:
    """Return the lightest of `length` px of a column, (h, w) uint8; windows double each time."""
    walled = np.pad(grey, ((length // 2, length // 2), (0, 0)), mode="edge")
    reach = 1
    while 2 * reach <= length:
        walled = np.maximum(walled[:-reach], walled[reach:])
        reach *= 2
    rest = length - reach
    return np.maximum(walled[: len(walled) - rest], walled[rest:]) if rest else walled


def _sides(steps: Steps, sign: int) -> Boxes:
    """Return place, first and last of the straight steps along the rows of (h, w), (N, 3)."""
    size = steps * np.float32(sign)
    ridge = size > STEP
    for shift in (1, 2):
        ridge[shift:] &= size[shift:] >= size[:-shift]
        ridge[:-shift] &= size[:-shift] >= size[shift:]
    joined, grown = ridge.copy(), ALONG // 2
    for shift in range(1, grown + 1):
        joined[:, shift:] |= ridge[:, :-shift]
        joined[:, :-shift] |= ridge[:, shift:]
    found = components(joined)
    # the means along it and the joining made each longer at both ends
    length = found.width - 4 * grown
    straight = (length >= LEAST_SIDE) & (found.height <= 3 + SLOPE * found.width)
    chosen = np.flatnonzero(straight)
    chosen = chosen[np.argsort(-length[chosen])][:MOST_SIDES]
    place = (found.top + found.bottom)[chosen] // 2
    return np.stack(
        (place, found.left[chosen] + 2 * grown, found.right[chosen] - 2 * grown), 1
    )


def _facing(ones: Boxes, others: Boxes) -> Boxes:
    """Return the boxes between two kinds of sides, (N, 4): near, far, first, last."""
    a, b = ones[:, None], others[None]
    both = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 1], b[..., 1])
    first, last = np.minimum(a[..., 1], b[..., 1]), np.maximum(a[..., 2], b[..., 2])
    apart = b[..., 0] - a[..., 0]
    good = (apart >= LEAST_SIDE) & (both >= ENDS_ALIKE * (last - first))
    near, far = np.broadcast_arrays(a[..., 0], b[..., 0])
    return np.stack([part[good] for part in (near, far, first, last)], 1)


def _placed(boxes: Boxes, upright: Steps, level: Steps) -> Boxes:
    """Return the boxes with each side where most of it is seen, those of which enough is."""
    sums = [
        np.pad(np.cumsum(steps * sign > STEP, 1, dtype=np.int32), ((0, 0), (1, 0)))
        for steps in (upright, level)
        for sign in (1, -1)
    ]
    width, height = len(upright), len(level)
    for _ in range(2):
        seen = np.ones(boxes.shape)
        made = boxes.copy()
        for side in range(4):
            along = boxes[:, (2, 3)] if side < 2 else boxes[:, (0, 1)]
            made[:, side], seen[:, side] = _best(sums[side], boxes[:, side], along)
        boxes = made
    rim = np.stack(
        (boxes[:, 0] < RIM, boxes[:, 1] > width - RIM, boxes[:, 2] < RIM, boxes[:, 3] > height - RIM),
        1,
    )
    sure = (np.where(rim, 1, seen).min(1) >= LEAST_COVER) & (rim.sum(1) <= 1)
    mean = (seen * ~rim).sum(1) / np.maximum(1, (~rim).sum(1))
    return np.unique(boxes[sure & (mean >= LEAST_MEAN)], axis=0)


def _best(
    sums: NDArray[np.int32], place: NDArray[np.int64], along: Boxes
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which rows near `place`, (N,), show most of a step, and how much of it."""
    near = np.clip(place[:, None] + np.arange(-NEAR, NEAR + 1), 0, len(sums) - 1)
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
    tried = []
    for left, right, top, bottom in boxes.tolist():
        box = Rectangle(top, bottom, left, right)
        if min(bottom - top, right - left) >= LEAST_SIDE and box.area >= LEAST_AREA:
            even, depth = _judged(box, upright, level)
            if even >= LEAST_EVEN and depth >= STEP:
                tried.append((even * depth, even, box))
    found: list[tuple[float, Rectangle]] = []
    for worth, even, box in sorted(tried, key=lambda one: -one[2].area):
        beside = [other for other, _, one in tried if _meet(box, one)]
        if worth < AS_DEEP * max(beside):
            continue
        before = [other for other, one in found if _meet(box, one)]
        inside = any(box.common(one) > WITHIN * box.area for _, one in found)
        if not before or (even >= PLAIN and (not inside or worth * AS_DEEP > max(before))):
            found.append((worth, replace(box, even=even)))
    return [box for _, box in found]


def _meet(box: Rectangle, other: Rectangle) -> bool:
    return box.common(other) > COMMON * min(box.area, other.area)


def _judged(box: Rectangle, upright: Steps, level: Steps) -> tuple[float, float]:
    """Return how evenly the sides of a box step, 0..1, and the least deep one's step."""
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    width, height = len(upright), len(level)
    sides = [
        steps[place, along] * sign
        for steps, place, along, sign, rim in (
            (upright, box.left, rows, 1, box.left < RIM),
            (upright, min(box.right, width - 1), rows, -1, box.right > width - RIM),
            (level, box.top, columns, 1, box.top < RIM),
            (level, min(box.bottom, height - 1), columns, -1, box.bottom > height - RIM),
        )
        if not rim
    ]
    typical = [float(np.median(side)) for side in sides]
    even = [
        float(np.mean((side > max(STEP, depth / 2)) & (side < 2 * depth)))
        for side, depth in zip(sides, typical, strict=True)
    ]
    return (float(np.mean(even)) if min(even) >= LEAST_COVER else 0.0), min(typical)
