"""Any image of Pillow as grey or RGB bytes, upright, a strip at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.page import Image

STRIP = 256
"""Rows converted at a time, so a large page is never held in a wide type."""
TIFF_PHOTOMETRIC = 0x0106


def by_strips(
    image: Pillow.Image, convert: Callable[[NDArray[Any]], NDArray[Any]], mode: str | None = None
) -> Image:
    """Copy an image into one uint8 array, a strip of rows at a time.

    Pillow's own array interface holds the bytes twice more; this holds one copy and a strip.
    """
    width, height = image.size
    out: Image | None = None
    for top in range(0, height, STRIP):
        strip = image.crop((0, top, width, min(top + STRIP, height)))
        rows = convert(np.asarray(strip.convert(mode) if mode else strip))
        if out is None:
            out = np.empty((height, *rows.shape[1:]), np.uint8)
        out[top : top + STRIP] = rows
    assert out is not None  # Pillow opens no image without rows
    return out


def _on_white(rows: NDArray[Any]) -> NDArray[Any]:
    """Composite (h, w, 2) grey+alpha or (h, w, 4) RGB+alpha on white."""
    colour, alpha = rows[..., :-1].astype(np.uint16), rows[..., -1:].astype(np.uint16)
    flat = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return flat[..., 0] if flat.shape[-1] == 1 else flat


def _wide(image: Pillow.Image) -> Image:
    """Scale 16-bit, 32-bit and float grey to 0..255: the full range, not the page's own."""
    extremes: Any = image.getextrema()
    high = float(extremes[1])
    if image.mode.startswith("I;16"):
        full = 65535.0
    else:  # int32 and float files do not say their range: take the narrowest usual one
        usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
        full = next((top for top in usual if high <= top), max(high, 1.0))
    return by_strips(
        image, lambda rows: np.clip(np.rint(np.nan_to_num(rows) * (255.0 / full)), 0, 255)
    )


def _palette(image: Pillow.Image) -> Image:
    table = np.zeros((256, 3), np.uint8)
    colours = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    table[: len(colours)] = colours
    grey = bool((table == table[:, :1]).all())
    lookup = table[:, 0] if grey else table
    return by_strips(image, lambda rows: lookup[rows])


def to_pixels(image: Pillow.Image) -> Image:
    """Return any Pillow image as grey (H, W) or RGB (H, W, 3), uint8; alpha lies on white."""
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _wide(image)
    if image.has_transparency_data:
        flat = "LA" if mode in ("1", "L", "LA", "La") else "RGBA"
        return by_strips(image, _on_white, flat)
    if mode == "P":
        return _palette(image)
    if mode in ("1", "L"):
        return by_strips(image, lambda rows: rows, "L")
    return by_strips(image, lambda rows: rows, None if mode == "RGB" else "RGB")


def white_is_zero(image: Pillow.Image) -> bool:
    """Say whether this is a 16-bit TIFF with 0 for white; Pillow inverts only the 8-bit ones."""
    tags: Any = getattr(image, "tag_v2", {})
    return image.mode.startswith("I;16") and tags.get(TIFF_PHOTOMETRIC) == 0


def grey_where_equal(pixels: NDArray[np.uint8]) -> Image:
    """Return (H, W, 3) as (H, W) where all three channels are equal everywhere."""
    if pixels.ndim == 2:
        return pixels
    for top in range(0, pixels.shape[0], STRIP):
        rows = pixels[top : top + STRIP]
        if not ((rows[..., 0] == rows[..., 1]).all() and (rows[..., 1] == rows[..., 2]).all()):
            return pixels
    return pixels[..., 0].copy()


def upright(pixels: Image, orientation: int) -> Image:
    """Apply an EXIF orientation (1..8) to the pixels."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
