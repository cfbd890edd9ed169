"""How the sheet lay and how it was fed: turned, curled, in perspective, stretched, negative."""

from abc import abstractmethod

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.albumentation import albumentation
from docclean.corruptions.shared.fields import smooth_noise, to_image
from docclean.page import Image

Sources = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Where each pixel's value comes from: columns and rows, each (H, W)."""


class Moved(PageCorruption):
    """A geometric change: every pixel comes from another place of the page, on both sides."""

    both_sides = True

    @abstractmethod
    def sources(self, shape: tuple[int, int], params: Params, dpi: float) -> Sources:
        """Return x and y, each (H, W), of where a pixel's value comes from."""

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Fetch every pixel from its source; past the edge the paper goes on, without ink."""
        height, width = image.shape[:2]
        x, y = self.sources((height, width), params, dpi)
        outside = (-min(x.min(), y.min()), x.max() - width, y.max() - height)
        margin = int(np.clip(np.ceil(max(outside)) + 2, 2, max(height, width) + 2))
        padded = _padded(image, margin, dpi)
        moved = cv2.remap(
            padded, x + margin, y + margin, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(moved, np.uint8)

    def move_points(
        self, points: NDArray[np.float64], params: Params, shape: tuple[int, int], dpi: float = DPI
    ) -> NDArray[np.float64]:
        """Follow points to where they are fetched from those very places: a fixed point."""
        x, y = self.sources(shape, params, dpi)
        x, y = (np.broadcast_to(side, shape) for side in (x, y))
        moved = points.astype(np.float64)
        for _ in range(8):  # moves are smooth: the error falls to a tenth each time
            column = np.clip(np.rint(moved[:, 0]), 0, shape[1] - 1).astype(int)
            row = np.clip(np.rint(moved[:, 1]), 0, shape[0] - 1).astype(int)
            # past the edge the nearest pixel's shift goes on
            shift = np.stack((x[row, column] - column, y[row, column] - row), 1)
            moved = points - shift
        return moved


def _padded(image: Image, margin: int, dpi: float) -> Image:
    """Return the page with its paper continued on all sides.

    Only paper: ink cut at the edge would be drawn out into streaks.
    """
    window = max(3, int(to_px(8, dpi))) | 1

    def paper(line: Image) -> Image:
        # a median along the edge keeps paper of any grey, white on black too
        reach = min(window, line.size * 2 - 1, 255) | 1
        return np.asarray(cv2.medianBlur(np.ascontiguousarray(line)[None, :], reach)[0], np.uint8)

    height, width = image.shape[:2]
    wide = np.empty((height, width + 2 * margin), np.uint8)
    wide[:, margin:-margin] = image
    wide[:, :margin] = paper(image[:, 0])[:, None]
    wide[:, -margin:] = paper(image[:, -1])[:, None]
    tall = np.empty((height + 2 * margin, wide.shape[1]), np.uint8)
    tall[margin:-margin] = wide
    tall[:margin] = paper(wide[0])
    tall[-margin:] = paper(wide[-1])
    return tall


def _places(shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the columns (1, W) and rows (H, 1) of a page."""
    return (
        np.arange(shape[1], dtype=np.float32)[None, :],
        np.arange(shape[0], dtype=np.float32)[:, None],
    )


class Skew(Moved):
    """A sheet laid or fed a little turned."""

    name = "skew"
    probability = 0.2
    ranges = {"angle": Range(0.15, 3.0, "degrees", power=1.5)}

    def draw(self, draw: Draw) -> Params:
        """Draw the angle and its sense."""
        return {"angle": draw("angle") * draw.choice(-1, 1)}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Turn the page and the paper around it by albumentations' Affine."""
        reach = np.hypot(*image.shape) / 2 * np.sin(np.deg2rad(abs(params["angle"])))
        margin = int(min(np.ceil(reach), max(image.shape))) + 3
        turn = albumentation(
            "Affine",
            rotate=(params["angle"],) * 2,
            interpolation=cv2.INTER_CUBIC,
            border_mode=cv2.BORDER_REPLICATE,
        )
        turned = turn(image=_padded(image, margin, dpi))["image"]
        return np.ascontiguousarray(turned[margin:-margin, margin:-margin])

    def sources(self, shape: tuple[int, int], params: Params, dpi: float) -> Sources:
        """Return where the turn takes each pixel from; points are moved by it."""
        columns, rows = _places(shape)
        middle_x, middle_y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        turn = np.deg2rad(params["angle"])
        cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        x, y = columns - np.float32(middle_x), rows - np.float32(middle_y)
        return (
            cosine * x - sine * y + np.float32(middle_x),
            sine * x + cosine * y + np.float32(middle_y),
        )


class Warp(Moved):
    """A page that curls toward its spine, or lies in soft waves."""

    name = "warp"
    probability = 0.08
    ranges = {
        "curl": Range(0.4, 5.0, "mm"),
        "waves": Range(0.05, 0.6, "mm"),
        "length": Range(18.0, 60.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how far lines bend at a side, and the height and length of the waves."""
        return {
            "curl": draw("curl") * draw.choice(-1, 1) * draw.chance(0.6),
            "waves": draw("waves"),
            "length": draw("length"),
            "right": draw.chance(0.5),
            "fan": draw.uniform(-1, 1),
            "seed": draw.seed(),
        }

    def sources(self, shape: tuple[int, int], params: Params, dpi: float) -> Sources:
        """Bend the lines at one side and shift all by a smooth field."""
        rng = np.random.default_rng(params["seed"])
        columns, rows = _places(shape)
        wave, length = to_px(params["waves"], dpi), max(2.0, to_px(params["length"], dpi))
        dx, dy = (
            np.clip(smooth_noise(rng, shape, length), -2, 2) * np.float32(wave) for _ in range(2)
        )
        # the bend keeps its slope under a fifth, or letters would stand on their heads in a piece
        bend = np.clip(to_px(params["curl"], dpi), -0.05 * shape[1], 0.05 * shape[1])
        share = columns / max(1, shape[1] - 1)
        near = (share if params["right"] else 1 - share) ** 4
        fan = 1 + params["fan"] * (rows / max(1, shape[0] - 1) - 0.5)
        return columns + dx, rows + dy + (np.float32(bend) * near * fan).astype(np.float32)


class Perspective(Moved):
    """A page photographed from a little to the side."""

    name = "perspective"
    probability = 0.06
    ranges = {"shift": Range(0.003, 0.035, "share")}

    def draw(self, draw: Draw) -> Params:
        """Draw how far each corner is moved, in shares of the page's width and height."""
        return {
            "corners": [
                [draw("shift") * draw.uniform(-1, 1), draw("shift") * draw.uniform(-1, 1)]
                for _ in range(4)
            ]
        }

    def sources(self, shape: tuple[int, int], params: Params, dpi: float) -> Sources:
        """Map the page's corners to the moved ones."""
        columns, rows = _places(shape)
        size = np.array([shape[1], shape[0]], np.float32)
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        moved = corners + np.array(params["corners"], np.float32)
        turn = cv2.getPerspectiveTransform(corners * size, moved * size).astype(np.float32)
        depth = turn[2, 0] * columns + turn[2, 1] * rows + turn[2, 2]
        return (
            (turn[0, 0] * columns + turn[0, 1] * rows + turn[0, 2]) / depth,
            (turn[1, 0] * columns + turn[1, 1] * rows + turn[1, 2]) / depth,
        )


class FeedStretch(PageCorruption):
    """A feeder that ran unevenly: rows are stretched here and pressed together there."""

    name = "feed_stretch"
    both_sides = True
    probability = 0.05
    ranges = {
        "stretch": Range(0.015, 0.22, "share"),
        "length": Range(4.0, 25.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how much the speed differs and over what length it changes."""
        return {
            "stretch": draw("stretch"),
            "length": draw("length"),
            "sideways": draw.chance(0.15),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Take rows at an uneven pace; the first and the last stay where they are."""
        page = image.T if params["sideways"] else image
        height = page.shape[0]
        way = _way(height, params, dpi)
        lower = np.minimum(way.astype(np.intp), max(0, height - 2))
        part = (way - lower).astype(np.float32)[:, None]
        upper = page[np.minimum(lower + 1, height - 1)].astype(np.float32)
        base = page[lower].astype(np.float32)
        moved = to_image(base + (upper - base) * part)
        return np.ascontiguousarray(moved.T if params["sideways"] else moved)

    def move_points(
        self, points: NDArray[np.float64], params: Params, shape: tuple[int, int], dpi: float = DPI
    ) -> NDArray[np.float64]:
        """Look up at which row the feeder was when it passed the point."""
        axis = 0 if params["sideways"] else 1
        height = shape[1 - axis]
        moved = points.astype(np.float64)
        moved[:, axis] = np.interp(
            points[:, axis], _way(height, params, dpi), np.arange(height, dtype=np.float64)
        )
        return moved


def _way(height: int, params: Params, dpi: float) -> NDArray[np.float64]:
    """Return the row of the sheet (height,) under the sensor at each step."""
    rng = np.random.default_rng(params["seed"])
    length = max(2.0, to_px(params["length"], dpi))
    pace = 1 + params["stretch"] * np.clip(smooth_noise(rng, (height, 1), length)[:, 0], -2, 2)
    way = np.concatenate([[0.0], np.cumsum(pace[1:])])
    return np.asarray(way * (height - 1) / max(way[-1], 1e-6))


class Inverted(PageCorruption):
    """A negative: white letters on a black ground, as a photostat or a dark screen gives."""

    name = "inverted"
    both_sides = True
    probability = 0.02
    ranges = {"ground": Range(0.2, 0.0, "grey")}

    def draw(self, draw: Draw) -> Params:
        """Draw how black the ground is."""
        return {"ground": draw("ground")}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Turn white to the ground's grey and black to white."""
        ground = 255 * params["ground"]
        table = to_image(np.linspace(255, ground, 256, dtype=np.float32))
        return np.asarray(table[image])
