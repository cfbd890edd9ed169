"""One evaluation: every page of a folder, treated by every contender, read and compared.

`evaluate` raises an UnreadableInputError where there is nothing to read or not one page could be
read, a UsageError for an unknown contender or for 'cleaned' without a cleaner, and a
MissingProgramError where the engine's program or a named contender's is not installed.
"""

import errno
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docclean.clean.contract import PageCleaner
from docclean.errors import (
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.evaluation.cleaners import cleaned_by
from docclean.evaluation.contenders import CONTENDERS, Contender
from docclean.evaluation.environment import environment
from docclean.evaluation.folder import Found, Item, find_items
from docclean.evaluation.one_document import Bench, Result, Task
from docclean.evaluation.reader import Cache, told_views
from docclean.evaluation.rivals.programs import stop_programs
from docclean.evaluation.settings import Settings, matches
from docclean.ocr import OcrEngine, Tesseract, check_engine
from docclean.ocr.engine import title_of
from docclean.report.report import Report
from docclean.scores.results import Failure, PageResult
from docclean.scores.text import PLAIN, TextRules
from docclean.scores.totals import CLEANED, GREY, RAW

log = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)
LISTED = 5
"""Left out documents that are named."""
USUAL = (RAW, GREY, "divide", CLEANED)
"""Contenders of an ordinary evaluation."""


def evaluate(
    folder: str | Path,
    cleaner: PageCleaner | None,
    engine: OcrEngine | None = None,
    *,
    contenders: Sequence[str | Contender] = USUAL,
    rules: TextRules = PLAIN,
    settings: Settings | None = None,
    sets: Sequence[str] = (),
    only: Collection[str] | Callable[[Item], bool] | None = None,
    limit: int | None = None,
    jobs: int = 1,
    pictures: bool = False,
    cache: Path | None = None,
    views: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Read every page of a folder once per contender and compare with the truth, if there is one.

    Args:
        folder: pages with their truth beside them, or sets of such pages; see `find_items`.
        cleaner: what 'cleaned' means; None where that contender is left out.
        engine: reads the pages; Tesseract for English by default.
        contenders: names of `CONTENDERS`, 'cleaned', or contenders of your own.
        rules: what counts as the same text.
        settings: engine and rules of each set; takes the place of `engine` and `rules`.
        sets: patterns of the sets to read; all where empty.
        only: names of the pages to read, or a test of an item.
        limit: read at most this many pages a set.
        jobs: pages worked on at a time.
        pictures: keep small pictures of each page for `Report.to_html`.
        cache: file that keeps what was read, for the next run.
        views: harmless views each page is read under, 1 to 3; see `reader.VIEWS`.
        progress: called with (pages done, pages in all) after each page.
    """
    bench = Bench(_plan(contenders, cleaner), pictures, Cache.load(cache) if cache else None, views)
    items, left_out = _chosen(find_items(Path(folder)), sets, only, limit)
    tasks = _tasks(items, Path(folder), engine or Tesseract(), rules, settings, jobs)
    results = list(_run(bench, tasks, jobs, progress))
    return _report(Path(folder), left_out, tasks, results, _methods(tasks, views))


def _plan(wanted: Sequence[str | Contender], cleaner: PageCleaner | None) -> list[Contender]:
    """Return the contenders asked for.

    Raises:
        UsageError: there is none, an unknown one, or 'cleaned' without a cleaner.
        MissingProgramError: what one of them needs is not installed.
    """
    plan = [resolve(one, cleaner) for one in wanted]
    if not plan:
        raise UsageError("an evaluation needs at least one contender")
    return plan


def resolve(wanted: str | Contender, cleaner: PageCleaner | None) -> Contender:
    """Return a contender by name.

    Raises:
        UsageError: there is none of this name, or it needs a cleaner.
        MissingProgramError: what it needs is not installed.
    """
    if wanted == CLEANED:
        if cleaner is None:
            raise UsageError(f"the contender '{CLEANED}' needs a cleaner")
        return cleaned_by(cleaner)
    contender = CONTENDERS[wanted] if isinstance(wanted, str) else wanted
    lacking = contender.lacking()
    if lacking:
        raise MissingProgramError(f"the contender '{contender.name}' cannot run: {lacking}")
    return contender


def _run(
    bench: Bench,
    tasks: Sequence[Task],
    jobs: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Result]:
    """Measure the documents, `jobs` at a time; results in the order of the tasks."""
    done = 0
    lock = threading.Lock()

    def one(task: Task) -> Result:
        nonlocal done
        try:
            return _measure(bench, task)
        finally:
            with lock:
                done += 1
                if progress:
                    progress(done, len(tasks))

    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        yield from pool.map(one, tasks)
    except BaseException:  # Ctrl-C above all: nobody waits for the programs still running
        bench.stopped.set()
        stop_programs()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _measure(bench: Bench, task: Task) -> Result:
    """Measure one document; a bad one is a line in the report, not the end of the run.

    Raises:
        MissingProgramError: no page could be read.
        OutputError: no reading could be kept.
    """
    try:
        return bench.measure(task)
    except (MissingProgramError, OutputError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise OutputError(f"the disk is full ({error.strerror}); free some space") from error
        log.debug("%s", task.item.image, exc_info=True)
        message = str(error) or type(error).__name__
        return Result(None, (Failure(task.name, message),))


def _report(
    folder: Path,
    left_out: Sequence[Path],
    tasks: Sequence[Task],
    results: Sequence[Result],
    methods: dict[str, str],
) -> Report:
    """Put the results together.

    Raises:
        UnreadableInputError: not one page could be read.
    """
    pages = tuple(result.page for result in results if result.page)
    failures = tuple(failure for result in results for failure in result.failures)
    if not pages:
        raise UnreadableInputError(
            f"{folder}: none of its {len(tasks)} pages could be read; "
            f"the first: {failures[0].message}"
        )
    return Report(
        folder.resolve().name or str(folder),
        pages,
        failures,
        environment=environment(),
        remark=_remark(folder, left_out, pages, failures),
        methods=methods,
    )


def _remark(
    folder: Path,
    left_out: Sequence[Path],
    pages: Sequence[PageResult],
    failures: Sequence[Failure],
) -> str:
    """Say how much was read, and what was left out."""
    failed = len({one.name for one in failures})
    remark = f"{_count(len(pages), 'page')} read, {_count(failed, 'failure')}"
    if left_out:
        names = [str(path.relative_to(folder)) for path in left_out[:LISTED]]
        more = ", …" if len(left_out) > LISTED else ""
        remark += f"; {len(left_out)} without truth left out: {', '.join(names)}{more}"
    return remark


def _chosen(
    found: Found,
    sets: Sequence[str],
    only: Collection[str] | Callable[[Item], bool] | None,
    limit: int | None,
) -> tuple[list[Item], Sequence[Path]]:
    """Keep the items asked for; return the documents that are left out as well.

    Raises:
        UsageError: a pattern that names no set.
    """
    items = found.items
    groups = list(dict.fromkeys(item.group for item in items))
    for pattern in sets:
        if not any(matches(group, pattern) for group in groups):
            known = ", ".join(groups) if any(groups) else "the folder is a single set"
            raise UsageError(f"no set is called '{pattern}'; there are: {known}")
    kept = [item for item in items if not sets or any(matches(item.group, one) for one in sets)]
    if callable(only):
        kept = [item for item in kept if only(item)]
    elif only is not None:
        kept = [item for item in kept if item.name in only]
    counted: dict[str, int] = {}
    chosen = []
    for item in kept:
        counted[item.group] = counted.get(item.group, 0) + 1
        if limit is None or counted[item.group] <= limit:
            chosen.append(item)
    return chosen, found.left_out


def _tasks(
    items: Sequence[Item],
    folder: Path,
    engine: OcrEngine,
    rules: TextRules,
    settings: Settings | None,
    jobs: int,
) -> list[Task]:
    """Say how each item is read; those of a set that the settings leave out are not.

    Raises:
        UnreadableInputError: no item is left.
        MissingProgramError: an engine, or the language of a set, is not installed.
        UsageError: an engine does not know the language of a set.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None
    asked = (_task(item, folder, engine, rules, settings, threads) for item in items)
    tasks = [task for task in asked if task is not None]
    if not tasks:
        raise UnreadableInputError(f"{folder}: none of its pages was asked for")
    checked: list[OcrEngine] = []
    for task in tasks:
        if task.engine not in checked:  # before the sets that could be read are
            check_engine(task.engine)
            checked.append(task.engine)
    return tasks


def _task(
    item: Item,
    folder: Path,
    engine: OcrEngine,
    rules: TextRules,
    settings: Settings | None,
    threads: int | None,
) -> Task | None:
    """Say how an item is read; None where the settings leave its set out."""
    if settings is None:
        return Task(item, engine, rules)
    chosen = settings.of(item.group or folder.resolve().name)
    return None if chosen.skip else Task(item, chosen.reader(threads), chosen.rules())


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _methods(tasks: Sequence[Task], views: int) -> dict[str, str]:
    """Tell of each set how its pages were read and compared."""
    methods = {}
    for task in tasks:
        case = "case folded" if task.rules.fold_case else "case kept"
        told = f"{title_of(task.engine)}, {task.rules.form}, white space folded, {case}"
        methods[task.item.group] = f"{told}{told_views(views)}"
    return methods
