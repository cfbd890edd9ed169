"""What lies on the scanner's glass: dust, lint and hairs."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.page import Image


class GlassDust(PageCorruption):
    """Grains and lint on the scanner's glass: sharp, dark, a few light."""

    name = "glass_dust"
    probability = 0.12
    ranges = {
        "grains": Range(30.0, 420.0, "per square decimetre", power=1.2),
        "size": Range(0.06, 0.2, "mm", by_severity=False),
        "dark": Range(0.35, 0.9, "share"),
        "lint": Range(0.02, 0.12, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many grains there are, their size, darkness, and how many are lint."""
        return draw.all() | {
            "light": draw.choice(0.05, 0.1, 0.35),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Drop angular grains and short bent fibres, dark ones and light ones."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        marks = [np.zeros((height, width), np.uint8) for _ in range(2)]
        area = height * width / to_px(100, dpi) ** 2
        count = 1 + int(rng.poisson(params["grains"] * area))
        places = rng.uniform(0, 1, (count, 2)) * (width, height)
        sizes = to_px(params["size"], dpi) * (0.4 + rng.exponential(0.8, count))
        tones = np.asarray(255 * np.clip(params["dark"] * rng.uniform(0.5, 1.2, count), 0, 1), int)
        light = rng.random(count) < params["light"]
        turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 7)), 1)
        far = rng.uniform(0.4, 1.3, (count, 7)) * sizes[:, None]
        flat = rng.uniform(0.4, 1.0, (count, 1))
        offsets = np.stack([far * np.cos(turn), far * np.sin(turn) * flat], 2)
        grains = np.round((places[:, None] + offsets) * 16).astype(np.int32)
        steps = np.cumsum(rng.normal(0, 0.45, (count, 8)), 1) + rng.uniform(0, 7, (count, 1))
        path = np.cumsum(np.stack([np.cos(steps), np.sin(steps)], 2), 1)
        fibres = np.round((places[:, None] + path * sizes[:, None, None]) * 16).astype(np.int32)
        lint = rng.random(count) < params["lint"]
        for place in range(count):
            mark, tone = marks[int(light[place])], int(tones[place])
            if lint[place]:
                cv2.polylines(mark, [fibres[place]], False, tone, 1, cv2.LINE_AA, 4)
            else:
                cv2.fillPoly(mark, [grains[place]], tone, cv2.LINE_AA, 4)
        dusty = np.minimum(image, 255 - marks[0])
        return np.maximum(dusty, np.where(marks[1] > 0, marks[1] // 4 * 3, 0).astype(np.uint8))


class GlassHair(PageCorruption):
    """Hairs on the scanner's glass: long, thin and curled."""

    name = "glass_hair"
    probability = 0.06
    ranges = {
        "hairs": Range(0.5, 5.0, "per square decimetre"),
        "length": Range(8.0, 75.0, "mm"),
        "width": Range(0.05, 0.16, "mm"),
        "dark": Range(0.35, 0.85, "share"),
        "curl": Range(0.5, 3.0, "turns", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many hairs there are, their length, width, darkness and curl."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay each hair as a curve whose bend changes slowly."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        mark = np.zeros((height, width), np.uint8)
        area = height * width / to_px(100, dpi) ** 2
        thick = to_px(params["width"], dpi)
        for _ in range(1 + int(rng.poisson(params["hairs"] * area))):
            steps = 60
            length = to_px(params["length"], dpi) * rng.uniform(0.5, 1.2)
            bend = np.cumsum(rng.normal(0, 1, steps)) / np.sqrt(steps) + rng.normal(0, 0.7)
            turn = rng.uniform(0, 2 * np.pi) + np.cumsum(bend) * params["curl"] * 4 / steps
            path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0) * length / steps
            path += rng.uniform(0.15, 0.85, 2) * (width, height) - path.mean(0)
            # under a pixel a hair grows paler, not thinner
            tone = 255 * params["dark"] * min(1.0, 0.35 + 0.65 * thick) * rng.uniform(0.7, 1)
            points = [np.round(path * 16).astype(np.int32)]
            cv2.polylines(mark, points, False, int(tone), max(1, round(thick)), cv2.LINE_AA, 4)
        return np.minimum(image, 255 - cv2.GaussianBlur(mark, (0, 0), 0.5))
