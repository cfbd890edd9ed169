"""The light a page is photographed or scanned in: slopes, shadows, dark corners, glare."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.albumentation import albumentation
from docclean.corruptions.shared.fields import (
    enlarged,
    line_distance,
    shade,
    smooth_noise,
    to_image,
)
from docclean.page import Image

GRID = 256
"""Longer side of the grid light is reckoned on: it changes slowly, so it may be enlarged."""


def _grid(shape: tuple[int, ...], longer: int = GRID) -> tuple[int, int]:
    """Return the height and width of a page's coarse grid."""
    scale = min(1.0, longer / max(shape[:2]))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


class UnevenLight(PageCorruption):
    """A lamp to one side, clouds of light, perhaps the edge of a shadow."""

    name = "uneven_light"
    probability = 0.2
    ranges = {
        "slope": Range(0.05, 0.55, "share"),
        "clouds": Range(0.0, 0.2, "share"),
        "shadow": Range(0.03, 0.5, "share"),
        "edge": Range(1.0, 14.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw a slope of light, clouds of it, and perhaps one shadow with an edge."""
        return {
            "angle": draw.uniform(0, 2 * np.pi),
            "slope": draw("slope"),
            "clouds": draw("clouds"),
            "shadow": draw("shadow") if draw.chance(0.4) else 0.0,
            "edge": draw("edge"),
            "x": draw.uniform(),
            "y": draw.uniform(),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Multiply the page by the light that fell on it."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = _grid(image.shape)
        centre = (params["x"] * width, params["y"] * height)
        across = line_distance(shape, centre, params["angle"]) / max(shape)
        light = 1 - params["slope"] * np.clip(0.5 + across, 0, 1)
        light -= params["clouds"] * np.clip(smooth_noise(rng, shape, max(shape) * 0.5), -1, 1) * 0.5
        if params["shadow"]:
            wobble = smooth_noise(rng, shape, max(shape) * 0.2) * max(shape) * 0.014
            edge = line_distance(shape, centre, params["angle"] + 1, wobble)
            soft = max(0.8, to_px(params["edge"], dpi) * max(shape) / max(image.shape))
            light *= 1 - params["shadow"] / (1 + np.exp(-np.clip(edge / soft, -30, 30)))
        return shade(image, enlarged(np.clip(light, 0.12, 1), image.shape[:2]))


class Illumination(PageCorruption):
    """A lamp that lights one side, one corner or one spot of the page more than the rest."""

    name = "illumination"
    probability = 0.08
    ranges = {
        "intensity": Range(0.03, 0.2, "share"),
        "spot": Range(0.2, 1.0, "share of the page", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the lamp's kind, strength and size; where it stands is drawn by its seed."""
        return {
            "mode": draw.choice("linear", "corner", "gaussian"),
            "intensity": round(draw("intensity"), 3),
            "spot": round(draw("spot"), 2),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Run albumentations' Illumination, darkening: paper is white already."""
        lamp = albumentation(
            "Illumination",
            mode=params["mode"],
            intensity_range=(params["intensity"],) * 2,
            sigma_range=(params["spot"],) * 2,
            effect_type="darken",
        )
        lamp.set_random_seed(params["seed"])
        return np.asarray(lamp(image=image)["image"], np.uint8).reshape(image.shape)


Limb = tuple[tuple[float, float], tuple[float, float], float]
"""A thick line of a shadow: its ends, aside and ahead of the tip, and its thickness."""

LIMBS: dict[str, tuple[Limb, ...]] = {
    "phone": (
        ((0, 0.25), (0, 0.7), 0.4),
        ((-0.17, 0.03), (0.17, 0.03), 0.06),
        ((-0.12, 0.1), (0.12, 0.1), 0.16),
        ((0.2, 0.5), (0.5, 2.5), 0.3),
    ),
    "head": (
        ((0, 0.3), (0, 0.42), 0.55),
        ((0, 0.5), (0, 2.5), 0.35),
        ((-0.6, 1.1), (0.6, 1.1), 0.7),
    ),
    "edge": (((-5, 2.5), (5, 2.5), 5.0),),
}
"""What the shadows are made of that always have the same form, in parts of their size."""


class CastShadow(PageCorruption):
    """The shadow of a hand, a telephone or a head between lamp and page, soft at its edge."""

    name = "cast_shadow"
    probability = 0.06
    ranges = {
        "depth": Range(0.06, 0.6, "share"),
        "size": Range(0.5, 0.95, "share", by_severity=False),
        "edge": Range(0.01, 0.06, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw whose shadow it is, how large, how dark and from which side it reaches in."""
        return {
            "kind": draw.choice("hand", "hand", "phone", "head", "edge"),
            "depth": draw("depth"),
            "size": draw("size"),
            "edge": draw("edge"),
            "x": draw.uniform(0.2, 0.8),
            "reach": draw.uniform(0.35, 0.75),
            "turn": draw.uniform(-0.5, 0.5),
            "side": draw.choice(0, 1, 2, 2, 3),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Fill the shape on a coarse grid, soften it and darken the page by it."""
        shape = _grid(np.rot90(image, params["side"]).shape, GRID // 2)
        mask = np.zeros(shape, np.uint8)
        for limb in self._limbs(params):
            self._fill(mask, limb, params)
        soft = np.ascontiguousarray(np.rot90(self._softened(mask, params["edge"]), -params["side"]))
        light = 1 - np.float32(params["depth"]) * soft
        return shade(image, enlarged(light.astype(np.float32), image.shape[:2]))

    def _limbs(self, params: Params) -> Iterator[Limb]:
        """Yield the limbs of the shape."""
        if params["kind"] != "hand":
            yield from LIMBS[params["kind"]]
            return
        rng = np.random.default_rng(params["seed"])
        yield (0, 0.55), (0, 0.75), 0.36
        yield (0, 0.7), (0.1, 2.5), 0.26
        for finger in range(4):
            place, spread = (finger - 1.5) * 0.1, (finger - 1.5) * 0.07 * rng.uniform(0.5, 2)
            length = (0.1, 0.0, 0.03, 0.16)[finger] + rng.uniform(-0.04, 0.06)
            yield (place + spread, length), (place, 0.55), 0.085
        thumb = rng.choice((-1, 1))
        yield (thumb * 0.32, 0.36), (thumb * 0.12, 0.68), 0.095

    def _fill(self, mask: Image, limb: Limb, params: Params) -> None:
        """Draw a limb on the grid (h, w) uint8, in place."""
        height, width = mask.shape
        size = params["size"] * max(height, width)
        tip = np.array([params["x"] * width, params["reach"] * height])
        ahead = np.array([np.sin(params["turn"]), -np.cos(params["turn"])])  # out over the top
        aside = np.array([-ahead[1], ahead[0]])
        start, end, thick = limb
        ends = [
            tuple(int(v) for v in np.round(tip + size * (a * aside + b * ahead)))
            for a, b in (start, end)
        ]
        cv2.line(mask, ends[0], ends[1], 255, max(1, round(size * thick)), cv2.LINE_AA)

    def _softened(self, mask: Image, edge: float) -> NDArray[np.float32]:
        """Return how dark the shadow is, (h, w) 0..1: softer the nearer the arm is to its lamp."""
        near = cv2.GaussianBlur(mask, (0, 0), max(0.7, 0.4 * edge * max(mask.shape)))
        far = cv2.GaussianBlur(mask, (0, 0), max(1.0, 1.6 * edge * max(mask.shape)))
        mix = np.linspace(1, 0, len(mask), dtype=np.float32)[:, None]
        return np.asarray((near + mix * (far.astype(np.float32) - near)) / 255, np.float32)


class Vignetting(PageCorruption):
    """A lens that leaves the corners darker."""

    name = "vignetting"
    probability = 0.06
    ranges = {
        "depth": Range(0.05, 0.65, "share"),
        "fall": Range(1.5, 4.0, "power", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how dark the corners are, how late it sets in, and the middle."""
        return {
            "depth": draw("depth"),
            "fall": draw("fall"),
            "x": draw.uniform(0.38, 0.62),
            "y": draw.uniform(0.38, 0.62),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken by a power of the distance from the middle."""
        height, width = _grid(image.shape)
        x = (np.arange(width, dtype=np.float32)[None, :] + 0.5) / width - params["x"]
        y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height - params["y"]
        radius = np.sqrt(x * x + y * y).astype(np.float32)
        radius /= max(float(radius.max()), 0.1)
        light = 1 - params["depth"] * radius ** np.float32(params["fall"])
        return shade(image, enlarged(light.astype(np.float32), image.shape[:2]))


class Glare(PageCorruption):
    """A lamp or a window mirrored in the page: ink is washed out there but can still be seen."""

    name = "glare"
    probability = 0.05
    ranges = {
        "wash": Range(0.15, 0.78, "share"),
        "size": Range(0.08, 0.4, "share"),
        "soft": Range(0.15, 1.0, "share", by_severity=False),
        "dim": Range(0.0, 0.35, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the bright spot's form, place, size and strength, and the dimming around it."""
        return {
            "kind": draw.choice("spot", "spot", "tube", "window"),
            "wash": draw("wash"),
            "size": draw("size"),
            "soft": draw("soft"),
            "dim": draw("dim"),
            "x": draw.uniform(0.15, 0.85),
            "y": draw.uniform(0.15, 0.85),
            "angle": draw.uniform(0, np.pi),
            "aspect": draw.uniform(0.5, 1.0),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lift every grey toward white by the mirrored light; the camera darkens all the rest."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = _grid(image.shape)
        centre = (params["x"] * width, params["y"] * height)
        bend = smooth_noise(rng, shape, max(shape) * 0.4) * (0.12 * params["size"] * max(shape))
        one = line_distance(shape, centre, params["angle"], bend)
        two = line_distance(shape, centre, params["angle"] + np.pi / 2, bend)
        size = max(1.0, params["size"] * max(shape))
        if params["kind"] == "tube":
            distance = np.maximum(np.abs(one) * 3 / size, np.abs(two) / (size * 2.5))
        elif params["kind"] == "window":
            distance = np.maximum(np.abs(one), np.abs(two) * params["aspect"]) / size
        else:
            distance = np.sqrt(one**2 + (two * params["aspect"]) ** 2) / size
        edge = np.float32(max(params["soft"], 3 / size))
        ramp = np.clip((1 + edge - distance) / (2 * edge), 0, 1)
        halo = np.exp(-np.minimum(distance, 9)) * np.float32(0.35)
        light = np.maximum(ramp * ramp * (3 - 2 * ramp), halo).astype(np.float32)
        amount = enlarged(light, image.shape[:2])
        dimmed = image.astype(np.float32) * (1 - params["dim"] * (1 - amount))
        return to_image(dimmed + (255 - dimmed) * (np.float32(params["wash"]) * amount))
