"""A whole PDF: its pages read, counted, and written, as a new one or into a copy."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pikepdf

from docclean.documents.base import (
    Source,
    Ways,
    chosen,
    decoding,
    encoding,
)
from docclean.documents.codecs import Stored, encode
from docclean.documents.mrc import layer
from docclean.documents.pdf.editing import Edit, Editor, shown_box
from docclean.documents.pdf.encoding import pictures_for
from docclean.documents.pdf.newpage import new_pdf_page
from docclean.documents.pdf.objects import save
from docclean.documents.pdf.opening import opened
from docclean.documents.pdf.rendering import Looking
from docclean.errors import OutputError
from docclean.page import Page


def read(source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
    """Yield the pages numbered in `pages`, upright as a viewer shows them."""
    with (
        opened(source, password, tell=True) as (pdf, document),
        Looking(pdf, document, source) as looking,
    ):
        for number in chosen(source, pages, len(document)):
            with decoding(source):
                page = looking.at(number).page
            assert page, "all kinds of pages were asked for"
            yield page


def count(source: Source, password: str | None) -> int:
    """Return how many pages there are."""
    with opened(source, password) as (_, document):
        return len(document)


def write_new(pages: Iterator[Page], out: BinaryIO, stored: Stored, ways: Ways) -> None:
    """Write pages as a new PDF."""
    with pikepdf.new() as pdf:
        for page in pages:
            own = ways.of(page.number)
            with encoding("pdf"):
                if own.layered:
                    new_pdf_page(pdf, page, layer(page.pixels))
                else:
                    new_pdf_page(pdf, page, encode(page.pixels, stored, bitonal=own.bitonal))
        with encoding("pdf"):
            save(pdf, out)


def write_like(pages: Iterator[Page], out: BinaryIO, like: Source, password: str | None) -> None:
    """Put the pages into a copy of `like`; pages not given are left out, with the outline."""
    with (
        opened(like, password) as (pdf, document),
        Looking(pdf, document, like) as looking,
    ):
        done: set[int] = set()
        editor = Editor(pdf)
        for page in pages:
            if page.number in done or not 1 <= page.number <= len(document):
                raise OutputError(f"page {page.number} is not one page of {like.name}; renumber it")
            done.add(page.number)
            with encoding("pdf"):
                _put(looking, editor, page)
        with encoding("pdf"):
            drop_other_pages(pdf, done)
            editor.tidy()
            save(pdf, out)


def _put(looking: Looking, editor: Editor, page: Page) -> None:
    """Put pixels in the place of a page's scan, or of all it shows where it is no scan."""
    found = looking.at(page.number, whole="none")
    if found.leaf.scan and found.page and np.array_equal(found.page.pixels, page.pixels):
        editor.keep(page.number)
        return
    leaf = editor.pdf.pages[page.number - 1]
    names = found.leaf.scan.names if found.leaf.scan else ()
    pictures = pictures_for(leaf, found.leaf, page.pixels)
    editor.apply(Edit(page.number, names, pictures, unseen=found.unseen), shown_box(leaf))


def drop_other_pages(pdf: pikepdf.Pdf, kept: set[int]) -> None:
    """Leave out the pages not in `kept`, and with them an outline that would lead nowhere."""
    dropped = [n for n in range(1, len(pdf.pages) + 1) if n not in kept]
    for number in reversed(dropped):
        del pdf.pages[number - 1]
    if dropped and "/Outlines" in pdf.Root:
        del pdf.Root.Outlines
