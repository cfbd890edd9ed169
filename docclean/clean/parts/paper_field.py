"""How light and of what colour the paper is under everything on it, smooth over the sheet."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.imageops.morphology import spread
from docclean.regions.kinds import Kind
from docclean.regions.page_map import CELL, PageMap, in_cells

Field = NDArray[np.float32]
COVERING = (Kind.OFF, Kind.PICTURE, Kind.PANEL, Kind.DARK, Kind.CODE)
"""Kinds under which the paper's own light cannot be seen."""
DOUBTED = 90
"""Share of a covering kind, of 255, from which a cell does not tell of the paper."""
LIGHTEST = 85
"""Percentile of a cell's pixels that is its paper."""


def paper_field(page: PageMap) -> Field:
    """Return the paper's colour by cells, (h, w, 3) float32, 0..255, continued under pictures.

    Each cell of paper, text and dirt tells its lightest pixels; others take it from those around
    them, near ones first (pull and push: Gortler et al. 1996).
    """
    lightest = _lightest(page)
    hidden = np.zeros(lightest.shape[:2], np.bool_)
    for kind in COVERING:
        hidden |= page.has(kind, DOUBTED)
    known = ~spread(hidden, 1)
    if not known.any():
        return np.full(lightest.shape, 255, np.float32)
    field = filled(lightest, known.astype(np.float32))
    return np.maximum(field, 1.0)


def filled(values: Field, weight: Field) -> Field:
    """Return values (h, w, c) with those of no weight (h, w) taken from their surroundings."""
    if min(values.shape[:2]) < 2 or weight.min() > 0:
        mean = (values * weight[..., None]).sum((0, 1)) / max(1e-6, float(weight.sum()))
        return np.asarray(np.where(weight[..., None] > 0, values, mean), np.float32)
    total = _halved(values * weight[..., None])
    share = _halved(weight[..., None])
    coarse = filled(
        np.asarray(total / np.maximum(share, 1e-6), np.float32),
        np.minimum(1, share[..., 0] * 4).astype(np.float32),
    )
    back = enlarged(coarse, values.shape[:2])
    known = weight[..., None]
    return np.asarray(values * known + back * (1 - known), np.float32)


def enlarged(field: Field, shape: tuple[int, ...]) -> Field:
    """Return a field (h, w, c) at another shape, interpolated."""
    size = (shape[1], shape[0])
    planes = [
        np.asarray(Pillow.fromarray(field[..., n]).resize(size, Pillow.Resampling.BILINEAR))
        for n in range(field.shape[2])
    ]
    return np.stack(planes, 2)


def _halved(values: Field) -> Field:
    height, width = (side + side % 2 for side in values.shape[:2])
    whole = np.zeros((height, width, values.shape[2]), np.float32)
    whole[: values.shape[0], : values.shape[1]] = values
    return np.asarray(whole.reshape(height // 2, 2, width // 2, 2, -1).mean((1, 3)), np.float32)


def _lightest(page: PageMap) -> Field:
    """Return the colour of the lightest pixels of each cell, (h, w, 3)."""
    flat = in_cells(page.seen, page.shares.shape[1:])
    place = CELL * CELL * LIGHTEST // 100
    return np.asarray(np.partition(flat, place, axis=2)[:, :, place], np.float32)


def by_cells(full: Field, shape: tuple[int, ...]) -> Field:
    """Return the mean of each cell of values by pixels of the small picture."""
    whole = np.zeros((shape[0] * CELL, shape[1] * CELL), np.float32)
    whole[: full.shape[0], : full.shape[1]] = full
    return np.asarray(whole.reshape(shape[0], CELL, shape[1], CELL).mean((1, 3)), np.float32)
