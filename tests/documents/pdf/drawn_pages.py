"""Shared by the tests beside: pages drawn by hand, cleaned, and looked at."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
from fakes import Identity
from pikepdf import Array, Dictionary, Name

from docclean.documents import as_source
from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.pdf.objects import stream_of
from docclean.jobs.document import process_file
from docclean.recipe import Options

CASES = Path(__file__).parents[2] / "cases"
WIDTH, HEIGHT = 240, 320
"""Points; scans have three pixels to two of them."""


def scan(seed=0):
    """A grey scan of a page with lines of dark words, more of them on top."""
    rng = np.random.default_rng(seed)
    page = np.full((HEIGHT * 3 // 2, WIDTH * 3 // 2), 225, np.uint8)
    for row in range(20, len(page) - 150, 18):
        for column in range(20, page.shape[1] - 30, 26):
            page[row : row + 9, column : column + int(rng.integers(8, 24))] = 40
    return page


class Lighter(Identity):
    """A cleaner that makes paper and ink a little lighter."""

    def clean(self, page):
        lighter = 255 - (255 - page.pixels.astype(np.float32)) * 0.85
        return super().clean(page.with_pixels(lighter.astype(np.uint8)))


def load_lighter():
    return Lighter()


def page_pdf(content, pixels=None, edit=None, stored=None, **resources):
    """Return a PDF of one page that draws `content`; its image /I is a scan."""
    pixels = scan() if pixels is None else pixels
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(WIDTH, HEIGHT))
        image = pdf.make_indirect(stream_of(pdf, encode(pixels, stored or Stored(Kind.LOSSY))))
        page = pdf.pages[0].obj
        page.Resources = Dictionary(XObject=Dictionary(I=image))
        for name, value in resources.items():
            page.Resources[f"/{name}"] = value
        page.Contents = pikepdf.Stream(pdf, content)
        if edit:
            edit(pdf, page, image)
        return saved(pdf)


def saved(pdf):
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def form(pdf, content, resources=None, **keys):
    """Return a form as large as the page."""
    box = Array([0, 0, WIDTH, HEIGHT])
    made = pikepdf.Stream(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=box, **keys)
    if resources is not None:
        made.Resources = resources
    return pdf.make_indirect(made)


def clean(data, tmp_path, load=load_lighter, **options):
    """Return the result of cleaning a PDF, and its bytes; None where it failed."""
    out = tmp_path / "cleaned.pdf"
    out.unlink(missing_ok=True)
    source = data if isinstance(data, Path) else as_source(data)
    result = process_file(source, out, load, Options(**options))
    return result, out.read_bytes() if out.exists() else None


def shown(data, number=1):
    """Return a page as PDFium shows it, grey."""
    document = pdfium.PdfDocument(data)
    page = document[number - 1]
    pixels = page.render(scale=1.5, draw_annots=False).to_numpy()[..., :3].mean(2)
    document.close()
    return pixels


def alike(before, after):
    """Return the correlation of two pages."""
    return float(np.corrcoef(before.ravel(), after.ravel())[0, 1])
