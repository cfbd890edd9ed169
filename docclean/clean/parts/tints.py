"""Tints that touch: a box is cut where a step runs right through it."""

from itertools import pairwise

import numpy as np

from docclean.clean.parts.sides import LEAST_SIDE, Steps
from docclean.page import Image

PLAINLY, THROUGH = 0.06, 0.92
"""Step between two tints, at least, and share of the box through which it runs."""
BESIDE = 24
"""Pixels on both sides of a cut that are compared: farther off the light on one tint differs."""
SHADOW, LEAST, MOST = 16, 32, 68
"""Grey below which steps count less; percentiles of greys that are no light print and no dark."""


def cuts_of(seen: Image, steps: Steps, first: int, last: int) -> list[int]:
    """Return the rows of a box that part two tints, its first and its last with them.

    Args:
        seen: the columns of the small picture that the box fills, (h, w, 3) uint8.
        steps: down those columns, (h, w).
        first: row of the box.
        last: row, outside.
    """
    return _between_tints(seen, _cuts(steps, first, last))


def _cuts(steps: Steps, first: int, last: int) -> list[int]:
    """Return where the rows of a box, (h, w), from `first` to `last` are cut, both ends with it."""
    inner = steps[first + LEAST_SIDE : last - LEAST_SIDE]
    if not len(inner):
        return [first, last]
    share = np.maximum((inner > PLAINLY).mean(1), (inner < -PLAINLY).mean(1))
    cuts = [first]
    for place in np.argsort(-share):
        if share[place] < THROUGH:
            break
        row = first + LEAST_SIDE + int(place)
        if all(abs(row - cut) >= LEAST_SIDE for cut in cuts):
            cuts.append(row)
    return [*sorted(cuts), last]


def _between_tints(seen: Image, cuts: list[int]) -> list[int]:
    """Return those of the cuts that part two tints: lines of print part none."""
    kept = cuts[:1]
    for cut, end in pairwise(cuts[1:]):
        before = kept[-1]
        near = (max(before, cut - BESIDE), min(end, cut + BESIDE))
        if all(_differ(seen[top:cut], seen[cut:bottom]) for top, bottom in ((before, end), near)):
            kept.append(cut)
    return [*kept, cuts[-1]]


def _differ(one: Image, other: Image) -> bool:
    """Say whether two pieces of the small picture, (h, w, 3), differ as two tints do."""
    above, below = (
        np.percentile(piece.reshape(-1, 3), (LEAST, MOST), axis=0) + SHADOW
        for piece in (one, other)
    )
    # light print changes the one, dark print the other: a tint changes both
    return bool(np.abs(np.log(above / below)).min(0).max() >= PLAINLY)
