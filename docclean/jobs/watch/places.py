"""Folders as the system sees them: locked, on which file system, still the same one."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import IO

from docclean.errors import OutputError, UsageError
from docclean.files import locked
from docclean.jobs.ledger.database import FOLDER

MOUNTS = Path("/proc/self/mounts")
MARK = "outbox"
"""Name of the file by which an outbox is known again."""
NO_EVENTS = ("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "vboxsf")
"""File systems on which another machine's changes raise no events here; FUSE ones besides."""


def kind_of(folder: Path) -> str:
    """Return the file system that a folder is on; empty where it cannot be told."""
    best, kind = "", ""
    real = str(folder.resolve())
    with suppress(OSError):
        for line in MOUNTS.read_text(errors="surrogateescape").splitlines():
            _, at, what, *_ = line.split()
            at = at.encode().decode("unicode_escape") if "\\" in at else at
            inside = real == at or real.startswith(at.rstrip("/") + "/")
            if inside and len(at) >= len(best):
                best, kind = at, what
    return kind


def without_events(kind: str) -> bool:
    """Say whether a file system must be looked at, because its changes raise no events."""
    return kind in NO_EVENTS or kind.startswith("fuse.")


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one put in its place; None: it is gone."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def mark_of(outbox: Path) -> str:
    """Return what an outbox was marked with; empty where it was not."""
    try:
        return (outbox / FOLDER / MARK).read_text("ascii")
    except (OSError, ValueError):
        return ""


def marked(outbox: Path) -> str:
    """Mark an outbox, so that it is known again when its disk was away; return the mark.

    Raises:
        OSError: it cannot be written to.
    """
    if not mark_of(outbox):
        (outbox / FOLDER).mkdir(parents=True, exist_ok=True)
        (outbox / FOLDER / MARK).write_text(secrets.token_hex(16), "ascii")
    return mark_of(outbox)


class InboxLock:
    """Keeps a second watcher from an inbox; the lock of a dead one is free."""

    def __init__(self, inbox: Path) -> None:
        """Take the lock.

        Raises:
            UsageError: another watcher has it.
            OutputError: the inbox cannot be written to, so originals could not be put away.
        """
        self.path = inbox / FOLDER / "lock"
        try:
            self.path.parent.mkdir(exist_ok=True)
            self._stream: IO[bytes] = self.path.open("a+b")
        except OSError as error:
            raise OutputError(
                f"{inbox} cannot be written to ({error.strerror}), so originals could not be put "
                "away; give docclean the right to write in it"
            ) from error
        try:
            ours = locked(self._stream)
        except OSError:  # a file system without locks: nothing to go by
            ours = True
        if not ours:
            self._stream.seek(0)
            pid = self._stream.read(20).decode("ascii", "replace").strip()
            self._stream.close()
            raise UsageError(f"{inbox} is watched already, by process {pid}; stop that one first")
        self._stream.truncate(0)
        self._stream.write(f"{os.getpid()}\n".encode())
        self._stream.flush()

    def close(self) -> None:
        """Let go."""
        self._stream.close()
