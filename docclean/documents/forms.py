"""The forms in which a PDF or an image file can hold a page's pixels."""

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from docclean.imageops.threshold import histogram
from docclean.page import Image

PDF_JPEG_QUALITY = 85
"""Where the source does not tell its own: of JPEG 2000, and of pages that are rendered."""
STRIP = 256
"""Rows of a page looked at at a time."""
LEVELS = 16
"""Greys of a lossy page kept in 4 bits: no grey moves by more than 8."""


@dataclass(frozen=True)
class Encoded:
    """An image as a PDF stores it.

    Attributes:
        data: the stream as `filter` left it.
        size: width and height, px.
        bits: bits of a sample, 1, 4 or 8.
        colour: whether pixels are RGB triples; with `palette` they are indices.
        filter: PDF name of the filter, without its slash.
        parms: its decode parameters.
        palette: RGB triples or greys that indices of `bits` bits point to.
    """

    data: bytes = field(repr=False)
    size: tuple[int, int]
    bits: int
    colour: bool
    filter: str
    parms: Mapping[str, Any] = field(default_factory=dict)
    palette: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Return the bytes it takes."""
        return len(self.data)

    def parts(self) -> Iterator[bytes]:
        """Yield what makes two encoded images equal."""
        yield from (self.data, repr((self.size, self.bits, self.filter, self.palette)).encode())


def flate(pixels: Image) -> Encoded:
    """Store pixels (H, W) or (H, W, 3) uint8 exactly, by as few bits as their values need."""
    if pixels.ndim == 3:
        colours = palette_of(pixels)
        if colours is None:
            return _png(Pillow.fromarray(np.ascontiguousarray(pixels)), 8, True)
        table, indices = colours
        return _indexed(indices, table)
    values = np.flatnonzero(histogram(pixels))
    if len(values) > LEVELS:
        return _png(Pillow.fromarray(np.ascontiguousarray(pixels)), 8, False)
    for bits, step in ((1, 255), (4, 17)):  # what a grey space of so few bits holds itself
        if not (values % step).any():
            return _few(pixels // step, bits)
    lookup = np.zeros(256, np.uint8)
    lookup[values] = np.arange(len(values))
    return _indexed(lookup[pixels], np.repeat(values.astype(np.uint8)[:, None], 3, 1))


def sixteen_greys(grey: Image) -> Encoded:
    """Store a grey page in 4 bits, 16 steps; letters take half the size of a JPEG."""
    return _few(np.rint(np.arange(256) / 17).astype(np.uint8)[grey], 4)


def jpeg(
    pixels: Image,
    tables: Mapping[int, Any] | None = None,
    quality: int = PDF_JPEG_QUALITY,
    halved: bool = False,
) -> Encoded:
    """Store pixels (H, W) or (H, W, 3) uint8 as JPEG, with the quantisation tables if given.

    Colour is stored at full resolution, or `halved`: at full it does not fringe letters.
    """
    image, buffer = Pillow.fromarray(np.ascontiguousarray(pixels)), BytesIO()
    shared: dict[str, Any] = {"subsampling": 2 if halved else 0, "optimize": True}
    if tables:
        known = [list(tables[key]) for key in sorted(tables)]
        kept = known[:1] if pixels.ndim == 2 else known[:2]
        image.save(buffer, format="JPEG", qtables=kept, **shared)
    else:
        image.save(buffer, format="JPEG", quality=quality, **shared)
    return Encoded(buffer.getvalue(), image.size, 8, pixels.ndim == 3, "DCTDecode")


def bitonal_forms(paper: Image) -> Iterator[Encoded]:
    """Yield a two-toned page (H, W) bool, True for paper, as G4 and, with its program, as JBIG2."""
    image = Pillow.fromarray(paper * np.uint8(255)).convert("1", dither=Pillow.Dither.NONE)
    yield _group4(image)
    if shutil.which("jbig2"):
        yield _jbig2(image)


def few_colours(pixels: Image) -> Encoded:
    """Store a colour page (H, W, 3) uint8 by 256 colours, as many as a palette holds."""
    image = Pillow.fromarray(np.ascontiguousarray(pixels))
    few = image.quantize(256, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
    table = np.asarray(few.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    return _indexed(np.asarray(few), table)


def palette_of(pixels: Image) -> tuple[Image, Image] | None:
    """Return the (N, 3) colours and the (H, W) indices of an RGB page of up to 256 colours."""
    sample = pixels[:: max(1, len(pixels) // 64)].reshape(-1, 3)
    if len(np.unique(_codes(sample))) > 256:
        return None
    strips = [slice(top, top + STRIP) for top in range(0, len(pixels), STRIP)]
    colours = np.empty(0, np.uint32)
    for rows in strips:  # a large page's codes and their order take twenty times its own room
        colours = np.union1d(colours, _codes(pixels[rows]))
        if len(colours) > 256:
            return None
    indices = np.empty(pixels.shape[:2], np.uint8)
    for rows in strips:
        indices[rows] = np.searchsorted(colours, _codes(pixels[rows]))
    table = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.uint8)
    return table, indices


def _codes(pixels: Image) -> Any:
    red, green, blue = np.moveaxis(pixels.astype(np.uint32), -1, 0)
    return red << 16 | green << 8 | blue


def _indexed(indices: Image, table: Image) -> Encoded:
    bits = 1 if len(table) <= 2 else 4 if len(table) <= LEVELS else 8
    return replace(_few(indices, bits), palette=table.tobytes())


def _few(values: Image, bits: int) -> Encoded:
    """Store values of up to `bits` bits; Pillow packs them where they are indices."""
    image = Pillow.fromarray(np.ascontiguousarray(values))
    image.putpalette(bytes(3 * 2**bits))
    return _png(image, bits, False)


def _png(image: Pillow.Image, bits: int, colour: bool) -> Encoded:
    """Let Pillow write a PNG: its data are a Flate stream with PNG's predictors (ISO 15948, 10)."""
    buffer = BytesIO()
    options = {"bits": bits} if image.mode == "P" else {}
    image.save(buffer, format="PNG", compress_level=6, **options)
    parms = {"Predictor": 15, "Colors": 3 if colour else 1, "BitsPerComponent": bits}
    parms["Columns"] = image.width
    data = b"".join(_chunks(buffer.getvalue(), b"IDAT"))
    return Encoded(data, image.size, bits, colour, "FlateDecode", parms)


def _chunks(png: bytes, wanted: bytes) -> Iterator[bytes]:
    place = 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        if kind == wanted:
            yield png[place + 8 : place + 8 + length]
        place += 12 + length


def _group4(image: Pillow.Image) -> Encoded:
    buffer = BytesIO()
    # one strip: a PDF stream knows no others
    image.save(
        buffer,
        format="TIFF",
        compression="group4",
        strip_size=2**31 - 1,
        tiffinfo={278: image.height},
    )
    with Pillow.open(buffer) as tiff:
        tags: Any = tiff.tag_v2  # type: ignore[attr-defined]
        offsets, counts, white_is_zero = tags[273], tags[279], tags.get(262) == 0
        assert len(offsets) == 1, "one strip was asked for"
    data = buffer.getvalue()[offsets[0] : offsets[0] + counts[0]]
    parms = {"K": -1, "Columns": image.width, "Rows": image.height, "BlackIs1": not white_is_zero}
    return Encoded(data, image.size, 1, False, "CCITTFaxDecode", parms)


def _jbig2(image: Pillow.Image) -> Encoded:
    """Run the program jbig2 (jbig2enc) in its lossless, generic mode."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "page.png"
        image.save(place)
        done = subprocess.run(["jbig2", "-p", str(place)], capture_output=True, check=True)
    return Encoded(done.stdout, image.size, 1, False, "JBIG2Decode")
