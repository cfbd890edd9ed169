"""What paper itself is: grain, yellowed edges, visible fibres, laid and chain lines."""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import (
    clouds,
    drawing_grid,
    enlarged,
    fractal_noise,
    line_distance,
    shade,
)
from docclean.page import Image

SUBPIXEL = 3
"""Fractional bits of the coordinates of drawn curves and grains."""


def threads(
    rng: np.random.Generator,
    shape: tuple[int, int],
    count: int,
    length: float,
    bend: float,
    points: int = 9,
) -> NDArray[np.int32]:
    """Return `count` curved threads (count, points, 2) of about `length` px, in subpixels."""
    start = rng.uniform(0, 1, (count, 1, 2)) * (shape[1], shape[0])
    turns = rng.normal(0, bend, (count, points - 1)) + rng.normal(0, bend * 0.7, (count, 1))
    heading = rng.uniform(0, 2 * np.pi, (count, 1)) + np.cumsum(turns, 1)
    steps = rng.gamma(3, 1 / 3, (count, 1, 1)) * length / (points - 1)
    way = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], -1) * steps, 1)
    curves = np.concatenate([start, start + way], 1)
    return np.asarray(np.round(curves * 2**SUBPIXEL), np.int32)


def draw_threads(
    layer: Image, curves: NDArray[np.int32], rng: np.random.Generator, tone: float, width: float
) -> None:
    """Draw threads of `width` px on a layer in a few tones up to `tone` (0..1)."""
    tone *= min(1.0, max(0.35, width))  # a thread thinner than a pixel darkens it only in part
    for share in np.array_split(curves, 6):
        grey = int(255 * tone * rng.uniform(0.35, 1))
        cv2.polylines(layer, list(share), False, grey, max(1, round(width)), cv2.LINE_AA, SUBPIXEL)


class PaperTexture(PageCorruption):
    """Grain, fibres and clouds of grey or yellowed paper."""

    name = "paper_texture"
    probability = 0.5
    ranges = {
        "grey": Range(0.99, 0.55, "grey"),
        "clouds": Range(0.0, 0.07, "share"),
        "fibres": Range(0.0, 0.06, "share"),
        "grain": Range(0.0, 0.06, "share"),
        "cloud": Range(5, 34, "mm", by_severity=False),
        "fibre": Range(1.6, 3.2, "mm", by_severity=False),
        "grit": Range(0.3, 0.7, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the paper's grey and the strength and size of clouds, fibres and grain."""
        drawn = draw.all()
        return drawn | {"aspect": draw.choice(0.2, 0.5, 1.0, 2.0, 5.0), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Shade the page with the paper."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        shape = (height, width)
        light = params["clouds"] * clouds(rng, shape, to_px(params["cloud"], dpi))
        fibre = to_px(params["fibre"], dpi)
        light += params["fibres"] * fractal_noise(rng, shape, fibre, 3, aspect=params["aspect"])
        light += params["grain"] * fractal_noise(rng, shape, to_px(params["grit"], dpi), 3)
        light += 1
        light *= params["grey"]
        return shade(image, np.clip(light, 0.1, 1, out=light))


class Yellowing(PageCorruption):
    """Paper gone brown with age: darker and blotchy toward the edges the air reached."""

    name = "yellowing"
    probability = 0.08
    ranges = {
        "edge": Range(0.05, 0.5, "share"),
        "tone": Range(0.0, 0.2, "share"),
        "reach": Range(0.05, 0.4, "share of the image", by_severity=False),
        "blotches": Range(0.04, 0.3, "share", by_severity=False),
        "blotch": Range(6, 40, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how brown, how far in, and which edges most."""
        sides = [draw.uniform() for _ in range(4)]
        sides[draw.choice(0, 1, 2, 3)] = 1.0  # a piece of a page may hold only one edge
        return draw.all() | {"sides": sides, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken toward the edges, unevenly."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 30.0)
        noise = fractal_noise(rng, small, to_px(params["blotch"], coarse), 5, 0.65)
        wavy = 0.25 * params["reach"] * noise
        x = np.linspace(0, 1, small[1], dtype=np.float32)[None, :] + wavy
        y = np.linspace(0, 1, small[0], dtype=np.float32)[:, None] + wavy
        brown = np.zeros(small, np.float32)
        for weight, inward in zip(
            params["sides"], (x, 1 + 2 * wavy - x, y, 1 + 2 * wavy - y), strict=True
        ):
            brown += weight * np.exp(-np.maximum(inward, 0) / params["reach"])
        blotchy = 1 + params["blotches"] * noise
        dark = params["edge"] * np.minimum(brown, 1.3) * blotchy + params["tone"] * blotchy
        light = np.clip(1 - dark, 0.25, 1).astype(np.float32)
        return shade(image, enlarged(light, (height, width)))


class Fibres(PageCorruption):
    """Recycled paper: short curved threads, dark and light, and flecks of what it once was."""

    name = "fibres"
    probability = 0.06
    ranges = {
        "count": Range(120, 1800, "per square decimetre"),
        "dark": Range(0.06, 0.5, "share"),
        "light": Range(0.04, 0.25, "share"),
        "tint": Range(0.02, 0.22, "share"),
        "length": Range(0.8, 5.0, "mm", by_severity=False),
        "width": Range(0.04, 0.14, "mm", by_severity=False),
        "bend": Range(0.08, 0.5, "radians a step", by_severity=False),
        "bright": Range(0.1, 0.6, "share of the threads", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many threads, how long, how dark."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw the threads into the tinted paper, under the ink."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        area = height * width / to_px(100, dpi) ** 2
        count = 2 + int(rng.poisson(params["count"] * area))
        bright = int(count * params["bright"])
        length, thick = to_px(params["length"], dpi), to_px(params["width"], dpi)
        curves = threads(rng, (height, width), count, length, params["bend"])
        layers = np.zeros((2, height, width), np.uint8)
        draw_threads(layers[0], curves[bright:], rng, params["dark"], thick)
        draw_threads(layers[1], curves[:bright], rng, params["light"], thick)
        for _ in range(2):  # flecks: short and thick, as printed paper leaves them
            flecks = threads(rng, (height, width), count // 8, thick * 2, 0.4, 3)
            draw_threads(layers[0], flecks, rng, params["dark"], thick * 2)
        dark, light = (
            cv2.GaussianBlur(layer, (0, 0), 0.6).astype(np.float32) / 255 for layer in layers
        )
        # light threads show only as far as the paper around them is tinted
        return shade(image, np.minimum((1 - params["tint"]) * (1 - dark) * (1 + light), 1))


class LaidPaper(PageCorruption):
    """Laid paper: the mould's close wires and, across them, its chains a thumb apart."""

    name = "laid_paper"
    probability = 0.04
    ranges = {
        "wires": Range(0.015, 0.13, "share"),
        "chains": Range(0.01, 0.12, "share"),
        "tone": Range(0.0, 0.08, "share"),
        "pitch": Range(0.7, 1.4, "mm", by_severity=False),
        "spacing": Range(15, 30, "mm", by_severity=False),
        "chain": Range(0.3, 1.2, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the mould and how the sheet lies in it."""
        angle = draw.choice(0.0, np.pi / 2) + draw.uniform(-0.03, 0.03)
        place = {"angle": float(angle), "x": draw.uniform(), "y": draw.uniform()}
        return draw.all() | place | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Shade by the wires, thicker and thinner in places, and by the chains."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 150.0)
        point = (params["x"] * small[1], params["y"] * small[0])
        uneven = clouds(rng, small, to_px(9, coarse), 4)
        wobble = 0.12 * to_px(params["pitch"], coarse) * uneven
        pitch = max(3.0, to_px(params["pitch"], coarse))
        phase = line_distance(small, point, params["angle"], wobble)
        wires = 0.5 + 0.5 * np.sin(phase * np.float32(2 * np.pi / pitch))
        along = line_distance(small, point, params["angle"] + np.pi / 2, wobble)
        spacing = to_px(params["spacing"], coarse)
        away = along - spacing * np.round(along / spacing)
        chains = np.exp(-np.square(away / max(0.7, to_px(params["chain"], coarse))))
        dark = params["wires"] * wires * np.clip(0.8 + 0.35 * uneven, 0.1, 1.6)
        dark += params["chains"] * chains + params["tone"]
        return shade(image, enlarged((1 - dark).astype(np.float32), (height, width)))
