"""TIFF: many pages, tags, and compressions of its own."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as Pillow
from PIL import JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from docclean.documents.base import ONE_AT_A_TIME, Source, Ways, decoding, encoding, pillow_quiet
from docclean.documents.codecs import COARSER_QUALITIES, MOST_GROWTH
from docclean.documents.facts import EXIF_ORIENTATION, Facts, dpi_of_tags, facts_of
from docclean.documents.forms import jpeg
from docclean.documents.images import FILE_JPEG_QUALITY, MOST_FRAMES, ImageFormat, is_one_bit
from docclean.documents.pixels import grey_where_equal, upright
from docclean.documents.wide.cells import are_missing, directory, is_wide, places
from docclean.documents.wide.colours import read_wide
from docclean.page import Page

TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg")
"""TIFF compressions a cleaned page keeps; others become deflate."""
JPEG_SIDE = 65500
GREY, RGB, YCBCR = 1, 2, 6
"""What the three samples of a pixel are (TIFF 6.0, PhotometricInterpretation)."""
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
                self._save(page, writer, _facts(like, page.number), ways)
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
            options["coarse"] = facts.coarse if isinstance(facts, _TiffFacts) else None
        return options | _tags(facts)

    def _put(self, image: Pillow.Image, out: Any, options: dict[str, Any], page: Page) -> None:
        coarse = options.pop("coarse", None)
        if coarse and max(image.size) <= JPEG_SIDE:
            _put_jpeg(image, out, options, coarse)
        else:
            super()._put(image, out, options, page)


@dataclass(frozen=True)
class _Coarseness:
    """How coarse a JPEG inside a TIFF is.

    Attributes:
        tables: its quantisation tables.
        sampling: of colour, as Pillow counts it: 0 for full, 2 for half, either way.
        rgb: its samples are RGB.
        nbytes: what it takes.
    """

    tables: dict[int, Any]
    sampling: int
    rgb: bool
    nbytes: int


@dataclass(frozen=True)
class _TiffFacts(Facts):
    """What a TIFF holds beside pixels, and how coarse its JPEGs are."""

    coarse: _Coarseness | None = None


def _facts(like: Source | None, number: int) -> Facts:
    facts = facts_of(like, number)
    if like is None or facts.compression != "jpeg":
        return facts
    return _TiffFacts(**vars(facts), coarse=_coarseness(like, number))


def _coarseness(like: Source, number: int) -> _Coarseness | None:
    """Tell how coarse a page of a TIFF is; None where it holds no JPEG that Pillow knows."""
    try:
        with like.open() as stream, pillow_quiet():
            image: Any = Pillow.open(stream, formats=["TIFF"])
            image.seek(min(number, image.n_frames) - 1)
            tags = image.tag_v2
            places, counts = (324, 325) if 324 in tags else (273, 279)
            stream.seek(tags[places][0])
            part = stream.read(tags[counts][0])
            shared = bytes(tags.get(347, b""))  # tables that all parts have in common
            whole = shared[:-2] + part[2:] if shared else part
            jpeg: Any = Pillow.open(BytesIO(whole), formats=["JPEG"])
            sampling = JpegImagePlugin.get_sampling(jpeg)
            return _Coarseness(
                dict(jpeg.quantization), max(0, sampling), tags.get(262) == RGB, sum(tags[counts])
            )
    except Exception:  # another compression, or damaged; the quality is ours then
        return None


def _put_jpeg(image: Pillow.Image, out: Any, options: dict[str, Any], coarse: _Coarseness) -> None:
    """Write a page whose one strip is a whole JPEG (TIFF Technical Note 2).

    By way of Pillow, libtiff takes no tables.
    """
    strip, kind = _strip(image, coarse)
    made = options["tiffinfo"]
    made[256], made[257] = image.size
    made[258] = (8,) * len(image.getbands())
    made[259], made[262] = 7, GREY if image.mode == "L" else kind
    made[273], made[277], made[278], made[279] = 0, len(made[258]), image.height, len(strip)
    if made[262] == YCBCR:
        with Pillow.open(BytesIO(strip)) as opened:
            sampling = JpegImagePlugin.get_sampling(opened)
        made[530] = ((1, 1), (2, 1), (2, 2))[sampling]
    if options.get("dpi"):
        (made[282], made[283]), made[296] = options["dpi"], 2
    if options.get("icc_profile"):
        made[34675] = options["icc_profile"]
        made.tagtype[34675] = 7
    made.save(out)
    out.write(strip)


def _strip(image: Pillow.Image, coarse: _Coarseness) -> tuple[bytes, int]:
    """Return a page as a JPEG as coarse as it came, and what its samples are.

    Where that takes too much more room than it took, colour is stored at half its resolution, and
    then more coarsely.
    """
    known = [list(coarse.tables[key]) for key in sorted(coarse.tables)]
    kept = known[:1] if image.mode == "L" or coarse.rgb else known[:2]
    buffer = BytesIO()
    shared: dict[str, Any] = {"subsampling": coarse.sampling, "optimize": True}
    keep_rgb = coarse.rgb and image.mode == "RGB"
    image.save(buffer, format="JPEG", qtables=kept, keep_rgb=keep_rgb, **shared)
    strip, room = buffer.getvalue(), MOST_GROWTH * coarse.nbytes
    if len(strip) <= room:
        return strip, RGB if keep_rgb else YCBCR
    pixels = np.asarray(image)
    for form in (
        jpeg(pixels, coarse.tables, halved=True),
        *(jpeg(pixels, quality=quality, halved=True) for quality in COARSER_QUALITIES),
    ):
        if form.nbytes <= room:
            return form.data, YCBCR
    return strip, RGB if keep_rgb else YCBCR


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
