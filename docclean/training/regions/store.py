"""Scenes made once and kept on disk, in parts of fifty; pieces of them for the map's training."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import LUMA, Image
from docclean.recipe import Synth
from docclean.scenes import CELL, draw_scene, sample
from docclean.synth import TextSource

log = logging.getLogger(__name__)

IN_PART, QUALITY = 50, 96
"""Scenes of a part, and the quality of the JPEGs that hold them."""
DPI = (75, 150)
"""Resolutions of the sheets drawn: the map sees them at 768 px anyway."""
LONGER, SHORTEST, FULL = 768, 448, 0.6
"""Longer side of a picture, the least where it is smaller, and how often it is not."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A scene as it is kept.

    Attributes:
        coded: its picture as JPEG, BGR.
        layers: (h / 8, w / 8) uint16, a bit for each kind of a cell.
        corners: (4, 2) of the sheet in px.
    """

    coded: Image
    layers: NDArray[np.uint16]
    corners: NDArray[np.float64]

    def rgb(self) -> Image:
        """Return its picture, (h, w, 3) uint8."""
        return np.asarray(
            np.asarray(cv2.imdecode(self.coded, cv2.IMREAD_COLOR))[..., ::-1], np.uint8
        )


def make_part(folder: Path, seed: int, part: int) -> Path:
    """Draw the scenes of a part into `folder` where they are not there yet; return their file."""
    path = folder / f"{part:04}.npz"
    if path.exists():
        return path
    text = TextSource(Synth().locales, None)
    held: dict[str, NDArray[np.generic]] = {}
    corners = []
    for number in range(IN_PART):
        rng = np.random.default_rng((seed, part, number))
        dpi = int(np.exp(rng.uniform(*np.log(DPI))))
        view = draw_scene(rng, text, dpi)
        longer = LONGER if rng.random() < FULL else int(rng.integers(SHORTEST, LONGER))
        made = sample(view, longer)
        bgr = np.ascontiguousarray(made.rgb[..., ::-1])
        _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        held[f"p{number}"] = np.asarray(coded)
        held[f"l{number}"] = made.layers
        corners.append(made.corners)
    folder.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp.npz")
    np.savez(aside, corners=np.array(corners), **held)  # type: ignore[arg-type]
    aside.replace(path)
    return path


def read_parts(folder: Path, parts: Iterable[int]) -> list[Kept]:
    """Return the scenes of those parts that are in `folder`."""
    kept = []
    for part in parts:
        path = folder / f"{part:04}.npz"
        if path.exists():
            with np.load(path) as held:
                for number, corners in enumerate(held["corners"]):
                    kept.append(Kept(held[f"p{number}"], held[f"l{number}"], corners))
    return kept


@dataclass(frozen=True, eq=False)
class Piece:
    """What the network is shown once.

    Attributes:
        rgb: (h, w, 3) uint8.
        layers: (h / 8, w / 8) uint16.
        turn: quarter turns, counter-clockwise, that it was turned by.
    """

    rgb: Image
    layers: NDArray[np.uint16]
    turn: int


def piece(rng: np.random.Generator, kept: Kept, side: tuple[int, int]) -> Piece:
    """Return a piece of a scene, turned and toned anew; a smaller scene is continued as desk.

    Args:
        rng: draws it.
        kept: the scene.
        side: height and width of the piece in px, multiples of 32.
    """
    rgb, layers = kept.rgb(), kept.layers
    turn = int(rng.integers(4)) if rng.random() < 0.5 else 0
    rgb, layers = np.rot90(rgb, turn), np.rot90(layers, turn)
    high, wide = (length // CELL for length in side)
    top = int(rng.integers(0, max(1, layers.shape[0] - high + 1)))
    left = int(rng.integers(0, max(1, layers.shape[1] - wide + 1)))
    layers = layers[top : top + high, left : left + wide]
    rgb = rgb[top * CELL : (top + high) * CELL, left * CELL : (left + wide) * CELL]
    short = ((0, high - layers.shape[0]), (0, wide - layers.shape[1]))
    if short != ((0, 0), (0, 0)):  # as at the edge of a page when the map is drawn
        layers = np.pad(layers, short, mode="edge")
        rgb = np.pad(rgb, (*((0, CELL * n) for _, n in short), (0, 0)), mode="edge")
    return Piece(_toned(rng, rgb), np.ascontiguousarray(layers), turn)


def _toned(rng: np.random.Generator, rgb: Image) -> Image:
    """Return a picture with another gain, gamma and colour, grey a third of the time."""
    values = rgb.astype(np.float32) / 255
    if rng.random() < 0.35:
        values[:] = values @ np.asarray(LUMA, np.float32)[:, None]
    elif rng.random() < 0.2:
        values = values[..., rng.permutation(3)]
    if rng.random() < 0.6:
        values = values ** np.float32(np.exp(rng.normal(0, 0.25)))
        values = values * np.float32(rng.uniform(0.75, 1.05))
    if rng.random() < 0.3:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 0.9)), np.float32)
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(0.005, 0.03), values.shape).astype(np.float32)
    return np.asarray(np.clip(values * 255 + 0.5, 0, 255), np.uint8)
