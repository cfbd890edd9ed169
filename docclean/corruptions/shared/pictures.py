"""Where a picture fits on a printed page, and pictures of nothing to print there."""

import cv2
import numpy as np

from docclean.corruptions.shared.fields import (
    Field,
    drawing_grid,
    enlarged,
    fractal_noise,
    line_distance,
)
from docclean.page import Image

TRIES = 3000
"""Boxes tried for a picture before a page counts as full."""
BLANK = 0.004
"""Share of a box that may be ink for a picture to be printed there."""


def blank_box(
    image: Image, rng: np.random.Generator, largest: float, smallest: float, margin: float
) -> tuple[slice, slice] | None:
    """Return the largest of many drawn boxes that holds hardly any ink, margin and all."""
    height, width = image.shape
    share = min(1.0, 300 / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    ink = np.asarray(cv2.resize(255 - image, size, interpolation=cv2.INTER_AREA)) > 24
    total = cv2.integral(ink.astype(np.uint8))
    margin, low = margin * share, min(smallest * share, *size)
    sides = low * (max(1.0, largest / smallest) ** rng.random((2, TRIES)))
    wide, tall = np.minimum(sides[0], size[0]), np.minimum(sides[1], size[1])
    left, top = rng.random(TRIES) * (size[0] - wide), rng.random(TRIES) * (size[1] - tall)
    x0, y0 = np.maximum(left - margin, 0).astype(int), np.maximum(top - margin, 0).astype(int)
    x1 = np.minimum(np.ceil(left + wide + margin), size[0]).astype(int)
    y1 = np.minimum(np.ceil(top + tall + margin), size[1]).astype(int)
    inked = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]
    slim = np.maximum(wide, tall) > 4 * np.minimum(wide, tall)
    area = np.where((inked <= BLANK * (x1 - x0) * (y1 - y0)) & ~slim, wide * tall, 0)
    best = int(area.argmax())
    if area[best] == 0:
        return None
    rows = slice(int(top[best] / share), max(1, int((top[best] + tall[best]) / share)))
    columns = slice(int(left[best] / share), max(1, int((left[best] + wide[best]) / share)))
    return rows, columns


def invent(
    rng: np.random.Generator, shape: tuple[int, int], dpi: float, detail: float, contrast: float
) -> Field:
    """Return a picture of nothing, as dark as 0..1: sky and ground, bodies, and their grain."""
    small, _ = drawing_grid(shape, dpi, 100.0)
    side = max(small)
    middle = (rng.uniform(0, 1) * small[1], rng.uniform(0.3, 0.8) * small[0])
    ground = line_distance(small, middle, float(rng.normal(np.pi, 0.3))) / np.float32(side)
    ground += np.float32(0.06) * fractal_noise(rng, small, side / 4, 4)
    picture = 0.6 * ground + np.float32(rng.uniform(-0.3, 0.4)) * (ground > 0)
    for _ in range(int(rng.integers(2, 8))):
        body = np.zeros(small, np.uint8)
        centre = (int(rng.uniform(0, small[1])), int(rng.uniform(0, small[0])))
        axes = tuple(int(1 + side * rng.uniform(0.03, 0.3)) for _ in range(2))
        cv2.ellipse(body, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(body, (0, 0), max(0.5, side * rng.uniform(0, 0.03)))
        lit = line_distance(small, centre, float(rng.uniform(0, 6))) / np.float32(side)
        tone = np.float32(rng.uniform(-0.5, 0.5)) + lit * np.float32(rng.uniform(0, 3))
        picture += (tone - picture) * (soft.astype(np.float32) / 255)
    texture = fractal_noise(rng, small, side / 6, 6, 0.75)
    picture += np.float32(0.25 * detail) * texture
    spread = (picture - picture.mean()) / np.float32(picture.std() + 1e-3)
    tones = 1 / (1 + np.exp(-np.float32(contrast) * (spread + np.float32(rng.uniform(-0.7, 0.7)))))
    return enlarged(np.asarray(tones * 0.9 + 0.04, np.float32), shape)
