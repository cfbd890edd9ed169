"""What lies in the inbox, and since when each of it rests."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docclean.documents import known_suffixes
from docclean.jobs.watch.names import in_one_line, unfinished
from docclean.jobs.watch.pause import LONGEST_PAUSE, Pause

GIVEN_UP = 12
"""A document that does not decode may be unfinished. When it has rested so many times as long as
any must, it is taken for broken."""


@dataclass
class Lying:
    """One file in the inbox.

    Attributes:
        size: bytes.
        changed: modification time, ns.
        since: when it was first seen so, on the monotonic clock.
        pause: how often it was put off since, and until when.
        content: SHA-256 of its bytes, once they were read.
    """

    size: int
    changed: int
    since: float
    pause: Pause = field(default_factory=Pause)
    content: str = ""


@dataclass
class Inbox:
    """The files of a tree that are documents by their names.

    Attributes:
        folder: the tree.
        apart: folders in it that are left out.
        settle: seconds a file must rest.
        tell: called with a sentence about what is left lying, once each.
        lying: the documents, by path.
        left: those that cannot be read; somebody must do something first.
    """

    folder: Path
    apart: Collection[Path]
    settle: float
    tell: Callable[[str], None]
    lying: dict[Path, Lying] = field(default_factory=dict)
    left: set[Path] = field(default_factory=set)
    _told: set[Path] = field(default_factory=set)

    def scan(self) -> None:
        """Look at the whole tree.

        Raises:
            OSError: the inbox is gone.
        """
        found = dict(self._walk(self.folder, top=True))
        now = time.monotonic()
        for path in [path for path in self.lying if path not in found]:
            del self.lying[path]
        self.left &= self.lying.keys()
        self._told &= {path for path in self._told if os.path.lexists(path)}
        for path, (size, changed) in found.items():
            self._note(path, size, changed, now)

    def look(self) -> None:
        """Look only at the documents known already, to see whether they rest."""
        now = time.monotonic()
        for path in list(self.lying):
            try:
                at = path.stat()
            except OSError:
                del self.lying[path]
                continue
            self._note(path, at.st_size, at.st_mtime_ns, now)

    def ready(self, in_hand: Collection[Path]) -> list[Path]:
        """Return the documents that have rested and are due, the longest resting first."""
        now = time.monotonic()
        due = [
            (one.pause.times, one.since, path)
            for path, one in self.lying.items()
            if path not in in_hand and now - one.since >= self.settle and not one.pause.now
        ]
        return [path for *_, path in sorted(due)]

    def postpone(self, path: Path) -> bool:
        """Try a document later, each time twice as late; say whether that makes sense.

        It does not once the document has not changed for long: it is not being written any more.
        """
        one = self.lying.get(path)
        if one is None:
            return True  # gone, or about to be seen anew
        if time.monotonic() - one.since >= GIVEN_UP * self.settle:
            return False
        one.pause.first = self.settle
        one.pause.begin()
        return True

    def defer(self, path: Path) -> int:
        """Try a document later that cannot be written; return how often that has been so."""
        one = self.lying.get(path)
        if one is None:
            return 0
        one.pause.begin()
        return one.pause.times

    def leave(self, path: Path, words: str) -> None:
        """Tell once that a document is left lying, and try it again from time to time."""
        self._once(path, words)
        self.left.add(path)
        self.lying[path].pause.until = time.monotonic() + LONGEST_PAUSE

    @property
    def awaited(self) -> bool:
        """Say whether documents wait that can be taken some time."""
        return bool(self.lying.keys() - self.left)

    def _note(self, path: Path, size: int, changed: int, now: float) -> None:
        one = self.lying.get(path)
        if one is None or (one.size, one.changed) != (size, changed):
            self.lying[path] = Lying(size, changed, now)
            self.left.discard(path)

    def _walk(self, folder: Path, *, top: bool = False) -> Iterator[tuple[Path, tuple[int, int]]]:
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as error:
            if top:
                raise
            if folder.exists():
                self._once(folder, f"cannot be looked into ({error.strerror}); left alone")
            return
        for entry in listed:
            path = Path(entry.path)
            if unfinished(entry.name) or path in self.apart:
                continue
            try:
                yield from self._entry(entry, path)
            except OSError:  # gone meanwhile
                continue

    def _entry(
        self, entry: "os.DirEntry[str]", path: Path
    ) -> Iterator[tuple[Path, tuple[int, int]]]:
        if entry.is_symlink():
            self._once(path, "is a link and is left alone; put the document itself into the inbox")
        elif entry.is_dir(follow_symlinks=False):
            yield from self._walk(path)
        elif not entry.is_file(follow_symlinks=False):
            self._once(path, "is no file; left alone")
        elif path.suffix.lower() not in known_suffixes():
            self._once(path, "is no document by its name; left alone")
        else:
            at = entry.stat(follow_symlinks=False)
            yield path, (at.st_size, at.st_mtime_ns)

    def _once(self, path: Path, words: str) -> None:
        if path not in self._told:
            self._told.add(path)
            self.tell(f"{in_one_line(path)} {words}")
