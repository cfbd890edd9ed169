"""Image files that are seldom scans: WebP, GIF, AVIF and HEIC, animated or not, and PNM."""

import importlib
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from PIL import Image as Pillow

from docclean.documents.base import Source, Ways, check_size, decoding
from docclean.documents.facts import Facts, with_dpi
from docclean.documents.images import FILE_JPEG_QUALITY, MOST_FRAMES, ImageFormat
from docclean.documents.pixels import grey_where_equal
from docclean.documents.wide.netpbm import BYTE, pictures, read_two_bytes
from docclean.errors import MissingProgramError
from docclean.page import Page

NO_HEIF = "is a HEIC photograph; to read it run: pip install 'docclean[heic]'"


def brands(head: bytes) -> set[bytes]:
    """Return the brands that a file of ISO's base media format names (ISO 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    box = head[8 : int.from_bytes(head[:4], "big")]
    return {box[place : place + 4] for place in range(0, len(box), 4) if place != 4}


class Webp(ImageFormat):
    """WebP: lossless for grey pages, quality 90 for colour; its dpi is kept in EXIF."""

    name, suffixes, pillow, animated = "webp", (".webp",), "WEBP", True
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


class Gif(ImageFormat):
    """GIF: 256 greys or colours; it has no place for dpi."""

    name, suffixes, pillow, animated = "gif", (".gif",), "GIF", True
    max_side = 65535

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a GIF file."""
        return head[:6] in (b"GIF87a", b"GIF89a")

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        return {}

    def _put(self, image: Pillow.Image, out: Any, options: dict[str, Any], page: Page) -> None:
        if not page.is_grey:
            image = image.quantize(256, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
        image.save(out, format=self.pillow)


class Avif(ImageFormat):
    """AVIF: quality 90, colour at full resolution; its dpi is kept in EXIF."""

    name, suffixes, pillow, animated = "avif", (".avif", ".avifs"), "AVIF", True
    max_side = 65536

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is an AVIF file."""
        return bool(brands(head) & {b"avif", b"avis"})

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options: dict[str, Any] = {"quality": FILE_JPEG_QUALITY, "subsampling": "4:4:4"}
        options["icc_profile"] = facts.profile(grey=False)
        options["exif"] = with_dpi(facts.exif, page.dpi)
        return options | ({"xmp": facts.xmp} if facts.xmp else {})


class Heic(ImageFormat):
    """HEIC, as telephones take it: read and written by pillow-heif where that is installed."""

    name, suffixes, pillow, animated = "heic", (".heic", ".heif"), "HEIF", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a HEIC file."""
        known = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
        return bool(brands(head) & known) and not Avif.matches(head)

    def _open(self, source: Source, stream: BinaryIO, number: int = 1) -> Pillow.Image:
        _register(f"{source.name} {NO_HEIF}")
        return super()._open(source, stream, number)

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options: dict[str, Any] = {"quality": FILE_JPEG_QUALITY, "chroma": 444}
        exif = with_dpi(facts.exif, page.dpi)
        return options | ({"exif": exif} if exif else {})

    def _put(self, image: Pillow.Image, out: Any, options: dict[str, Any], page: Page) -> None:
        _register("to write HEIC run: pip install 'docclean[heic]'")
        super()._put(image, out, options, page)


class Pnm(ImageFormat):
    """PNM: plain pixels without a resolution; PBM, PGM or PPM by what they are.

    Several pictures may lie one behind the other in a file; they are read as pages.
    """

    name, suffixes, pillow, one_bit = "pnm", (".pnm", ".pbm", ".pgm", ".ppm"), "PPM", True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is one of P1 to P6, with a white space after it."""
        return (
            head[:1] == b"P"
            and head[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6")
            and (head[2:3].isspace())
        )

    def _count(self, source: Source) -> int:
        with source.open() as stream:
            return max(1, sum(1 for _ in islice(pictures(stream), MOST_FRAMES)))

    def _page(self, source: Source, number: int) -> Page:
        with decoding(source), source.open() as stream:
            found = next(islice(pictures(stream), number - 1, None), None)
            if found is None:
                stream.seek(0)
                return self._page_of(source, self._open(source, stream), number)
            check_size(source, found.width, found.height)
            if found.white > BYTE:  # Pillow takes a minute for it, and only its upper bytes
                pixels, note = read_two_bytes(stream, found)
                return Page(grey_where_equal(pixels), None, number, source.name, note)
            stream.seek(found.start)
            one = BytesIO(stream.read(found.end - found.start))
            return self._page_of(source, self._open(source, one), number)

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        return {}


def _register(lacking: str) -> None:
    """Let Pillow know HEIC.

    Raises:
        MissingProgramError: pillow-heif is not installed.
    """
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise MissingProgramError(lacking) from error
