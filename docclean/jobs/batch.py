"""Many files: each one cleaned alone so that one bad file stops none."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from docclean.errors import (
    SOME_FAILED,
)
from docclean.jobs.document import FileResult, process_file
from docclean.jobs.one_page import Options, PageCleaner
from docclean.jobs.pagepool import end_with_parent
from docclean.jobs.progress import OnPage, showing

SHARED_TILE_AREA = 1_900_000
"""Pixels of a tile where several processes share the memory: two of them stay below 700 MB on A4 at
300 dpi. Smaller tiles spend a third more time on their halos."""


@dataclass(frozen=True)
class CleanerSpec:
    """How a worker process loads its own cleaner: a loaded one cannot travel between processes."""

    model: str | Path = "small"
    gate: str = "pixels"
    """What judges a cleaned page: pixels, ocr (Tesseract on a sample), or off."""
    device: str = "auto"
    threads: int | None = None
    lang: str = "eng"
    """Language the gate reads in."""
    tile_area: int | None = None
    """Pixels of a tile, which bound the memory of each process; None leaves the cleaner's own."""

    def __call__(self) -> PageCleaner:
        """Load the cleaner."""
        from docclean.clean.cleaner import (
            MAX_TILE_AREA,
            Cleaner,
        )  # here: a worker pays for it, `--help` does not
        from docclean.ocr import Tesseract

        reader = Tesseract(self.lang, psm=6) if self.gate == "ocr" else None
        return Cleaner.load(
            self.model,
            gate=self.gate != "off",
            device=self.device,
            threads=self.threads,
            reader=reader,
            max_tile_area=self.tile_area or MAX_TILE_AREA,
        )


@dataclass
class _Worker:
    """What a worker process keeps between files."""

    load: Callable[[], PageCleaner] | None = None
    cleaner: PageCleaner | None = None


_worker = _Worker()


def _start_worker(load: Callable[[], PageCleaner]) -> None:
    _worker.load = load
    # Ctrl-C reaches every process of the terminal; only the parent answers it, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    end_with_parent()


def _stop(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool sends a second one: finish the first
    raise SystemExit(128 + signal.SIGTERM)  # unwinds, so that temporary files are removed


def _work(source: Path, target: Path, options: Options) -> FileResult:
    if _worker.cleaner is None:
        assert _worker.load is not None  # set when the process started
        _worker.cleaner = _worker.load()
    try:
        return process_file(source, target, _worker.cleaner, options)
    except SystemExit:
        os._exit(128 + signal.SIGTERM)  # or the pool would hand this process the next file


def process_many(
    plan: Sequence[tuple[Path, Path]],
    load: Callable[[], PageCleaner],
    options: Options | None = None,
    *,
    jobs: int = 1,
    on_result: Callable[[FileResult], None] | None = None,
    on_page: OnPage | None = None,
    progress: bool = False,
) -> list[FileResult]:
    """Clean every file of a plan; returns one result per file, in the plan's order.

    Args:
        plan: (source, target) pairs, as `plan_outputs` gives them.
        load: makes the cleaner; for `jobs` > 1 it must be picklable, and each worker calls it.
        options: what holds for every file.
        jobs: worker processes; 1 works in this one. They share files, or the pages of one PDF.
        on_result: called with each result as it comes.
        on_page: called with each page's decision and the number of pages, 0 where unknown; not
            for files that other processes do.
        progress: show on stderr how far the work is.

    Raises:
        DoccleanError: the cleaner cannot be loaded.
    """
    options = options or Options()
    with showing(len(plan), progress) as (file_done, page_done):

        def each(decision: dict[str, Any], count: int) -> None:
            page_done(decision, count)
            if on_page:
                on_page(decision, count)

        def told(result: FileResult) -> FileResult:
            file_done(result.source)
            if on_result:
                on_result(result)
            return result

        if len(plan) == 1:
            ((source, out),) = plan
            return [told(process_file(source, out, load, options, each, jobs=jobs))]
        if jobs <= 1:
            cleaner = load()
            return [told(process_file(source, out, cleaner, options, each)) for source, out in plan]
        return _in_processes(plan, load, options, jobs, told)


def _in_processes(
    plan: Sequence[tuple[Path, Path]],
    load: Callable[[], PageCleaner],
    options: Options,
    jobs: int,
    told: Callable[[FileResult], FileResult],
) -> list[FileResult]:
    context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's threads
    pool = ProcessPoolExecutor(min(jobs, len(plan)), context, _start_worker, (load,))
    results: dict[int, FileResult] = {}
    try:
        futures: dict[Future[FileResult], int] = {
            pool.submit(_work, source, out, options): index
            for index, (source, out) in enumerate(plan)
        }
        for future in as_completed(futures):
            index = futures[future]
            try:
                result = future.result()
            except BrokenProcessPool:  # killed, most often for want of memory
                source, out = (str(path) for path in plan[index])
                why = f"{source}: a worker process died; run again with fewer --jobs"
                result = FileResult(source, out, "failed", message=why, exit_status=SOME_FAILED)
            results[index] = told(result)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
            child.join(10)
        raise
    pool.shutdown()
    return [results[index] for index in range(len(plan))]
