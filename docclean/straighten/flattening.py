"""Flat: perspective and curl of a photographed sheet undone in one resampling."""

import numpy as np
from PIL import Image as Pillow

from docclean.page import Image, Page
from docclean.regions.kinds import Kind
from docclean.regions.off_sheet import LOOSE
from docclean.regions.outline import Outline, Points, find_outline
from docclean.regions.page_map import HALF, PageMap
from docclean.regions.reader import map_reader
from docclean.straighten.lines import levelled

MESH = (32, 24)
"""Rows and columns of the mesh by which a sheet is flattened."""
LEAST = 0.006
"""Share of the diagonal by which a sheet must differ from the picture to be flattened: what corners
are found off by. At 0.01 curled sheets that had lost words were left."""
SEEN, SIDES = 0.008, 3
"""Share of the diagonal that a side lies inside the picture on average to be seen, and how many
must be: a strip beside a flat scan tells nothing of perspective."""
UPRIGHT, UNLIKE, BENT = 25.0, 0.6, 0.05
"""Degrees by which a corner may differ from a right angle; length of a side over the opposite's at
least; share of its length by which a side may bend: curled pages stay below 0.03."""
DESK = 0.15
"""Share of a picture that must be off the sheet for it to be no scan: then, where the outline is
not sure, the lines of the text are levelled."""
HOLDS = 0.99
"""Share of the text that a sheet holds at least."""


def sheet_alone(page: Page, crop: bool, flatten: bool) -> Page:
    """Return the sheet without what it lies on; the page as it is where there is nothing to do.

    Args:
        page: the picture.
        crop: cut the sheet's box out.
        flatten: undo perspective and curl, where the outline is sure.
    """
    found = map_reader()(page)
    outline = find_outline(found)
    if outline is None:
        return page
    if flatten:
        if is_sure(outline, found):
            if not is_flat(outline, page.pixels.shape):
                return page.with_pixels(flattened(page.pixels, outline))
        elif found.told()["off"] >= DESK:
            level = levelled(page.pixels, page.grey(), found)
            if level is not None:
                return page.with_pixels(level)
    cut = page.pixels[sheet_box(page, outline, found)]
    return page.with_pixels(cut.copy()) if crop and cut.size else page


def is_sure(outline: Outline, found: PageMap) -> bool:
    """Say whether an outline is a sheet's: its sides seen, its shape a page's, its text inside."""
    sides = outline.points(17)
    far = (found.width, found.height)
    gaps = [np.minimum(side, far - side)[1:-1, axis].mean() for side, axis in zip(
        sides, (1, 0, 1, 0), strict=True)]  # fmt: skip
    seen = np.sum(np.array(gaps) >= SEEN * np.hypot(*far))
    along = np.diff(outline.corners, axis=0, append=outline.corners[:1])
    length = np.hypot(*along.T)
    turns = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    angles = np.abs((np.roll(turns, -1) - turns) % 360 - 90)
    alike = np.minimum(length[:2] / length[2:], length[2:] / length[:2])
    bent = max(_bend(side) for side in sides)
    shaped = angles.max() <= UPRIGHT and alike.min() >= UNLIKE and bent <= BENT
    return bool(seen >= SIDES and shaped and _holds_text(sides, found))


def _bend(side: Points) -> float:
    """Return how far a side bends from the line between its ends, a share of its length."""
    (x, y), along = (side - side[0]).T, side[-1] - side[0]
    length = float(np.hypot(*along))
    return float(np.abs(x * along[1] - y * along[0]).max() / max(1.0, length) ** 2)


def _holds_text(sides: tuple[Points, ...], found: PageMap) -> bool:
    """Say whether what the map takes for text lies within a sheet's sides."""
    rows, columns = np.nonzero(found.has(Kind.TEXT))
    if not len(rows):
        return True
    top, right, bottom, left = sides
    x, y = (columns + 0.5) * found.cell[1], (rows + 0.5) * found.cell[0]
    below = (y > np.interp(x, *top.T)) & (y < np.interp(x, *bottom.T))
    beside = (x > np.interp(y, *left.T[::-1])) & (x < np.interp(y, *right.T[::-1]))
    return bool(np.mean(below & beside) >= HOLDS)


def sheet_box(page: Page, outline: Outline, found: PageMap) -> tuple[slice, slice]:
    """Return the rows and columns of a page, px, that hold the whole sheet and the print on it."""
    points = np.concatenate(outline.points(33))
    (left, top), (right, bottom) = np.floor(points.min(0)), np.ceil(points.max(0))
    rows, columns = np.nonzero(found.has(Kind.TEXT, HALF) & ~found.has(Kind.OFF, LOOSE))
    if len(rows):  # a border that crosses a page is no end of it
        down, across = found.cell
        top, bottom = min(top, rows.min() * down), max(bottom, (rows.max() + 1) * down)
        left, right = min(left, columns.min() * across), max(right, (columns.max() + 1) * across)
    down_to = slice(int(max(0, top)), int(min(page.height, np.ceil(bottom))))
    return down_to, slice(int(max(0, left)), int(min(page.width, np.ceil(right))))


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
