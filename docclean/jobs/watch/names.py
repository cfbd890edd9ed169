"""Names: which are no documents, and how two of the same get on."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST = 255
"""Bytes of a name on every common file system."""
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", "~")
"""How programs name what they are still writing: rsync, Samba, WinSCP, browsers, editors."""


def unfinished(name: str) -> bool:
    """Say whether a name is one that programs give before a file is whole, or hide."""
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def free_name(path: Path, taken: Callable[[Path], bool]) -> Path:
    """Return a name that is not taken: `name.pdf`, else `name (2).pdf` and so on."""
    return next(one for one in _numbered(path) if not taken(one))


def _numbered(path: Path) -> Iterator[Path]:
    yield fitting(path)
    number = 2
    while True:
        yield fitting(path, f" ({number})")
        number += 1


def fitting(path: Path, added: str = "", suffix: str | None = None) -> Path:
    """Return a path with words added before its suffix; a name that grows too long is cut.

    Args:
        path: the path.
        added: what follows the stem.
        suffix: the suffix; None: its own.
    """
    suffix = path.suffix if suffix is None else suffix
    stem = path.name.removesuffix(path.suffix) if path.suffix else path.name
    room = LONGEST - len(os.fsencode(added + suffix))
    raw = os.fsencode(stem)
    while len(raw) > room:
        stem = stem[:-1]  # whole characters, so that the rest stays what it was
        raw = os.fsencode(stem)
    return path.with_name(f"{stem}{added}{suffix}")


def in_one_line(name: object) -> str:
    """Return a name or a sentence as a log can hold it: one line, every character printable."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in str(name))
