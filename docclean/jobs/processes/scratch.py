"""Temporary files of one run, in one folder: whoever starts next removes what a killed run left."""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docclean.files import locked

PREFIX = "docclean-run-"
LOCK = "lock"


_first: list[tuple[str | None, str | None]] = []
"""TMPDIR, and what `tempfile` took it for, before the first folder that is open."""
_open: list[Path] = []
_changing = threading.Lock()


@contextmanager
def scratch() -> Iterator[Path]:
    """Give this process and those it starts a folder of their own for temporary files.

    The folder is locked as long as this process lives. Folders may be open at the same time and
    end in any order: temporary files go to the last that is still open.
    """
    clear()
    folder = _begun()
    with (folder / LOCK).open("wb") as lock:
        with suppress(OSError):
            locked(lock)
        try:
            yield folder
        finally:
            _ended(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _begun() -> Path:
    """Make a folder, beside the one that is open, and let temporary files go there."""
    with _changing:
        if not _open:
            _first[:] = [(os.environ.get("TMPDIR"), tempfile.tempdir)]
        beside = _open[0].parent if _open else None
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
        _open.append(folder)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def _ended(folder: Path) -> None:
    """Let temporary files go to the last folder that is still open, or where they went at first."""
    with _changing:
        _open.remove(folder)
        variable, tempfile.tempdir = (str(_open[-1]),) * 2 if _open else _first[0]
        os.environ.pop("TMPDIR", None)
        if variable is not None:
            os.environ["TMPDIR"] = variable


def clear() -> int:
    """Remove the folders of runs that are dead; return how many."""
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid != os.getuid():
                continue
            with (folder / LOCK).open("r+b") as lock:
                if locked(lock):
                    shutil.rmtree(folder, ignore_errors=True)
                    gone += 1
    return gone
