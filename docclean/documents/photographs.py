"""Image files of photographs and of the web: WebP, GIF, AVIF and HEIC, animated or not."""

import importlib
from typing import Any, BinaryIO

from PIL import Image as Pillow

from docclean.documents.base import Source, Ways
from docclean.documents.facts import Facts, with_dpi
from docclean.documents.images import FILE_JPEG_QUALITY, ImageFormat
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


def _register(lacking: str) -> None:
    """Let Pillow know HEIC.

    Raises:
        MissingProgramError: pillow-heif is not installed.
    """
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise MissingProgramError(lacking) from error
