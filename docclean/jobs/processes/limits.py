"""How long a document may take and how much memory a process may hold."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_SECONDS = 60.0
"""Seconds that any document may take, a process's start among them."""
SECONDS_A_PAGE = 60.0
"""Seconds more for each of its pages: 70 times what an A4 page at 300 dpi takes on two cores."""
TOO_LATE = -signal.SIGALRM
"""The exit code of a process whose time was over."""


def allowed(pages: int, timeout: float | None) -> float:
    """Return the seconds that a document of so many pages may take."""
    return timeout or FIRST_SECONDS + SECONDS_A_PAGE * pages


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
