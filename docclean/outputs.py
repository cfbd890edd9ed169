"""Outputs: whole or not at all, together, never over something else."""

import errno
import hashlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import fsync
from pathlib import Path
from typing import Any, BinaryIO, cast

from docclean.errors import OutputError
from docclean.files import locked

PART = (".docclean-", ".part")
"""How the names of temporary outputs begin and end; between them stand the machine, the process's
number, when it began, and a number."""
FORGOTTEN = 86_400.0
"""Seconds after which another machine's temporary output is taken for left behind."""
OnReady = Callable[[Mapping[Path, str]], None]
"""Called with every output and the SHA-256 of its bytes, before they appear."""


class Outputs:
    """Files that appear whole and together, when the block ends well, or not at all.

    The bytes go to temporary files beside them, which are synced to disk and renamed. A temporary
    file is locked as long as its process lives, and its name says whose it is; `sweep` removes what
    a killed one left.
    """

    def __init__(self, *, overwrite: bool = False, on_ready: OnReady | None = None) -> None:
        """Take whether they may replace what is there, and who is told before they appear.

        Args:
            overwrite: whether files that exist are replaced.
            on_ready: called with every file and the SHA-256 of what it will hold, when all are
                on disk and none has its name yet.
        """
        self.overwrite, self.on_ready = overwrite, on_ready
        self._parts: list[tuple[Path, Path, BinaryIO]] = []
        self._made: list[Path] = []  # noted before they are made: a signal may come in between

    def __enter__(self) -> "Outputs":
        """Return itself."""
        return self

    def open(self, path: Path) -> BinaryIO:
        """Return a temporary file with a name, open for writing and reading, that becomes `path`.

        Raises:
            OutputError: it exists (without `overwrite`), or cannot be written.
        """
        target = path.resolve()  # writing to a link replaces what it points to, not the link
        check_target(path, overwrite=self.overwrite)
        while True:
            whose = f"{_machine()}-{os.getpid()}-{_began(os.getpid())}-{secrets.token_hex(4)}"
            part = target.with_name(f"{PART[0]}{whose}{PART[1]}")
            self._made.append(part)
            with naming(path):
                stream = part.open("x+b")
            with suppress(OSError):
                locked(stream, wait=True)
            if os.fstat(stream.fileno()).st_nlink:
                self._parts.append((path, part, stream))
                return stream
            stream.close()  # another process swept it away before it was locked

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Give every file its name; where the block failed, remove them all."""
        try:
            if kind is None:
                self._appear()
        finally:
            for _, _, stream in self._parts:
                with suppress(OSError):
                    stream.close()
            for part in self._made:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def _appear(self) -> None:
        hashes = {}
        for path, _, stream in self._parts:
            with naming(path):
                stream.flush()
                fsync(stream.fileno())
                if self.on_ready:
                    stream.seek(0)
                    hashes[path] = hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()
            check_target(path, overwrite=self.overwrite)
        if self.on_ready:
            self.on_ready(hashes)
        for path, part, _ in self._parts:
            with naming(path):
                _named(part, path, overwrite=self.overwrite)
        for folder in {part.parent for _, part, _ in self._parts}:
            _synced(folder)


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

    Raises:
        OutputError: it exists (without `overwrite`), or cannot be written.
    """
    sweep(path.resolve().parent)
    with naming(path), Outputs(overwrite=overwrite) as outputs:
        yield outputs.open(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn a system's refusal into one sentence that names the output."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {_why(error)}") from error
    except OutputError as error:
        raise error if str(path) in str(error) else OutputError(f"{path}: {error}") from error


def sweep(folder: Path) -> int:
    """Remove the temporary outputs in a folder whose processes are dead; return how many.

    A lock that is held, or a name of a process that is alive, keeps one. Locks may not reach other
    machines that share the folder, so theirs must be old as well.
    """
    gone = 0
    with suppress(OSError):
        for part in folder.glob(f"{PART[0]}*{PART[1]}"):
            with suppress(OSError), part.open("r+b") as stream:
                if _left_behind(part) and _unlocked(stream):
                    part.unlink()
                    gone += 1
    return gone


def _left_behind(part: Path) -> bool:
    """Say whether the name of a temporary output is that of a process that is no more."""
    machine, *whose = part.name.removeprefix(PART[0]).removesuffix(PART[1]).split("-")
    if machine != _machine():
        return time.time() - part.stat().st_mtime > FORGOTTEN
    if len(whose) != 3 or not whose[0].isdecimal():
        return True  # its lock tells
    return _began(int(whose[0])) != whose[1]


def _unlocked(stream: BinaryIO) -> bool:
    """Say whether nobody holds a file; a file system without locks leaves it to the name."""
    try:
        return locked(stream)
    except OSError:
        return True


def _began(process: int) -> str:
    """Return when a process began, in the system's own ticks; empty where it does not run.

    A number alone would be taken for its next owner's (proc(5), field 22 of stat).
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
        return told.rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "0"


def moved(whole: Path, path: Path, *, overwrite: bool) -> None:
    """Give a file that is whole and on disk its place, on the same file system.

    Raises:
        OutputError: the place is taken (without `overwrite`), or cannot be written to.
    """
    check_target(path, overwrite=overwrite)
    with naming(path):
        _named(whole, path, overwrite=overwrite)
    _synced(path.resolve().parent)


def _named(part: Path, path: Path, *, overwrite: bool) -> None:
    """Give a temporary file its name; without `overwrite` never in the place of another file."""
    target = path.resolve()
    if not overwrite:
        try:
            os.link(part, target)
            part.unlink()
            return
        except FileExistsError:
            check_target(path, overwrite=False)
        except OSError:  # a file system without links
            pass
    part.replace(target)


def _synced(folder: Path) -> None:
    """Let the names in a folder reach the disk, where the system can do that."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            fsync(number)
        finally:
            os.close(number)


def _machine() -> str:
    """Return a short name of this machine, without odd characters."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


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
