"""Printed grounds that touch: tints and dark ones, one under another or side by side."""

from itertools import pairwise

import cv2
import numpy as np

from docclean.corruptions.shared.fields import to_image
from docclean.regions.kinds import Kind
from docclean.scenes.canvas import Box, Canvas
from docclean.scenes.parts import darken

LEAST = 0.15
"""Share of the whole that the smallest of several grounds has at least."""


def add_grounds(rng: np.random.Generator, canvas: Canvas) -> None:
    """Lay two to four grounds that touch under some lines; paper may be one of them."""
    box = canvas.box(rng, (0.3, 1.0), (0.08, 0.7))
    if box is None:
        return
    box = canvas.wide_of_text(box)
    for one in _cut(rng, box):
        kind = rng.random()
        if kind < 0.42:
            darken(rng, canvas, one)
        elif kind < 0.92:
            _tint(rng, canvas, one)
    if rng.random() < 0.3:
        top, bottom, left, right = box
        cv2.rectangle(
            canvas.rgb, (left, top), (right - 1, bottom - 1), (40, 40, 40), canvas.px(0.3)
        )


def _cut(rng: np.random.Generator, box: Box) -> list[Box]:
    """Cut a box into two to four, across or along."""
    top, bottom, left, right = box
    along = rng.random() < 0.65
    first, last = (top, bottom) if along else (left, right)
    count = int(rng.integers(2, 5))
    shares = LEAST / count + rng.dirichlet(np.full(count, 1.5)) * (1 - LEAST)
    edges = [first, *(first + np.cumsum(shares) * (last - first)).round().astype(int)]
    spans = [(a, b) for a, b in pairwise(edges) if b - a > 2]
    return [(a, b, left, right) if along else (top, bottom, a, b) for a, b in spans]


def _tint(rng: np.random.Generator, canvas: Canvas, box: Box) -> None:
    """Tint a box, pale more often than not."""
    top, bottom, left, right = box
    grey = rng.uniform(222, 247) if rng.random() < 0.6 else rng.uniform(140, 222)
    hue = rng.normal(0, 1, 3) * (0 if rng.random() < 0.33 else rng.uniform(3, 40))
    tint = np.clip(grey + hue - hue.mean(), 0, 250).astype(np.float32)
    here = canvas.rgb[top:bottom, left:right]
    here[:] = to_image(here * (tint / 255))
    canvas.mark(Kind.PANEL, box)
    canvas.taken.append(box)
