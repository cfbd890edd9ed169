"""Who hands out documents: a few to the processes, the deadly ones once more, alone."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from docclean.jobs.processes.workers import Died, Workers, result_of

State = TypeVar("State")
Item = TypeVar("Item")

AHEAD = 1
"""Documents handed out before a process is free for them, so that none waits. They count as
in hand: what a process has begun cannot be told from what it has not."""
PATIENCE = 60.0
"""Seconds that a document waits to be tried alone; then nothing new is handed out before it."""


@dataclass
class _Given(Generic[Item]):
    item: Item
    alone: bool = False


class Desk(Generic[State, Item]):
    """Hands documents to processes and takes back what came of them.

    A document whose process dies, or which asks for more memory than there is, is tried once more
    when no other is under way.
    """

    def __init__(
        self,
        workers: Workers[State],
        work: Callable[[State, Item], Any],
        again: Callable[[Any], bool] = lambda result: False,
    ) -> None:
        """Take the processes, what they do, and which results deserve another try."""
        self.workers, self.work, self.again = workers, work, again
        self._under_way: dict[Future[Any], _Given[Item]] = {}
        self._alone: deque[tuple[float, Item]] = deque()

    @property
    def free(self) -> int:
        """Return how many documents can be given now."""
        if any(given.alone for given in self._under_way.values()):
            return 0
        if self._alone and time.monotonic() - self._alone[0][0] > PATIENCE:
            return 0
        return max(0, self.workers.jobs + AHEAD - len(self._under_way))

    @property
    def in_hand(self) -> list[Item]:
        """Return the documents that were given and not taken back."""
        return [given.item for given in self._under_way.values()] + [i for _, i in self._alone]

    def give(self, item: Item) -> None:
        """Hand out one document."""
        self._under_way[self.workers.submit(self.work, item)] = _Given(item)

    def take(self, timeout: float | None = None) -> Iterator[tuple[Item, Any | Died]]:
        """Yield the documents that are done and what came of them, after at most `timeout` seconds.

        Raises:
            Whatever the work or the start of a process raises.
        """
        if not self._under_way and self._alone:
            _, item = self._alone.popleft()
            self._under_way[self.workers.submit(self.work, item)] = _Given(item, alone=True)
        for future in wait(self._under_way, timeout, FIRST_COMPLETED).done:
            given = self._under_way.pop(future)
            result = result_of(future)
            if not given.alone and (isinstance(result, Died) or self.again(result)):
                self._alone.append((time.monotonic(), given.item))
            else:
                yield given.item, result

    def drop_alone(self) -> list[Item]:
        """Return the documents that wait to be tried alone; they will not be."""
        waiting = [item for _, item in self._alone]
        self._alone.clear()
        return waiting
