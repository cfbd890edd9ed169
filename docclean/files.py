"""Writing files: whole or not at all, never over something else."""

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import fsync
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

from docclean.errors import OutputError


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
        with _renamed(part, target):
            with part.open("x+b") as stream:
                yield stream
                stream.flush()
                fsync(stream.fileno())
            check_target(path, overwrite=overwrite)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {_why(error)}") from error
    except OutputError as error:
        raise error if str(path) in str(error) else OutputError(f"{path}: {error}") from error


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
