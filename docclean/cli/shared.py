"""What the verbs of the command line share: stdin, one line on stderr, how they stop."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docclean.documents import Source


def standard_input() -> "Source":
    """Return what comes in on stdin as one document."""
    from docclean.documents import Source

    return Source("standard input", data=sys.stdin.buffer.read())


def say(message: str) -> None:
    """Print one line on stderr, whatever an input's name holds."""
    click.echo(f"docclean: {' '.join(message.splitlines())}", err=True)


@contextmanager
def stoppable() -> Iterator[None]:
    """Take a termination for a Ctrl-C: the programs of contenders are stopped too.

    They have sessions of their own, so nothing else would stop them. Temporary files go with it.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {one: signal.signal(one, interrupt) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
