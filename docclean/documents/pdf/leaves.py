"""What a PDF page consists of: one scan, a scan among other things, drawn text, or nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image as Pillow

from docclean.documents.base import Source
from docclean.documents.codecs import Kind, Stored
from docclean.documents.pdf.contents import FORM_DEPTH, letters, stored_as
from docclean.documents.pdf.drawing.graph import Drawn
from docclean.documents.pdf.drawing.optional import OptionalContent
from docclean.documents.pdf.scans import (
    FEW_LETTERS,
    POINTS_PER_INCH,
    Scan,
    area_of,
    bitmap_pixels,
    find_scan,
    size_of,
)

MIXED_COVERS = 0.4
"""Share of the page its images must cover for it to be a scan at all."""
GLANCED = 80
"""Width, px, at which a page is compared with the scan on it."""
OTHER_GREY = 64
OTHER_SHARE = 0.1
"""Share of the pixels that may be `OTHER_GREY` levels away: a stamp's, a page number's."""


@dataclass(frozen=True)
class Leaf:
    """What a page is.

    Attributes:
        kind: `scan`; `mixed`, a scan that cannot be taken out alone; `drawn`, set by a program;
            `blank`.
        scan: the scan of a `scan`.
        dpi: resolution to render the page at.
        has_text: whether it has text, hidden or not.
        stored: how its images are stored, and so what a picture of the page may lose.
        streams: its own streams and what they take: contents, forms, images.
    """

    kind: Literal["scan", "mixed", "drawn", "blank"]
    scan: Scan | None
    dpi: float
    has_text: bool
    stored: Stored
    streams: tuple[tuple[tuple[int, int], int], ...]

    @property
    def nbytes(self) -> int:
        """Return what its own streams take."""
        return sum(size for _, size in self.streams)


def look(
    page: pdfium.PdfPage, leaf: pikepdf.Page, own: Drawn, layers: OptionalContent, source: Source
) -> Leaf:
    """Tell what a page consists of; `own` is what it draws, as `drawn_by` tells."""
    drawn = list(page.get_objects(max_depth=1))
    scan = find_scan(page, leaf, drawn, layers)
    if scan and not _is_clean_top(page, scan) and not _looks_as_stored(page, scan, source):
        scan = None
    every = list(page.get_objects(max_depth=FORM_DEPTH))
    images = [one for one in every if one.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    text = any(one.type == pdfium_c.FPDF_PAGEOBJ_TEXT for one in every)
    facts = (_image_dpi(images, leaf), text, stored_together(own.images), own.streams)
    if scan:
        return Leaf("scan", scan, *facts)
    if not drawn:
        return Leaf("blank", None, *facts)
    covered = min(1.0, sum(map(area_of, images)) / max(size_of(page.get_bbox()), 1e-6))
    if covered >= MIXED_COVERS and letters(page) <= FEW_LETTERS:
        return Leaf("mixed", None, *facts)
    return Leaf("drawn", None, *facts)


def _is_clean_top(page: pdfium.PdfPage, scan: Scan) -> bool:
    """Say whether nothing that is seen is drawn after a scan."""
    drawn = list(page.get_objects(max_depth=1))
    images = [at for at, one in enumerate(drawn) if one.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    last = max(images[index] for index in scan.order)
    above = list(drawn[last + 1 :])
    for one in drawn[last + 1 :]:
        if one.type == pdfium_c.FPDF_PAGEOBJ_FORM:
            above += page.get_objects(max_depth=FORM_DEPTH, form=one, level=1)
    return not any(map(_is_seen, above))


def _is_seen(drawn: Any) -> bool:
    if drawn.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
        mode = pdfium_c.FPDFTextObj_GetTextRenderMode(drawn)
        return bool(mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)
    return bool(drawn.type != pdfium_c.FPDF_PAGEOBJ_FORM)  # its parts are asked


def _looks_as_stored(page: pdfium.PdfPage, scan: Scan, source: Source) -> bool:
    """Compare a page with its scan, both small: what is drawn after it may turn it over."""
    scale = GLANCED / max(1.0, page.get_width())
    shown = page.render(scale=scale, may_draw_forms=False, draw_annots=False)
    page_grey = Pillow.fromarray(bitmap_pixels(shown)).convert("L")
    scan_grey = Pillow.fromarray(scan.pixels(page, source)).convert("L")
    small = scan_grey.resize(page_grey.size, Pillow.Resampling.BOX)
    apart = np.abs(np.asarray(page_grey, np.int16) - np.asarray(small, np.int16))
    return float(np.mean(apart > OTHER_GREY)) <= OTHER_SHARE


def stored_together(images: Sequence[Any]) -> Stored:
    """Tell what a picture of a page may lose: what the images on the page have lost.

    Of JPEGs the largest one's tables tell how coarse.
    """
    kinds = [stored_as(image) for image in images]
    lossy = [
        (int(image.Width) * int(image.Height), at)
        for at, (image, kind) in enumerate(zip(images, kinds, strict=True))
        if kind.kind is Kind.LOSSY
    ]
    if lossy:
        return kinds[max(lossy)[1]]
    bitonal = bool(kinds) and all(kind.kind is Kind.BITONAL for kind in kinds)
    return Stored(Kind.BITONAL if bitonal else Kind.LOSSLESS)


def _image_dpi(images: list[Any], leaf: pikepdf.Page) -> float:
    """Return the resolution of the largest image, 0 without one."""
    unit = float(leaf.obj.get("/UserUnit", 1))
    sized = [image for image in images if area_of(image) > 0]
    if not sized:
        return 0.0
    image = max(sized, key=area_of)
    return math.sqrt(math.prod(image.get_px_size()) / area_of(image)) * POINTS_PER_INCH / unit
