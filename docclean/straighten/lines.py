"""Flat by its lines: a photographed sheet whose edges are not seen is levelled by its text.

How lines lean is measured block by block, a smooth field is laid through it, and every line follows
that field from the middle of the text outwards. It is what is left where a light sheet lies on a
light desk: its sides are not found, its lines are.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.page import Image
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap
from docclean.straighten.skew import skew

BLOCKS = (5, 3)
"""Rows and columns of blocks in which the lean of lines is measured."""
LEAST_BLOCKS = 9
"""Of them, those that must hold lines."""
LEAST = np.tan(np.deg2rad(0.5))
"""Lean of lines somewhere from which a page is levelled."""
MESH = (32, 24)
"""Rows and columns of the mesh by which it is."""
STEPS = 8
"""Steps within a column of the mesh in which a line is followed."""
Points = NDArray[np.float64]


def levelled(pixels: Image, grey: Image, found: PageMap) -> Image | None:
    """Return a picture with the lines of its text level; None where too few are seen or all are.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
        grey: its luma.
        found: its map.
    """
    box = _text_box(found)
    leans = None if box is None else _leans(grey, box)
    if box is None or leans is None:
        return None
    field = _fitted(*leans, box)
    if np.abs(_lean(field, leans[0], box)).max() < LEAST:
        return None
    height, width = grey.shape
    rows, columns = MESH
    ys = np.round(np.linspace(0, height, rows + 1)).astype(int)
    xs = np.round(np.linspace(0, width, columns + 1)).astype(int)
    grid = _sources(field, box, ys, xs)
    grid = np.clip(grid, 0, (width - 1, height - 1))
    mesh = []
    for row in range(rows):
        for column in range(columns):
            place = (int(xs[column]), int(ys[row]), int(xs[column + 1]), int(ys[row + 1]))
            corners = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
            mesh.append((place, tuple(float(v) for at in corners for v in grid[at])))
    image, way = Pillow.fromarray(pixels), Pillow.Transform.MESH
    return np.asarray(image.transform(image.size, way, mesh, Pillow.Resampling.BICUBIC))


def _text_box(found: PageMap) -> tuple[float, float, float, float] | None:
    """Return top, bottom, left, right of the text in px of the page; None where there is none."""
    text = found.has(Kind.TEXT)
    rows, columns = np.flatnonzero(text.any(1)), np.flatnonzero(text.any(0))
    if not len(rows):
        return None
    down, across = found.cell
    return rows[0] * down, (rows[-1] + 1) * down, columns[0] * across, (columns[-1] + 1) * across


def _leans(grey: Image, box: tuple[float, float, float, float]) -> tuple[Points, Points] | None:
    """Return where lines were seen, (n, 2) x, y, and how they lean there, px down a px across."""
    tops = np.linspace(box[0], box[1], BLOCKS[0] + 1).astype(int)
    lefts = np.linspace(box[2], box[3], BLOCKS[1] + 1).astype(int)
    places, leans = [], []
    for top, bottom in pairwise(tops):
        for left, right in pairwise(lefts):
            angle = skew(np.ascontiguousarray(grey[top:bottom, left:right]))
            if angle:
                places.append(((left + right) / 2, (top + bottom) / 2))
                leans.append(np.tan(np.deg2rad(angle)))
    if len(places) < LEAST_BLOCKS:
        return None
    return np.array(places), np.array(leans)


def _terms(places: Points, box: tuple[float, float, float, float]) -> Points:
    """Return the terms of the field at places (..., 2): 1, x, y and x squared, about the text."""
    top, bottom, left, right = box
    x = (places[..., 0] - (left + right) / 2) / (right - left)
    y = (places[..., 1] - (top + bottom) / 2) / (bottom - top)
    return np.stack((np.ones_like(x), x, y, x * x), -1)


def _fitted(places: Points, leans: Points, box: tuple[float, float, float, float]) -> Points:
    """Return the four coefficients of the field; blocks far from it are left out once."""
    terms = _terms(places, box)
    field = np.linalg.lstsq(terms, leans, rcond=None)[0]
    off = np.abs(terms @ field - leans)
    kept = off <= max(0.01, 2.5 * float(np.median(off)))
    return np.asarray(np.linalg.lstsq(terms[kept], leans[kept], rcond=None)[0], np.float64)


def _lean(field: Points, places: Points, box: tuple[float, float, float, float]) -> Points:
    """Return how lines lean at places; beyond the text as at its edge."""
    top, bottom, left, right = box
    held = np.clip(places, (left, top), (right, bottom))
    return np.asarray(_terms(held, box) @ field, np.float64)


def _sources(
    field: Points, box: tuple[float, float, float, float], ys: Points, xs: Points
) -> Points:
    """Return where the picture shows each point of a level mesh, (rows, columns, 2) x, y.

    Each row follows the field from the text's middle; columns stand square on the middle lines.
    """
    middle = np.array(((box[2] + box[3]) / 2, (box[0] + box[1]) / 2))
    upright = float(field[0])
    grid = np.empty((len(ys), len(xs), 2))
    for column, x in enumerate(xs):
        here = np.stack((middle[0] - (ys - middle[1]) * upright, ys.astype(np.float64)), -1)
        count = max(1, round(abs(x - middle[0]) / max(1, xs[1]) * STEPS))
        step = (x - middle[0]) / count
        for _ in range(count):
            here[:, 1] += step * _lean(field, here, box)
            here[:, 0] += step
        grid[:, column] = here
    return grid
