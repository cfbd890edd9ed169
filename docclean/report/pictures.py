"""Pages small enough to look at: WebP files for a report, and two pages side by side."""

import io

import cv2
import numpy as np
from PIL import Image as PillowImage

from docclean.page import Image, Page
from docclean.scores.results import Pictures

PICTURE_WIDTH = 1000
"""Widest picture of a page in a report, px."""

PICTURE_HEIGHT = 6000
"""Highest picture, px: a till receipt is long, and WebP ends at 16,383."""

PAIR_BYTES = 90_000
"""Both pictures of a page together: a hundred pages, as base64, stay below 15 MB."""

STEPS = (
    (1.00, 50, 1.60),
    (1.00, 30, 1.30),
    (0.85, 25, 1.05),
    (0.78, 24, 0.92),
    (0.72, 22, 0.80),
    (0.66, 20, 0.66),
    (0.61, 20, 0.56),
    (0.56, 18, 0.46),
    (0.52, 16, 0.38),
    (0.48, 13, 0.31),
    (0.44, 10, 0.26),
    (0.40, 8, 0.21),
    (0.36, 5, 0.16),
)
"""Share of the full width, WebP quality 0..100, and the usual size as a multiple of the probe.

Type at half the size is easier to read than type full of artefacts, so both go down together. The
multiples are medians of scanned pages; they save encoding a page at every step.
"""

PROBE_QUALITY = 20
"""Quality of the JPEG that tells how hard a page compresses, in a tenth of the time of WebP."""

FULL = 0.8
"""Share of the room at which no better step is looked for."""

TRIES = 3
"""Most encodings of a page; the second usually fits."""

PAIR_WIDTH = 2000
"""Widest side-by-side picture, px."""

GAP = 12
"""White between the two halves of a side-by-side picture, px."""


def take_pictures(before: Page, after: Page) -> Pictures:
    """Shrink a page before and after cleaning to WebP files of at most 90 kB together.

    The cleaned page is easier to compress; what it leaves of the room goes to the other. Where
    nothing was changed both are the same bytes, and a report holds them once.
    """
    if _same(before.pixels, after.pixels):
        only = _encode(before.pixels, PAIR_BYTES)
        return Pictures(only, only)
    second = _encode(after.pixels, PAIR_BYTES // 2)
    return Pictures(_encode(before.pixels, PAIR_BYTES - len(second)), second)


def before_after(before: Page, after: Page) -> Page:
    """Put two pages side by side: one grey page, equal heights, at most 2,000 px wide."""
    left, right = before.grey(), after.grey()
    ratio = right.shape[0] / left.shape[0]  # both halves take the height of the right one
    widths = left.shape[1] * ratio + right.shape[1]
    scale = min(1.0, (PAIR_WIDTH - GAP) / widths)
    height = max(1, round(right.shape[0] * scale))
    halves = [_resize(image, scale * right.shape[0] / image.shape[0]) for image in (left, right)]
    gap = np.full((height, GAP), 255, np.uint8)
    left, right = (_fit_height(half, height) for half in halves)
    return Page(np.hstack([left, gap, right]), source=before.source)


def _encode(pixels: Image, room: int) -> bytes:
    """Return a page as WebP of at most `room` bytes, as large and as fine as that allows."""
    shown = _shrink(pixels, min(1.0, PICTURE_WIDTH / pixels.shape[1]))
    shown = _shrink(shown, min(1.0, PICTURE_HEIGHT / shown.shape[0]))
    done, probe = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, PROBE_QUALITY])
    if not done:
        raise ValueError(f"a picture of {shown.shape} cannot be compressed")
    best, harder, step = b"", float(len(probe)), 0
    for _ in range(TRIES):
        step = _first_that_fits(harder, room)
        share, quality, usual = STEPS[step]
        data = _webp(_shrink(shown, share), quality)
        if len(best) < len(data) <= room:
            best = data
        if FULL * room <= len(data) <= room or (step == 0 and best):
            break
        harder = 1.03 * len(data) / usual  # what this page's probe should have been
    return best or _squeeze(shown, room)


def _first_that_fits(probe: float, room: int) -> int:
    fitting = (step for step, (_, _, usual) in enumerate(STEPS) if usual * probe <= room)
    return next(fitting, len(STEPS) - 1)


def _squeeze(shown: Image, room: int) -> bytes:
    """Make a page that defies the table, such as pure noise, small whatever it costs."""
    share, quality, _ = STEPS[-1]
    while True:
        data = _webp(_shrink(shown, share), quality)
        if len(data) <= room or share * min(shown.shape[:2]) < 2:
            return data
        share *= 0.8


def _webp(pixels: Image, quality: int) -> bytes:
    stream = io.BytesIO()  # method 0 takes a third of the time of OpenCV's and is a quarter larger
    PillowImage.fromarray(pixels).save(stream, "WEBP", quality=quality, method=0)
    return stream.getvalue()


def _shrink(pixels: Image, scale: float) -> Image:
    """Make (H, W) or (H, W, 3) smaller: exact halves are quick, the rest is less than a half."""
    width = max(1, round(pixels.shape[1] * scale))
    height = max(1, round(pixels.shape[0] * scale))
    while pixels.shape[1] >= 2 * width and pixels.shape[0] >= 2 * height:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        even = pixels[: 2 * half[1], : 2 * half[0]]
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    if (width, height) == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _same(a: Image, b: Image) -> bool:
    """Compare two pages; a cleaner may have returned the very same array."""
    return a is b or (a.shape == b.shape and bool(cv2.norm(a, b, cv2.NORM_INF) == 0))


def _resize(grey: Image, scale: float) -> Image:
    """Scale (H, W) uint8, never below one pixel; area averaging keeps thin strokes grey."""
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    if size == (grey.shape[1], grey.shape[0]):
        return grey
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8)


def _fit_height(grey: Image, height: int) -> Image:
    """Even out a rounding pixel: cut or repeat the last row."""
    return np.pad(grey, ((0, max(0, height - grey.shape[0])), (0, 0)), mode="edge")[:height]
