"""PDF in and out: a page that is one scan keeps that scan's pixels, any other is rendered.

The libraries are loaded where the first PDF is met.
"""

from collections.abc import Iterator
from typing import BinaryIO

from docclean.documents.base import Format, Source, Ways
from docclean.documents.codecs import Kind, Stored
from docclean.documents.images import Jpeg
from docclean.page import Page


class Pdf(Format):
    """PDF: many pages; written like a PDF, only the page images change."""

    name, suffixes, multipage = "pdf", (".pdf",), True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PDF file; a few bytes before the mark are common."""
        return b"%PDF-" in head

    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages`, upright as a viewer shows them."""
        from docclean.documents.pdf import whole

        yield from whole.read(source, pages, password)

    def count(self, source: Source, password: str | None) -> int:
        """Return how many pages there are."""
        from docclean.documents.pdf import whole

        return whole.count(source, password)

    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the pages; like a PDF, into a copy of it."""
        from docclean.documents.pdf import whole

        head = b""
        if like is not None:
            with like.open() as stream:
                head = stream.read(1024)
        if like is not None and self.matches(head):
            whole.write_like(pages, out, like, password)
        else:
            stored = Stored(Kind.LOSSY if Jpeg.matches(head) else Kind.LOSSLESS)
            whole.write_new(pages, out, stored, ways)
