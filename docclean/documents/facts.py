"""What an image file holds beside its pixels: resolution, profile, EXIF, texts, compression."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from os import SEEK_CUR
from typing import Any, BinaryIO

from PIL import ExifTags, JpegImagePlugin, TiffImagePlugin
from PIL import Image as Pillow

from docclean.documents.base import Source, pillow_quiet

EXIF_ORIENTATION, EXIF_X_DPI, EXIF_Y_DPI, EXIF_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
EXIF_KEPT = frozenset((0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298, 0x8769, 0x8825))
"""EXIF of the picture itself: its description, maker, dates, author, rights, camera and place."""
TIFF_KEPT = (269, 270, 271, 272, 285, 297, 305, 306, 315, 316, 33432, 33723)
"""TIFF tags that say what a page is: names, numbers, dates, author, rights, IPTC."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ONE_PIXEL = zlib.compress(bytes(9))
"""A row of one pixel of any depth, as a PNG stores it."""


@dataclass(frozen=True)
class Facts:
    """What a page's file said of it, for the file that takes its place.

    Attributes:
        format: Pillow's name of the file's format, '' for none.
        mode: Pillow's mode; '1' is black and white.
        compression: of a TIFF.
        icc: colour profile.
        exif: EXIF without orientation, resolution and thumbnail, as bytes; b'' for none.
        xmp: XMP packet.
        texts: texts of a PNG, by keyword.
        tags: TIFF tags of `TIFF_KEPT`.
        tables: quantisation tables of a JPEG.
        comment: comment of a JPEG.
    """

    format: str = ""
    mode: str = ""
    compression: str = ""
    icc: bytes | None = None
    exif: bytes = b""
    xmp: bytes | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[int, Any] = field(default_factory=dict)
    tables: Mapping[int, Any] = field(default_factory=dict)
    comment: bytes = b""

    def profile(self, grey: bool) -> bytes | None:
        """Return the colour profile where it fits pixels that are grey, or RGB."""
        if not self.icc or len(self.icc) < 20:
            return None
        space = self.icc[16:20]  # ICC.1:2022, 7.2.6
        return self.icc if space == (b"GRAY" if grey else b"RGB ") else None


def facts_of(like: Source | None, number: int) -> Facts:
    """Return what the file of a page holds beside pixels; nothing where it is no image."""
    if like is None:
        return Facts()
    try:
        with like.open() as stream, pillow_quiet():
            image = Pillow.open(without_pixels(stream))
            frames = int(getattr(image, "n_frames", 1))
            if frames > 1 and image.format == "TIFF":  # others would draw all before it
                image.seek(min(number, frames) - 1)
            return _facts(image)
    except Exception:  # not an image, or one whose pixels alone can be read
        return Facts()


def without_pixels(stream: BinaryIO) -> BinaryIO:
    """Return a PNG of one pixel that says all the file says; any other file as it is.

    The words of a PNG may stand behind its pixels, and Pillow decodes all of them to get there.
    """
    if stream.read(8) != PNG_SIGNATURE:
        stream.seek(0)
        return stream
    small = BytesIO()
    small.write(PNG_SIGNATURE)
    done = False
    while len(head := stream.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in (b"IDAT", b"fdAT", b"fcTL", b"acTL"):
            stream.seek(length + 4, SEEK_CUR)
            if kind != b"IDAT" or done:
                continue
            content, done = ONE_PIXEL, True
        else:
            content = stream.read(length)
            stream.seek(4, SEEK_CUR)
        if kind == b"IHDR":
            content = (1).to_bytes(4, "big") * 2 + content[8:12] + b"\0"  # not interlaced
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        small.write(len(content).to_bytes(4, "big") + kind + content + check)
    small.seek(0)
    return small


def png_chunks(stream: BinaryIO) -> dict[bytes, bytes]:
    """Return the small chunks of a PNG that stand before its pixels; its place stays."""
    place, found = stream.tell(), {}
    stream.seek(len(PNG_SIGNATURE))
    while len(head := stream.read(8)) == 8 and head[4:] != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        if length < 1000:
            found[head[4:]] = stream.read(length)
        stream.seek(4 if length < 1000 else length + 4, SEEK_CUR)
    stream.seek(place)
    return found


def _facts(image: Pillow.Image) -> Facts:
    info = image.info
    tags: Any = getattr(image, "tag_v2", {})
    texts: Any = getattr(image, "text", {}) if image.format == "PNG" else {}
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    comment = info.get("comment", b"") if image.format == "JPEG" else b""
    return Facts(
        image.format or "",
        image.mode,
        str(info.get("compression", "")) if image.format == "TIFF" else "",
        info.get("icc_profile"),
        _exif(image),
        xmp.encode() if isinstance(xmp, str) else xmp,
        {key: str(value) for key, value in texts.items() if key != "XML:com.adobe.xmp"},
        {key: tags[key] for key in TIFF_KEPT if key in tags},
        dict(image.quantization) if isinstance(image, JpegImagePlugin.JpegImageFile) else {},
        comment if isinstance(comment, bytes) else str(comment).encode(),
    )


def _exif(image: Pillow.Image) -> bytes:
    """Return the EXIF that still holds for a page that is upright and of its own resolution."""
    if image.format not in ("JPEG", "PNG", "WEBP", "MPO", "AVIF", "HEIF"):
        return b""
    given, kept = image.getexif(), Pillow.Exif()
    for key, value in given.items():
        if key in EXIF_KEPT and key not in (0x8769, 0x8825):
            kept[key] = value
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        inside = given.get_ifd(part)
        if inside:
            kept.get_ifd(part).update(inside)
    return kept.tobytes() if len(kept) or kept.get_ifd(ExifTags.IFD.Exif) else b""


def with_dpi(exif: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Return EXIF with a resolution, for formats that state it nowhere else."""
    made = Pillow.Exif()
    if exif:
        made.load(exif)
    if dpi:
        made[EXIF_X_DPI], made[EXIF_Y_DPI] = (
            TiffImagePlugin.IFDRational(round(value * 1000), 1000) for value in dpi
        )
        made[EXIF_UNIT] = 2
    return made.tobytes() if len(made) else b""


def dpi_of(image: Pillow.Image) -> tuple[float, float] | None:
    """Return the resolution the file states, or None; Pillow's invented 72 is not believed."""
    exif = image.getexif()
    pair: Any = image.info.get("dpi")
    invented = image.format in ("JPEG", "MPO") and not image.info.get("jfif_unit")
    if pair is None or invented:
        return dpi_of_tags(exif)
    return _believed(float(pair[0]), float(pair[1]))


def dpi_of_tags(tags: Any) -> tuple[float, float] | None:
    """Return the resolution that EXIF or a TIFF's tags state, or None."""
    unit = 2.54 if tags.get(EXIF_UNIT) == 3 else 1.0
    x: Any = tags.get(EXIF_X_DPI)
    y: Any = tags.get(EXIF_Y_DPI, x)
    stated = x is not None and tags.get(EXIF_UNIT, 2) in (2, 3)
    return _believed(float(x) * unit, float(y) * unit) if stated else None


def _believed(x_dpi: float, y_dpi: float) -> tuple[float, float] | None:
    """Return a resolution that may be one: a TIFF without reads as 1 dpi, other files write 0."""
    believable = all(math.isfinite(value) and value > 1 for value in (x_dpi, y_dpi))
    return (x_dpi, y_dpi) if believable else None


def jp2_with_dpi(data: bytes, dpi: tuple[float, float]) -> bytes:
    """Return a JP2 file with its capture resolution (ISO 15444-1, I.5.3.7), which Pillow omits."""
    place = 0
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"jp2h":
            box = _box(b"res ", _box(b"resc", _per_metre(dpi[1]) + _per_metre(dpi[0]) + b"\0\0"))
            grown = (length + len(box)).to_bytes(4, "big")
            return (
                data[:place]
                + grown
                + data[place + 4 : place + length]
                + box
                + data[place + length :]
            )
        if length < 8:
            break
        place += length
    return data


def _box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def _per_metre(dpi: float) -> bytes:
    """Return dots per metre as a fraction of 16-bit numbers."""
    value = dpi / 0.0254
    below = max(1, min(65535, int(65535 / max(value, 1))))
    return round(value * below).to_bytes(2, "big") + below.to_bytes(2, "big")
