"""Image files as Pillow reads and writes them: what all share, PNG, JPEG, BMP, JPEG 2000."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, BinaryIO, ClassVar

import numpy as np
from PIL import Image as Pillow
from PIL import PngImagePlugin, UnidentifiedImageError

from docclean.documents.base import (
    Format,
    Source,
    Ways,
    check_claim,
    check_size,
    chosen,
    decoding,
    encoding,
)
from docclean.documents.facts import (
    EXIF_ORIENTATION,
    PNG_SIGNATURE,
    Facts,
    dpi_of,
    facts_of,
    jp2_with_dpi,
    png_chunks,
)
from docclean.documents.pixels import (
    LOWER,
    SAID_WHITE,
    SIXTEEN,
    grey_where_equal,
    sixteen_bit_colour,
    to_pixels,
    upright,
    wide_levels,
)
from docclean.errors import OutputError
from docclean.page import Image, Page

FILE_JPEG_QUALITY = 90
"""Of a JPEG whose source does not tell its own, a colour WebP, and a JPEG inside a TIFF."""
MOST_FRAMES = 10_000
"""Pictures of an animation that are read; a damaged file may say it has billions."""
PNG_LEVEL = 4
"""Of zlib, for greys and colours: a third less time than 6, which is zlib's usual one, and 2 % more
bytes. Black and white would grow by a tenth and stays at 6."""


class ImageFormat(Format):
    """An image file as Pillow reads and writes it."""

    pillow: ClassVar[str]
    max_side: ClassVar[int] = 2**31 - 1
    animated: ClassVar[bool] = False
    """Whether a file may hold several pictures, shown one after the other."""
    most_per_byte: ClassVar[int] = 20_000
    """Pixels that a byte may hold: of PNG, which is the densest but for fax, 8,000."""
    one_bit: ClassVar[bool] = False
    """Whether the format holds pixels of one bit."""

    def _open(self, source: Source, stream: BinaryIO, number: int = 1) -> Pillow.Image:
        try:
            image = Pillow.open(stream, formats=[self.pillow])
        except UnidentifiedImageError as error:
            raise source.unreadable("is damaged or not an image; scan or copy it again") from error
        if number > 1:
            image.seek(number - 1)
        self._check(source, stream, image)
        return image

    def _check(self, source: Source, stream: BinaryIO, image: Pillow.Image) -> None:
        check_size(source, *image.size)
        longest = max(image.size) if max(image.size) > self.max_side else 0
        if longest:
            raise source.unreadable(
                f"is damaged: no {self.name} file has a side of {longest} px; scan or copy it again"
            )
        check_claim(source, stream, image.size, self.most_per_byte)

    def count(self, source: Source, password: str | None) -> int:
        """Return how many pages there are."""
        with decoding(source):
            return self._count(source)

    def _count(self, source: Source) -> int:
        if not self.animated:
            return 1
        with source.open() as stream:
            frames = int(getattr(self._open(source, stream), "n_frames", 1))
        if frames > MOST_FRAMES:
            raise source.unreadable(
                f"says it has {frames:,} pictures, more than {MOST_FRAMES:,}; save them apart"
            )
        return frames

    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages`, upright, each decoded from a fresh stream.

        The pictures of an animation are shown as a viewer would, one page each.
        """
        with decoding(source):
            count = self._count(source)
            numbers = chosen(source, pages, count)
        if self.animated and count > 1:
            yield from self._pictures(source, numbers)
            return
        for number in numbers:
            yield self._page(source, number)

    def _pictures(self, source: Source, numbers: Sequence[int]) -> Iterator[Page]:
        """Yield pictures of an animation, opened once: each is drawn over the one before it.

        One that lies beyond the first enlarges all, so each is checked before it is drawn.
        """
        with source.open() as stream:
            with decoding(source):
                image = self._open(source, stream)
            for number in range(1, max(numbers) + 1):
                with decoding(source):
                    image.seek(number - 1)
                    self._check(source, stream, image)
                    page = self._page_of(source, image, number)
                if number in numbers:
                    yield page

    def _page(self, source: Source, number: int) -> Page:
        with decoding(source), source.open() as stream:
            return self._page_of(source, self._open(source, stream, number), number)

    def _page_of(self, source: Source, image: Pillow.Image, number: int) -> Page:
        turned = image.getexif().get(EXIF_ORIENTATION, 1)
        dpi = dpi_of(image)
        pixels, note = self._pixels(image)
        # Pillow turns a TIFF itself while loading and then drops the tag: ask again
        left = image.getexif().get(EXIF_ORIENTATION, 1)
        pixels = grey_where_equal(pixels)
        if left in range(2, 9):
            pixels = upright(pixels, left)
        if dpi and turned in (5, 6, 7, 8):
            dpi = dpi[::-1]
        return Page(pixels, dpi, number, source.name, note)

    def _pixels(self, image: Pillow.Image) -> tuple[Image, str]:
        """Return an image as grey or RGB, and what was taken for true of its samples."""
        image.load()
        wide = image.mode == "F" or image.mode.startswith("I")
        return to_pixels(image), wide_levels(image).note if wide else ""

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
        ways = ways.of(page.number)
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
    """PNG: lossless; an animated one is read as pages and written as one page."""

    name, suffixes, pillow, one_bit = "png", (".png", ".apng"), "PNG", True
    animated = True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PNG file."""
        return head.startswith(PNG_SIGNATURE)

    def _open(self, source: Source, stream: BinaryIO, number: int = 1) -> Pillow.Image:
        image = super()._open(source, stream, number)
        depths = png_chunks(stream).get(b"sBIT")
        if depths and max(depths[:3]) > 8:
            image.info[SAID_WHITE] = 2.0 ** max(depths[:3]) - 1
        way = [tile.args for tile in getattr(image, "tile", ())]
        if (
            len(way) == 1 and way[0] in LOWER
        ):  # to know its EXIF, Pillow loads the image, and forgets these
            image.info[SIXTEEN] = (way[0], stream)
        return image

    def _pixels(self, image: Pillow.Image) -> tuple[Image, str]:
        return sixteen_bit_colour(image) or super()._pixels(image)

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
