"""A new PDF page that shows one picture."""

import math
from decimal import Decimal

import pikepdf

from docclean.documents.pdf.objects import Picture, stream_of
from docclean.documents.pdf.rendering import BORN_DIGITAL_DPI
from docclean.documents.pdf.scans import POINTS_PER_INCH
from docclean.page import Page

LONGEST = 14_400
"""The longest side of a page, units (ISO 32000-1, annex C); a larger sheet has larger units."""


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
