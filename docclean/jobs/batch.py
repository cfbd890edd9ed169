"""Many files: each one cleaned alone, so that one bad file stops none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from docclean.clean.contract import Loader, PageCleaner
from docclean.errors import ExitStatus
from docclean.jobs.document import process_file
from docclean.jobs.ledger import FileResult
from docclean.jobs.progress import OnPage, showing
from docclean.jobs.workers import Died, Workers
from docclean.recipe import Options

Task = tuple[Path, Path]
"""A document and where it goes."""


def process_many(
    plan: Sequence[Task],
    load: Loader,
    options: Options | None = None,
    *,
    on_result: Callable[[FileResult], None] | None = None,
    on_page: OnPage | None = None,
    progress: bool = False,
) -> list[FileResult]:
    """Clean every file of a plan; returns one result per file, in the plan's order.

    Args:
        plan: (source, target) pairs, as `plan_outputs` gives them.
        load: makes the cleaner; for `options.jobs` > 1 it must be picklable, and each process
            calls it.
        options: what holds for every file. Its processes share files, or the pages of one PDF.
        on_result: called with each result as it comes.
        on_page: called with each page's decision and the number of pages, 0 where unknown; not
            for files that other processes do.
        progress: show on stderr how far the work is.

    Raises:
        DoccleanError: the cleaner cannot be loaded.
    """
    options = options or Options()
    results: dict[int, FileResult] = {}
    with showing(len(plan), progress) as (file_done, page_done):

        def each(decision: dict[str, Any], count: int) -> None:
            page_done(decision, count)
            if on_page:
                on_page(decision, count)

        for index, result in _results(plan, load, options, each):
            file_done(result.source)
            if on_result:
                on_result(result)
            results[index] = result
    return [results[index] for index in range(len(plan))]


def _results(
    plan: Sequence[Task], load: Loader, options: Options, on_page: OnPage
) -> Iterator[tuple[int, FileResult]]:
    """Yield the place of each file in the plan and what came of it, as they are done."""
    if len(plan) == 1:
        ((source, out),) = plan
        yield 0, process_file(source, out, load, options, on_page)
    elif options.jobs <= 1:
        cleaner = load()
        for index, (source, out) in enumerate(plan):
            yield index, process_file(source, out, cleaner, options, on_page)
    else:
        alone = replace(options, jobs=1)  # a process shares its file with no others
        with Workers(min(options.jobs, len(plan)), load) as workers:
            for index, result in workers.as_done(partial(_file, alone), plan):
                yield index, _died(plan[index]) if isinstance(result, Died) else result


def _file(options: Options, cleaner: PageCleaner, task: Task) -> FileResult:
    return process_file(*task, cleaner, options)


def _died(task: Task) -> FileResult:
    """Return the result of a file whose process was killed twice, most often for want of memory."""
    source, out = (str(path) for path in task)
    why = f"{source}: a worker process died; run again with fewer --jobs"
    return FileResult(source, out, "failed", message=why, exit_status=ExitStatus.FAILED)
