"""Pages of one PDF done here or in processes, one after the other where one of them kills."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docclean.documents.base import Source
from docclean.documents.pdf.checking import undecodable
from docclean.jobs.one_page import Options, PageCleaner
from docclean.jobs.pdf_page import Opened, Outcome, failed

CHUNK = 4
"""Pages a worker process takes at a time."""


Loader = Callable[[], PageCleaner]
"""Makes the cleaner; picklable where other processes call it."""


class PagePool:
    """Does pages of one PDF, here or in processes."""

    def __init__(self, source: Source, load: Loader, options: Options, jobs: int) -> None:
        """Take the document and what is asked for; nothing is opened before it is needed."""
        self.source, self.load, self.options, self.jobs = source, load, options, jobs
        self._here: Opened | None = None
        self._pool: ProcessPoolExecutor | None = None

    def outcomes(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Yield the pages' outcomes in order."""
        if self.jobs <= 1:
            for number in numbers:
                yield self._opened().outcome(number, self.options)
            return
        chunks = [tuple(numbers[at : at + CHUNK]) for at in range(0, len(numbers), CHUNK)]
        for chunk, done in zip(chunks, self._mapped(_do_pages, chunks), strict=True):
            yield from done if done is not None else self._one_by_one(chunk)

    def undecodable(self, path: Path, numbers: Sequence[int]) -> list[int]:
        """Return the pages of the written file whose images cannot be decoded."""
        password = self.options.password
        if self.jobs <= 1 or len(numbers) <= CHUNK:
            return undecodable(path, numbers, password)
        chunks = [(path, tuple(numbers[at :: self.jobs]), password) for at in range(self.jobs)]
        found = list(self._mapped(_check_pages, chunks))
        return sorted(one for part, (_, all_, _) in zip(found, chunks, strict=True)
                      for one in (part if part is not None else all_))  # fmt: skip

    def _opened(self) -> Opened:
        if self._here is None:
            self._here = Opened(self.source, self.options.password, self.load())
        return self._here

    def _processes(self, jobs: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's threads
        given = (self.source, self.load, self.options)
        return ProcessPoolExecutor(jobs, context, _start, given)

    def _mapped(self, work: Callable[[Any], Any], chunks: Sequence[Any]) -> Iterator[Any]:
        """Yield what `work` returns for each chunk, in order; None where its process died."""
        waiting: deque[Future[Any]] = deque()
        left = deque(chunks)
        while left or waiting:
            if self._pool is None:
                self._pool = self._processes(self.jobs)
            while left and len(waiting) < 2 * self.jobs:  # results wait in memory: not too many
                waiting.append(self._pool.submit(work, left.popleft()))
            try:
                yield waiting.popleft().result()
            except BrokenProcessPool:  # every chunk under way is lost, one of them is to blame
                yield None
                for _ in range(len(waiting)):
                    yield None
                waiting.clear()
                self._close_pool()

    def _one_by_one(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Do pages each in a process of its own: one of them killed its process before."""
        for number in numbers:
            with self._processes(1) as alone:
                try:
                    yield alone.submit(_do_pages, (number,)).result()[0]
                except BrokenProcessPool:
                    yield failed(number, "a process died of it, most often for want of memory")

    def _close_pool(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def rest(self) -> None:
        """End the processes and close the document; both come back where they are needed."""
        self.close()
        self._here = self._pool = None

    def close(self, *, at_once: bool = False) -> None:
        """End processes and close the document; `at_once` without waiting for pages under way."""
        if self._here:
            self._here.close()
        if self._pool and at_once:
            self._close_pool()
            for child in multiprocessing.active_children():
                child.terminate()
                child.join(10)
        elif self._pool:
            self._pool.shutdown()


@contextmanager
def page_pool(source: Source, load: Loader, options: Options, jobs: int) -> Iterator[PagePool]:
    """Give a pool that ends with the block, at once where it fails."""
    pool = PagePool(source, load, options, jobs)
    try:
        yield pool
    except BaseException:
        pool.close(at_once=True)
        raise
    pool.close()


@dataclass
class _Worker:
    """What a worker process keeps between pages."""

    given: tuple[Source, Loader, Options] | None = None
    opened: Opened | None = None


_worker = _Worker()


def end_with_parent() -> None:
    """Let this process end when its parent does, even killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start(source: Source, load: Loader, options: Options) -> None:
    _worker.given = (source, load, options)
    # Ctrl-C reaches every process of the terminal; only the parent answers it, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _do_pages(numbers: Sequence[int]) -> list[Outcome]:
    assert _worker.given is not None  # set when the process started
    source, load, options = _worker.given
    if _worker.opened is None:
        _worker.opened = Opened(source, options.password, load())
    return [_worker.opened.outcome(number, options) for number in numbers]


def _check_pages(given: tuple[Path, Sequence[int], str | None]) -> list[int]:
    return undecodable(*given)
