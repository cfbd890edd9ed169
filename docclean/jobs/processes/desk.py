"""Who hands out documents: one to each process, the deadly ones once more, alone."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from docclean.jobs.processes.workers import Died, Workers

State = TypeVar("State")
Item = TypeVar("Item")

PATIENCE = 60.0
"""Seconds that a document waits to be tried alone; then nothing new is handed out before it."""


class Desk(Generic[State, Item]):
    """Hands documents to processes and takes back what came of them.

    A document whose process dies, or which asks for more memory than there is, is tried once more
    when no other is under way.
    """

    def __init__(
        self,
        workers: Workers[State],
        work: Callable[[State, Item], Any],
        again: Callable[[Any], bool],
        clear: Callable[[Item], Any],
    ) -> None:
        """Take the processes and what they do.

        Args:
            workers: the processes.
            work: what is done with each document.
            again: says which results deserve another try.
            clear: clears away what a process that died has left of a document.
        """
        self.workers, self.work, self.again, self.clear = workers, work, again, clear
        self._under_way: list[Item] = []
        self._waiting: deque[tuple[float, Item]] = deque()
        self._alone: Item | None = None

    @property
    def free(self) -> int:
        """Return how many documents can be given now."""
        if self._alone is not None:
            return 0
        if self._waiting and time.monotonic() - self._waiting[0][0] > PATIENCE:
            return 0
        return self.workers.free

    @property
    def in_hand(self) -> list[Item]:
        """Return the documents that were given and not taken back."""
        return self._under_way + [item for _, item in self._waiting]

    def give(self, item: Item) -> None:
        """Hand out one document."""
        self.workers.give(self.work, item)
        self._under_way.append(item)

    def take(self, timeout: float | None = None) -> Iterator[tuple[Item, Any | Died]]:
        """Yield the documents that are done and what came of them, after at most `timeout` seconds.

        Raises:
            Whatever the work or the start of a process raises.
        """
        if not self._under_way and self._waiting:
            _, self._alone = self._waiting.popleft()
            self.give(self._alone)
        for item, result in self.workers.take(timeout):
            self._under_way.remove(item)
            died = isinstance(result, Died)
            if died:
                self.clear(item)
            if (died or self.again(result)) and item != self._alone:
                self._waiting.append((time.monotonic(), item))
                continue
            self._alone = None
            yield item, result

    def drop_alone(self) -> list[Item]:
        """Return the documents that wait to be tried alone; they will not be."""
        waiting = [item for _, item in self._waiting]
        self._waiting.clear()
        return waiting
