"""What a bound sheet brings into view: the pages under it, a spiral along one side."""

import cv2
import numpy as np

from docclean.page import Image
from docclean.regions.kinds import Kind, bit
from docclean.scenes.laying import Corners, View

SIDES = ((1, 2), (0, 3), (3, 2))
"""Numbers of the corners at the right, the left and the lower side of a sheet."""


def stack(rng: np.random.Generator, ground: Image, seen: Corners) -> None:
    """Lay more sheets of a book under a sheet whose corners are `seen`: their edges stick out."""
    one, other = SIDES[int(rng.integers(len(SIDES)))]
    outward = seen[[one, other]].mean(0) - seen.mean(0)
    width = float(np.linalg.norm(seen[1] - seen[0]))
    step = outward / max(1.0, float(np.linalg.norm(outward))) * width * rng.uniform(0.001, 0.006)
    paper = rng.uniform(150, 250) + np.asarray([1.0, 0.4, -1.4]) * rng.uniform(0, 25)
    for number in range(int(rng.integers(3, 14)), 0, -1):
        quad = (seen + step * number + rng.normal(0, 0.3, 2)).round().astype(np.int32)
        tone = np.clip(paper + rng.normal(0, 6), 0, 255)
        cv2.fillPoly(ground, [quad], tone.tolist(), cv2.LINE_AA)
        cv2.polylines(
            ground, [quad], True, (tone * rng.uniform(0.4, 0.85)).tolist(), 1, cv2.LINE_AA
        )


def spiral(rng: np.random.Generator, view: View) -> None:
    """Put the rings of a spiral along the left or the upper side; under them is no sheet."""
    start, end = (view.corners[[0, 3]], view.corners[[0, 1]])[int(rng.random() < 0.3)]
    length = float(np.linalg.norm(end - start))
    count = int(rng.integers(18, 45))
    reach = length / count
    inward = (view.corners.mean(0) - (start + end) / 2) / (length / 2)
    wire = rng.uniform(10, 235) * np.ones(3)
    found = np.zeros(view.layers.shape, np.uint8)
    for share in (np.arange(count) + 0.5) / count:
        at = start + (end - start) * share
        hole = tuple((at + inward * reach * 0.9).round().astype(int).tolist())
        out = tuple((at - inward * reach * 0.7).round().astype(int).tolist())
        size, thick = max(1, round(reach * 0.18)), max(1, round(reach * 0.14))
        cv2.circle(view.rgb, hole, size, (15, 15, 15), -1, cv2.LINE_AA)
        cv2.line(view.rgb, hole, out, wire.tolist(), thick, cv2.LINE_AA)
        cv2.circle(found, hole, size, 1, -1)
        cv2.line(found, hole, out, 1, thick)
    view.layers[found > 0] = bit(Kind.OFF)
