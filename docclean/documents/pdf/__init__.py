"""PDF in and out: a page that is one scan keeps that scan's pixels, any other is rendered."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

import numpy as np
import pikepdf
import pypdfium2 as pdfium

from docclean.documents.base import (
    MAX_PIXELS,
    Format,
    Source,
    Ways,
    chosen,
    decoding,
    encoding,
)
from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.images import Jpeg
from docclean.documents.mrc import layer
from docclean.documents.pdf.contents import holds_plain_values, stored_as, x_objects
from docclean.documents.pdf.editing import Edit, Editor
from docclean.documents.pdf.objects import Picture, save, stream_of
from docclean.documents.pdf.opening import opened
from docclean.documents.pdf.scans import (
    POINTS_PER_INCH,
    Leaf,
    Scan,
    bitmap_pixels,
    look,
)
from docclean.errors import OutputError
from docclean.page import Image, Page

__all__ = [
    "BORN_DIGITAL_DPI",
    "LARGER",
    "Pdf",
    "drop_other_pages",
    "new_pdf_page",
    "page_of",
    "pictures_for",
    "repacked",
]

BORN_DIGITAL_DPI = 300.0
"""Rendering resolution of a page without images, and the page size of pixels without a dpi."""
RENDER_DPI_RANGE = (150.0, 600.0)
"""Below, small print is lost beside a coarse photograph; above, only the file grows."""
LONGEST = 14_400
"""The longest side of a page, units (ISO 32000-1, annex C); a larger sheet has larger units."""
LARGER = 1.1
"""How many times as large as it was a page may become without more ado."""
WORTH = 0.95
"""Share of its bytes that a kept scan must come below to be packed anew."""
RENDER_PIXELS = MAX_PIXELS // 4
"""The largest page rendered, px; a larger sheet is rendered more coarsely."""


class Pdf(Format):
    """PDF: many pages; written like a PDF, only the page images change."""

    name, suffixes, multipage = "pdf", (".pdf",), True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PDF file; a few bytes before the mark are common."""
        return b"%PDF-" in head

    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages`, upright as a viewer shows them."""
        with opened(source, password, tell=True) as (pdf, document):
            for number in chosen(source, pages, len(document)):
                with decoding(source):
                    page = read_page(pdf, document, number, source)
                yield page

    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the pages; like a PDF, into a copy of it."""
        head = b""
        if like is not None:
            with like.open() as stream:
                head = stream.read(1024)
        if like is not None and self.matches(head):
            _write_like(pages, out, like, password)
        else:
            stored = Stored(Kind.LOSSY if Jpeg.matches(head) else Kind.LOSSLESS)
            _write_new(pages, out, stored, ways)


# --- reading -----------------------------------------------------------------------------------


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


# --- writing -----------------------------------------------------------------------------------


def new_pdf_page(pdf: pikepdf.Pdf, page: Page, picture: Picture) -> None:
    """Append a page of the size its pixels and dpi say, showing one picture."""
    x_dpi, y_dpi = page.dpi or (BORN_DIGITAL_DPI, BORN_DIGITAL_DPI)
    width, height = page.width / x_dpi * POINTS_PER_INCH, page.height / y_dpi * POINTS_PER_INCH
    unit = max(1, math.ceil(max(width, height) / LONGEST))
    width, height = width / unit, height / unit
    box = pikepdf.Array([0, 0, Decimal(f"{width:.4f}"), Decimal(f"{height:.4f}")])
    facts = pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=box)
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(facts)))
    leaf = pdf.pages[-1]
    if unit > 1:
        leaf.obj.UserUnit = unit
    scan = pdf.make_indirect(stream_of(pdf, picture))
    leaf.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=scan))
    draw = f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /Scan Do Q"
    leaf.obj.Contents = pikepdf.Stream(pdf, draw.encode())


def _write_new(pages: Iterator[Page], out: BinaryIO, stored: Stored, ways: Ways) -> None:
    with pikepdf.new() as pdf:
        for page in pages:
            with encoding("pdf"):
                if ways.layered:
                    new_pdf_page(pdf, page, layer(page.pixels))
                else:
                    new_pdf_page(pdf, page, encode(page.pixels, stored, bitonal=ways.bitonal))
        with encoding("pdf"):
            save(pdf, out)


def _write_like(pages: Iterator[Page], out: BinaryIO, like: Source, password: str | None) -> None:
    """Put the pages into a copy of `like`; pages not given are left out, with the outline."""
    with opened(like, password) as (pdf, document):
        done: set[int] = set()
        editor = Editor(pdf)
        for page in pages:
            if page.number in done or not 1 <= page.number <= len(document):
                raise OutputError(f"page {page.number} is not one page of {like.name}; renumber it")
            done.add(page.number)
            with encoding("pdf"):
                _put(pdf, document, editor, page, like)
        with encoding("pdf"):
            drop_other_pages(pdf, done)
            save(pdf, out)


def _put(
    pdf: pikepdf.Pdf, document: pdfium.PdfDocument, editor: Editor, page: Page, like: Source
) -> None:
    """Put pixels in the place of a page's scan, or of all it shows where it is no scan."""
    shown, leaf = document[page.number - 1], pdf.pages[page.number - 1]
    try:
        found = look(shown, leaf, like)
        if found.scan and np.array_equal(found.scan.pixels(like), page.pixels):
            editor.keep(page.number)
            return
        names = found.scan.names if found.scan else ()
        edit = Edit(page.number, names, pictures_for(leaf, found.scan, page.pixels))
        editor.apply(edit, shown.get_bbox())
    finally:
        shown.close()


def pictures_for(
    leaf: pikepdf.Page,
    scan: Scan | None,
    pixels: Image,
    *,
    bitonal: bool = False,
    exact: bool = True,
) -> tuple[Picture, ...]:
    """Encode a page as shown in place of its scan's images, or of a rendered page's content.

    Unless `exact`, a lossless page may lose a little where it would take more room than it took.
    """
    if scan is None:
        return (encode(pixels, _mixture(leaf, exact), bitonal=bitonal),)
    objects = x_objects(leaf)
    cuts = scan.parts(pixels)
    kinds = [stored_as(objects[name]) for name in scan.names]
    rooms = [LARGER * len(objects[name].read_raw_bytes()) for name in scan.names]
    return tuple(
        encode(cut, kind, bitonal=bitonal, room=None if exact else room)
        for cut, kind, room in zip(cuts, kinds, rooms, strict=True)
    )


def repacked(leaf: pikepdf.Page, scan: Scan, pixels: Image) -> tuple[Picture, ...]:
    """Encode a scan anew, every pixel as it was, where that takes less room; () where it does not.

    Many programs write Flate without predictors, 8 bits for two greys, or fax codes of group 3.
    """
    objects = [x_objects(leaf)[name] for name in scan.names]
    kinds = [stored_as(one) for one in objects]
    if Kind.LOSSY in {kind.kind for kind in kinds} or not all(map(holds_plain_values, objects)):
        return ()
    pictures = pictures_for(leaf, scan, pixels)
    before = sum(len(one.read_raw_bytes()) for one in objects)
    return pictures if sum(one.nbytes for one in pictures) < WORTH * before else ()


def _mixture(leaf: pikepdf.Page, exact: bool) -> Stored:
    """Tell what a rendered page may lose: what its images have lost; `exact`, no greys of edges."""
    images = [one for one in x_objects(leaf).values() if one.get("/Subtype") == "/Image"]
    kinds = {stored_as(image).kind for image in images}
    if kinds == {Kind.BITONAL} and not exact:
        return Stored(Kind.BITONAL)
    return Stored(Kind.LOSSY if Kind.LOSSY in kinds else Kind.LOSSLESS)


def drop_other_pages(pdf: pikepdf.Pdf, kept: set[int]) -> None:
    """Leave out the pages not in `kept`, and with them an outline that would lead nowhere."""
    dropped = [n for n in range(1, len(pdf.pages) + 1) if n not in kept]
    for number in reversed(dropped):
        del pdf.pages[number - 1]
    if dropped and "/Outlines" in pdf.Root:
        del pdf.Root.Outlines
