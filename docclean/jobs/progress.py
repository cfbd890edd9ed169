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
OnFile = Callable[[str, int], None]
"""Called with the name of a file that is done, and its pages, 0 where each was told."""


@contextmanager
def showing(files: int, wanted: bool) -> Iterator[tuple[OnFile, OnPage]]:
    """Give callbacks for a file and a page that is done, which show progress on stderr.

    Args:
        files: how many there are.
        wanted: whether anything is shown.
    """
    if not wanted:
        yield (lambda name, pages: None), (lambda decision, count: None)
    elif sys.stderr.isatty():
        with _bar(files) as callbacks:
            yield callbacks
    else:
        lines = _Lines(files)
        yield lines.file, lines.page


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

        def file(name: str, pages: int) -> None:
            nonlocal done, started
            if pages:  # other processes did them
                done += pages
                rate = f"{done / max(time.monotonic() - started, 1e-3):.2f} pages/s"
                bar.update(whole, advance=1, description=name, rate=rate)
                bar.update(task, visible=False)
                return
            bar.update(whole, advance=1, description=name)
            if files > 1:
                done, started = 0, time.monotonic()
                bar.reset(task, total=None, rate="")

        yield file, page


class _Lines:
    """Plain lines on stderr, at most one in `EVERY` seconds."""

    def __init__(self, files: int) -> None:
        self.started = self.told = time.monotonic()
        self.files, self.files_done, self.done = files, 0, 0

    def file(self, name: str, pages: int) -> None:
        """Count a file; its pages too, where other processes did them."""
        self.files_done += 1
        self.done += pages
        if pages:
            self._tell(self.files, self.files_done, "file")

    def page(self, decision: dict[str, Any], count: int) -> None:
        """Count a page, and tell where it is time."""
        self.done += 1
        self._tell(count, self.done, "page")

    def _tell(self, count: int, done: int, what: str) -> None:
        now = time.monotonic()
        if now - self.told < EVERY:
            return
        self.told = now
        seconds = max(now - self.started, 1e-3)
        left = f" of {count}, {(count - done) * seconds / done:.0f} s left" if count else ""
        told = f"{done} {what}{'' if done == 1 else 's'}"
        sys.stderr.write(f"docclean: {told}{left}, {self.done / seconds:.2f} pages/s\n")
        sys.stderr.flush()
