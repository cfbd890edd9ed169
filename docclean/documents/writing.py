"""Pages out: one document, whole or not at all."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from docclean.documents.base import Format, Source, Ways
from docclean.documents.reading import Input, as_source, detect, format_of
from docclean.errors import OutputError, UsageError
from docclean.outputs import writing
from docclean.page import Page

Output = str | Path | BinaryIO


def write_pages(
    pages: Iterable[Page],
    out: Output,
    *,
    like: Input | None = None,
    overwrite: bool = False,
    suffix: str | None = None,
    password: str | None = None,
) -> None:
    """Write pages as one document, whole or not at all; one page is held at a time.

    Args:
        pages: the pages in order; a generator is consumed as it is written.
        out: a path, whose suffix tells the format, or a binary stream.
        like: the document the pages came from; a PDF written like a PDF keeps its page boxes,
            metadata and outline, a TIFF like a TIFF its compression.
        overwrite: allow an existing file to be replaced.
        suffix: the format, for a stream or against the path's own suffix.
        password: opens `like` where it is protected; the output is protected as it was.

    Raises:
        OutputError: the output exists, cannot be written, or cannot hold these pages.
        UsageError: no format has this suffix.
    """
    original = as_source(like) if like is not None else None
    path = Path(out) if isinstance(out, str | Path) else None
    if path is None and suffix is None and original is None:
        raise UsageError("a stream has no suffix; give suffix='.png', '.pdf' ...")
    if path or suffix:
        chosen = format_of(suffix or Path(path or "").suffix, str(path or "the output"))
    else:
        chosen = detect(original or b"")
    with writing(path or cast(BinaryIO, out), overwrite=overwrite) as stream:
        write_to(stream, pages, chosen, like=original, password=password)


def write_to(
    stream: BinaryIO,
    pages: Iterable[Page],
    chosen: Format,
    *,
    like: Source | None = None,
    password: str | None = None,
    ways: Ways | None = None,
) -> None:
    """Write pages in a format to an empty file that is open for reading and writing.

    Raises:
        OutputError: there are no pages, or the format cannot hold these.
    """
    iterator = iter(pages)
    first = next(iterator, None)
    if first is None:
        raise OutputError("there are no pages to write; give at least one")
    chosen.write(chain([first], iterator), stream, like, password, ways or Ways())
