"""Pictures to print on a sheet: photographs, invented ones, engravings, charts, maps."""

import math
from collections.abc import Callable
from functools import lru_cache
from random import Random

import cv2
import numpy as np

from docclean.corruptions.shared.fields import Field, clouds, fractal_noise, to_image
from docclean.page import Image
from docclean.synth.pictures import draw_spec, paint

INSTALLED = (
    "astronaut", "camera", "cat", "coffee", "coins", "rocket", "moon", "brick", "grass", "gravel",
    "horse", "hubble_deep_field", "immunohistochemistry", "retina",
)  # fmt: skip
"""Pictures of scikit-image that lie in its package; without it the invented ones are left."""
SOUND = 0.02
"""Least spread of a picture's greys, of 1."""


@lru_cache(maxsize=1)
def photographs() -> tuple[Image, ...]:
    """Return the photographs of the packages that are installed, (H, W, 3) uint8 each."""
    found: list[Image] = []
    try:
        from skimage import data

        for name in INSTALLED:
            try:
                image = np.asarray(getattr(data, name)())
            except Exception:  # not in this version's package: it would be fetched from the net
                continue
            if image.dtype == np.uint8:
                found.append(np.dstack([image] * 3) if image.ndim == 2 else image[..., :3])
    except ImportError:
        pass
    try:
        from sklearn.datasets import load_sample_images

        found += [np.asarray(image) for image in load_sample_images().images]
    except ImportError:
        pass
    return tuple(found)


def picture(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return a picture of any kind, (H, W, 3) uint8.

    Args:
        rng: draws it.
        shape: height and width in px.
        dpi: of the sheet that it is printed on.
    """
    kinds: list[Callable[..., Image]] = [
        photo,
        photo,
        photo,
        invented,
        invented,
        engraving,
        chart,
        chart_map,
    ]
    return kinds[int(rng.integers(len(kinds)))](rng, shape, dpi)


def photo(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return a piece of a photograph in other colours and light, perhaps grey or as a halftone."""
    found = photographs()
    if not found:
        return invented(rng, shape, dpi)
    whole = found[int(rng.integers(len(found)))]
    cut = _cut(rng, whole, shape).astype(np.float32)
    if rng.random() < 0.5:
        cut[:] = cut.mean(2, keepdims=True)
        cut *= rng.uniform(0.85, 1, 3) if rng.random() < 0.4 else 1.0
    low, high = rng.uniform(0, 60), rng.uniform(190, 255)
    light = (cut / 255) ** rng.uniform(0.5, 2.0)
    made = to_image(np.asarray(low + (high - low) * light, np.float32))
    return _halftone(rng, made, dpi) if rng.random() < 0.25 else made


def _cut(rng: np.random.Generator, whole: Image, shape: tuple[int, int]) -> Image:
    height, width = whole.shape[:2]
    share = rng.uniform(0.35, 1.0) * min(height / shape[0], width / shape[1])
    tall, wide = max(2, round(shape[0] * share)), max(2, round(shape[1] * share))
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    cut = whole[top : top + tall, left : left + wide]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    way = cv2.INTER_AREA if share > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(cut), shape[::-1], interpolation=way))


def _halftone(rng: np.random.Generator, image: Image, dpi: float) -> Image:
    """Return a picture as dots of a screen, as far as the sheet's resolution shows them."""
    pitch = max(2.2, dpi / rng.uniform(55, 110))
    angle = rng.uniform(0, math.pi / 2)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    turned = (
        np.pi
        / pitch
        * np.stack((x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)))
    )
    screen = (np.cos(turned[0] * 2) + np.cos(turned[1] * 2)) / 4 + 0.5
    soft = np.clip((image / 255.0 - screen[..., None]) * pitch + 0.5, 0, 1)
    return to_image(np.asarray(255 * soft, np.float32))


def invented(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return an invented photograph in one ink or faintly coloured."""
    draw = Random(int(rng.integers(2**62)))
    grey = paint(draw_spec(draw, 0.3), shape, round(dpi)).astype(np.float32)[..., None]
    if rng.random() < 0.5:
        return np.asarray(np.repeat(grey, 3, 2), np.uint8)
    hue = np.asarray(rng.uniform(-45, 45, 3), np.float32)
    field = clouds(rng, shape, max(8.0, shape[1] / 2))[..., None]
    return to_image(
        np.clip(grey + hue * field + np.asarray(rng.uniform(-15, 15, 3), np.float32), 0, 255)
    )


def engraving(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return a picture in hatched lines, thick where it is dark."""
    grey = (photo if rng.random() < 0.6 else invented)(rng, shape, dpi).mean(2) / 255
    pitch = max(2.5, dpi * rng.uniform(0.4, 1.2) / 25.4)
    angle, bend = rng.uniform(0, math.pi), fractal_noise(rng, shape, max(4.0, shape[1] / 3), 2)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    wave = (
        np.cos((x * np.sin(angle) + y * np.cos(angle) + bend * pitch) * 2 * np.pi / pitch) * 0.5
        + 0.5
    )
    lines = np.clip((grey * 1.1 - 0.05 - (1 - wave) * 0.9) * pitch + 0.7, 0, 1)
    ink = np.asarray(rng.uniform(0, 60, 3) if rng.random() < 0.3 else (20.0, 20.0, 20.0))
    return to_image(np.asarray(ink + (255 - ink) * lines[..., None], np.float32))


def chart(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return a chart: bars, slices or areas in colours, on white or tinted ground."""
    image = np.full((*shape, 3), 255, np.uint8)
    if rng.random() < 0.4:
        image[:] = rng.integers(215, 250, 3)
    height, width = shape
    line = max(1, round(dpi / 120))
    colours = [tuple(int(v) for v in rng.integers(30, 230, 3)) for _ in range(8)]
    kind = rng.integers(3)
    if kind == 0:
        count = int(rng.integers(3, 12))
        for n in range(count):
            left, top = (
                round((n + 0.6) * width / (count + 1)),
                round(height * rng.uniform(0.08, 0.8)),
            )
            wide = round(width / (count + 1) * 0.7)
            colour = colours[n % int(rng.integers(1, 5))]
            cv2.rectangle(image, (left, top), (left + wide, height - line * 4), colour, -1)
    elif kind == 1:
        centre, radius = (width // 2, height // 2), int(min(shape) * 0.42)
        edges = np.sort(rng.uniform(0, 360, int(rng.integers(3, 8))))
        for n, (start, end) in enumerate(zip(edges, [*edges[1:], edges[0] + 360], strict=True)):
            cv2.ellipse(
                image, centre, (radius, radius), 0, start, end, colours[n % 8], -1, cv2.LINE_AA
            )
    else:
        for n in range(int(rng.integers(1, 5))):
            xs = np.linspace(line * 4, width - 1, int(rng.integers(5, 40)))
            ys = np.clip(
                height * (0.5 + 0.2 * np.cumsum(rng.normal(0, 0.5, len(xs)))), 4, height - 4
            )
            points = np.stack((xs, ys), 1).round().astype(np.int32)
            if rng.random() < 0.4:
                below = np.vstack((points, [[width - 1, height - 1], [line * 4, height - 1]]))
                cv2.fillPoly(image, [below], colours[n], cv2.LINE_AA)
            cv2.polylines(image, [points], False, colours[n + 3], line * 2, cv2.LINE_AA)
    cv2.rectangle(image, (line, line), (width - line, height - line), (60, 60, 60), line)
    return image


def chart_map(rng: np.random.Generator, shape: tuple[int, int], dpi: float) -> Image:
    """Return a map: tinted land and water, contour lines, roads, names too small to matter."""
    height = clouds(rng, shape, max(12.0, shape[1] / rng.uniform(1.5, 4)), 5)
    steps = np.sort(rng.normal(0, 0.8, int(rng.integers(2, 7))))
    tints = rng.integers(165, 253, (len(steps) + 1, 3)) if rng.random() < 0.7 else np.repeat(
        rng.integers(160, 253, (len(steps) + 1, 1)), 3, 1)  # fmt: skip
    land = np.searchsorted(steps, height)
    image = np.ascontiguousarray(tints[land].astype(np.uint8))
    ink = tuple(int(v) for v in rng.integers(20, 150, 3))
    thick = max(1, round(dpi / 150))
    for level in np.arange(-2, 2, rng.uniform(0.15, 0.5)):
        rings, _ = cv2.findContours(
            (height > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )
        cv2.polylines(image, rings, True, ink, thick, cv2.LINE_AA)
    for _ in range(int(rng.integers(2, 9))):
        start, step = (
            rng.uniform(0, 1, 2) * shape[::-1],
            rng.normal(0, shape[1] / 12, (24, 2)).cumsum(0) * 0.4,
        )
        road = (start + step.cumsum(0) * 0.3).round().astype(np.int32)
        colour = tuple(int(v) for v in rng.integers(20, 230, 3))
        cv2.polylines(image, [road], False, colour, thick * int(rng.integers(1, 4)), cv2.LINE_AA)
    for _ in range(int(rng.integers(3, 25))):
        at = (int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0])))
        name = "".join(
            chr(int(c)) for c in rng.integers(97, 123, int(rng.integers(3, 10)))
        ).capitalize()
        cv2.putText(
            image,
            name,
            at,
            cv2.FONT_HERSHEY_DUPLEX,
            dpi / 300 * rng.uniform(0.7, 1.6),
            (30, 30, 30),
            thick,
            cv2.LINE_AA,
        )
    return image


def is_picture(image: Image, least: float = SOUND) -> bool:
    """Say whether a drawn picture has greys to lose, not one tone all over."""
    return float(image.std()) > 255 * least


def ramp(shape: tuple[int, int], angle: float) -> Field:
    """Return a plane from 0 to 1 across a picture, (H, W) float32, along an angle in radians."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    plane = x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle))
    return np.asarray((plane - plane.min()) / max(1e-3, float(np.ptp(plane))), np.float32)
