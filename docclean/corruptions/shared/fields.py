"""Random fields that stains, paper and light are made of, drawn coarse and enlarged."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], scale: float, aspect: float = 1.0
) -> Field:
    """Return (H, W) float32 noise of mean 0 and deviation about 1 whose blobs span `scale` px.

    Args:
        rng: source of randomness.
        shape: height and width in pixels.
        scale: size of a blob in pixels, at least 1.
        aspect: width of a blob over its height.
    """
    height, width = shape
    rows = max(2, int(np.ceil(height / max(1.0, scale))) + 1)
    columns = max(2, int(np.ceil(width / max(1.0, scale * aspect))) + 1)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def fractal_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    scale: float,
    octaves: int = 4,
    gain: float = 0.55,
    aspect: float = 1.0,
) -> Field:
    """Return noise summed over octaves from `scale` px down, normalised to deviation about 1."""
    total = np.zeros(shape, np.float32)
    amplitude, power = 1.0, 0.0
    for octave in range(octaves):
        size = scale / 2**octave
        if size < 1 and octave:
            break
        total += amplitude * smooth_noise(rng, shape, size, aspect)
        power += amplitude**2
        amplitude *= gain
    return total / np.float32(np.sqrt(power))


def drawing_grid(
    shape: tuple[int, int], dpi: float, finest: float
) -> tuple[tuple[int, int], float]:
    """Return shape and dpi of the grid on which what has no detail beyond `finest` dpi is drawn."""
    share = min(1.0, finest / dpi)
    return (max(1, round(shape[0] * share)), max(1, round(shape[1] * share))), dpi * share


def enlarged(field: Field, shape: tuple[int, int]) -> Field:
    """Return a field drawn on a coarse grid at the page's size."""
    if field.shape == shape:
        return field
    return np.asarray(cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def clouds(
    rng: np.random.Generator,
    shape: tuple[int, int],
    scale: float,
    octaves: int = 4,
    gain: float = 0.55,
) -> Field:
    """Return fractal noise drawn no finer than its smallest blob needs, then enlarged."""
    step = max(1.0, scale / 2**octaves)
    small, _ = drawing_grid(shape, step, 1.0)
    return enlarged(fractal_noise(rng, small, scale / step, octaves, gain), shape)


def line_distance(
    shape: tuple[int, int], point: tuple[float, float], angle: float, wobble: Field | None = None
) -> Field:
    """Return the signed distance in px of every pixel from a line through `point` (x, y)."""
    height, width = shape
    x = np.arange(width, dtype=np.float32)[None, :] - np.float32(point[0])
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(point[1])
    distance = x * np.float32(np.sin(angle)) - y * np.float32(np.cos(angle))
    return distance if wobble is None else distance + wobble


def to_image(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Round float grey values (0..255) to uint8."""
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def shade(image: NDArray[np.uint8], light: Field) -> NDArray[np.uint8]:
    """Multiply a page by a light field (1 leaves it as it is)."""
    return to_image(image.astype(np.float32) * light)
