"""The pixels of a PDF page: its scan's own, or rendered."""

import math

import pikepdf
import pypdfium2 as pdfium

from docclean.documents.base import (
    MAX_PIXELS,
    Source,
)
from docclean.documents.pdf.scans import POINTS_PER_INCH, Leaf, bitmap_pixels, look
from docclean.page import Image, Page

BORN_DIGITAL_DPI = 300.0
"""Rendering resolution of a page without images, and the page size of pixels without a dpi."""
RENDER_DPI_RANGE = (150.0, 600.0)
"""Below, small print is lost beside a coarse photograph; above, only the file grows."""
RENDER_PIXELS = MAX_PIXELS // 4
"""The largest page rendered, px; a larger sheet is rendered more coarsely."""


def read_page(pdf: pikepdf.Pdf, document: pdfium.PdfDocument, number: int, source: Source) -> Page:
    """Read one page, whatever it consists of."""
    shown = document[number - 1]
    try:
        return page_of(shown, look(shown, pdf.pages[number - 1], source), number, source)
    finally:
        shown.close()


def page_of(shown: pdfium.PdfPage, leaf: Leaf, number: int, source: Source) -> Page:
    """Return the pixels of a page: its scan's own, or rendered where it is no scan."""
    if leaf.scan:
        return Page(leaf.scan.pixels(source), leaf.scan.dpi, number, source.name)
    pixels, dpi = _render(shown, leaf.dpi)
    return Page(pixels, (dpi, dpi), number, source.name)


def _render(page: pdfium.PdfPage, image_dpi: float) -> tuple[Image, float]:
    """Render a page at its image's resolution, notes and form fields left out: they stay alive."""
    low, high = RENDER_DPI_RANGE
    dpi = float(round(min(max(image_dpi, low), high))) if image_dpi else BORN_DIGITAL_DPI
    area = math.prod(page.get_size()) / POINTS_PER_INCH**2
    if area * dpi**2 > RENDER_PIXELS:
        dpi = math.floor(math.sqrt(RENDER_PIXELS / area) * 10) / 10
    # PDFium rounds sizes up: without the trifle less, 792 pt at 300 dpi become 3301 px
    scale = dpi / POINTS_PER_INCH * (1 - 1e-6)
    return bitmap_pixels(page.render(scale=scale, may_draw_forms=False, draw_annots=False)), dpi
