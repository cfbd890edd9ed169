"""TIFF pages of 9 to 64 bits a sample, signed and float: their samples as grey or RGB bytes."""

import re
from collections.abc import Sequence
from os import SEEK_END
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.documents.base import MAX_PIXELS, Source, check_size
from docclean.documents.pixels import STRIP, on_white
from docclean.documents.samples import Levels, Said, extremes, levels_of
from docclean.documents.wide.cells import Layout, cells, many, planes
from docclean.page import Image

COMPRESSIONS = (1, 5, 8, 32773, 32946, 34925, 50000)
"""None, LZW, Deflate, PackBits, Deflate, LZMA, Zstandard."""
COLOURS = {0: 1, 1: 1, 2: 3, 5: 4, 34892: 3}
"""Photometric interpretations that are read, and their samples: grey twice, RGB, CMYK, raw RGB."""
INKS, INK_FROM, SPARSE = (0, 5), 4, 7
"""Of these more is darker; ink has so many times the paper's value; pixels between two looks."""
NAMES = {3: "palette", 4: "mask", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB", 32803: "raw camera"}
MOST_PACKED = 3000
"""Bytes that a compressed one becomes at most, about: of LZW, which packs even rows best."""
SIGNIFICANT = re.compile(r'SignificantBits="(\d+)"')
"""In the description of an OME-TIFF."""


def read_wide(source: Source, stream: BinaryIO, tags: Any) -> tuple[Image, str]:
    """Return a page (H, W) or (H, W, 3) as uint8, and what was taken for true of its samples.

    Raises:
        UnreadableInputError: it is too large, or of a kind that is not read.
    """
    layout = Layout.of(tags)
    _check(source, stream, tags, layout)
    found = planes(stream, tags, layout)
    levels = _levels(tags, layout, found)
    flat = np.concatenate([_flat(p, layout, levels) for p in found], -1)
    return _coloured(flat, layout, tags), levels.note


def _check(source: Source, stream: BinaryIO, tags: Any, layout: Layout) -> None:
    check_size(source, layout.width, layout.height)
    wanted = COLOURS.get(layout.photometric)
    what = f"{layout.bits}-bit {layout.kind} samples"
    known = layout.bits in (16, 32, 64) if layout.kind == "float" else layout.bits <= 32
    packed = layout.bits % 8 and layout.kind != "unsigned"
    alike = len(set(many(tags, 258, 1))) == 1 and layout.bits > 0
    if wanted is None or layout.samples < wanted:
        what = f"{layout.bits}-bit {NAMES.get(layout.photometric, 'unknown')} samples"
    elif known and not packed and alike and int(tags.get(259, 1)) in COMPRESSIONS:
        whole = layout.row_bytes * layout.cell[1] * len(cells(tags)[0])
        stream.seek(0, SEEK_END)
        if whole > 4 * MAX_PIXELS or layout.cell[1] > 4 * MAX_PIXELS:
            raise source.unreadable("is too large for its depth; save it with 8 bits a sample")
        if sum(cells(tags)[1]) > stream.tell() or whole > MOST_PACKED * (stream.tell() + 1):
            raise source.unreadable("is truncated or damaged; scan or copy it again")
        return
    raise source.unreadable(f"holds {what}, which are not read; save it as 8-bit grey or RGB")


def _levels(tags: Any, layout: Layout, found: Sequence[NDArray[Any]]) -> Levels:
    """Return black and white of the samples; those of opacity are not asked."""
    colours = COLOURS[layout.photometric]
    seen = found[:colours] if layout.planar else [found[0][..., :colours]]
    low, high = extremes(
        lambda: (p[top : top + STRIP] for p in seen for top in range(0, len(p), STRIP))
    )
    bits = SIGNIFICANT.search(str(tags.get(270, "")))
    said = Said(_value(tags, 340, 280), _value(tags, 341, 281))
    if said.white is None and bits and layout.kind == "unsigned" and 8 <= int(bits[1]) <= 32:
        said = Said(0.0, 2.0 ** int(bits[1]) - 1)
    if said.white is None and layout.photometric in INKS and layout.kind == "unsigned":
        paper = max(float(np.median(one[::SPARSE, ::SPARSE])) for one in seen)
        if high < INK_FROM * paper:  # nothing is printed on it that would show its depth
            said = Said(0.0, 2.0**layout.bits - 1)
    return levels_of(low, high, layout.kind, layout.bits, said)


def _value(tags: Any, *names: int) -> float | None:
    """Return the first of some tags that is there, as a number."""
    for name in names:
        if name in tags:
            value = tags[name]
            return float(value[0] if isinstance(value, tuple) else value)
    return None


def _flat(plane: NDArray[Any], layout: Layout, levels: Levels) -> Image:
    """Return samples as bytes, a strip at a time."""
    out = np.empty(plane.shape, np.uint8)
    for top in range(0, len(plane), STRIP):
        out[top : top + STRIP] = levels.bytes_of(plane[top : top + STRIP])
    return out


def _coloured(flat: Image, layout: Layout, tags: Any) -> Image:
    """Return samples (H, W, samples) of any colour as grey or RGB; opacity lies on white."""
    colours, extra = COLOURS[layout.photometric], many(tags, 338, 0)
    if colours == 4:
        cmyk = Pillow.fromarray(np.ascontiguousarray(flat[..., :4]), "CMYK")
        return np.asarray(cmyk.convert("RGB"))
    if layout.photometric == 0:
        flat[..., 0] = 255 - flat[..., 0]
    if layout.samples > colours and extra[0] in (1, 2):
        kept = on_white(flat[..., : colours + 1], premultiplied=extra[0] == 1)
        return np.ascontiguousarray(kept)
    return np.ascontiguousarray(flat[..., :3] if colours == 3 else flat[..., 0])
