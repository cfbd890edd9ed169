"""Image files: PNG, JPEG, TIFF, BMP and WebP in and out, with one bound on what is decoded."""

import math
import os
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import TiffImagePlugin, UnidentifiedImageError

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.page import Image, Page

MAX_PIXELS = 400_000_000
"""The largest page decoded, in pixels; an A0 sheet at 400 dpi has 244 million."""
STRIP = 256
"""Rows converted at a time, so a large page is never held in a wide type."""
JPEG_QUALITY = 90
EXIF_ORIENTATION, EXIF_X_DPI, EXIF_Y_DPI, EXIF_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_ONE_AT_A_TIME = threading.RLock()
"""Held while decoding or encoding: bound and warnings are the process's, PDFium has no locks."""
TIFF_PHOTOMETRIC = 0x0106
TIFF_KEPT = ("raw", "packbits", "tiff_lzw", "jpeg")
"""TIFF compressions a cleaned page keeps; all others, the 1-bit fax ones too, become deflate."""


@dataclass(frozen=True)
class Source:
    """A document's bytes, on disk or in memory, and the name messages give it."""

    name: str
    path: Path | None = None
    data: bytes = b""

    def open(self) -> BinaryIO:
        """Return a fresh seekable stream from the start."""
        return self.path.open("rb") if self.path else BytesIO(self.data)

    def unreadable(self, why: str) -> UnreadableInputError:
        """Return the error that names this document."""
        return UnreadableInputError(f"{self.name} {why}")


@dataclass(frozen=True)
class Ways:
    """How pages are written, beside what their format is."""

    bitonal: bool = False
    """Pages are black and white, and take one bit a pixel."""
    layered: bool = False
    """PDF pages are sharp text over a coarse ground."""


class Format(ABC):
    """One document format: how its files begin, are named, read and written."""

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    multipage: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def matches(head: bytes) -> bool:
        """Say whether a file beginning with `head` (1 KiB) is of this format."""

    @abstractmethod
    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages` (all for None), one decoded at a time."""

    @abstractmethod
    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the pages to a seekable stream open for reading and writing."""


def check_size(source: Source, width: int, height: int) -> None:
    """Refuse a page above `MAX_PIXELS` before any of it is decoded."""
    if width * height > MAX_PIXELS:
        raise source.unreadable(
            f"is too large: {width} x {height} px is more than {MAX_PIXELS:,} pixels; "
            "split the page or scan it at a lower resolution"
        )


def chosen(source: Source, pages: set[int] | None, count: int) -> list[int]:
    """Return the page numbers to read, ascending, out of 1..count.

    Raises:
        UsageError: none of the wanted pages exists.
    """
    numbers = [n for n in range(1, count + 1) if pages is None or n in pages]
    if not numbers:
        raise UsageError(f"{source.name} has {count} page(s); choose --pages within 1-{count}")
    return numbers


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Hold back Pillow's warnings and its own pixel bound; `check_size` is ours."""
    with _ONE_AT_A_TIME:
        bound, Pillow.MAX_IMAGE_PIXELS = Pillow.MAX_IMAGE_PIXELS, None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            Pillow.MAX_IMAGE_PIXELS = bound


@contextmanager
def decoding(source: Source) -> Iterator[None]:
    """Turn what a decoder raises on a damaged file into one sentence."""
    try:
        with pillow_quiet():
            yield
    except (UnreadableInputError, UsageError):
        raise
    except MemoryError as error:
        raise source.unreadable("needs more memory than is free; split it") from error
    except Exception as error:  # Pillow raises almost any type on damaged data
        raise source.unreadable(
            f"is truncated or damaged ({_short(error)}); scan or copy it again"
        ) from error


@contextmanager
def encoding(what: str) -> Iterator[None]:
    """Turn what an encoder raises into one sentence; let the system's own errors pass."""
    try:
        with pillow_quiet():
            yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise OutputError(
            f"a page cannot be written as {what} ({_short(error)}); choose another format"
        ) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


# --- pixels ------------------------------------------------------------------------------------


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


def _white_is_zero(image: Pillow.Image) -> bool:
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


def _upright(pixels: Image, orientation: int) -> Image:
    """Apply an EXIF orientation (1..8) to the pixels."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _dpi(image: Pillow.Image) -> tuple[float, float] | None:
    """Return the resolution the file states, or None; Pillow's invented 72 is not believed."""
    exif = image.getexif()
    pair: Any = image.info.get("dpi")
    invented = image.format in ("JPEG", "MPO") and not image.info.get("jfif_unit")
    if pair is None or invented:
        unit = 2.54 if exif.get(EXIF_UNIT) == 3 else 1.0
        x: Any = exif.get(EXIF_X_DPI)
        y: Any = exif.get(EXIF_Y_DPI, x)
        stated = x is not None and exif.get(EXIF_UNIT, 2) in (2, 3)
        pair = (float(x) * unit, float(y) * unit) if stated else None
    if pair is None:
        return None
    x_dpi, y_dpi = float(pair[0]), float(pair[1])
    # a TIFF without resolution reads as 1 dpi, other files write 0
    believable = all(math.isfinite(value) and value > 1 for value in (x_dpi, y_dpi))
    return (x_dpi, y_dpi) if believable else None


# --- formats -----------------------------------------------------------------------------------


class ImageFormat(Format):
    """An image file as Pillow reads and writes it."""

    pillow: ClassVar[str]
    max_side: ClassVar[int] = 2**31 - 1
    one_bit: ClassVar[bool] = False
    """Whether the format holds pixels of one bit."""

    def _open(self, source: Source, stream: BinaryIO, number: int = 1) -> Pillow.Image:
        try:
            image = Pillow.open(stream, formats=[self.pillow])
        except UnidentifiedImageError as error:
            raise source.unreadable("is damaged or not an image; scan or copy it again") from error
        if number > 1:
            image.seek(number - 1)
        check_size(source, *image.size)
        return image

    def _count(self, source: Source) -> int:
        return 1

    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages`, upright, each decoded from a fresh stream."""
        with decoding(source):
            numbers = chosen(source, pages, self._count(source))
        for number in numbers:
            yield self._page(source, number)

    def _page(self, source: Source, number: int) -> Page:
        with decoding(source), source.open() as stream:
            image = self._open(source, stream, number)
            turned = image.getexif().get(EXIF_ORIENTATION, 1)
            dpi = _dpi(image)
            image.load()
            # Pillow turns a TIFF itself while loading and then drops the tag: ask again
            left = image.getexif().get(EXIF_ORIENTATION, 1)
            pixels = grey_where_equal(to_pixels(image))
            if _white_is_zero(image):
                np.subtract(255, pixels, out=pixels)
            del image  # before the page goes out: the decoded image would live beside it
            if left in range(2, 9):
                pixels = _upright(pixels, left)
            if dpi and turned in (5, 6, 7, 8):
                dpi = dpi[::-1]
        return Page(pixels, dpi, number, source.name)

    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the one page.

        Raises:
            OutputError: there are several pages, or the page is too large for the format.
        """
        page = next(pages)
        self._save(page, out, ways, **self._options(page, like, ways))
        if next(pages, None) is not None:
            raise OutputError(
                f"a {self.name} file holds one page and the document has several; "
                "choose .pdf or .tiff"
            )

    def _options(self, page: Page, like: Source | None, ways: Ways) -> dict[str, Any]:
        return {"dpi": page.dpi} if page.dpi else {}

    def _save(self, page: Page, out: Any, ways: Ways, **options: Any) -> None:
        if max(page.width, page.height) > self.max_side:
            raise OutputError(
                f"a {self.name} file is at most {self.max_side} px on a side and the page is "
                f"{page.width} x {page.height}; choose .png, .tiff or .pdf"
            )
        with encoding(self.name):
            image = Pillow.fromarray(np.ascontiguousarray(page.pixels))
            if ways.bitonal and self.one_bit:
                image = image.convert("1", dither=Pillow.Dither.NONE)
            image.save(out, format=self.pillow, **options)


class Png(ImageFormat):
    """PNG: lossless, one page."""

    name, suffixes, pillow, one_bit = "png", (".png",), "PNG", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PNG file."""
        return head.startswith(b"\x89PNG\r\n\x1a\n")


class Jpeg(ImageFormat):
    """JPEG: written at quality 90 without colour subsampling, which would fringe letters."""

    name, suffixes, pillow = "jpeg", (".jpg", ".jpeg"), "JPEG"
    max_side = 65500

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a JPEG file."""
        return head.startswith(b"\xff\xd8\xff")

    def _options(self, page: Page, like: Source | None, ways: Ways) -> dict[str, Any]:
        options: dict[str, Any] = {"quality": JPEG_QUALITY, "subsampling": 0}
        if page.dpi:
            options["dpi"] = tuple(round(value) for value in page.dpi)  # JFIF holds whole numbers
        return options


class Bmp(ImageFormat):
    """BMP: uncompressed, one page."""

    name, suffixes, pillow, one_bit = "bmp", (".bmp",), "BMP", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a BMP file."""
        return head.startswith(b"BM")

    def _options(self, page: Page, like: Source | None, ways: Ways) -> dict[str, Any]:
        return {"dpi": page.dpi or (0, 0)}  # Pillow would write 96


class Webp(ImageFormat):
    """WebP: lossless for grey pages, quality 90 for colour; its dpi is kept in EXIF."""

    name, suffixes, pillow = "webp", (".webp",), "WEBP"
    max_side = 16383

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a WebP file."""
        return head.startswith(b"RIFF") and head[8:12] == b"WEBP"

    def _options(self, page: Page, like: Source | None, ways: Ways) -> dict[str, Any]:
        options: dict[str, Any] = {"lossless": page.is_grey, "quality": JPEG_QUALITY}
        if page.dpi:
            exif = Pillow.Exif()
            exif[EXIF_X_DPI], exif[EXIF_Y_DPI] = (
                TiffImagePlugin.IFDRational(round(value * 1000), 1000) for value in page.dpi
            )
            exif[EXIF_UNIT] = 2
            options["exif"] = exif.tobytes()
        return options


@contextmanager
def _libtiff_quiet() -> Iterator[None]:
    """Keep libtiff's own words about damage off file descriptor 2; our sentence follows."""
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(2)
        except OSError:  # stderr is closed: nothing to keep clean
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


class Tiff(ImageFormat):
    """TIFF: many pages, each with the compression its original had where that fits grey."""

    name, suffixes, pillow, multipage = "tiff", (".tif", ".tiff"), "TIFF", True
    one_bit = True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a TIFF or BigTIFF file."""
        return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

    def _page(self, source: Source, number: int) -> Page:
        with _libtiff_quiet():
            return super()._page(source, number)

    def _count(self, source: Source) -> int:
        with source.open() as stream, warnings.catch_warnings():
            # a page list that ends in the middle of the file is only a warning to Pillow
            warnings.filterwarnings("error", message=".*(Corrupt|Truncated|Not enough|ran out)")
            image = Pillow.open(stream, formats=[self.pillow])
            return int(getattr(image, "n_frames", 1))

    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the pages one after the other; only one is held."""
        # Pillow's save_all lists all pages first; its writer underneath takes them one by one
        with TiffImagePlugin.AppendingTiffWriter(out, True) as writer:
            for page in pages:
                self._save(page, writer, ways, **self._options(page, like, ways))
                with encoding(self.name):
                    writer.newFrame()

    def _options(self, page: Page, like: Source | None, ways: Ways) -> dict[str, Any]:
        kind = self._compression(like, page.number) if like else ""
        options = super()._options(page, like, ways)
        options["compression"] = kind if kind in TIFF_KEPT else "tiff_adobe_deflate"
        if ways.bitonal:
            return options | {"compression": "group4"}
        if kind == "jpeg":
            options["quality"] = JPEG_QUALITY
        return options

    def _compression(self, like: Source, number: int) -> str:
        with like.open() as stream, pillow_quiet():
            if not self.matches(stream.read(4)):
                return ""
            image = Pillow.open(stream, formats=[self.pillow])
            image.seek(min(number, int(getattr(image, "n_frames", 1))) - 1)
            return str(image.info.get("compression", ""))
