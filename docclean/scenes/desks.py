"""What a sheet lies on: wood, cloth, a black cradle, other sheets, plain colours."""

import cv2
import numpy as np

from docclean.corruptions.shared.fields import clouds, fractal_noise, to_image
from docclean.page import Image


def desk(rng: np.random.Generator, shape: tuple[int, int], sheets: list[Image]) -> Image:
    """Return a ground, (H, W, 3) uint8.

    Args:
        rng: draws it.
        shape: height and width in px.
        sheets: printed sheets that may lie about on it, (h, w, 3) uint8 each.
    """
    kinds = (_plain, _plain, _wood, _wood, _cloth, _cloth, _mottled, _black, _black)
    ground = kinds[int(rng.integers(len(kinds)))](rng, shape)
    if sheets and rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 3))):
            _lay(rng, ground, sheets[int(rng.integers(len(sheets)))])
    if rng.random() < 0.3:
        for _ in range(int(rng.integers(1, 4))):
            _object(rng, ground)
    return ground


def _plain(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    colour = rng.uniform(10, 250) + rng.normal(0, 18, 3)
    field = 1 + np.float32(0.03) * clouds(rng, shape, max(8.0, shape[1] / 3))
    return to_image(np.asarray(colour * field[..., None], np.float32))


def _black(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    noise = np.abs(fractal_noise(rng, shape, 6, 3))
    return to_image(
        np.asarray(
            rng.uniform(0, 35) + rng.uniform(0, 6) * noise[..., None] + np.zeros(3), np.float32
        )
    )


def _wood(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    along = rng.random() < 0.5
    size = shape if along else shape[::-1]
    grain = fractal_noise(rng, size, max(4.0, size[0] / 25), 5, 0.65, aspect=14.0)
    rings = np.sin(grain * rng.uniform(1.5, 5)) + 0.4 * fractal_noise(rng, size, 3, 2, aspect=20.0)
    tone = np.asarray([1.0, 0.74, 0.5]) * rng.uniform(60, 230)
    image = to_image(
        np.asarray(tone * (1 + rng.uniform(0.05, 0.18) * rings[..., None]), np.float32)
    )
    for edge in np.sort(rng.integers(0, size[0], int(rng.integers(0, 4)))):
        image[edge : edge + 2] = image[edge : edge + 2] // 3
    return image if along else np.ascontiguousarray(image.transpose(1, 0, 2))


def _cloth(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    pitch = rng.uniform(3, 9)
    weave = np.sin(x * 2 * np.pi / pitch) * np.sin(y * 2 * np.pi / pitch)
    folds = fractal_noise(rng, shape, max(8.0, shape[1] / 4), 3)
    tone = rng.uniform(20, 220, 3)
    return to_image(np.asarray(tone * (1 + 0.1 * weave + 0.12 * folds)[..., None], np.float32))


def _mottled(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    field = fractal_noise(rng, shape, max(6.0, shape[1] / 12), 6, 0.75)
    one, other = rng.uniform(20, 240, (2, 3))
    share = 1 / (1 + np.exp(-2 * field[..., None]))
    return to_image(np.asarray(one + (other - one) * share, np.float32))


def _lay(rng: np.random.Generator, ground: Image, sheet: Image) -> None:
    """Lay another sheet somewhere at an angle, mostly out of view."""
    height, width = ground.shape[:2]
    turn = cv2.getRotationMatrix2D(
        (sheet.shape[1] / 2, sheet.shape[0] / 2), rng.uniform(0, 360), rng.uniform(0.6, 1.1)
    )
    turn[:, 2] += (
        rng.uniform(-0.2, 1.2) * width - sheet.shape[1] / 2,
        rng.uniform(-0.2, 1.2) * height - sheet.shape[0] / 2,
    )
    laid = cv2.warpAffine(sheet, turn, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpAffine(
        np.ones(sheet.shape[:2], np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST
    )
    shadow = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(1.0, width / 120))
    ground[:] = to_image(ground * (1 - 0.4 * shadow[..., None]))
    ground[mask > 0] = laid[mask > 0]


def _object(rng: np.random.Generator, ground: Image) -> None:
    """Put a pen, a cup, a thumb or a ruler down: a shaded shape at the edge of the view."""
    height, width = ground.shape[:2]
    shape = np.zeros((height, width), np.uint8)
    x, y = rng.uniform(0, 1, 2) * (width, height)
    edge = rng.integers(4)
    x, y = ((x, 0), (x, height), (0, y), (width, y))[edge]
    axes = (int(width * rng.uniform(0.02, 0.12)), int(width * rng.uniform(0.05, 0.3)))
    cv2.ellipse(shape, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    soft = (
        cv2.GaussianBlur(shape, (0, 0), max(0.8, width / 300)).astype(np.float32)[..., None] / 255
    )
    colour = (
        np.asarray([0.9, 0.68, 0.56]) * rng.uniform(90, 255)
        if rng.random() < 0.5
        else rng.uniform(0, 255, 3)
    )
    lit = 1 + 0.15 * fractal_noise(rng, (height, width), max(4.0, width / 8), 2)[..., None]
    ground[:] = to_image(np.asarray(ground * (1 - soft) + colour * lit * soft, np.float32))
