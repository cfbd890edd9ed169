"""The pixels of a PDF page: its scan's own, or rendered; looked at in a process that may die."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import pikepdf
import pypdfium2 as pdfium

from docclean.documents.base import MAX_PIXELS, Source
from docclean.documents.pdf.apart import Copy, widen_for
from docclean.documents.pdf.drawing.graph import Drawn, drawn_by
from docclean.documents.pdf.drawing.optional import OptionalContent
from docclean.documents.pdf.leaves import Leaf, look
from docclean.documents.pdf.scans import POINTS_PER_INCH, bitmap_pixels
from docclean.documents.pdf.streams import cut_short
from docclean.documents.pdf.textlayer import Unseen, unseen_of
from docclean.page import Image, Page

BORN_DIGITAL_DPI = 300.0
"""Rendering resolution of a page without images, and the page size of pixels without a dpi."""
RENDER_DPI_RANGE = (150.0, 600.0)
"""Below, small print is lost beside a coarse photograph; above, only the file grows."""
RENDER_PIXELS = MAX_PIXELS // 4
"""The largest page rendered, px; a larger sheet is rendered more coarsely."""
DRAWN_BY_PROGRAM = ("blank", "drawn")


Whole = Literal["none", "scans", "all"]


@dataclass(frozen=True)
class Seen:
    """A page as it was looked at.

    Attributes:
        leaf: what it is.
        page: its pixels as shown; None where they were not asked for.
        unseen: what is kept of it beside a picture; None for a scan.
    """

    leaf: Leaf
    page: Page | None
    unseen: Unseen | None


@dataclass(frozen=True)
class _Asked:
    """A question: `Looking.at` says what its parts mean."""

    number: int
    programs: bool
    whole: Whole


class Looking:
    """Looks at the pages of a document, in a copy of this process that may die of one."""

    def __init__(self, pdf: pikepdf.Pdf, document: pdfium.PdfDocument, source: Source) -> None:
        """Take a document opened with both libraries; it is looked at as it is now."""
        self.pdf, self.document, self.source = pdf, document, source
        self._copy = Copy(source, self._answer)

    def __enter__(self) -> "Looking":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the copy."""
        self.close()

    def close(self) -> None:
        """End the copy; the next page has another."""
        self._copy.close()

    def at(self, number: int, *, programs: bool = True, whole: Whole = "scans") -> Seen:
        """Look at one page, whatever it consists of.

        Args:
            number: the page, from 1.
            programs: give the pixels of a page that a program has set, too.
            whole: of which pages images are refused whose data end too early.

        Raises:
            UnreadableInputError: it draws too much, its images are cut short or too large, or the
                copy died of it.
        """
        return self._copy.ask(_Asked(number, programs, whole))

    def ahead(self, number: int, *, programs: bool = True, whole: Whole = "scans") -> None:
        """Let the copy look at a page that `at` will be asked for next, the same way."""
        self._copy.ask_ahead(_Asked(number, programs, whole))

    def _answer(self, asked: _Asked) -> Seen:
        leaf = self.pdf.pages[asked.number - 1]
        own = drawn_by(leaf, self.source)
        widen_for(own.pixels)
        shown = self.document[asked.number - 1]
        try:
            return _seen(shown, leaf, own, OptionalContent(self.pdf), self.source, asked)
        finally:
            shown.close()


def _seen(
    shown: pdfium.PdfPage,
    leaf: pikepdf.Page,
    own: Drawn,
    layers: OptionalContent,
    source: Source,
    asked: _Asked,
) -> Seen:
    found = look(shown, leaf, own, layers, source)
    programs = found.kind in DRAWN_BY_PROGRAM
    if programs and not asked.programs:
        return Seen(found, None, None)
    page = page_of(shown, found, asked.number, source)
    matters = asked.whole == "all" or (asked.whole == "scans" and not programs)
    if matters and any(map(cut_short, own.images)):
        raise source.unreadable("has an image whose data end too early; scan or copy it again")
    unseen = None if found.scan else unseen_of(leaf, layers)
    if unseen and own.layered:
        unseen = replace(unseen, flattened=True)
    return Seen(found, page, unseen)


def page_of(shown: pdfium.PdfPage, leaf: Leaf, number: int, source: Source) -> Page:
    """Return the pixels of a page: its scan's own, or rendered where it is no scan."""
    if leaf.scan:
        return Page(leaf.scan.pixels(shown, source), leaf.scan.dpi, number, source.name)
    widen_for(RENDER_PIXELS)
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
