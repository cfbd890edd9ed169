"""Shared by the tests beside: what they are made of."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2 as pdfium
from fakes import load_identity

from docclean.documents import as_source
from docclean.jobs.pdf import clean_pdf
from docclean.recipe import Options

TEXT = b"BT /F1 9 Tf 3 Tr 2 2 Td (hidden words) Tj ET"


def cleaned(data, tmp_path, load=load_identity, options=None, jobs=1):
    """Return the bytes and the outcomes of a PDF cleaned."""
    out = tmp_path / "out.pdf"
    with out.open("w+b") as stream:
        done = clean_pdf(as_source(data), stream, load, replace(options or Options(), jobs=jobs))
    return out.read_bytes(), done


def images(data):
    """Return every page image as stored, by page."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [
            [one.read_raw_bytes() for one in page.obj.Resources.XObject.values()]
            for page in pdf.pages
        ]


def words_of(data):
    document = pdfium.PdfDocument(data)
    told = [page.get_textpage().get_text_range().strip() for page in document]
    document.close()
    return told


def made(kind):
    return kind()
