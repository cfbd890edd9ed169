"""What folding leaves: old creases, a letter's folds, wrinkles, crumpled paper."""

import math

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.facets import draw_facets
from docclean.corruptions.shared.fields import (
    Field,
    clouds,
    drawing_grid,
    enlarged,
    shade,
    to_image,
)
from docclean.corruptions.shared.strip import Strip
from docclean.page import Image


class Crease(PageCorruption):
    """Folds: a dark and a light side along a line, often with worn paint and hard edges."""

    name = "crease"
    probability = 0.2
    ranges = {
        "lines": Range(1, 4, "lines", by_severity=False),
        "width": Range(0.1, 1.0, "mm", by_severity=False),
        "soft": Range(1.7, 15, "mm", by_severity=False),
        "dark": Range(0.05, 0.5, "share"),
        "light": Range(0.02, 0.35, "share"),
        "shadow": Range(0.0, 0.3, "share"),
        "wobble": Range(0.0, 0.5, "mm", by_severity=False),
        "broken": Range(0.0, 1.0, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw one to four fold lines, straight across or crossing."""
        lines = []
        for _ in range(draw.whole("lines")):
            straight = draw.choice(0.0, np.pi / 2) + draw.uniform(-0.1, 0.1)
            angle = straight if draw.chance(0.6) else draw.uniform(0, np.pi)
            place = {"x": draw.uniform(), "y": draw.uniform(), "angle": float(angle)}
            lines.append(place | {name: draw(name) for name in self.ranges if name != "lines"})
        return {"lines": lines, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken one side, lighten the other, and shade the paper that leans away."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        light = np.ones((height, width), np.float32)
        glow = np.zeros((height, width), np.float32)
        for line in params["lines"]:
            point = (line["x"] * width, line["y"] * height)
            wide, soft = max(0.6, to_px(line["width"], dpi)), to_px(line["soft"], dpi)
            strip = Strip((height, width), point, line["angle"], 4 * soft)
            near = Strip((height, width), point, line["angle"], 4 * wide + to_px(1.5, dpi))
            wobble = strip.noise(rng, to_px(5, dpi)) * to_px(line["wobble"], dpi)
            along = np.clip(1 - line["broken"] * np.abs(strip.noise(rng, to_px(4, dpi))), 0, 1)
            distance, close = strip.across + wobble, near.across + wobble
            dark = np.exp(-np.square((distance - wide) / wide))
            lean = np.exp(-np.maximum(distance, 0) / soft) * (distance > 0)
            bright = np.exp(-np.square((close + wide) / wide))
            light *= strip.lay(1 - line["dark"] * dark * along - line["shadow"] * lean, 1.0)
            np.maximum(glow, near.lay(line["light"] * bright * along, 0.0), out=glow)
        lit = image.astype(np.float32) * np.maximum(light, 0.15)
        # worn folds lighten ink too, but never rub a stroke out
        return to_image(lit + (255 - lit) * np.minimum(glow, 0.45))


class Fold(PageCorruption):
    """A letter folded in half, thirds or quarters: a thin line between panels that lean."""

    name = "fold"
    probability = 0.12
    ranges = {
        "shade": Range(0.03, 0.4, "share"),
        "far": Range(0.01, 0.22, "share"),
        "line": Range(0.04, 0.4, "share"),
        "worn": Range(0.0, 0.3, "share"),
        "soft": Range(3, 30, "mm", by_severity=False),
        "width": Range(0.08, 0.4, "mm", by_severity=False),
        "ragged": Range(0.0, 0.1, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how the letter was folded, which panels lean away, and how worn the folds are."""
        angle = draw.choice(0.0, 0.0, np.pi / 2) + draw.uniform(-0.02, 0.02)
        first = draw.uniform(0.1, 0.9)
        kind = draw.choice("half", "thirds", "thirds", "quarters")
        places = {
            "half": [(first, 0.0)],
            "thirds": [(first * 0.5, 0.0), (first * 0.5 + draw.uniform(0.3, 0.5), np.pi)],
            "quarters": [(first, 0.0), (draw.uniform(0.1, 0.9), np.pi / 2)],
        }[kind]
        flip = draw.choice(0.0, np.pi)
        strengths = [draw.all() for _ in places]
        folds = [
            {"place": float(place), "angle": float(angle + turn + flip)} | strength
            for (place, turn), strength in zip(places, strengths, strict=True)
        ]
        return {"folds": folds, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Shade the leaning panel from the fold on, the other side faintly, and score the line."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        light = np.ones((height, width), np.float32)
        glow = np.zeros((height, width), np.float32)
        for fold in params["folds"]:
            point = (fold["place"] * width, fold["place"] * height)
            soft, thin = to_px(fold["soft"], dpi), max(0.5, to_px(fold["width"], dpi))
            strip = Strip((height, width), point, fold["angle"], 4 * soft)
            near = Strip((height, width), point, fold["angle"], 5 * thin + to_px(1.5, dpi))
            ragged = to_px(fold["ragged"], dpi)
            wobble = strip.noise(rng, to_px(3, dpi)) * ragged
            slow = 1 + 0.15 * strip.noise(rng, to_px(30, dpi))
            distance, close = strip.across + wobble, near.across + wobble
            lean = np.clip(distance + 0.5, 0, 1)  # which panel, one pixel of change
            dark = fold["shade"] * lean * np.exp(-np.maximum(distance, 0) / soft) * slow
            dark += fold["far"] * (1 - lean) * np.exp(np.minimum(distance, 0) / (0.3 * soft))
            patches = np.clip(0.7 + 0.5 * strip.noise(rng, to_px(3, dpi)), 0, 1.2)
            dark += fold["line"] * np.exp(-np.square(distance / thin)) * patches
            light *= strip.lay((1 - dark).astype(np.float32), 1.0)
            rubbed = fold["worn"] * np.exp(-np.square((close + 2 * thin) / (1.5 * thin)))
            worn = np.clip(0.5 + 0.7 * strip.noise(rng, to_px(1, dpi)), 0, 1)
            np.maximum(glow, near.lay((rubbed * worn).astype(np.float32), 0.0), out=glow)
        lit = image.astype(np.float32) * np.maximum(light, 0.2)
        return to_image(lit + (255 - lit) * np.minimum(glow, 0.4))


class Wrinkle(PageCorruption):
    """Crumpled paper: facets that lean to and from the light, their edges sharp or soft."""

    name = "wrinkle"
    probability = 0.1
    ranges = {
        "scale": Range(8.5, 37, "mm", by_severity=False),
        "depth": Range(0.04, 0.3, "share"),
        "ridges": Range(0.02, 0.25, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the facets' size and contrast, and where the light comes from."""
        drawn = draw.all()
        return drawn | {"light": draw.uniform(0, 2 * np.pi), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Shade large facets, small ones on them and soft bulges; darken or rub their edges."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 100.0)
        scale = to_px(params["scale"], coarse)
        slope, fine = np.full(small, 128, np.uint8), np.full(small, 128, np.uint8)
        edges = np.full(small, 128, np.uint8)
        draw_facets(rng, slope, edges, scale * 1.5, params["light"])
        draw_facets(rng, fine, edges, scale * 0.7, params["light"])
        # paper bends: some folds are sharp, most turn softly
        sharp = cv2.addWeighted(slope, 0.6, fine, 0.4, 0)
        bend = (round(0.3 * scale) | 1,) * 2
        soft = cv2.blur(cv2.blur(sharp, bend), bend)
        share = np.clip(0.35 + 0.4 * clouds(rng, small, scale, 1), 0, 0.9)
        sharp = cv2.GaussianBlur(sharp, (0, 0), max(0.5, to_px(0.25, coarse)))
        tilt = (soft + share * (sharp.astype(np.float32) - soft)) / 64 - 2
        tilt += 0.35 * clouds(rng, small, scale, 2)
        ridge = cv2.GaussianBlur(edges, (0, 0), max(0.5, to_px(0.2, coarse)))
        ridge = (ridge.astype(np.float32) / 128 - 1) * share * 1.5
        light = 1 - params["depth"] * (0.5 + 0.5 * np.tanh(tilt)) - params["ridges"] * ridge
        return shade(image, enlarged(np.clip(light, 0.2, 1.15), (height, width)))


class Crumple(PageCorruption):
    """Paper once crushed into a ball: short sharp edges, each dark and light side fading softly."""

    name = "crumple"
    probability = 0.15
    ranges = {
        "edges": Range(7, 91, "per square decimetre"),
        "length": Range(5, 27, "mm", by_severity=False),
        "soft": Range(0.7, 6.8, "mm", by_severity=False),
        "depth": Range(0.06, 0.42, "share"),
        "line": Range(0.0, 0.25, "share"),
        "veil": Range(0.0, 0.12, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the edges of the sheet, their length, softness and depth."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay the edges over each other, each only on the box it reaches."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 150.0)
        # white paper must darken a little for its bright facets to be seen at all
        light = np.full(small, 1 - params["veil"], np.float32)
        count = 1 + rng.poisson(params["edges"] * height * width / to_px(100, dpi) ** 2)
        soft = to_px(params["soft"], coarse)
        low = (0, 0, 0, 0, 0.3, 0.3, 0.2)
        high = (small[1], small[0], math.pi, 0.8, 1.5, 1.5, 1)
        for x, y, angle, long, dark, bright, deep in rng.uniform(low, high, (count, 7)).tolist():
            # few edges are long and most are short; alike, they are a spray of arrow-heads
            half = to_px(params["length"], coarse) * (0.15 + 2.4 * long**4)
            # a softness beyond the length would make a box of the edge
            dark, bright = min(dark * soft, 0.5 * half), min(bright * soft, 0.5 * half)
            deep *= params["depth"] * (0.35 + 0.65 * long)
            edge = _edge(dark, bright, params["line"]) * np.float32(deep)
            _lay_edge(light, edge, (x, y), angle, half, int(3 * bright))
        return shade(image, enlarged(np.clip(light, 0.25, 1.2), (height, width)))


ALONG = np.linspace(-1.3, 1.3, 25, dtype=np.float32)[None, :]
"""Columns an edge is drawn in, in halves of its length."""
WINDOW, TAPER = np.exp(-(ALONG**4)), np.float32(1.15) - np.square(ALONG / 1.4)
"""How an edge's strength and the reach of its shade die away toward its ends."""


def _edge(dark: float, bright: float, line: float) -> Field:
    """Return how an edge darkens, upright: rows 3 * bright above it to 3 * dark below."""
    across = np.arange(-int(3 * bright), int(3 * dark) + 2, dtype=np.float32)[:, None]
    side = np.clip(across + 0.5, 0, 1)  # 1 on the dark side, one pixel of change
    soft = np.where(across > 0, np.float32(dark), np.float32(bright))
    fade = np.exp(-np.abs(across) / (soft * TAPER))
    profile = (1.6 * side - 0.6) * fade + line * np.exp(-np.square(across))
    return np.asarray(profile * WINDOW, np.float32)


def _lay_edge(
    light: Field, edge: Field, centre: tuple[float, float], angle: float, half: float, above: int
) -> None:
    """Subtract an edge, turned, from the light in the box that holds it."""
    cos, sin, long = math.cos(angle), math.sin(angle), 1.3 * half
    low, high = -above, edge.shape[0] - above  # angles run from 0 to pi: sin is not negative
    wide, tall = abs(cos) * long, sin * long
    left = max(0, int(centre[0] - wide + low * sin))
    right = min(light.shape[1], int(centre[0] + wide + high * sin) + 2)
    top = max(0, int(centre[1] - tall - max(high * cos, low * cos)))
    bottom = min(light.shape[0], int(centre[1] + tall - min(high * cos, low * cos)) + 2)
    if left >= right or top >= bottom:
        return
    dx, dy, scale = left - centre[0], top - centre[1], (edge.shape[1] - 1) / (2 * long)
    along = [cos * scale, sin * scale, (dx * cos + dy * sin + long) * scale]
    to_edge = np.array([along, [sin, -cos, dx * sin - dy * cos + above]])
    size = (right - left, bottom - top)
    light[top:bottom, left:right] -= cv2.warpAffine(
        edge, to_edge, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
