"""Invented photographs: landscapes, portraits, houses and textures out of noise and shapes."""

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from docclean.page import Image

Tone = NDArray[np.float32]
"""(H, W) light, 0 black .. 1 white."""

LPI = (60, 150)
"""Halftone screens in dots per inch: newsprint to magazine."""
_DRAWN = 640  # px: longer side a photo is drawn at before it is enlarged; photos have no edges
_COARSEST = 3.0  # px: a finer screen cannot be resolved and looks like plain grey


def draw_spec(rng: Random, screened: float = 0.6) -> str:
    """Return a spec of a photo: kind, seed and screen in lpi, 0 for plain grey.

    Args:
        rng: draws the spec.
        screened: how often the photo is printed as halftone dots.
    """
    lpi = rng.randint(*LPI) if rng.random() < screened else 0
    return f"{rng.choice(list(_KINDS))}:{rng.getrandbits(32)}:{lpi}"


def paint(spec: str, shape: tuple[int, int], dpi: int) -> Image:
    """Return the photo of `spec` as (H, W) grey at `dpi`; the same spec paints the same photo."""
    kind, seed, lpi = spec.split(":")
    noise = np.random.default_rng(int(seed))
    height, width = shape
    scale = min(1.0, _DRAWN / max(shape))
    small = (max(8, round(height * scale)), max(8, round(width * scale)))
    tone = _printed(_KINDS[kind](noise, small), noise)
    screened = int(lpi) > 0 and dpi / int(lpi) >= _COARSEST
    if screened:  # as the level of the screen below which this share of it lies
        tone = _light(np.interp(tone, np.linspace(0, 1, 1001), _levels()))
    tone = _light(cv2.resize(tone, (width, height), interpolation=cv2.INTER_LINEAR))
    if screened:
        tone = _screen(tone, dpi / int(lpi))
    return np.rint(np.clip(tone, 0, 1) * 255).astype(np.uint8)


def _light(values: Any) -> Tone:
    """Return what numpy or OpenCV computed as float32."""
    return np.asarray(values, np.float32)


def _printed(tone: Tone, noise: Generator) -> Tone:
    """Return the tone with grain, in the narrower range that ink on paper has."""
    grain = noise.normal(0, noise.uniform(0.005, 0.03), tone.shape).astype(np.float32)
    stretched = (tone - tone.min()) / max(1e-3, float(np.ptp(tone)))
    low, high = noise.uniform(0.02, 0.2), noise.uniform(0.8, 0.97)
    return _light(low + (high - low) * stretched ** noise.uniform(0.7, 1.4) + grain)


def _screen(tone: Tone, period: float) -> Tone:
    """Return screen levels, -1..1, as dots on a grid at 45 degrees, `period` pixels apart."""
    height, width = tone.shape
    turn = np.pi * np.sqrt(2) / period  # cos x cos y peaks `period` pixels apart, at 45 degrees
    y = np.arange(height, dtype=np.float32)[:, None] * turn
    x = np.arange(width, dtype=np.float32)[None, :] * turn
    level = np.cos(x) * np.cos(y)
    return _light(np.clip((tone - level) * period * 0.45 + 0.5, 0, 1))


@lru_cache(maxsize=1)
def _levels() -> Tone:
    """Return what share of a screen lies below its levels: the 0th to the 1000th per mille."""
    phase = np.cos(np.linspace(0, np.pi, 400))
    return _light(np.quantile(np.outer(phase, phase), np.linspace(0, 1, 1001)))


def _clouds(noise: Generator, shape: tuple[int, int], cells: int, octaves: int = 5) -> Tone:
    """Return smooth noise, 0..1, whose largest blobs are 1/`cells` of the picture."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        side = cells * 2**octave + 1
        grid = noise.random((side, side), np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    return _light((total - total.min()) / max(1e-3, float(np.ptp(total))))


def _grids(shape: tuple[int, int]) -> tuple[Tone, Tone]:
    """Return y and x of every pixel, 0..1."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return y / shape[0], x / shape[1]


def _landscape(noise: Generator, shape: tuple[int, int]) -> Tone:
    y, _ = _grids(shape)
    tone = 0.95 - 0.35 * y + 0.25 * _clouds(noise, shape, 3) - 0.12
    ridges = int(noise.integers(3, 6))
    texture = _clouds(noise, shape, 12)
    for n in range(ridges):
        profile = _clouds(noise, (1, shape[1]), 2 + 2 * n)[0] - 0.5
        edge = 0.35 + 0.55 * n / ridges + profile * 0.3 / (1 + 0.4 * n)
        dark = 0.6 - 0.5 * (n + 1) / ridges
        hill = dark + (0.1 + 0.25 * n / ridges) * (texture - 0.5)
        tone = np.where(y > edge[None, :], hill, tone)
    return tone.astype(np.float32)


def _portrait(noise: Generator, shape: tuple[int, int]) -> Tone:
    y, x = _grids(shape)
    aspect = shape[1] / shape[0]
    x = (x - noise.uniform(0.42, 0.58)) * aspect
    tone = 0.35 + 0.35 * _clouds(noise, shape, 2, 3) + 0.2 * (1 - y)
    coat, skin, hair = noise.uniform(0.05, 0.5), noise.uniform(0.55, 0.9), noise.uniform(0.02, 0.5)
    light = noise.uniform(-1.2, 1.2)
    folds = _clouds(noise, shape, 7)

    def oval(down: float, high: float, wide: float, across: float = 0.0) -> Tone:
        """Return a mask, 0..1, with a soft edge."""
        far = np.sqrt(((y - down) / high) ** 2 + ((x - across) / wide) ** 2)
        return _light(np.clip((1 - far) * 18, 0, 1))

    def lay(mask: Tone, shade: Tone) -> None:
        nonlocal tone
        tone = tone * (1 - mask) + shade * mask

    shading = (light * x * 0.9 - 0.35 * np.abs(x) + 0.12 * (folds - 0.5)).astype(np.float32)
    lay(oval(1.12, 0.42, 0.48), coat + 0.3 * (folds - 0.4) + 0.4 * shading)
    lay(oval(0.72, 0.16, 0.09), skin * 0.75 + shading)
    lay(oval(0.39, 0.29, 0.215), hair + 0.3 * (_clouds(noise, shape, 20, 3) - 0.5))
    lay(oval(0.44, 0.25, 0.17), skin + 1.3 * shading)
    for side in (-0.065, 0.065):
        lay(oval(0.40, 0.018, 0.032, side), np.full(shape, 0.12, np.float32))
        lay(oval(0.365, 0.008, 0.04, side) * 0.8, np.full(shape, hair, np.float32))
    lay(oval(0.48, 0.05, 0.018, 0.012 * np.sign(light)) * 0.4, np.full(shape, 0.3, np.float32))
    lay(oval(0.565, 0.012, 0.055) * 0.8, np.full(shape, 0.2, np.float32))
    return _light(cv2.GaussianBlur(tone, (0, 0), 0.8))


def _house(noise: Generator, shape: tuple[int, int]) -> Tone:
    y, _ = _grids(shape)
    tone = (0.7 + 0.3 * _clouds(noise, shape, 3) - 0.2 * y).astype(np.float32)
    height, width = shape
    plaster = _clouds(noise, shape, 16)
    left = int(width * noise.uniform(-0.05, 0.1))
    while left < width:
        wide = int(width * noise.uniform(0.22, 0.5))
        top, foot = int(height * noise.uniform(0.08, 0.45)), int(height * 0.86)
        wall = noise.uniform(0.25, 0.8)
        front = np.s_[top:foot, max(0, left) : left + wide]
        tone[front] = wall + 0.15 * (plaster[front] - 0.5)
        _windows(tone, noise, (top, foot, left, wide), wall)
        left += wide + int(width * noise.uniform(0, 0.05))
    street = np.s_[int(height * 0.86) :]
    tone[street] = 0.45 + 0.3 * (_clouds(noise, shape, 30)[street] - 0.5)
    return _light(cv2.GaussianBlur(tone, (0, 0), 0.9))


def _windows(tone: Tone, noise: Generator, front: tuple[int, int, int, int], wall: float) -> None:
    """Draw rows of windows and a roof edge into a house front (top, foot, left, width)."""
    top, foot, left, wide = front
    columns, floors = int(noise.integers(2, 6)), int(noise.integers(2, 6))
    pane = max(2, int(wide / columns * 0.5)), max(2, int((foot - top) / floors * 0.55))
    cv2.rectangle(tone, (left, top), (left + wide, top + 3), wall * 0.5, -1)
    for row in range(floors):
        for column in range(columns):
            x = left + int((column + 0.25) * wide / columns)
            y = top + int((row + 0.25) * (foot - top) / floors)
            corner = (x + pane[0], y + pane[1])
            cv2.rectangle(tone, (x, y), corner, noise.uniform(0.03, 0.3), -1)
            cv2.rectangle(tone, (x, y), corner, min(1.0, wall + 0.2), 1)
            cv2.line(tone, (x + pane[0] // 2, y), (x + pane[0] // 2, corner[1]), wall, 1)


def _texture(noise: Generator, shape: tuple[int, int]) -> Tone:
    """Return pebbles or leaves: many small shaded ovals over a dark ground."""
    tone = 0.25 * _clouds(noise, shape, 8)
    reach = max(shape)
    for _ in range(int(noise.integers(60, 220))):
        centre = int(noise.integers(0, shape[1])), int(noise.integers(0, shape[0]))
        size = (
            int(reach * noise.uniform(0.02, 0.09)) + 1,
            int(reach * noise.uniform(0.01, 0.06)) + 1,
        )
        angle, shade = float(noise.uniform(0, 180)), noise.uniform(0.15, 0.95)
        for step, gain in ((1.0, 0.7), (0.8, 0.9), (0.5, 1.05)):
            axes = (max(1, int(size[0] * step)), max(1, int(size[1] * step)))
            cv2.ellipse(tone, centre, axes, angle, 0, 360, shade * gain, -1, cv2.LINE_AA)
    return _light(cv2.GaussianBlur(tone, (0, 0), 1.2))


_KINDS: dict[str, Callable[[Generator, tuple[int, int]], Tone]] = {
    "landscape": _landscape,
    "portrait": _portrait,
    "house": _house,
    "texture": _texture,
}
