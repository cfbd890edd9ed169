"""Processes that work for us: one pool for pages and for files, which ends only what it started.

Every process makes its state once (a cleaner, an open document) and keeps it. What is under way in
others goes on when one dies. SIGTERM unwinds a process, so that its temporary files are removed;
so does the death of its parent.
"""

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from typing import Any, Generic, NoReturn, TypeVar, cast

from docclean.errors import DoccleanError

State = TypeVar("State")
Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Tasks handed out for each process before their turn: their results wait in memory."""
MOST_BROKEN = 3
"""How often in a row a process may die before it has begun with its task."""
UNWINDING = 10.0
"""Seconds that a process has for unwinding once its parent is gone."""
STOPPED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Died:
    """What is left of a task whose process died, or was ended by `Workers.stop`.

    Attributes:
        exitcode: of the process; negative: the signal that ended it.
    """

    exitcode: int


class Workers(Generic[State]):
    """A few processes that start when there is work and end with the block.

    Each has a pool of its own, so that one that is killed, at work or idle, takes nothing with it
    of what goes between the others and us.
    """

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
        self.jobs, self.start, self.memory = jobs, start, memory
        self._seats = [_Seat(start, memory, renewed) for _ in range(jobs)]

    def __enter__(self) -> "Workers[State]":
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes; at once where the block failed, else when they are done."""
        self.close(at_once=kind is not None)

    @property
    def free(self) -> int:
        """Return how many processes have nothing to do."""
        return sum(seat.free for seat in self._seats)

    def give(self, work: Callable[[State, Item], Any], item: Item) -> None:
        """Hand a task to a process that is free."""
        next(seat for seat in self._seats if seat.free).give(work, item)

    @property
    def in_hand(self) -> list[Any]:
        """Return the tasks that processes have."""
        return [seat.item for seat in self._seats if not seat.free]

    def stop(self, item: Any) -> None:
        """End the process that is at a task, if it is; `take` then gives it back as `Died`."""
        for seat in self._seats:  # one that is on its way yet would break the pool
            if seat.future and seat.item is item and seat.future.running():
                seat.future.cancel()

    def take(self, timeout: float | None = None) -> Iterator[tuple[Any, Any]]:
        """Yield tasks that are done, each with its result or `Died`, after at most `timeout` s.

        Raises:
            Whatever `work` or `start` raises.
            DoccleanError: processes die before they have begun.
        """
        busy = {seat.future: seat for seat in self._seats if seat.future}
        for future in wait(busy, timeout, FIRST_COMPLETED).done:
            seat = busy[future]
            item = seat.item
            try:
                result = seat.taken()
            except BrokenProcessPool:
                seat.again()
                continue
            yield item, result

    def in_order(
        self, work: Callable[[State, Item], Result], items: Sequence[Item]
    ) -> Iterator[Result | Died]:
        """Yield what `work` makes of each item, in their order.

        Raises:
            Whatever `work` or `start` raises.
        """
        numbered = partial(_numbered, work)
        done: dict[int, Result | Died] = {}
        given = 0
        for number in range(len(items)):
            while number not in done:
                while given < len(items) and self.free and given - number < AHEAD * self.jobs:
                    self.give(numbered, (given, items[given]))
                    given += 1
                for (place, item), result in self.take():
                    died = isinstance(result, Died)
                    done[place] = self._alone(work, item) if died else result
            yield done.pop(number)

    def close(self, *, at_once: bool = False) -> None:
        """End the processes; `at_once` without waiting for what is under way."""
        for seat in self._seats:
            seat.close(at_once=at_once)

    def _alone(self, work: Callable[[State, Item], Result], item: Item) -> Result | Died:
        """Do a task in a process of its own; most often the first one died for want of memory."""
        with Workers(1, self.start, memory=self.memory) as alone:
            alone.give(work, item)
            while True:
                for _, result in alone.take():
                    return cast("Result | Died", result)


class _Seat:
    """One process, and the task it has."""

    def __init__(self, start: Callable[[], Any], memory: int | None, renewed: int) -> None:
        self.start, self.memory, self.renewed = start, memory, renewed
        self.future: Future[Any] | None = None
        self.item: Any = None
        self._work: Callable[[Any, Any], Any] | None = None
        self._pool: Any = None  # a ProcessPool
        self._broken = 0

    @property
    def free(self) -> bool:
        return self.future is None

    def give(self, work: Callable[[Any, Any], Any], item: Any) -> None:
        if self._pool and not self._pool.active:
            self.close(at_once=True)  # its process was killed while it had nothing to do
        if self._pool is None:
            from pebble import ProcessPool

            _start_tracker()
            self._pool = ProcessPool(
                1,
                max_tasks=self.renewed,
                initializer=_begin,
                initargs=(self.start, self.memory),
                # a fork copies ONNX Runtime's threads
                context=multiprocessing.get_context("spawn"),
            )
        self._work, self.item = work, item
        self.future = self._pool.schedule(_do, args=(work, item))

    def taken(self) -> Any:
        """Return what came of the task; its programs end with a process that died."""
        from pebble import ProcessExpired

        assert self.future is not None
        future, self.future = self.future, None
        try:
            result = future.result()
        except CancelledError:
            result = Died(STOPPED)
        except ProcessExpired as error:
            if error.pid:
                with suppress(OSError):  # Tesseract, say, which would read on
                    os.killpg(error.pid, signal.SIGKILL)
            result = Died(error.exitcode)
        self._broken = 0
        return result

    def again(self) -> None:
        """Hand the task to a new process: the old one was killed before it had begun with it."""
        assert self._work is not None
        self._broken += 1
        if self._broken > MOST_BROKEN:
            raise DoccleanError(
                "processes die before they begin; give them more --memory, or take fewer --jobs"
            )
        self.close(at_once=True)
        self.give(self._work, self.item)

    def close(self, *, at_once: bool) -> None:
        self.future = None if at_once else self.future
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        if at_once:
            pool.stop()
        else:
            pool.close()
        pool.join()


def _start_tracker() -> None:
    """Start the process that notes semaphores, deaf to a terminal that closes, or it dies first."""
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        resource_tracker.ensure_running()
    finally:
        signal.signal(signal.SIGHUP, before)


def _numbered(work: Callable[[Any, Any], Any], state: Any, task: tuple[int, Any]) -> Any:
    return work(state, task[1])


# --- inside a process ----------------------------------------------------------------------------


@dataclass
class _Process:
    """What a process keeps between tasks."""

    start: Callable[[], Any] | None = None
    state: Any = None
    busy: bool = False


_process = _Process()


def _begin(start: Callable[[], Any], memory: int | None) -> None:
    _process.start = start
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with suppress(OSError):  # its programs get a group with it, and can be ended together
        os.setpgid(0, 0)
    # these reach every process of the terminal; only the parent answers them, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _unwind)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _unwind(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one waits for the first
    if not _process.busy:
        os._exit(STOPPED)  # nothing to unwind, and perhaps on its way out already
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
    _process.busy = True
    try:
        if _process.state is None:
            assert _process.start is not None  # set when the process began
            _process.state = _process.start()
        return work(_process.state, item)
    except SystemExit:
        os._exit(STOPPED)  # or the pool would hand this process the next task
    finally:
        _process.busy = False
