"""Files of our own: written aside and renamed, or locked for as long as a process lives."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import fsync
from pathlib import Path
from typing import IO, Any, Literal, TextIO

from docclean.errors import OutputError


def locked(stream: IO[Any], *, wait: bool = False) -> bool:
    """Lock a file for as long as it is open; say whether that worked, or another process has it.

    Raises:
        OSError: the file system knows no locks.
    """
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextmanager
def replacing(path: Path, *, one_writer: bool = False) -> Iterator[Path]:
    """Give a path beside `path` to write to, which takes its place when the block ends well.

    Nothing is left where it does not. Only a killed process leaves its file.

    Args:
        path: the file.
        one_writer: only one process writes `path`. The file aside then has the same name each
            time, and the next write replaces what a killed process left.

    Raises:
        OSError: it cannot be written; `refusing` turns this into a sentence.
    """
    own = "" if one_writer else f".{os.getpid()}"
    part = path.with_name(f".{path.name}{own}.tmp")
    with _renamed(part, path):
        yield part
        with part.open("rb") as written:
            fsync(written.fileno())


@contextmanager
def _renamed(part: Path, target: Path) -> Iterator[None]:
    """Rename `part` to `target` when the block ends well; remove `part` where it does not."""
    try:
        yield
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


@contextmanager
def refusing(out: Path, kind: Literal["file", "folder"]) -> Iterator[None]:
    """Turn a system's refusal to write `out`, or into it, into one sentence.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); choose another {kind} with -o"
        ) from error


@contextmanager
def writing_text(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing; it takes its place only when the block ends well.

    A link stays a link, a file keeps its permissions; a device or pipe is written to as it is.
    Names that are no UTF-8 (bytes of a foreign file system) are written as backslash escapes.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with _text(path) as stream:
                yield stream
            return
        aside = target.with_name(f".{target.name}.part")
        with _renamed(aside, target):
            with _text(aside) as stream:
                yield stream
                stream.flush()
                fsync(stream.fileno())
            if mode is not None:
                aside.chmod(stat.S_IMODE(mode))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


def check_writable(path: Path) -> None:
    """Say before the work what would only fail after it.

    Raises:
        OutputError: the path is a folder, or its own folder is missing or not to be written to.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise OutputError(f"{path}: cannot be written: it is a folder; name a file")
    if not folder.is_dir():
        raise OutputError(f"{path}: cannot be written: its folder does not exist")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(f"{path}: cannot be written: no permission")
