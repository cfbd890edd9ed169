"""Pixels in, the bytes of an image object out: Flate, JPEG, CCITT G4, JBIG2, the smallest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from PIL import Image as Pillow

from docclean.documents.forms import (
    Encoded,
    bitonal_forms,
    few_colours,
    flate,
    jpeg,
    palette_of,
    sixteen_greys,
)
from docclean.documents.pixels import grey_where_equal
from docclean.imageops.threshold import histogram, otsu
from docclean.page import Image

COARSER_QUALITIES = (80, 70, 60, 50)
"""Qualities tried, colour at half its resolution, where a page would take too much room."""
MOST_GROWTH = 1.1
"""How many times as large as it was a page may become without more ado."""
JPEG_SIDE = 65500
BITONAL_AT = 128
"""Grey below which a pixel of a cleaned 1-bit page is ink."""
LITTLE = 0.5
"""Share of the room there is below which a form is small enough."""


class Kind(Enum):
    """What an image was stored as, and so what its successor may lose."""

    LOSSLESS = "lossless"
    LOSSY = "lossy"
    BITONAL = "bitonal"
    PALETTE = "palette"


@dataclass(frozen=True)
class Stored:
    """How an image is stored that a new one is to replace.

    Attributes:
        kind: what its successor may lose.
        tables: quantisation tables of a JPEG, so that the new one is as coarse and no coarser.
        halved: its colour is at half its resolution.
    """

    kind: Kind = Kind.LOSSLESS
    tables: Mapping[int, Any] | None = None
    halved: bool = False


def encode(
    pixels: Image, stored: Stored, *, bitonal: bool = False, room: float | None = None
) -> Encoded:
    """Return the smallest form of a page that loses no more than `stored` did.

    Args:
        pixels: (H, W) or (H, W, 3) uint8, as the file is to store them.
        stored: what the page was stored as.
        bitonal: make it black and white whatever it was.
        room: bytes beyond which a lossless page had better lose a little: 16 greys, or JPEG.
    """
    form = _like_stored(pixels, stored, bitonal, room)
    if room is not None and form.nbytes > room and stored.kind is Kind.LOSSLESS:
        form = smallest(iter((form, *_lossy_forms(grey_where_equal(pixels), stored))))
    if room is None or form.nbytes <= room or bitonal:
        return form
    if stored.kind in (Kind.BITONAL, Kind.PALETTE):
        return form
    return _fitting(grey_where_equal(pixels), form, room)


def _fitting(pixels: Image, form: Encoded, room: float) -> Encoded:
    """Return the finest JPEG that fits into `room` bytes, or the smallest form there is."""
    if max(pixels.shape[:2]) > JPEG_SIDE:
        return form
    for quality in COARSER_QUALITIES:
        coarse = jpeg(pixels, quality=quality, halved=True)
        form = min(form, coarse, key=lambda one: one.nbytes)
        if form.nbytes <= room:
            break
    return form


def _like_stored(pixels: Image, stored: Stored, bitonal: bool, room: float | None) -> Encoded:
    pixels = grey_where_equal(pixels)
    if bitonal or (stored.kind is Kind.BITONAL and pixels.ndim == 2):
        return smallest(bitonal_forms(to_bits(pixels)))
    if stored.kind is Kind.LOSSY:
        return smallest(_lossy_forms(pixels, stored, room))
    if stored.kind is Kind.PALETTE:
        return flate(pixels) if pixels.ndim == 2 or palette_of(pixels) else few_colours(pixels)
    return flate(pixels)


def smallest(forms: Iterator[Encoded]) -> Encoded:
    """Return the form of the fewest bytes, the first of equals."""
    return min(forms, key=lambda form: len(form.data))


def to_bits(pixels: Image) -> Image:
    """Return (H, W) bool, True where paper is: greys split at Otsu's threshold where grey.

    A page that is two-toned already is split in its middle.
    """
    grey = pixels if pixels.ndim == 2 else np.asarray(Pillow.fromarray(pixels).convert("L"))
    counts = histogram(grey)
    if counts[1:255].sum() < 0.01 * counts.sum():
        return np.asarray(grey >= BITONAL_AT)
    return np.asarray(grey > otsu(counts))


# --- forms ---------------------------------------------------------------------------------------


def _lossy_forms(pixels: Image, stored: Stored, room: float | None = None) -> Iterator[Encoded]:
    """Yield forms that lose a little; no JPEG where 16 greys take hardly any room."""
    if pixels.ndim == 2:
        greys = sixteen_greys(pixels)
        yield greys
        if room is not None and greys.nbytes < LITTLE * room:
            return
    if max(pixels.shape[:2]) <= JPEG_SIDE:
        yield jpeg(pixels, stored.tables, halved=stored.halved)
    elif pixels.ndim == 3:
        yield flate(pixels)
