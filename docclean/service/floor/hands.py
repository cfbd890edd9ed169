"""Hands work to processes from a thread of its own: the server's loop never waits for one."""

import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from docclean.errors import DoccleanError
from docclean.jobs.processes.workers import Died, Workers

State = TypeVar("State")
Item = TypeVar("Item")
TURN = 0.03
"""Seconds between two looks for new work while processes are busy and another is free."""


class Hands(Generic[State, Item]):
    """Gives items to processes in their order, and says when each has begun and what came of it.

    Unlike a batch, it tries nothing twice: whoever waits for a document that breaks its process is
    told so, and those behind it do not wait for a second try.
    """

    def __init__(
        self,
        workers: Workers[State],
        work: Callable[[State, Item], Any],
        begun: Callable[[Item], None],
        ended: Callable[[Item, Any | Died | DoccleanError], None],
    ) -> None:
        """Take the processes and whom to tell.

        Args:
            workers: the processes.
            work: what is done with each item.
            begun: called from the thread with an item that a process has.
            ended: called from the thread with an item and what came of it; not with one that was
                taken back.
        """
        self.workers, self.work, self.begun, self.ended = workers, work, begun, ended
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting: deque[Item] = deque()
        self._given: list[Item] = []
        self._back: list[Item] = []
        self._held = self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self, item: Any, work: Callable[[State, Any], Any]) -> None:
        """Let every process begin, each with a first task."""
        for _ in range(self.workers.jobs):
            self.workers.give(work, item)

    def start(self) -> None:
        """Wait until every process has begun; then take items.

        Raises:
            DoccleanError: one cannot.
        """
        left = self.workers.jobs
        while left:
            for _, result in self.workers.take():
                if isinstance(result, Died):
                    raise DoccleanError(
                        f"a process ended with status {result.exitcode} before it began; "
                        "give it more --memory"
                    )
                left -= 1
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Say whether items are handed out."""
        return self._thread.is_alive()

    def give(self, item: Item) -> None:
        """Take an item in."""
        self._asked.put(lambda: self._waiting.append(item))

    def take_back(self, item: Item) -> None:
        """Let an item be: one that waits is forgotten, the process of one in hand ends."""
        self._asked.put(lambda: self._taken_back(item))

    def hold(self) -> None:
        """Give out nothing more."""
        self._asked.put(lambda: setattr(self, "_held", True))

    def close(self) -> None:
        """End the processes, at once."""

        def over() -> None:
            self._over = True

        self._asked.put(over)
        if self._thread.ident:
            self._thread.join(timeout=10)
        self.workers.close(at_once=True)

    def _run(self) -> None:
        while not self._over:
            self._listen(wait=not (self._given or (self._waiting and not self._held)))
            while self._waiting and self.workers.free and not self._held:
                self._hand_out(self._waiting.popleft())
            if self._given:
                self._take()

    def _hand_out(self, item: Item) -> None:
        try:
            self.workers.give(self.work, item)
        except (OSError, RuntimeError) as error:  # no memory or no more processes for us
            self.ended(item, DoccleanError(f"no process can be started ({error}); try again"))
            return
        self._given.append(item)
        self.begun(item)

    def _listen(self, *, wait: bool) -> None:
        try:
            self._asked.get(block=wait)()
            while True:
                self._asked.get_nowait()()
        except Empty:
            return

    def _take(self) -> None:
        for item in self._back:  # perhaps its process had not begun with it
            self.workers.stop(item)
        try:
            for item, result in self.workers.take(TURN):
                self._end(item, result)
        except DoccleanError as error:  # a process cannot begin: there is no memory, say
            here = self.workers.in_hand
            for item in [one for one in self._given if not any(one is other for other in here)]:
                self._end(item, error)

    def _end(self, item: Item, result: Any) -> None:
        self._given = [one for one in self._given if one is not item]
        back = any(one is item for one in self._back)
        self._back = [one for one in self._back if one is not item]
        if not back:
            self.ended(item, result)

    def _taken_back(self, item: Item) -> None:
        if any(one is item for one in self._given):
            self._back.append(item)
        self._waiting = deque(one for one in self._waiting if one is not item)
