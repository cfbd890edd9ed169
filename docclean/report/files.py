"""How a report's files are written: aside, then renamed; never half, never over something else."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from docclean.errors import OutputError


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing; it takes its place only when the block ends well.

    A link stays a link, a file keeps its permissions; a device or pipe is written to as it is.
    Names that are no UTF-8 (bytes of a foreign file system) are written as backslash escapes.

    Raises:
        OutputError: the file cannot be written.
    """
    aside: Path | None = None
    try:
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        if mode is None or stat.S_ISREG(mode):
            aside = target.with_name(f".{target.name}.part")
        place = aside or path
        with place.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
            stream.flush()
            if aside:
                os.fsync(stream.fileno())
        if aside:
            if mode is not None:
                aside.chmod(stat.S_IMODE(mode))
            aside.replace(target)
            aside = None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if aside is not None and aside.is_file():
            aside.unlink()


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
