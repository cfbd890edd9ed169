"""What falls on paper or grows in it: coffee, water, grease, foxing."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import (
    Field,
    clouds,
    drawing_grid,
    enlarged,
    fractal_noise,
    shade,
    smooth_noise,
    to_image,
)
from docclean.page import Image


def _spread_centre(
    mark: Mapping[str, Any], shape: tuple[int, int], radius: float
) -> tuple[float, float]:
    """Return the centre (x, y) of a mark whose place names a point it passes over.

    A ring wider than the piece of page in hand would else mostly miss it.
    """
    inward = radius * mark["inward"]
    x = mark["x"] * shape[1] - inward * np.cos(mark["angle"])
    return float(x), float(mark["y"] * shape[0] - inward * np.sin(mark["angle"]))


def _place(draw: Draw, inward: float) -> dict[str, float]:
    place = {"x": draw.uniform(), "y": draw.uniform(), "angle": draw.uniform(0, 2 * np.pi)}
    return place | {"inward": inward}


class Stain(PageCorruption):
    """Coffee rings, cup feet and drops, each with its dark dried rim."""

    name = "stain"
    probability = 0.25
    ranges = {
        "marks": Range(1, 4, "marks", by_severity=False),
        "drops": Range(0, 9, "drops", by_severity=False),
        "radius": Range(3, 48, "mm", by_severity=False),
        "drop": Range(0.3, 3.0, "mm", by_severity=False),
        "depth": Range(0.06, 0.6, "share"),
        "rim": Range(0.3, 5.0, "mm", by_severity=False),
        "rough": Range(0.01, 0.25, "share of the radius", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw one to four rings or blobs and the drops splashed around them."""
        marks = []
        for _ in range(draw.whole("marks")):
            kind = draw.choice("disc", "ring", "band")
            place = _place(draw, draw.uniform() if kind == "disc" else 1.0)
            shape = {name: draw(name) for name in ("radius", "rim", "depth", "rough")}
            marks.append(place | shape | {"kind": kind, "squash": draw.uniform(0.6, 1.6)})
        for _ in range(draw.whole("drops") if draw.chance(0.5) else 0):
            drop = {"radius": draw("drop"), "rim": 0.3, "depth": draw("depth"), "rough": 0.1}
            marks.append(_place(draw, 0.0) | drop | {"kind": "disc", "squash": 1.0})
        return {"marks": marks, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken discs and rings; the rim is darkest, the tone uneven."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 150.0)
        light = np.ones(small, np.float32)
        tone = np.clip(0.75 + 0.3 * clouds(rng, small, to_px(6.8, coarse)), 0.1, 1.3)
        for mark in params["marks"]:
            self._lay(rng, light, tone, mark, coarse)
        return shade(image, enlarged(light, (height, width)))

    def _lay(
        self, rng: np.random.Generator, light: Field, tone: Field, mark: Params, dpi: float
    ) -> None:
        radius, rim = to_px(mark["radius"], dpi), max(0.8, to_px(mark["rim"], dpi))
        x, y = _spread_centre(mark, light.shape, radius)
        reach = radius * (1 + 3 * mark["rough"]) + 2.5 * rim + 2
        left, right = max(0, int(x - reach)), min(light.shape[1], int(x + reach) + 1)
        tall = reach / mark["squash"]
        top, bottom = max(0, int(y - tall)), min(light.shape[0], int(y + tall) + 1)
        if left >= right or top >= bottom:
            return
        wobble = clouds(rng, (bottom - top, right - left), max(8.0, radius * 0.5))
        columns = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
        rows = (np.arange(top, bottom, dtype=np.float32) - np.float32(y))[:, None]
        distance = np.sqrt(np.square(columns) + np.square(rows * mark["squash"])) - radius
        distance += wobble * (radius * mark["rough"])
        if mark["kind"] == "band":  # the foot of a wet cup: even, with two hard edges
            amount = 0.8 * np.clip(0.5 - (np.abs(distance) - rim) / 5, 0, 1)
        else:
            amount = np.exp(-np.square(distance / rim)) * np.float32(0.9)
            if mark["kind"] == "disc":
                amount = np.clip(0.5 - distance / 8, 0, 1) * (0.55 + amount * 0.55)
        dark = np.clip(amount * tone[top:bottom, left:right] * mark["depth"], 0, 0.8)
        light[top:bottom, left:right] *= 1 - dark


class WaterStain(PageCorruption):
    """Water that crept in and dried: pale and wide, a brown tide-line where it stopped."""

    name = "water_stain"
    probability = 0.07
    ranges = {
        "tides": Range(1, 3, "lines", by_severity=False),
        "radius": Range(12, 90, "mm", by_severity=False),
        "rough": Range(1.5, 9.0, "mm", by_severity=False),
        "rim": Range(0.08, 0.5, "share"),
        "width": Range(0.5, 4.0, "mm", by_severity=False),
        "tint": Range(0.01, 0.18, "share"),
        "wash": Range(0.0, 0.2, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw a pool or a front from one side, and how often it was wet."""
        kind = draw.choice("pool", "front")
        place = _place(draw, 1.0)
        tides = [draw.uniform(0.3, 1.0) for _ in range(draw.whole("tides"))]
        drawn = {name: draw(name) for name in self.ranges if name != "tides"}
        return drawn | place | {"kind": kind, "tides": tides, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Tint what was wet, darken its fronts, sharp outside and fading inward."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 110.0)
        noise = clouds(rng, small, to_px(28, coarse), 6, 0.5)
        radius = to_px(params["radius"], coarse)
        flat = 20.0 if params["kind"] == "front" else 1.0  # so wide that it comes in as a front
        x, y = _spread_centre(params, small, radius * flat)
        columns = np.arange(small[1], dtype=np.float32)[None, :] - np.float32(x)
        rows = np.arange(small[0], dtype=np.float32)[:, None] - np.float32(y)
        distance = np.hypot(columns, rows) - radius * flat
        distance += noise * to_px(params["rough"], coarse) * 0.6
        rims, inner, outside = np.zeros(small, np.float32), to_px(params["width"], coarse), 0.0
        for weight in params["tides"]:
            front = distance + outside
            rise = np.exp(-np.square(np.maximum(front, 0) / max(0.7, to_px(0.25, coarse))))
            tide = rise * np.exp(np.minimum(front, 0) / inner)
            np.maximum(rims, weight * tide, out=rims)
            outside += to_px(params["rough"] * (0.6 + weight), coarse)
        rims *= np.clip(0.75 + 0.35 * clouds(rng, small, to_px(9, coarse), 5, 0.7), 0.15, 1.4)
        wet = np.clip(0.5 - distance / 3, 0, 1)
        dark = params["rim"] * rims + params["tint"] * wet * np.clip(0.8 + 0.4 * noise, 0, 1.5)
        lit = image.astype(np.float32) * enlarged(1 - np.clip(dark, 0, 0.75), (height, width))
        washed = enlarged(wet * np.float32(params["wash"]) * (1 - rims), (height, width))
        return to_image(lit + (255 - lit) * np.clip(washed, 0, 0.3))


class Foxing(PageCorruption):
    """Foxing: many small soft brown spots of old damp paper, in clusters."""

    name = "foxing"
    probability = 0.06
    ranges = {
        "spots": Range(60, 700, "per square decimetre"),
        "size": Range(0.12, 0.5, "mm", by_severity=False),
        "dark": Range(0.1, 0.6, "share"),
        "halo": Range(0.0, 0.15, "share"),
        "cluster": Range(3, 20, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many spots, how large, how dark."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Sow spots of four sizes around a few centres, blotchy, some with a halo."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 110.0)
        count = 6 + int(rng.poisson(params["spots"] * height * width / to_px(100, dpi) ** 2))
        centres = rng.uniform(0, 1, (1 + count // 15, 2)) * small
        around = rng.normal(0, to_px(params["cluster"], coarse), (count, 2))
        at = centres[rng.integers(len(centres), size=count)] + around
        lone = rng.random(count) < 0.4
        at[lone] = rng.uniform(0, 1, (int(lone.sum()), 2)) * small
        places = np.mod(at, small).astype(np.intp)
        strength = rng.uniform(0.2, 1, count).astype(np.float32)
        kinds = rng.choice(4, count, p=(0.5, 0.3, 0.15, 0.05))
        spots, halo = np.zeros(small, np.float32), np.zeros(small, np.float32)
        for kind, factor in enumerate((0.5, 1, 1.8, 3.2)):
            rows, columns = places[kinds == kind].T
            grid = np.zeros(small, np.float32)
            grid[rows, columns] = strength[kinds == kind]
            sigma = max(0.45, to_px(params["size"] * factor, coarse))
            peak = min(1.0, to_px(params["size"] * factor, coarse) / 0.45) * 2 * np.pi * sigma**2
            spots += np.asarray(cv2.GaussianBlur(grid, (0, 0), sigma)) * np.float32(peak)
            if kind >= 2:
                wide = np.asarray(cv2.GaussianBlur(grid, (0, 0), 3 * sigma))
                halo += wide * np.float32(2 * np.pi * 9 * sigma**2)
        blotchy = np.clip(0.8 + 0.5 * fractal_noise(rng, small, to_px(1.2, coarse), 3), 0, 1.5)
        dark = params["dark"] * np.minimum(spots * blotchy, 1)
        dark += params["halo"] * np.minimum(halo, 1)
        return shade(image, enlarged(1 - np.minimum(dark, 0.75), (height, width)))


class Grease(PageCorruption):
    """A greasy patch: soft, a little darker, and so translucent that the back shows."""

    name = "grease"
    probability = 0.05
    ranges = {
        "patches": Range(1, 5, "patches", by_severity=False),
        "radius": Range(2, 30, "mm", by_severity=False),
        "dark": Range(0.06, 0.35, "share"),
        "soft": Range(0.4, 4.0, "mm", by_severity=False),
        "rough": Range(0.1, 0.5, "share of the radius", by_severity=False),
        "seen": Range(0.0, 0.35, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw one to five patches and how much of the back they let through."""
        patches = []
        for _ in range(draw.whole("patches")):
            shape = {name: draw(name) for name in ("radius", "dark", "soft", "rough")}
            patches.append(_place(draw, draw.uniform(0, 0.7)) | shape)
        back = {"seen": draw("seen"), "shift": draw.uniform()}
        return back | {"patches": patches, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken the patches and let the mirrored page shine through them."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 75.0)
        greasy, dark = np.zeros(small, np.float32), np.zeros(small, np.float32)
        for patch in params["patches"]:
            radius = to_px(patch["radius"], coarse)
            x, y = _spread_centre(patch, small, radius)
            columns = np.arange(small[1], dtype=np.float32)[None, :] - np.float32(x)
            rows = np.arange(small[0], dtype=np.float32)[:, None] - np.float32(y)
            wobble = clouds(rng, small, max(4.0, radius * 0.8)) * (radius * patch["rough"] * 0.5)
            distance = np.hypot(columns, rows) - radius + wobble
            inside = 1 / (1 + np.exp(np.clip(distance / to_px(patch["soft"], coarse), -20, 20)))
            np.maximum(greasy, inside, out=greasy)
            np.maximum(dark, patch["dark"] * inside, out=dark)
        dark *= np.clip(0.9 + 0.12 * smooth_noise(rng, small, to_px(4, coarse)), 0.5, 1.2)
        back = np.roll(cv2.flip(image, 1), int(params["shift"] * height), 0)
        ink = cv2.GaussianBlur(255 - back, (0, 0), max(0.5, to_px(0.3, dpi)))
        seen = enlarged(greasy * np.float32(params["seen"] / 255), (height, width)) * ink
        return shade(image, enlarged(1 - dark, (height, width)) * (1 - seen))
