"""The facets of crumpled paper: a triangulation of strewn points, each with a height."""

import cv2
import numpy as np

from docclean.page import Image


def draw_facets(
    rng: np.random.Generator, slope: Image, edges: Image, size: float, light: float
) -> None:
    """Draw triangles of about `size` px, grey by how they lean (128: level), and some edges."""
    height, width = slope.shape
    step = max(size, 4.0)
    rows, columns = (int(side / step) + 4 for side in (height, width))
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1) - 1.5
    # strewn so that facets are of many sizes
    points = ((grid + rng.uniform(-0.75, 0.75, grid.shape)) * step).reshape(-1, 2)
    points = points[rng.random(len(points)) < 0.8].astype(np.float32)
    reach = int(6 * step)
    plane = cv2.Subdiv2D((-reach, -reach, width + 2 * reach, height + 2 * reach))
    plane.insert(points.tolist())
    corners = np.asarray(plane.getTriangleList(), float).reshape(-1, 3, 2)
    inside = np.abs(corners - (width / 2, height / 2)) < (width / 2 + reach, height / 2 + reach)
    corners = corners[inside.all((1, 2))]
    # a height for every point, the same in each triangle that it belongs to
    waves = rng.uniform(-2.4, 2.4, (2, 6)) / step
    tall = np.sin(corners @ waves + rng.uniform(0, 2 * np.pi, 6)).sum(-1)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    up, over = tall[:, 1] - tall[:, 0], tall[:, 2] - tall[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    area = np.where(np.abs(area) < 1e-3, 1e-3, area)
    down = (up * two[:, 1] - over * one[:, 1], over * one[:, 0] - up * two[:, 0])
    lean = (down[0] * np.cos(light) + down[1] * np.sin(light)) / area
    greys = 128 + 64 * np.tanh(0.9 * lean / (np.abs(lean).mean() + 1e-6)) * 1.6
    # in the order of their place, edges of one tone would lie in one corner
    order = rng.permutation(len(corners))
    fixed, greys = np.round(corners[order] * 16).astype(np.int32), greys[order]
    for triangle, grey in zip(fixed, greys.tolist(), strict=True):
        cv2.fillConvexPoly(slope, triangle, grey, cv2.LINE_8, 4)
    for some, tone in zip(np.array_split(fixed[::2, :2], 8), range(72, 232, 20), strict=True):
        cv2.polylines(edges, list(some), False, tone, 1, cv2.LINE_AA, 4)
