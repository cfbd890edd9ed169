"""Waiting for better times: a disk that is full, a share that is gone, a file that is busy."""

from dataclasses import dataclass, field

from docclean.jobs.watch.books import Books
from docclean.jobs.watch.pause import Pause


@dataclass
class Pausing:
    """Keeps new documents away for a while, each time twice as long, until one comes to good.

    Attributes:
        books: what is known.
    """

    books: Books
    _pause: Pause = field(default_factory=Pause)

    @property
    def now(self) -> bool:
        """Say whether nothing is to be taken now."""
        return self._pause.now

    @property
    def in_a_row(self) -> int:
        """Count the pauses since a document came to good."""
        return self._pause.times

    def wait_for(self, words: str) -> None:
        """Begin a pause, or lengthen the next one; what is waited for is told once."""
        if self.now:
            return
        self._pause.begin()
        standing = self.books.standing
        if standing.paused != words:
            self.books.log("waiting", f"{words} (waiting; it is tried again)", reason=words)
        standing.paused = standing.last_error = words

    def over(self) -> None:
        """Note that a document came to good."""
        if self.books.standing.paused:
            self.books.told("goes on")
        self.books.standing.paused = ""
        self._pause = Pause()
