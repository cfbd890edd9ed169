"""Any image of Pillow as grey or RGB bytes, upright, a strip at a time."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.documents.samples import Kind, Levels, Said, extremes, levels_of
from docclean.page import Image

STRIP = 256
"""Rows converted at a time, so a large page is never held in a wide type."""
HALF = 128
"""Upper byte below which a sample's highest bit is not used."""
LOWER = {
    "RGB;16B": ("RGB", "RGB;16L"),
    "RGBA;16B": ("RGBA", "RGBA;16L"),
    "LA;16B": ("I", "I;32B"),
}
"""How Pillow reads 16-bit samples of a PNG, and the mode and way in which it gives the rest."""
SIXTEEN = "docclean sixteen"
"""Where `Pillow.Image.info` holds how Pillow reads such a PNG, and its stream."""
SAID_WHITE = "docclean white"
"""Where `Pillow.Image.info` holds the sample that a file calls white."""


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


def on_white(rows: NDArray[Any], *, premultiplied: bool = False) -> Image:
    """Composite (h, w, 2) grey+alpha or (h, w, 4) RGB+alpha on white."""
    colour, alpha = rows[..., :-1].astype(np.uint16), rows[..., -1:].astype(np.uint16)
    if premultiplied:
        flat = np.minimum(colour + (255 - alpha), 255)
    else:
        flat = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return np.asarray(flat[..., 0] if flat.shape[-1] == 1 else flat, np.uint8)


def _wide(image: Pillow.Image) -> Image:
    """Scale grey wider than a byte to 0..255."""
    return by_strips(image, wide_levels(image).bytes_of)


def sixteen_bit_colour(image: Pillow.Image) -> tuple[Image, str] | None:
    """Return a PNG of 16-bit colours, or 16-bit grey with opacity, and what was taken for true.

    None for any other image, and where the upper bytes of its samples say enough. Pillow reads
    these alone; told that the file has the other byte order, it reads the lower ones.
    """
    if SIXTEEN not in image.info or getattr(image, "is_animated", False):
        return None
    (way, stream), said = image.info[SIXTEEN], image.info.get(SAID_WHITE)
    lower_mode, raw = LOWER[way]
    upper = np.asarray(image)
    number = 3 if raw != "I;32B" else 1
    if upper[..., :number].max() >= HALF and not said:
        return None
    stream.seek(0)
    other: Any = Pillow.open(stream, formats=["PNG"])
    other.tile, other._mode = [other.tile[0]._replace(args=raw)], lower_mode
    lower = np.asarray(other)
    if number == 1:
        wide = np.stack([lower >> 16 & 0xFFFF, lower & 0xFFFF], -1)
    else:
        wide = upper.astype(np.uint16) << 8 | lower
    levels = levels_of(*extremes(lambda: [wide[..., :number]]), "unsigned", 16, Said(white=said))
    flat = levels.bytes_of(wide)
    return on_white(flat) if wide.shape[-1] % 2 == 0 else flat, levels.note


def wide_levels(image: Pillow.Image) -> Levels:
    """Return what is black and what is white of grey wider than a byte."""
    said = Said(white=image.info.get(SAID_WHITE))
    rows = range(0, image.height, STRIP)

    def strips() -> Iterator[NDArray[Any]]:
        for top in rows:
            box = (0, top, image.width, min(top + STRIP, image.height))
            yield np.asarray(image.crop(box))

    low, high = extremes(strips)
    kind: Kind = "float" if image.mode == "F" else "signed" if low < 0 else "unsigned"
    return levels_of(low, high, kind, 16 if kind == "unsigned" and high < 65536 else 32, said)


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
        return by_strips(image, on_white, flat)
    if mode == "P":
        return _palette(image)
    if mode in ("1", "L"):
        return by_strips(image, lambda rows: rows, "L")
    return by_strips(image, lambda rows: rows, None if mode == "RGB" else "RGB")


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
