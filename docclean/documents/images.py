"""Image files: PNG, JPEG, TIFF, BMP, WebP, JPEG 2000 and PNM in and out."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, ClassVar

import numpy as np
from PIL import Image as Pillow
from PIL import PngImagePlugin, UnidentifiedImageError

from docclean.documents.base import (
    Format,
    Source,
    Ways,
    check_size,
    chosen,
    decoding,
    encoding,
)
from docclean.documents.facts import (
    EXIF_ORIENTATION,
    Facts,
    dpi_of,
    facts_of,
    jp2_with_dpi,
    with_dpi,
)
from docclean.documents.pixels import grey_where_equal, to_pixels, upright, white_is_zero
from docclean.errors import OutputError
from docclean.page import Page

FILE_JPEG_QUALITY = 90
"""Of a JPEG whose source does not tell its own, a colour WebP, and a JPEG inside a TIFF."""
PNG_LEVEL = 4
"""Of zlib, for greys and colours: a third less time than 6, which is zlib's usual one, and 2 % more
bytes. Black and white would grow by a tenth and stays at 6."""


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

    def count(self, source: Source, password: str | None) -> int:
        """Return how many pages there are."""
        with decoding(source):
            return self._count(source)

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
            dpi = dpi_of(image)
            image.load()
            # Pillow turns a TIFF itself while loading and then drops the tag: ask again
            left = image.getexif().get(EXIF_ORIENTATION, 1)
            pixels = grey_where_equal(to_pixels(image))
            if white_is_zero(image):
                np.subtract(255, pixels, out=pixels)
            del image  # before the page goes out: the decoded image would live beside it
            if left in range(2, 9):
                pixels = upright(pixels, left)
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
        self._save(page, out, facts_of(like, page.number), ways)
        if next(pages, None) is not None:
            raise OutputError(
                f"a {self.name} file holds one page and the document has several; "
                "choose .pdf or .tiff"
            )

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        """Return what Pillow is to write beside the pixels."""
        options: dict[str, Any] = {"icc_profile": facts.profile(page.is_grey)}
        return options | ({"dpi": page.dpi} if page.dpi else {})

    def _save(self, page: Page, out: Any, facts: Facts, ways: Ways) -> None:
        if max(page.width, page.height) > self.max_side:
            raise OutputError(
                f"a {self.name} file is at most {self.max_side} px on a side and the page is "
                f"{page.width} x {page.height}; choose .png, .tiff or .pdf"
            )
        with encoding(self.name):
            image = Pillow.fromarray(np.ascontiguousarray(page.pixels))
            if self.one_bit and page.is_grey and is_one_bit(facts, ways):
                image = image.convert("1", dither=Pillow.Dither.NONE)
            self._put(image, out, self._options(page, facts, ways), page)

    def _put(self, image: Pillow.Image, out: Any, options: dict[str, Any], page: Page) -> None:
        image.save(out, format=self.pillow, **options)


def is_one_bit(facts: Facts, ways: Ways) -> bool:
    """Say whether a page is written black and white: when asked, or where it came so."""
    return ways.bitonal or (facts.mode == "1" and not ways.grey)


class Png(ImageFormat):
    """PNG: lossless, one page."""

    name, suffixes, pillow, one_bit = "png", (".png",), "PNG", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PNG file."""
        return head.startswith(b"\x89PNG\r\n\x1a\n")

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options, texts = super()._options(page, facts, ways), PngImagePlugin.PngInfo()
        for key, value in facts.texts.items():
            texts.add_itxt(key, value)
        if facts.xmp:
            texts.add_itxt("XML:com.adobe.xmp", facts.xmp.decode("utf-8", "replace"))
        level = 6 if self.one_bit and page.is_grey and is_one_bit(facts, ways) else PNG_LEVEL
        options |= {"pnginfo": texts, "compress_level": level}
        return options | ({"exif": facts.exif} if facts.exif else {})


class Jpeg(ImageFormat):
    """JPEG: as coarse as it came, else quality 90; no colour subsampling, which fringes letters."""

    name, suffixes, pillow = "jpeg", (".jpg", ".jpeg"), "JPEG"
    max_side = 65500

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a JPEG file."""
        return head.startswith(b"\xff\xd8\xff")

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options = super()._options(page, facts, ways) | {"subsampling": 0, "optimize": True}
        tables = [list(facts.tables[key]) for key in sorted(facts.tables)]
        if tables:  # as coarse as it came, and no coarser
            options["qtables"] = tables[:1] if page.is_grey else tables[:2]
        else:
            options["quality"] = FILE_JPEG_QUALITY
        if page.dpi:
            options["dpi"] = tuple(round(value) for value in page.dpi)  # JFIF holds whole numbers
        kept = {"exif": facts.exif, "xmp": facts.xmp, "comment": facts.comment}
        return options | {key: value for key, value in kept.items() if value}


class Bmp(ImageFormat):
    """BMP: uncompressed, one page."""

    name, suffixes, pillow, one_bit = "bmp", (".bmp",), "BMP", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a BMP file."""
        return head.startswith(b"BM")

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        return {"dpi": page.dpi or (0, 0)}  # Pillow would write 96


class Webp(ImageFormat):
    """WebP: lossless for grey pages, quality 90 for colour; its dpi is kept in EXIF."""

    name, suffixes, pillow = "webp", (".webp",), "WEBP"
    max_side = 16383

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a WebP file."""
        return head.startswith(b"RIFF") and head[8:12] == b"WEBP"

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options: dict[str, Any] = {"lossless": page.is_grey, "quality": FILE_JPEG_QUALITY}
        options["icc_profile"] = facts.profile(grey=False)  # WebP has no grey pixels
        options["exif"] = with_dpi(facts.exif, page.dpi)
        return options | ({"xmp": facts.xmp} if facts.xmp else {})


class Jp2(ImageFormat):
    """JPEG 2000: lossless; colour at the size it came, about."""

    name, suffixes, pillow = "jp2", (".jp2", ".j2k", ".jpx"), "JPEG2000"

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a JP2 file or a bare codestream."""
        return head[4:12] == b"jP  \r\n\x87\n" or head.startswith(b"\xff\x4f\xff\x51")

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        return {"irreversible": False, "num_resolutions": _resolutions(page)}

    def _put(self, image: Pillow.Image, out: Any, options: dict[str, Any], page: Page) -> None:
        whole = BytesIO()
        image.save(whole, format=self.pillow, **options)
        data = whole.getvalue()
        out.write(jp2_with_dpi(data, page.dpi) if page.dpi else data)


def _resolutions(page: Page) -> int:
    """Return how often a page may be halved, at most five times."""
    return min(6, min(page.width, page.height).bit_length())


class Pnm(ImageFormat):
    """PNM: plain pixels without a resolution; PBM, PGM or PPM by what they are."""

    name, suffixes, pillow, one_bit = "pnm", (".pnm", ".pbm", ".pgm", ".ppm"), "PPM", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is one of P1 to P6, with a white space after it."""
        return (
            head[:1] == b"P"
            and head[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6")
            and (head[2:3].isspace())
        )

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        return {}
