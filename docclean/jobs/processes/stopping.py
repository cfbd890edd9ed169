"""Ctrl-C, twice: the first lets what is in hand be finished, the second stops at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def finishing(told: Callable[[], None]) -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C sets; the second one raises KeyboardInterrupt.

    Args:
        told: called at the first one.
    """
    stop = threading.Event()

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        told()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
