"""All that is done to one page, whatever document it comes from: set straight, cleaned, read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from docclean.documents.codecs import to_bits
from docclean.ocr import Tesseract
from docclean.ocr.sidecars import rescaled
from docclean.page import Page
from docclean.straighten.page_geometry import Straightened, straighten


class Decision(Protocol):
    """What the gate decided about a page."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""


class Cleaned(Protocol):
    """A cleaned page and the gate's decision."""

    @property
    def page(self) -> Page:
        """The page that goes out."""

    @property
    def reading(self) -> Page:
        """The page an OCR engine is to read."""

    @property
    def scale(self) -> float:
        """Pixels of `reading` for one of `page`."""

    @property
    def decision(self) -> Decision:
        """Why it is cleaned or left alone."""


class PageCleaner(Protocol):
    """What cleans one page; `docclean.clean.cleaner.Cleaner` is one."""

    def clean(self, page: Page) -> Any:
        """Return the `Cleaned` page."""


@dataclass(frozen=True)
class Geometry:
    """What is set straight before a page is cleaned; none of it is done unasked."""

    orient: bool = False
    """Turn pages upright, as Tesseract sees them."""
    deskew: bool = False
    """Turn pages by the few degrees their lines lean."""
    borders: bool = False
    """Whiten black borders and slivers of the next page."""
    split: bool = False
    """Cut spreads of two pages in two."""


@dataclass(frozen=True)
class Options:
    """What holds for every file of a call."""

    pages: frozenset[int] | None = None
    """Page numbers wanted, from 1; the output holds only these."""
    password: str | None = None
    """Opens protected PDFs."""
    overwrite: bool = False
    """Whether an existing output is replaced."""
    suffix: str | None = None
    """Output format where the output's own name does not tell it."""
    for_ocr: bool = False
    """Write pages as an OCR engine reads them best: grey, small letters enlarged, no pens."""
    ocr: bool = False
    """Make a PDF searchable: lay the text Tesseract reads under its pages."""
    sidecars: tuple[str, ...] = ()
    """Kinds of files to write beside the output: text, hocr, alto."""
    lang: str = "eng"
    """Languages Tesseract reads."""
    grey: bool = False
    """Write grey pages, whatever came in."""
    bitonal: bool = False
    """Write black and white pages: CCITT G4, or JBIG2 where its program is."""
    layered: bool = False
    """Write PDF pages in two layers: sharp text over a coarse ground."""
    geometry: Geometry = field(default_factory=Geometry)
    """What is set straight."""
    force: bool = False
    """Clean born-digital pages too, and read pages that have text."""
    strict: bool = False
    """Let one bad page fail its document."""
    allow_signed: bool = False
    """Change signed PDFs all the same."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the kinds of layers Tesseract is asked for."""
        return (*(("pdf",) if self.ocr else ()), *self.sidecars)


@dataclass(frozen=True, eq=False)
class Treated:
    """One page after all that was asked for.

    Attributes:
        page: the page to keep.
        decision: the verdict, its reason, the measures, as plain data.
        layers: what Tesseract read, by kind; boxes are of `page`.
        straightened: what was set straight.
        changed: whether any pixel is not as it came.
    """

    page: Page
    decision: dict[str, Any]
    layers: Mapping[str, bytes]
    straightened: Straightened
    changed: bool


def treat(page: Page, cleaner: PageCleaner, options: Options, *, has_text: bool = False) -> Treated:
    """Set a page straight, clean it and read it, as the options ask.

    Args:
        page: as a viewer shows it.
        cleaner: cleans it.
        options: what is asked for.
        has_text: the page has a text layer: it is not turned under it, nor read again unforced.
    """
    asked = options.geometry
    straightened = straighten(
        page,
        orient=asked.orient,
        deskew=asked.deskew and not has_text,
        borders=asked.borders,
        split=asked.split,
    )
    cleaned = cleaner.clean(straightened.page)
    told = {"page": page.number, **cleaned.decision.to_dict(), **straightened.told()}
    if asked.deskew and has_text:
        told["deskewed"] = "no: its text layer would not lie on its letters any more"
    kept = _kept(cleaned, options)
    layers: dict[str, bytes] = {}
    if options.reads and (options.force or not has_text):
        layers = read_layers(cleaned, options)
    elif options.reads:
        told["read"] = "no: the page has text (--force reads it again)"
    changed = straightened.moved or not np.array_equal(kept.pixels, straightened.page.pixels)
    return Treated(kept, told, layers, straightened, changed)


def _kept(cleaned: Cleaned, options: Options) -> Page:
    page = cleaned.reading if options.for_ocr else cleaned.page
    if options.bitonal:
        return page.with_pixels(to_bits(page.pixels) * np.uint8(255))
    return page.with_pixels(page.grey()) if options.grey else page


def read_layers(cleaned: Cleaned, options: Options) -> dict[str, bytes]:
    """Let Tesseract read a cleaned page; boxes come back to the page that is kept."""
    found = Tesseract(options.lang).layers(cleaned.reading, options.reads)
    scale = 1.0 if options.for_ocr else cleaned.scale
    return {kind: rescaled(kind, data, scale) for kind, data in found.items()}
