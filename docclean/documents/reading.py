"""Documents in, pages out: the type is told by content, not by the name."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from docclean.documents.base import Format, Source
from docclean.documents.images import Bmp, Jp2, Jpeg, Png
from docclean.documents.other_images import Avif, Gif, Heic, Pnm, Webp
from docclean.documents.pdf import Pdf
from docclean.documents.tiff import Tiff
from docclean.errors import UnreadableInputError, UsageError
from docclean.page import Page
from docclean.registry import Registry

FORMATS: Registry[Format] = Registry(
    "format",
    [
        *(Png(), Jpeg(), Tiff(), Bmp(), Webp(), Jp2(), Pnm(), Gif(), Avif(), Heic()),
        Pdf(),
    ],
    key=lambda member: member.name,
)
KNOWN_STRANGERS = {
    b"AT&TFORM": "is a DjVu file, which is not read; make a PDF of it: ddjvu -format=pdf",
}
"""How files begin that people take for documents, and what is said of them."""
HEAD = 1024
"""Bytes looked at to tell a document's type."""
Input = str | Path | bytes | BinaryIO | Source


def known_suffixes() -> tuple[str, ...]:
    """Return every suffix a format is named by, '.png' first."""
    return tuple(suffix for member in FORMATS for suffix in member.suffixes)


def read_pages(
    source: Input, *, pages: set[int] | None = None, password: str | None = None
) -> Iterator[Page]:
    """Yield a document's pages one at a time, upright, grey or RGB.

    Args:
        source: a path, the file's bytes, a binary stream (read to its end), or a `Source`.
        pages: the page numbers wanted, from 1; None for all.
        password: opens a protected PDF.

    Raises:
        UnreadableInputError: missing, empty, damaged, protected, too large or not a document.
        UsageError: none of the wanted pages exists.
    """
    opened = as_source(source)
    yield from detect(opened).read(opened, pages, password)


def format_of(suffix: str, name: str) -> Format:
    """Return the format a suffix ('.png', 'PNG') names.

    Raises:
        UsageError: no format has it; the message names the known ones.
    """
    wanted = f".{suffix.lower().lstrip('.')}"
    for member in FORMATS:
        if wanted in member.suffixes:
            return member
    known = " ".join(known_suffixes())
    raise UsageError(f"{name}: no format has the suffix '{suffix}'; choose one of {known}")


def detect(source: Input) -> Format:
    """Return the format of a document, told by its first bytes.

    Raises:
        UnreadableInputError: missing, empty, a folder, or no known format.
    """
    opened = as_source(source)
    try:
        with opened.open() as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise opened.unreadable(
            f"cannot be read ({error.strerror}); check its permissions"
        ) from error
    if not head:
        raise opened.unreadable("is empty (0 bytes); scan or copy it again")
    for member in FORMATS:
        if member.matches(head):
            return member
    for start, told in KNOWN_STRANGERS.items():
        if head.startswith(start):
            raise opened.unreadable(told)
    raise opened.unreadable(f"is not a document; give one of {', '.join(FORMATS.names())}")


def as_source(given: Input) -> Source:
    """Return a document given in any way as a `Source`.

    Raises:
        UnreadableInputError: it is missing, a folder, or cannot be read.
    """
    if isinstance(given, Source):
        return given
    if isinstance(given, bytes):
        return Source("the given bytes", data=given)
    if not isinstance(given, str | Path):
        name = getattr(given, "name", None)
        return Source(name if isinstance(name, str) else "the stream", data=given.read())
    path = Path(given)
    try:
        if path.is_dir():
            raise UnreadableInputError(f"{path} is a folder; give a file")
        if not path.exists():
            raise UnreadableInputError(f"{path} does not exist; check the path")
        if not path.is_file():  # a pipe or device is read once, to its end
            return Source(str(path), data=path.read_bytes())
    except OSError as error:
        raise UnreadableInputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        ) from error
    return Source(str(path), path)
