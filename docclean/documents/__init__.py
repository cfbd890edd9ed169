"""Documents in, pages out, and back: the type is told by content, not by the file's name."""

import errno
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from os import fsync
from pathlib import Path
from typing import BinaryIO

from docclean.documents.images import Bmp, Format, Jpeg, Png, Source, Tiff, Webp
from docclean.documents.pdf import Pdf
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.page import Page
from docclean.registry import Registry

__all__ = [
    "FORMATS",
    "Format",
    "Input",
    "Output",
    "Source",
    "detect",
    "format_of",
    "known_suffixes",
    "open_output",
    "read_pages",
    "write_pages",
]

FORMATS: Registry[Format] = Registry(
    "format",
    [Png(), Jpeg(), Tiff(), Bmp(), Webp(), Pdf()],
    key=lambda member: member.name,
)
HEAD = 1024
"""Bytes looked at to tell a document's type."""

Input = str | Path | bytes | BinaryIO | Source
Output = str | Path | BinaryIO


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
    opened = _source(source)
    yield from detect(opened).read(opened, pages, password)


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
    original = _source(like) if like is not None else None
    if isinstance(out, str | Path):
        chosen = format_of(suffix or Path(out).suffix, str(out))
        with open_output(Path(out), overwrite=overwrite) as stream:
            _write(chosen, pages, stream, original, password)
        return
    if suffix is None and original is None:
        raise UsageError("a stream has no suffix; give suffix='.png', '.pdf' ...")
    chosen = format_of(suffix, "the output") if suffix else detect(original or b"")
    with tempfile.TemporaryFile() as whole:  # a stream cannot be taken back, so fill it at the end
        _write(chosen, pages, whole, original, password)
        whole.seek(0)
        shutil.copyfileobj(whole, out)
        out.flush()


def _write(
    chosen: Format,
    pages: Iterable[Page],
    stream: BinaryIO,
    like: Source | None,
    password: str | None,
) -> None:
    iterator = iter(pages)
    first = next(iterator, None)
    if first is None:
        raise OutputError("there are no pages to write; give at least one")
    chosen.write(chain([first], iterator), stream, like, password)


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
    opened = _source(source)
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
    raise opened.unreadable(f"is not a document; give one of {', '.join(FORMATS.names())}")


def _source(given: Input) -> Source:
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


@contextmanager
def open_output(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` whole, when the block ends well, or not at all.

    The bytes go to a temporary file beside it, are synced to disk and renamed into place.

    Raises:
        OutputError: it exists (without `overwrite`), or cannot be written.
    """
    target = path.resolve()  # writing to a link replaces what it points to, not the link
    _check_target(path, target, overwrite)
    part = target.with_name(f".docclean-{secrets.token_hex(6)}.part")
    try:
        with part.open("x+b") as stream:
            yield stream
            stream.flush()
            fsync(stream.fileno())
        _check_target(path, target, overwrite)
        part.replace(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {_why(error)}") from error
    except OutputError as error:
        raise error if str(path) in str(error) else OutputError(f"{path}: {error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _check_target(path: Path, target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if target.exists() and not target.is_file():
        raise OutputError(f"{path} is not a regular file; choose another -o (- for stdout)")
    if target.exists() and not overwrite:
        raise OutputError(f"{path} exists already; add --overwrite or choose another -o")


def _why(error: OSError) -> str:
    """Return the system's reason and the next step."""
    steps = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EDQUOT: "the disk quota is used up; free some space",
        errno.EACCES: "permission denied; choose another -o",
        errno.EPERM: "permission denied; choose another -o",
        errno.EROFS: "the disk is read-only; choose another -o",
        errno.ENOENT: "its folder does not exist; create the folder or choose another -o",
        errno.ENOTDIR: "its folder is a file; choose another -o",
    }
    return steps.get(error.errno or 0, f"{error.strerror or error}; choose another -o")
