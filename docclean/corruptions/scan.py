"""What the scanner, the fax and the file format do: light, streaks, thresholds, low dpi, JPEG."""

import os
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from docclean.corruptions.base import PageCorruption, Params, spread
from docclean.corruptions.fields import fractal_noise, line_distance, shade, smooth_noise, to_image
from docclean.page import Image


class UnevenLight(PageCorruption):
    """A lamp to one side, a gutter's shadow, dark corners, the shadow of a hand."""

    name = "uneven_light"
    probability = 0.3

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw a slope of light, clouds of it, and perhaps one shadow with an edge."""
        return {
            "angle": float(rng.uniform(0, 2 * np.pi)),
            "slope": spread(rng, 0.05, 0.55, severity),
            "clouds": spread(rng, 0.0, 0.2, severity),
            "shadow": spread(rng, 0.0, 0.5, severity),
            "edge": float(rng.uniform(3, 80)),
            "x": float(rng.random()),
            "y": float(rng.random()),
            "has_shadow": bool(rng.random() < 0.4),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Multiply the page by the light that fell on it."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = image.shape[:2]
        centre = (params["x"] * width, params["y"] * height)
        across = line_distance(shape, centre, params["angle"]) / max(shape)
        light = 1 - params["slope"] * np.clip(0.5 + across, 0, 1)
        light -= params["clouds"] * np.clip(smooth_noise(rng, shape, max(shape) * 0.5), -1, 1) * 0.5
        if params["has_shadow"]:
            edge = line_distance(
                shape, centre, params["angle"] + 1, smooth_noise(rng, shape, 120) * 8
            )
            light *= 1 - params["shadow"] / (1 + np.exp(-np.clip(edge / params["edge"], -30, 30)))
        return shade(image, np.clip(light, 0.12, 1))


class Streaks(PageCorruption):
    """Lines a dirty sensor or drum draws along the whole page."""

    name = "streaks"
    probability = 0.06

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the lines' places, widths and tones."""
        return {
            "lines": [
                (float(rng.random()), float(rng.uniform(0.5, 3)), spread(rng, 0.05, 0.5, severity))
                for _ in range(int(rng.integers(1, 7)))
            ],
            "vertical": bool(rng.random() < 0.8),
            "bright": bool(rng.random() < 0.2),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Darken (or brighten) whole columns or rows."""
        side = image.shape[1] if params["vertical"] else image.shape[0]
        profile = np.zeros(side, np.float32)
        for place, width, tone in params["lines"]:
            profile += tone * np.exp(-np.square((np.arange(side) - place * side) / width))
        field = profile[None, :] if params["vertical"] else profile[:, None]
        values = image.astype(np.float32)
        if params["bright"]:
            return to_image(values + (255 - values) * np.minimum(field, 0.4))
        return to_image(values * (1 - np.minimum(field, 0.7)))


class Contrast(PageCorruption):
    """A scanner's tone curve: gamma, washed-out blacks, grey whites."""

    name = "contrast"
    probability = 0.6

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw gamma, black level and white level."""
        return {
            "gamma": float(np.exp(rng.normal(0, 0.15 + 0.2 * severity))),
            "black": float(rng.uniform(0, 35 + 50 * severity)),
            "white": 255 - float(rng.uniform(0, 20 + 60 * severity)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Look every grey up in the curve."""
        curve = np.linspace(0, 1, 256, dtype=np.float32) ** params["gamma"]
        table = to_image(params["black"] + (params["white"] - params["black"]) * curve)
        return table[image]


class LowResolution(PageCorruption):
    """Scanned with too few dots and enlarged again."""

    name = "low_resolution"
    probability = 0.1

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the share of dots kept and how they were enlarged."""
        return {
            "share": spread(rng, 0.95, 0.5, severity),
            "up": int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4))),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Shrink by area and enlarge back to the same size."""
        height, width = image.shape[:2]
        small = (max(1, round(width * params["share"])), max(1, round(height * params["share"])))
        reduced = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        return np.asarray(
            cv2.resize(reduced, (width, height), interpolation=params["up"]), np.uint8
        )


class SensorNoise(PageCorruption):
    """Shot noise of the sensor (albumentations' Poisson model), stronger in the light."""

    name = "sensor_noise"
    probability = 0.25

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the noise scale (photons per grey)."""
        return {"scale": spread(rng, 0.01, 0.16, severity), "seed": int(rng.integers(2**31))}

    def apply(self, image: Image, params: Params) -> Image:
        """Run albumentations' ShotNoise with the drawn scale and seed."""
        scale = params["scale"]
        return _albumentation("ShotNoise", params["seed"], image, scale_range=(scale, scale))


class Jpeg(PageCorruption):
    """JPEG blocks and ringing, once or twice (albumentations)."""

    name = "jpeg"
    probability = 0.4

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw one or two qualities."""
        count = 2 if rng.random() < 0.2 else 1
        return {"qualities": [int(spread(rng, 95, 18, severity)) for _ in range(count)]}

    def apply(self, image: Image, params: Params) -> Image:
        """Run albumentations' ImageCompression at each quality in turn."""
        for quality in params["qualities"]:
            image = _albumentation(
                "ImageCompression",
                0,
                image,
                quality_range=(quality, quality),
                compression_type="jpeg",
            )
        return image


class Threshold(PageCorruption):
    """A fax or a 1-bit scan: every grey becomes black or white, dirt with the ink."""

    name = "threshold"
    probability = 0.08

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the level between paper and ink, or a local mean's window, and the noise before."""
        return {
            "level": float(rng.uniform(0.35, 0.72)),
            "local": bool(rng.random() < 0.3),
            "window": int(rng.integers(15, 60)) * 2 + 1,
            "noise": spread(rng, 0, 14, severity),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Compare each pixel with the level."""
        rng = np.random.default_rng(params["seed"])
        noisy = image.astype(np.float32)
        noisy += params["noise"] * fractal_noise(rng, image.shape[:2], 2, 2)
        ink, paper = np.percentile(image, (1, 80))
        if paper - ink < 30:  # nothing but paper: a scanner leaves it white
            ink, paper = 0.0, 255.0
        level: Any = ink + (paper - ink) * params["level"]
        if params["local"]:
            mean = cv2.blur(
                noisy, (params["window"], params["window"]), borderType=cv2.BORDER_REFLECT
            )
            level = mean - (paper - ink) * 0.12
        return np.where(noisy > level, 255, 0).astype(np.uint8)


@lru_cache(maxsize=256)
def _albumentations_member(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network on import
    import albumentations

    return getattr(albumentations, name)(p=1.0, **dict(options))


def _albumentation(name: str, seed: int, image: Image, **options: Any) -> Image:
    """Run one albumentations transform on a grey page, (H, W) uint8, seeded."""
    transform = _albumentations_member(name, tuple(sorted(options.items())))
    transform.set_random_seed(seed)
    return np.asarray(transform(image=image)["image"], np.uint8).reshape(image.shape)
