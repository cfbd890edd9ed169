"""What a step costs: the seconds it took and the most memory it held."""

import os
import threading
import time
from contextlib import suppress
from types import TracebackType

from docclean.scores.results import Cost

PERIOD = (0.02, 0.05)
"""Seconds between two looks at the memory: at first, and in steps that take longer than
`LONG`; a look costs 0.2 ms, nearly all of it for waking up."""

LONG = 1.0
"""Seconds after which a step is looked at least often."""

KILOBYTE, MEGABYTE = 1024, 1_000_000
"""The kernel's kB has 1024 bytes; ours are counted in MB of 10^6."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LOCK = threading.Lock()
_ACTIVE: list["Meter"] = []
_sampler: threading.Thread | None = None


class Meter:
    """Times a block, and watches the memory of what runs inside.

    Where the block's thread starts programs, theirs is what counts: their high-water marks
    (VmHWM) added up over a program and all it started, the highest sum seen. Else it is the highest
    resident memory of this process, with everything else it holds and does. Programs that other
    threads start are not counted. What is held for less than `PERIOD`, or while the interpreter's
    lock is kept from other threads, can be missed.

        with Meter() as meter:
            ...
        meter.cost  # Cost(seconds, peak_mb); peak_mb is None where Linux's /proc is missing
    """

    def __init__(self) -> None:
        """Measure nothing before the block is entered."""
        self.cost = Cost()
        self._own = 0
        self._programs = 0
        self._thread: _Thread | None = None
        self.started = 0.0

    def __enter__(self) -> "Meter":
        """Start the clock."""
        self._own = self._programs = 0
        process = os.getpid()
        self._thread = _Thread(process, threading.get_native_id(), _command_line(process))
        self._thread.ignore_present()
        self.started = time.perf_counter()
        _watch(self)
        self.started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the clock, also where the block failed."""
        seconds = time.perf_counter() - self.started
        _forget(self)
        peak = self._programs or self._own
        self.cost = Cost(seconds, peak / MEGABYTE if peak else None)

    def look(self, own: int) -> None:
        """Take the memory as it is now; `own` is that of this process, bytes."""
        # where the thread's programs cannot be told, theirs could pass for ours: take neither
        if self._thread is not None and self._thread.readable:
            self._own = max(self._own, own)
            self._programs = max(self._programs, self._thread.look())

    def close(self) -> None:
        """Let go of the kernel's files."""
        if self._thread is not None:
            self._thread.close()


class _File:
    """One of the kernel's small files, kept open: opening costs more than reading."""

    def __init__(self, path: str) -> None:
        self.descriptor = -1
        with suppress(OSError):
            self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> bytes:
        """Return what it says now; nothing where it is not there or its process has ended."""
        if self.descriptor >= 0:
            with suppress(OSError):
                return os.pread(self.descriptor, 8192, 0)
        return b""

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _Thread:
    """A thread, and the processes it started: Linux lists them by the thread that did."""

    def __init__(self, process: int, thread: int, command_line: bytes) -> None:
        self._children = _File(f"/proc/{process}/task/{thread}/children")
        self._command_line = command_line
        self._ignored: frozenset[bytes] = frozenset()
        self._seen: dict[bytes, _Process] = {}
        self.readable = self._children.descriptor >= 0

    def ignore_present(self) -> None:
        self._ignored = frozenset(self._children.read().split())

    def look(self) -> int:
        """Return the high-water marks of all it started, bytes."""
        listed = self._children.read().split()
        if not listed and not self._seen:
            return 0
        for gone in self._seen.keys() - set(listed):
            self._seen.pop(gone).close()
        total = 0
        for child in listed:
            if child not in self._ignored:
                if child not in self._seen:
                    self._seen[child] = _Process(int(child), self._command_line)
                total += self._seen[child].look()
        return total

    def close(self) -> None:
        self._children.close()
        for child in self._seen.values():
            child.close()
        self._seen = {}


class _Process:
    """A process that a watched thread started, and all that it started itself."""

    def __init__(self, process: int, parent_line: bytes) -> None:
        self._process = process
        self._parent_line = parent_line
        self._line = b""
        self._running_own = False
        self._status = _File(f"/proc/{process}/status")
        self._threads: dict[int, _Thread] = {}

    def look(self) -> int:
        # Between fork and exec a child has its parent's memory, which is not its own doing, and
        # its parent's command line.
        if not self._running_own:
            self._line = _command_line(self._process)
            if self._line in (b"", self._parent_line):
                return 0
            self._running_own = True
            self._threads[self._process] = _Thread(self._process, self._process, self._line)
        status = self._status.read()
        if _number(status, b"\nThreads:") > 1:
            self._find_threads()
        own = _number(status, b"\nVmHWM:") * KILOBYTE
        return own + sum(thread.look() for thread in self._threads.values())

    def close(self) -> None:
        self._status.close()
        for thread in self._threads.values():
            thread.close()
        self._threads = {}

    def _find_threads(self) -> None:
        alive: set[int] = set()
        with suppress(OSError):
            alive = {int(name) for name in os.listdir(f"/proc/{self._process}/task")}  # noqa: PTH208
        for ended in self._threads.keys() - alive - {self._process}:
            self._threads.pop(ended).close()
        for new in alive - self._threads.keys():
            self._threads[new] = _Thread(self._process, new, self._line)


def _watch(meter: Meter) -> None:
    global _sampler
    with _LOCK:
        meter.look(_resident())
        _ACTIVE.append(meter)
        if _sampler is None:
            _sampler = threading.Thread(target=_sample, name="docclean-meter", daemon=True)
            _sampler.start()


def _forget(meter: Meter) -> None:
    with _LOCK:
        _ACTIVE.remove(meter)
        meter.look(_resident())
        meter.close()


def _sample() -> None:
    """Look at every active meter in turn until there is none left."""
    global _sampler
    memory = _File("/proc/self/statm")
    period = PERIOD[0]
    while True:
        time.sleep(period)
        with _LOCK:
            if not _ACTIVE:
                _sampler = None
                memory.close()
                return
            own = _pages(memory.read())
            for meter in _ACTIVE:
                meter.look(own)
            age = time.perf_counter() - _ACTIVE[-1].started  # of the youngest
        period = PERIOD[0] + (PERIOD[1] - PERIOD[0]) * min(1.0, age / LONG)


def _resident() -> int:
    """Return the resident memory of this process in bytes; 0 without /proc."""
    memory = _File("/proc/self/statm")
    try:
        return _pages(memory.read())
    finally:
        memory.close()


def _pages(statm: bytes) -> int:
    return int(statm.split(None, 2)[1]) * PAGE_BYTES if statm else 0


def _command_line(process: int) -> bytes:
    file = _File(f"/proc/{process}/cmdline")
    try:
        return file.read()
    finally:
        file.close()


def _number(status: bytes, label: bytes) -> int:
    """Return the number behind a label of /proc/PID/status; 0 where it is missing."""
    start = status.find(label)
    return int(status[start + len(label) : start + 40].split(None, 1)[0]) if start >= 0 else 0
