"""How far the work is: a bar on a terminal, a line now and then where there is none."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

EVERY = 10.0
"""Seconds between two lines where stderr is no terminal."""

OnPage = Callable[[dict[str, Any], int], None]
"""Called with a page's decision and the number of pages, 0 where unknown."""
OnFile = Callable[[str], None]
"""Called with the name of a file that is done."""


@contextmanager
def showing(files: int, wanted: bool) -> Iterator[tuple[OnFile, OnPage]]:
    """Give callbacks for a file and a page that is done, which show progress on stderr.

    Args:
        files: how many there are.
        wanted: whether anything is shown.
    """
    if not wanted:
        yield (lambda name: None), (lambda decision, count: None)
    elif sys.stderr.isatty():
        with _bar(files) as callbacks:
            yield callbacks
    else:
        lines = _Lines()
        yield (lambda name: None), lines.page


@contextmanager
def _bar(files: int) -> Iterator[tuple[OnFile, OnPage]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), Remaining()),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        whole = bar.add_task("files", total=files, visible=files > 1, rate="")
        task = bar.add_task("pages", total=None, rate="")
        started = time.monotonic()
        done = 0

        def page(decision: dict[str, Any], count: int) -> None:
            nonlocal done
            done += 1
            rate = f"{done / max(time.monotonic() - started, 1e-3):.2f} pages/s"
            bar.update(task, advance=1, total=count or None, rate=rate)

        def file(name: str) -> None:
            nonlocal done, started
            bar.update(whole, advance=1, description=name)
            if files > 1:
                done, started = 0, time.monotonic()
                bar.reset(task, total=None, rate="")

        yield file, page


class _Lines:
    """Plain lines on stderr, at most one in `EVERY` seconds."""

    def __init__(self) -> None:
        self.started = self.told = time.monotonic()
        self.done = 0

    def page(self, decision: dict[str, Any], count: int) -> None:
        """Count a page, and tell where it is time."""
        self.done += 1
        now = time.monotonic()
        if now - self.told < EVERY:
            return
        self.told = now
        rate = self.done / max(now - self.started, 1e-3)
        left = f" of {count}, {(count - self.done) / rate:.0f} s left" if count else ""
        done = f"{self.done} page{'' if self.done == 1 else 's'}"
        sys.stderr.write(f"docclean: {done}{left}, {rate:.2f} pages/s\n")
        sys.stderr.flush()
