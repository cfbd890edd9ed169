"""How long a document may take and how much memory a process may hold."""

import math
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docclean.clean.contract import Loader
from docclean.clean.spec import CleanerSpec
from docclean.recipe import Options

FIRST_SECONDS = 60.0
"""Seconds that any document may take, a process's start among them."""
SECONDS_A_PAGE = 60.0
"""Seconds more for each of its pages: 70 times what an A4 page at 300 dpi takes on two cores."""
EACH = 4
"""Documents, or pages of one, for each process at least: a start takes as long as a page."""
HELD = {"tesseract": 0.7e9, "rapidocr": 2.0e9}
"""Bytes that a process may come to hold, by what reads."""
TOO_LATE = -signal.SIGALRM
"""The exit code of a process whose time was over."""


def allowed(pages: int, timeout: float | None) -> float:
    """Return the seconds that a document of so many pages may take."""
    return timeout or FIRST_SECONDS + SECONDS_A_PAGE * pages


def processes(options: Options, count: int, load: Loader) -> int:
    """Return how many processes share `count` documents, or pages of one: at least one.

    As many as `options.jobs` says; else one for each core there is memory for, where the cleaner
    is one of ours, which can be loaded in another process.
    """
    if options.jobs is not None:
        return max(1, min(options.jobs, count))
    if not isinstance(load, CleanerSpec):
        return 1
    cores = _cores() // (options.threads or 1)
    held = HELD.get(options.ocr_engine, max(HELD.values()))
    return max(1, min(cores, int(_free_memory() / held), count // EACH))


def _cores() -> int:
    """Return how many cores this process may use."""
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known else os.cpu_count() or 1


def _free_memory() -> float:
    """Return the bytes that are free or easily made so; endless where that cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        told = Path("/proc/meminfo").read_text("ascii").partition("MemAvailable:")[2]
        return 1024.0 * int(told.split()[0])
    return math.inf


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End this process where the block takes longer.

    The kernel does it, so code that never comes back from a decoder is ended too. Blocks may be
    nested; the inner one's time holds, then the rest of the outer one's.
    """
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)
