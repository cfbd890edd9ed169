"""What is printed under the text: patterns of security paper and forms, halftones."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, line_distance, to_image
from docclean.corruptions.shared.pictures import blank_box, invent
from docclean.page import Image

TURN = np.float32(2 * np.pi)


def _screen(shape: tuple[int, int], pitch: float, angle: float) -> Field:
    """Return a dot screen's threshold at every pixel, 0..1: lowest at a dot's middle."""
    across, along = (
        line_distance(shape, (0, 0), angle + turn) * (TURN / np.float32(pitch))
        for turn in (0, np.pi / 2)
    )
    return np.asarray(0.5 + 0.25 * (np.cos(across) + np.cos(along)), np.float32)


@lru_cache(maxsize=1)
def _heights() -> NDArray[np.float32]:
    """Return the screen's height under which 0, 1, .. 255 of 255 parts of a cell lie."""
    wave = np.cos(np.linspace(0, np.pi, 256))
    cell = 0.5 + 0.25 * (wave[:, None] + wave[None, :])
    return np.quantile(cell, np.linspace(0, 1, 256)).astype(np.float32)


def screen_dots(shape: tuple[int, int], tone: Field, pitch: float, angle: float) -> Field:
    """Return ink coverage 0..1 of dots for a tone 0..1; finer than the pixels, they are grey."""
    seen = np.float32(np.clip((pitch - 1.5) / 2.0, 0, 1))
    if seen == 0:
        return tone
    height = _heights()[(tone * 255 + 0.5).astype(np.uint8)]
    edge = np.float32(pitch * 0.5)  # a dot's edge is about one pixel wide
    dots = np.clip((height - _screen(shape, pitch, angle)) * edge + 0.5, 0, 1)
    return np.asarray(seen * dots + (1 - seen) * tone, np.float32)


def _region(draw: Draw) -> list[float]:
    """Draw left, top, right, bottom of where a tint lies: mostly the whole piece of page."""
    if draw.chance(0.5):
        return [0.0, 0.0, 1.0, 1.0]
    wide, tall = draw.choice(1.0, draw.uniform(0.3, 0.9)), draw.uniform(0.25, 0.8)
    left, top = draw.uniform(0, 1 - wide), draw.uniform(0, 1 - tall)
    return [left, top, left + wide, top + tall]


def _box(region: list[float], height: int, width: int) -> tuple[slice, slice]:
    left, top, right, bottom = region
    rows = slice(int(top * height), max(int(top * height) + 1, int(np.ceil(bottom * height))))
    columns = slice(int(left * width), max(int(left * width) + 1, int(np.ceil(right * width))))
    return rows, columns


def darkened(image: Image, box: tuple[slice, slice], dark: Field) -> Image:
    """Return the page with a box of it printed over, 0 for no ink and 1 for all."""
    out = image.copy()
    out[box] = to_image(image[box].astype(np.float32) * (1 - dark))
    return out


class PatternedStock(PageCorruption):
    """Security paper, cheques, forms: fine waves, lines, dots or a tiny motif behind the text."""

    name = "patterned_stock"
    probability = 0.07
    ranges = {
        "dark": Range(0.06, 0.45, "share"),
        "tint": Range(0.0, 0.12, "share"),
        "pitch": Range(0.4, 1.6, "mm", by_severity=False),
        "thick": Range(0.1, 0.4, "share of the pitch", by_severity=False),
        "swing": Range(0.4, 5.0, "mm", by_severity=False),
        "length": Range(6, 35, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pattern, its pitch and direction, and where it lies."""
        kind = draw.choice("waves", "waves", "guilloche", "guilloche", "lines", "dots", "motif")
        angle = draw.choice(0.0, np.pi / 2, np.pi / 4, draw.uniform(0, np.pi))
        place = {"kind": kind, "angle": angle, "region": _region(draw)}
        return draw.all() | place | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Print the pattern under the ink, always fainter than ink."""
        height, width = image.shape[:2]
        box = _box(params["region"], height, width)
        shape = image[box].shape
        pitch = max(2.8, to_px(params["pitch"], dpi))
        if params["kind"] == "dots":
            tone = np.full(shape, 0.6 * params["thick"], np.float32)
            pattern = screen_dots(shape, tone, pitch, params["angle"])
        elif params["kind"] == "motif":
            pattern = _motif(shape, params["seed"], pitch * 3)
        else:
            pattern = self._lines(shape, params, pitch, dpi)
        return darkened(image, box, params["tint"] + params["dark"] * pattern)

    def _lines(self, shape: tuple[int, int], params: Params, pitch: float, dpi: float) -> Field:
        """Return lines that swing in step: two families of them make a guilloche."""
        rng = np.random.default_rng(params["seed"])
        across = line_distance(shape, (0, 0), params["angle"])
        along = line_distance(shape, (0, 0), params["angle"] + np.pi / 2)
        pattern = np.zeros(shape, np.float32)
        thick = max(params["thick"], 0.9 / pitch)
        families = {"lines": 1, "waves": 1, "guilloche": 2}[params["kind"]]
        swing = to_px(params["swing"], dpi) * (params["kind"] != "lines")
        for family in range(families):
            length, phase = to_px(params["length"], dpi) * rng.uniform(0.7, 1.4), rng.uniform(0, 6)
            bend = np.sin(along * np.float32(2 * np.pi / length) + np.float32(phase))
            if family or families == 1:  # a slow second swing, across, keeps waves from repeating
                bend = bend * np.cos(across * np.float32(2 * np.pi / (3.1 * length)))
            place = (across + np.float32(swing) * bend) / np.float32(pitch)
            away = np.abs(place - np.round(place)) - np.float32(thick / 2)
            np.maximum(pattern, np.clip(0.5 - away * np.float32(pitch), 0, 1), out=pattern)
        return pattern


def _motif(shape: tuple[int, int], seed: int, cell: float) -> Field:
    """Return a tiny motif of strokes repeated over the shape, each second row moved by half."""
    rng = np.random.default_rng(seed)
    tile = np.zeros((64, 64), np.uint8)
    strokes = (rng.uniform(8, 56, (3, 3, 2)) * 8).astype(np.int32)
    cv2.polylines(tile, list(strokes), bool(rng.random() < 0.5), 255, 5, cv2.LINE_AA, 3)
    if rng.random() < 0.5:
        cv2.circle(tile, (32, 32), int(rng.integers(10, 26)), 255, 4, cv2.LINE_AA)
    pair = np.vstack([np.hstack([tile, tile]), np.roll(np.hstack([tile, tile]), 32, 1)])
    side = max(8, round(cell))
    pair = np.asarray(cv2.resize(pair, (2 * side, 2 * side), interpolation=cv2.INTER_AREA))
    repeats = (shape[0] // (2 * side) + 1, shape[1] // (2 * side) + 1)
    tiled = np.tile(pair, repeats)[: shape[0], : shape[1]]
    return np.asarray(tiled, np.float32) / np.float32(255)


class HalftoneStock(PageCorruption):
    """A printed tint behind the text: dots at 60 to 150 lines an inch, even or fading."""

    name = "halftone_stock"
    probability = 0.06
    ranges = {
        "cover": Range(0.05, 0.4, "share"),
        "dark": Range(0.25, 0.8, "share"),
        "lines": Range(60, 150, "lines an inch", by_severity=False),
        "slope": Range(0.0, 0.6, "share of the cover", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the screen, how much it covers, and where the tint lies."""
        angle = draw.choice(0.0, 15.0, 45.0, 45.0, 75.0) + draw.uniform(-1.5, 1.5)
        place = {"angle": angle, "region": _region(draw), "way": draw.uniform(0, 2 * np.pi)}
        return draw.all() | place

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Print the dots under the ink, larger to one side."""
        height, width = image.shape[:2]
        box = _box(params["region"], height, width)
        shape = image[box].shape
        middle = (shape[1] / 2, shape[0] / 2)
        slope = line_distance(shape, middle, params["way"]) / np.float32(max(shape))
        tone = np.clip(params["cover"] * (1 + params["slope"] * slope), 0.01, 0.6).astype(
            np.float32
        )
        dots = screen_dots(shape, tone, dpi / params["lines"], np.deg2rad(params["angle"]))
        return darkened(image, box, dots * np.float32(params["dark"]))


class HalftonePicture(PageCorruption):
    """A picture printed in halftone where the page is blank; it stays on the clean side too."""

    name = "halftone_picture"
    both_sides = True
    probability = 0.06
    ranges = {
        "size": Range(14, 90, "mm"),
        "dark": Range(0.6, 0.95, "share"),
        "lines": Range(60, 150, "lines an inch", by_severity=False),
        "detail": Range(0.2, 1.2, "share", by_severity=False),
        "contrast": Range(0.8, 2.5, "slope", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the picture's size and screen, and what it shows."""
        angle = draw.choice(0.0, 15.0, 45.0, 45.0) + draw.uniform(-1, 1)
        frame = {"angle": angle, "framed": draw.chance(0.3), "seed": draw.seed()}
        return draw.all() | frame

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Find a blank box, invent a picture and print it there; a full page stays as it is."""
        rng = np.random.default_rng(params["seed"])
        box = blank_box(image, rng, to_px(params["size"], dpi), to_px(5, dpi), to_px(1.2, dpi))
        if box is None:
            return image
        shape = image[box].shape
        picture = invent(rng, shape, dpi, params["detail"], params["contrast"])
        dots = screen_dots(shape, picture, dpi / params["lines"], np.deg2rad(params["angle"]))
        if params["framed"]:
            line = max(1, round(to_px(0.2, dpi)))
            dots[:line], dots[-line:], dots[:, :line], dots[:, -line:] = 1, 1, 1, 1
        return darkened(image, box, dots * np.float32(params["dark"]))
