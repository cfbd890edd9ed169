"""PDFs made for tests."""

import io

import pikepdf

from docclean.documents.codecs import Stored, encode
from docclean.documents.pdf.newpage import new_pdf_page
from docclean.page import Page


def pdf_of(*pictures, extra=b"", dpi=150.0, edit=None):
    """Return a PDF of one scan a page: pixels or (pixels, how they are stored)."""
    with pikepdf.new() as pdf:
        for picture in pictures:
            pixels, stored = picture if isinstance(picture, tuple) else (picture, Stored())
            new_pdf_page(pdf, Page(pixels, (dpi, dpi)), encode(pixels, stored))
            if extra:
                font = pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
                pdf.pages[-1].obj.Resources.Font = pikepdf.Dictionary(F1=font)
                pdf.pages[-1].contents_add(extra)
        if edit:
            edit(pdf)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return out.getvalue()
