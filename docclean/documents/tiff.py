"""TIFF: many pages, tags, and compressions of its own."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

from PIL import Image as Pillow
from PIL import TiffImagePlugin, UnidentifiedImageError

from docclean.documents.base import ONE_AT_A_TIME, Source, Ways, decoding, encoding
from docclean.documents.facts import EXIF_ORIENTATION, Facts, dpi_of_tags, facts_of
from docclean.documents.images import FILE_JPEG_QUALITY, MOST_FRAMES, ImageFormat, is_one_bit
from docclean.documents.pixels import grey_where_equal, upright
from docclean.documents.wide.cells import are_missing, directory, is_wide, places
from docclean.documents.wide.colours import read_wide
from docclean.page import Page

TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg")
"""TIFF compressions a cleaned page keeps; others become deflate."""
FAX = ("group3", "group4", "tiff_ccitt")
"""TIFF compressions of one bit a pixel."""


@contextmanager
def _libtiff_quiet() -> Iterator[None]:
    """Keep libtiff's own words about damage off file descriptor 2; our sentence follows."""
    with ONE_AT_A_TIME:
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
    most_per_byte = 1_000_000  # a fax code says a white row by one bit

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a TIFF or BigTIFF file."""
        return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

    def _page(self, source: Source, number: int) -> Page:
        with _libtiff_quiet():
            with decoding(source), source.open() as stream:
                tags = directory(stream, number)
                if tags is not None and are_missing(tags):
                    raise source.unreadable(
                        f"is truncated or damaged: page {number} is not all there; "
                        "scan or copy it again"
                    )
                if tags is not None and is_wide(tags):
                    return _wide_page(source, stream, tags, number)
            return super()._page(source, number)

    def _count(self, source: Source) -> int:
        try:
            return self._frames(source)
        except (UnidentifiedImageError, SyntaxError):  # samples that Pillow does not know
            with source.open() as stream:
                found = sum(1 for _ in islice(places(stream), MOST_FRAMES))
            if not found:
                raise
            return found

    def _frames(self, source: Source) -> int:
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
                self._save(page, writer, facts_of(like, page.number), ways)
                with encoding(self.name):
                    writer.newFrame()

    def _options(self, page: Page, facts: Facts, ways: Ways) -> dict[str, Any]:
        options = super()._options(page, facts, ways)
        kind = facts.compression
        if page.is_grey and is_one_bit(facts, ways):
            return options | {"compression": kind if kind in FAX else "group4", **_tags(facts)}
        options["compression"] = kind if kind in TIFF_COMPRESSIONS else "tiff_adobe_deflate"
        if kind == "jpeg":
            options["quality"] = FILE_JPEG_QUALITY
        return options | _tags(facts)


def _wide_page(source: Source, stream: BinaryIO, tags: Any, number: int) -> Page:
    """Return a page whose samples are no bytes."""
    pixels, note = read_wide(source, stream, tags)
    dpi, turned = dpi_of_tags(tags), tags.get(EXIF_ORIENTATION, 1)
    pixels = grey_where_equal(pixels)
    if turned in range(2, 9):
        pixels = upright(pixels, turned)
    if dpi and turned in (5, 6, 7, 8):
        dpi = dpi[::-1]
    return Page(pixels, dpi, number, source.name, note)


def _tags(facts: Facts) -> dict[str, Any]:
    """Return the tags that say what a page is, as Pillow takes them."""
    made = TiffImagePlugin.ImageFileDirectory_v2()
    for key, value in facts.tags.items():
        made[key] = value
    if facts.xmp:
        made[700] = facts.xmp
        made.tagtype[700] = 1
    return {"tiffinfo": made}
