"""Processes that work for us: one pool for pages and for files, which ends only what it started.

Every process makes its state once (a cleaner, an open document) and keeps it. A task whose process
dies is tried once more, alone; what was under way in the other processes goes on. SIGTERM unwinds a
process, so that its temporary files are removed, and so does the death of its parent.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar, cast

from pebble import ProcessExpired, ProcessPool

State = TypeVar("State")
Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Tasks handed out for each process before their turn: their results wait in memory."""
UNWINDING = 10.0
"""Seconds that a process has for unwinding once its parent is gone."""
STOPPED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Died:
    """What is left of a task whose process died, twice.

    Attributes:
        exitcode: of the process; negative: the signal that ended it.
    """

    exitcode: int


class Workers(Generic[State]):
    """A few processes that start when there is work and end with the block."""

    def __init__(self, jobs: int, start: Callable[[], State]) -> None:
        """Say how many there are and what each of them makes first; nothing is started yet.

        Args:
            jobs: processes.
            start: makes the state that every task of a process gets; picklable.
        """
        self.jobs, self.start = jobs, start
        self._pool: ProcessPool | None = None

    def __enter__(self) -> "Workers[State]":
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes; at once where the block failed, else when they are done."""
        self.close(at_once=kind is not None)

    def in_order(
        self, work: Callable[[State, Item], Result], items: Sequence[Item]
    ) -> Iterator[Result | Died]:
        """Yield what `work` makes of each item, in their order.

        Raises:
            Whatever `work` or `start` raises.
        """
        left, waiting = deque(items), deque[tuple[Item, Future[Any]]]()
        while left or waiting:
            while left and len(waiting) < AHEAD * self.jobs:
                item = left.popleft()
                waiting.append((item, self._submitted(work, item)))
            item, future = waiting.popleft()
            yield self._outcome(future, work, item)

    def as_done(
        self, work: Callable[[State, Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result | Died]]:
        """Yield the place of each item and what `work` makes of it, the first to be done first.

        Raises:
            Whatever `work` or `start` raises.
        """
        left = deque(enumerate(items))
        under_way: dict[Future[Any], int] = {}
        while left or under_way:
            while left and len(under_way) < AHEAD * self.jobs:
                index, item = left.popleft()
                under_way[self._submitted(work, item)] = index
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                index = under_way.pop(future)
                yield index, self._outcome(future, work, items[index])

    def close(self, *, at_once: bool = False) -> None:
        """End the processes; `at_once` without waiting for what is under way."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        if at_once:
            pool.stop()  # type: ignore[no-untyped-call]
        else:
            pool.close()  # type: ignore[no-untyped-call]
        pool.join()

    def _submitted(self, work: Callable[[State, Item], Result], item: Item) -> Future[Any]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork copies ONNX Runtime's threads
            self._pool = ProcessPool(
                self.jobs, initializer=_begin, initargs=(self.start,), context=context
            )
        return self._pool.schedule(_do, args=(work, item))

    def _outcome(
        self, future: Future[Any], work: Callable[[State, Item], Result], item: Item
    ) -> Result | Died:
        try:
            return cast(Result, future.result())
        except ProcessExpired:
            return self._alone(work, item)

    def _alone(self, work: Callable[[State, Item], Result], item: Item) -> Result | Died:
        """Do a task in a process of its own; most often the first one died for want of memory."""
        with Workers(1, self.start) as alone:
            try:
                return cast(Result, alone._submitted(work, item).result())
            except ProcessExpired as error:
                return Died(error.exitcode)


# --- inside a process ----------------------------------------------------------------------------


@dataclass
class _Process:
    """What a process keeps between tasks."""

    start: Callable[[], Any] | None = None
    state: Any = None


_process = _Process()


def _begin(start: Callable[[], Any]) -> None:
    _process.start = start
    # Ctrl-C reaches every process of the terminal; only the parent answers it, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _unwind)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _unwind(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one waits for the first
    raise SystemExit(STOPPED)


def _end_with_parent() -> None:
    """End this process when its parent does, even killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(UNWINDING)
    os._exit(STOPPED)


def _do(work: Callable[[Any, Any], Any], item: Any) -> Any:
    try:
        if _process.state is None:
            assert _process.start is not None  # set when the process began
            _process.state = _process.start()
        return work(_process.state, item)
    except SystemExit:
        os._exit(STOPPED)  # or the pool would hand this process the next task
