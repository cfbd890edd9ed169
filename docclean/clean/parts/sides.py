"""Straight steps from light to dark on a small picture, in spite of the print beside them."""

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
LEAST_SIDE = 16
"""Pixels of the shortest side."""
SLOPE = 0.04
"""How much a side may lean."""
ENDS_ALIKE = 0.5
"""Overlap, of their union, of two sides that face each other."""
MOST_SIDES = 30
"""Sides of one kind that are told, the longest first."""
Steps = NDArray[np.float32]
Sides = NDArray[np.int64]
"""(N, 3) place, first and last."""
Boxes = NDArray[np.int64]
"""(N, 4) left, right, top, bottom; right and bottom lie outside."""


def darkest_channel(seen: Image, white: NDArray[np.float64]) -> Image:
    """Return the darkest channel of each pixel, grain and screens smoothed, (h, w) uint8.

    Args:
        seen: the small picture, (h, w, 3) uint8.
        white: (3,) of its paper.
    """
    tables = [np.minimum(np.arange(256) * (255 / w), 255).astype(np.uint8) for w in white]
    red, green, blue = (table.take(seen[..., n]) for n, table in enumerate(tables))
    least = np.minimum(np.minimum(red, green), blue)
    return np.asarray(Pillow.fromarray(least).filter(ImageFilter.BoxBlur(1)), np.uint8)


def steps_across(grey: Image, gap: int) -> Steps:
    """Return how much darker it gets across the columns, columns first, (w, h) float32.

    Print up to `gap` px tall does not count.
    """
    closed = 255 - _lightest_along(255 - _lightest_along(grey, gap), gap)
    logs = np.log(np.maximum(np.arange(256, dtype=np.float32), 4))
    light = logs.take(np.ascontiguousarray(closed.T))
    total = np.cumsum(np.pad(light, ((0, 0), (ALONG // 2 + 1, ALONG // 2)), mode="edge"), 1)
    light = (total[:, ALONG:] - total[:, :-ALONG]) / np.float32(ALONG)
    step = np.zeros(light.shape, np.float32)
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


def sides_of(steps: Steps, sign: int) -> Sides:
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
    first, last = found.left[chosen], found.right[chosen]
    first = np.where(first == 0, 0, first + 2 * grown)  # at the rim nothing was made longer
    last = np.where(last == steps.shape[1], last, last - 2 * grown)
    return np.stack((place, first, last), 1)


def facing(ones: Sides, others: Sides) -> Boxes:
    """Return the boxes between two kinds of sides, (N, 4): near, far, first, last."""
    a, b = ones[:, None], others[None]
    both = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 1], b[..., 1])
    first, last = np.minimum(a[..., 1], b[..., 1]), np.maximum(a[..., 2], b[..., 2])
    apart = b[..., 0] - a[..., 0]
    good = (apart >= LEAST_SIDE) & (both >= ENDS_ALIKE * (last - first))
    near, far = np.broadcast_arrays(a[..., 0], b[..., 0])
    # where one runs on into something else the other one ends right
    starts = (first, np.maximum(a[..., 1], b[..., 1]))
    stops = (last, np.minimum(a[..., 2], b[..., 2]))
    found = [
        np.stack([part[good] for part in (near, far, start, stop)], 1)
        for start in starts
        for stop in stops
    ]
    return np.unique(np.concatenate(found), axis=0)
