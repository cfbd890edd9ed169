"""One scene: a sheet drawn, dirtied and seen, with what every place of the picture shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image
from docclean.regions.kinds import COVERED, MARKS, Kind, bit
from docclean.regions.page_map import PageMap
from docclean.regions.reader import LONGER
from docclean.scenes.camera import look
from docclean.scenes.handling import handle
from docclean.scenes.laying import Corners, View
from docclean.scenes.sheets import PRINTED, draw_sheet, printed
from docclean.synth import TextSource

CELL = 8
"""Side in px of the cells of a map."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A scene at the size a map is made of.

    Attributes:
        rgb: (h, w, 3) uint8, sides multiples of `CELL`.
        layers: (h / CELL, w / CELL) uint16, a bit for each `Kind` of a cell.
        corners: of the sheet, (4, 2) x, y in px of `rgb`.
    """

    rgb: Image
    layers: NDArray[np.uint16]
    corners: Corners


def true_map(view: View) -> PageMap:
    """Return the map that a perfect network would draw of a view."""
    made = sample(view, LONGER)
    shares = [((made.layers & bit(kind)) > 0).astype(np.uint8) * np.uint8(255) for kind in MARKS]
    height, width = view.layers.shape
    return PageMap(np.stack(shares), height, width, made.rgb, np.zeros(4, np.float32))


def draw_scene(rng: np.random.Generator, text: TextSource, dpi: int) -> View:
    """Draw a scene at a resolution of the sheet."""
    canvas = draw_sheet(rng, text, dpi)
    handle(rng, canvas)
    others = (
        [printed(rng, text, dpi, PRINTED[int(rng.integers(len(PRINTED)))]).rgb]
        if rng.random() < 0.3
        else []
    )
    return look(rng, canvas, others)


def sample(view: View, longer: int) -> Sample:
    """Return a scene with its longer side `longer` px at most, and the layers of its cells."""
    height, width = view.layers.shape
    scale = min(1.0, longer / max(height, width))
    h, w = (max(CELL, round(side * scale / CELL) * CELL) for side in (height, width))
    rgb = np.asarray(cv2.resize(view.rgb, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
    rows, columns = h // CELL, w // CELL
    layers = np.zeros((rows, columns), np.uint16)
    for kind in Kind:
        if kind:
            here = ((view.layers & bit(kind)) > 0).astype(np.float32)
            share = cv2.resize(here, (columns, rows), interpolation=cv2.INTER_AREA)
            layers[share >= COVERED.get(kind, 0.5)] |= bit(kind)
    return Sample(rgb, layers, view.corners * (w / width, h / height))
