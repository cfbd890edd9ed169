"""Waiting for better times: a disk that is full, a share that is gone."""

import time
from dataclasses import dataclass

from docclean.jobs.watch.books import Books

LONGEST_PAUSE = 300.0
"""Seconds between two tries, at most."""


@dataclass
class Pausing:
    """Keeps new documents away for a while, each time twice as long, until one comes to good.

    Attributes:
        books: what is known.
        in_a_row: pauses since a document came to good.
    """

    books: Books
    in_a_row: int = 0
    _seconds: float = 0.0
    _until: float = 0.0

    @property
    def now(self) -> bool:
        """Say whether nothing is to be taken now."""
        return time.monotonic() < self._until

    def wait_for(self, words: str) -> None:
        """Begin a pause, or lengthen the next one; what is waited for is told once."""
        if self.now:
            return
        self._seconds = min(max(1.0, 2 * self._seconds), LONGEST_PAUSE)
        self._until = time.monotonic() + self._seconds
        self.in_a_row += 1
        standing = self.books.standing
        if standing.paused != words:
            self.books.log("waiting", f"{words} (waiting; it is tried again)", reason=words)
        standing.paused = standing.last_error = words

    def over(self) -> None:
        """Note that a document came to good."""
        if self.books.standing.paused:
            self.books.told("goes on")
        self.books.standing.paused = ""
        self._seconds = self._until = 0.0
        self.in_a_row = 0
