"""Flat: perspective and curl of a photographed sheet undone in one resampling."""

import numpy as np
from PIL import Image as Pillow

from docclean.page import Image, Page
from docclean.regions.outline import Outline, Points, find_outline
from docclean.regions.reader import map_reader

MESH = (32, 24)
"""Rows and columns of the mesh by which a sheet is flattened."""
LEAST = 0.006
"""Share of the diagonal by which a sheet must differ from the picture to be flattened."""


def sheet_alone(page: Page, flatten: bool) -> Page:
    """Return the sheet without what it lies on; the page as it is where it fills the picture.

    Args:
        page: the picture.
        flatten: undo perspective and curl; else the sheet's box is cut out.
    """
    outline = find_outline(map_reader()(page))
    if outline is None:
        return page
    if flatten and not is_flat(outline, page.pixels.shape):
        return page.with_pixels(flattened(page.pixels, outline))
    cut = page.pixels[sheet_box(page, outline)]
    return page.with_pixels(cut.copy()) if cut.size else page


def sheet_box(page: Page, outline: Outline) -> tuple[slice, slice]:
    """Return the rows and columns of a page, px, that hold the whole sheet."""
    points = np.concatenate(outline.points(33))
    (left, top), (right, bottom) = np.floor(points.min(0)), np.ceil(points.max(0))
    rows = slice(int(max(0, top)), int(min(page.height, bottom)))
    return rows, slice(int(max(0, left)), int(min(page.width, right)))


def is_flat(outline: Outline, shape: tuple[int, ...]) -> bool:
    """Say whether the sheet is upright and straight-sided within `LEAST`: nothing is to undo."""
    height, width = shape[:2]
    left, top = outline.corners[[0, 3], 0].mean(), outline.corners[[0, 1], 1].mean()
    right, bottom = outline.corners[[1, 2], 0].mean(), outline.corners[[2, 3], 1].mean()
    straight = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    off = np.abs(outline.corners - straight).max()
    for side, axis in zip(outline.points(9), (1, 0, 1, 0), strict=True):
        line = np.linspace(side[0], side[-1], 9)
        off = max(off, np.abs(side - line)[:, axis].max())
    return bool(off < LEAST * np.hypot(height, width))


def flattened(pixels: Image, outline: Outline) -> Image:
    """Return the sheet alone, upright and flat, (h, w) or (h, w, 3) uint8.

    Its sides, as curves, are drawn straight, all between them by Coons' patch (1967); the sides
    become as long as the longer of each pair.

    Args:
        pixels: the picture.
        outline: of the sheet in it.
    """
    rows, columns = MESH
    top, _, bottom, _ = outline.points(columns + 1)
    _, right, _, left = outline.points(rows + 1)
    width = max(_length(top), _length(bottom))
    height = max(_length(left), _length(right))
    size = (max(1, round(width)), max(1, round(height)))
    grid = _coons(top, right, bottom, left)
    ys = np.round(np.linspace(0, size[1], rows + 1)).astype(int)
    xs = np.round(np.linspace(0, size[0], columns + 1)).astype(int)
    mesh = []
    for row in range(rows):
        for column in range(columns):
            box = (int(xs[column]), int(ys[row]), int(xs[column + 1]), int(ys[row + 1]))
            quad = (
                grid[row, column],
                grid[row + 1, column],
                grid[row + 1, column + 1],
                grid[row, column + 1],
            )
            mesh.append((box, tuple(float(value) for point in quad for value in point)))
    image = Pillow.fromarray(pixels)
    return np.asarray(image.transform(size, Pillow.Transform.MESH, mesh, Pillow.Resampling.BICUBIC))


def _length(points: Points) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _coons(top: Points, right: Points, bottom: Points, left: Points) -> Points:
    """Return the points of a mesh between four sides, (rows + 1, columns + 1, 2)."""
    v, u = (np.linspace(0, 1, len(side))[:, None] for side in (left, top))
    v = v[:, None]  # (rows, 1, 1)
    u = u[None]  # (1, columns, 1)
    between = (1 - v) * top[None] + v * bottom[None] + (1 - u) * left[:, None] + u * right[:, None]
    corners = (1 - v) * ((1 - u) * top[0] + u * top[-1]) + v * (
        (1 - u) * bottom[0] + u * bottom[-1]
    )
    return np.asarray(between - corners, np.float64)
