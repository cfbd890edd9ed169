"""Temporary files of one run, in one folder: whoever starts next removes what a killed run left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docclean.files import locked

PREFIX = "docclean-run-"
LOCK = "lock"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give this process and those it starts a folder of their own for temporary files.

    The folder is locked as long as this process lives.
    """
    clear()
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / LOCK).open("wb") as lock:
        with suppress(OSError):
            locked(lock)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before[1]
            os.environ.pop("TMPDIR")
            if before[0] is not None:
                os.environ["TMPDIR"] = before[0]
            shutil.rmtree(folder, ignore_errors=True)


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
