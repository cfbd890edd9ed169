"""What tells a file, a model and a call from another: hashes, and stat for a quick look."""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from docclean.clean.cleaner import FAINT, faint_for
from docclean.clean.network import model_file
from docclean.recipe import Options

COARSEST = 2_000_000_000
"""Nanoseconds: some file systems (FAT) tell the time of a change no better than this."""


@dataclass(frozen=True)
class Print:
    """A file as it was at one moment.

    Attributes:
        size: bytes.
        changed: modification time, ns since 1970.
        looked: when it was looked at, ns since 1970.
        hash: SHA-256 of its bytes, hexadecimal; empty where they were not read.
    """

    size: int
    changed: int
    looked: int = 0
    hash: str = ""

    def same(self, path: Path) -> bool:
        """Say whether a file has the size and the time of change that it had."""
        try:
            now = path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.changed)

    def still(self, path: Path) -> bool:
        """Say whether a file is as it was, without reading it; False also means "not sure".

        A change so shortly after the look that the time of change need not tell it is not seen,
        so such a look is not trusted.
        """
        return self.looked - self.changed > COARSEST and self.same(path)


def print_of(path: Path, hash_: str = "", *, own: bool = False) -> Print:
    """Return the print of a file.

    Args:
        path: the file.
        hash_: of its bytes, where it is known.
        own: we have just written it, so it cannot have changed unseen before this look.

    Raises:
        OSError: there is none.
    """
    looked, now = time.time_ns(), path.stat()
    if own:
        looked = max(looked, now.st_mtime_ns + COARSEST + 1)
    return Print(now.st_size, now.st_mtime_ns, looked, hash_)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def same_bytes(path: Path, hash_: str) -> bool:
    """Say whether a file is there and has these bytes."""
    try:
        return content_hash(path) == hash_
    except OSError:
        return False


def call_hash(options: Options) -> str:
    """Return what the model's bytes and every option that changes the result come to.

    Raises:
        UsageError: there is no such model.
    """
    told = json.dumps(options.result_table(), sort_keys=True, default=str)
    return hashlib.sha256(f"{model_hash(options.model)} {told}".encode()).hexdigest()


def model_hash(model: str) -> str:
    """Return what the files of a model's networks come to.

    Raises:
        UsageError: there is no such model.
    """
    both = [model, *([FAINT] if faint_for(model) else [])]
    return " ".join(content_hash(model_file(one)) for one in both)


def stored(path: str | os.PathLike[str]) -> str | bytes:
    """Return a name as a database holds it: text, or bytes where it is no UTF-8."""
    raw = os.fsencode(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def restored(name: str | bytes) -> str:
    """Return the name that `stored` was given."""
    return os.fsdecode(name)
