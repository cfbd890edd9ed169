"""What the verbs of the command line share: stdin, one line on stderr, how they stop."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from docclean.errors import ExitStatus

if TYPE_CHECKING:
    from docclean.documents import Source
    from docclean.jobs.results import FileResult


def standard_input() -> "Source":
    """Return what comes in on stdin as one document."""
    from docclean.documents import Source

    return Source("standard input", data=sys.stdin.buffer.read())


def say(message: str) -> None:
    """Print one line on stderr, whatever an input's name holds."""
    click.echo(f"docclean: {' '.join(message.splitlines())}", err=True)


class Ended(KeyboardInterrupt):
    """A signal ended the work, as Ctrl-C does: whatever is half done is cleared away.

    Attributes:
        status: what the command line ends with: 128 and the number of the signal.
    """

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__()
        closed = number == getattr(signal, "SIGHUP", None)
        self.status = ExitStatus.HUNG_UP if closed else ExitStatus.TERMINATED


@contextmanager
def stoppable() -> Iterator[None]:
    """Take a termination and a closed terminal for a Ctrl-C.

    Temporary files go, and the programs of contenders are stopped, which have sessions of their
    own. What is ignored already, as under nohup, stays so.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    heard = [one for one in signals if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, interrupt) for one in heard}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@dataclass(frozen=True)
class Teller:
    """Says what came of pages and files: JSON lines, or a sentence a file."""

    as_json: bool
    to_stdout: bool = False

    def page(self, decision: dict[str, Any], count: int) -> None:
        """Tell one page."""
        if self.as_json:
            self.event("page", {"of": count or None, **decision})

    def file(self, result: "FileResult") -> None:
        """Tell one file."""
        if self.as_json:
            self.event("file", result.to_dict())
        if result.status == "failed":
            say(result.message)
        elif not self.as_json:
            say(_line(result))

    def whole_file(self, result: "FileResult") -> None:
        """Tell one file whose pages were not told one by one: another process did them."""
        for decision in result.decisions:
            self.page(decision, result.pages)
        self.file(result)

    def event(self, kind: str, told: dict[str, Any]) -> None:
        """Print one JSON line."""
        click.echo(json.dumps({"event": kind, **told}), err=self.to_stdout)


def _line(result: "FileResult") -> str:
    done = f"{result.source} -> {result.output} ({pages(result.pages)}, {result.seconds:.1f} s)"
    return f"{done}; {result.message}" if result.message else done


def pages(count: int) -> str:
    """Return "1 page", "2 pages"."""
    return f"{count:,} page{'' if count == 1 else 's'}"


def lasting(seconds: float) -> str:
    """Return a time in words a person uses: 45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
