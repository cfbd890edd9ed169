"""Processes that work for us: one pool for pages and for files, which ends only what it started.

Every process makes its state once (a cleaner, an open document) and keeps it. A task whose process
dies is tried once more, alone; what was under way in the other processes goes on. SIGTERM unwinds a
process, so that its temporary files are removed, and so does the death of its parent.
"""

import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
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

    def __init__(
        self,
        jobs: int,
        start: Callable[[], State],
        *,
        memory: int | None = None,
        renewed: int = 0,
    ) -> None:
        """Say how many there are and what each of them makes first; nothing is started yet.

        Args:
            jobs: processes.
            start: makes the state that every task of a process gets; picklable.
            memory: bytes of address space that a process may take; None: no limit.
            renewed: tasks after which a process is replaced by a new one; 0: never.
        """
        self.jobs, self.start = jobs, start
        self.memory, self.renewed = memory, renewed
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
                waiting.append((item, self.submit(work, item)))
            item, future = waiting.popleft()
            yield self.outcome(future, work, item)

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

    def submit(self, work: Callable[[State, Item], Result], item: Item) -> Future[Result]:
        """Hand one task to the next process that is free; `outcome` tells what came of it."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork copies ONNX Runtime's threads
            self._pool = ProcessPool(
                self.jobs,
                max_tasks=self.renewed,
                initializer=_begin,
                initargs=(self.start, self.memory),
                context=context,
            )
        return cast("Future[Result]", self._pool.schedule(_do, args=(work, item)))

    def outcome(
        self, future: Future[Result], work: Callable[[State, Item], Result], item: Item
    ) -> Result | Died:
        """Wait for a task; one whose process dies is tried again, in a process of its own.

        Raises:
            Whatever `work` or `start` raises.
        """
        first = result_of(future)
        if not isinstance(first, Died):
            return first
        with Workers(1, self.start, memory=self.memory) as alone:
            return result_of(alone.submit(work, item))


def result_of(future: Future[Result]) -> Result | Died:
    """Wait for a task and return its result, or that its process died; its programs end with it."""
    try:
        return future.result()
    except ProcessExpired as error:
        if error.pid:
            with suppress(OSError):  # Tesseract, say, which would read on
                os.killpg(error.pid, signal.SIGKILL)
        return Died(error.exitcode)


# --- inside a process ----------------------------------------------------------------------------


@dataclass
class _Process:
    """What a process keeps between tasks."""

    start: Callable[[], Any] | None = None
    state: Any = None


_process = _Process()


def _begin(start: Callable[[], Any], memory: int | None) -> None:
    _process.start = start
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with suppress(OSError):  # its programs get a group with it, and can be ended together
        os.setpgid(0, 0)
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
