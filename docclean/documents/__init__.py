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
from typing import BinaryIO, cast

from docclean.documents.base import Format, Source, Ways
from docclean.documents.images import Bmp, Jp2, Jpeg, Png, Pnm, Tiff, Webp
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
    "Ways",
    "as_source",
    "check_target",
    "detect",
    "format_of",
    "known_suffixes",
    "open_output",
    "read_pages",
    "write_pages",
    "write_to",
    "writing",
]

FORMATS: Registry[Format] = Registry(
    "format",
    [Png(), Jpeg(), Tiff(), Bmp(), Webp(), Jp2(), Pnm(), Pdf()],
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
    opened = as_source(source)
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


@contextmanager
def writing(out: Path | BinaryIO, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file with a name, that becomes `out` whole when the block ends well.

    A stream cannot be taken back, so it is filled at the end.

    Raises:
        OutputError: as `open_output`.
    """
    if isinstance(out, Path):
        with open_output(out, overwrite=overwrite) as stream:
            yield stream
        return
    with tempfile.NamedTemporaryFile() as whole:
        yield cast(BinaryIO, whole)
        whole.seek(0)
        try:
            shutil.copyfileobj(whole, out)
            out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"the output cannot be written: {_why(error)}") from error


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


@contextmanager
def open_output(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` whole, when the block ends well, or not at all.

    The bytes go to a temporary file beside it, are synced to disk and renamed into place.

    Raises:
        OutputError: it exists (without `overwrite`), or cannot be written.
    """
    target = path.resolve()  # writing to a link replaces what it points to, not the link
    check_target(path, overwrite=overwrite)
    part = target.with_name(f".docclean-{secrets.token_hex(6)}.part")
    try:
        with part.open("x+b") as stream:
            yield stream
            stream.flush()
            fsync(stream.fileno())
        check_target(path, overwrite=overwrite)
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


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse an output that cannot be written, before any work.

    Raises:
        OutputError: it exists (without `overwrite`), or is a folder or device.
    """
    target = path.resolve()  # writing to a link replaces what it points to, not the link
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
