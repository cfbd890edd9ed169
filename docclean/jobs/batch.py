"""Many files: each one cleaned alone, so that one bad file stops none, and noted in a ledger."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docclean.clean.contract import Loader, PageCleaner
from docclean.clean.spec import CleanerSpec
from docclean.errors import DoccleanError
from docclean.jobs.document import process_file
from docclean.jobs.ledger.asked import asked
from docclean.jobs.ledger.database import FOLDER, Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import call_hash
from docclean.jobs.plan import plan_outputs
from docclean.jobs.processes.desk import Desk
from docclean.jobs.processes.limits import processes
from docclean.jobs.processes.scratch import scratch
from docclean.jobs.processes.workers import Died, Workers
from docclean.jobs.progress import OnFile, OnPage, showing
from docclean.jobs.results import FileResult, wants_more_room
from docclean.jobs.reuse import Knowledge, Part, Plan, Sorted
from docclean.jobs.task import InTime, Noted, Task, died, swept
from docclean.outputs import sweep
from docclean.recipe import Options

OnResult = Callable[[FileResult], None]
HandOut = Callable[
    [Sequence[Task], Noted, Loader, Options, threading.Event | None],
    Iterator[tuple[Task, FileResult]],
]
"""Hands out documents, as `handed_out` does, and yields what came of each."""
TAKE = 1.0
"""Seconds until the next look at whether someone asked to stop."""


@dataclass
class Batch:
    """What came of a batch.

    Attributes:
        results: of the documents that were begun, in the order in which they were done.
        before: what was known of the others: there already, failed before, held by another call.
        out: the folder of the outputs.
        left: how many are left for the next call.
        stopped: whether someone asked to stop.
    """

    results: list[FileResult]
    before: Sorted
    out: Path = Path()
    left: int = 0
    stopped: bool = False

    @classmethod
    def nothing(cls) -> "Batch":
        """Return what comes of no documents."""
        return cls([], Sorted())

    def with_results(self, other: "Batch") -> "Batch":
        """Return both together."""
        return replace(self, results=self.results + other.results, left=self.left + other.left)

    def took(self, result: FileResult, file_done: OnFile, on_result: OnResult | None) -> None:
        """Take one result and pass it on."""
        file_done(result.source, result.pages)
        if on_result:
            on_result(result)
        self.results.append(result)

    @property
    def failed(self) -> list[FileResult]:
        """Return the failures, those of earlier calls among them."""
        now = [result for result in self.results if result.status == "failed"]
        return now + [entry.result() for entry in self.before.failed]

    @property
    def whole(self) -> list[FileResult]:
        """Return what came of every document, now or in earlier calls."""
        before = [*self.before.failed, *self.before.done, *self.before.changed]
        told = [entry.result() for entry in before]
        return self.results + [replace(one, output=str(self.out / one.output)) for one in told]


def process_many(
    plan: Plan,
    load: Loader,
    options: Options | None = None,
    *,
    on_result: OnResult | None = None,
    on_page: OnPage | None = None,
    progress: bool = False,
) -> list[FileResult]:
    """Clean every file of a plan, without a ledger; returns one result per file, in its order.

    Args:
        plan: (source, target) pairs, as `plan_outputs` gives them.
        load: makes the cleaner; for `options.jobs` > 1, a timeout or a bound on memory it must be
            picklable, and each process calls it.
        options: what holds for every file. Its processes share files, or the pages of one PDF.
        on_result: called with each result as it comes.
        on_page: called with each page's decision and the number of pages, 0 where unknown; not
            for files that other processes do.
        progress: show on stderr how far the work is.

    Raises:
        DoccleanError: the cleaner cannot be loaded.
    """
    options = options or Options()
    _sweep(plan)
    results: dict[Path, FileResult] = {}
    with showing(len(plan), progress) as (file_done, page_done):

        def each(decision: dict[str, Any], count: int) -> None:
            page_done(decision, count)
            if on_page:
                on_page(decision, count)

        for target, result in _results(plan, load, options, each):
            file_done(result.source, 0)
            if on_result:
                on_result(result)
            results[target] = result
    return [results[target] for _, target in plan]


def _sweep(plan: Plan) -> None:
    """Clear away what killed processes have left where outputs go."""
    for folder in {target.resolve().parent for _, target in plan}:
        sweep(folder)


def _results(
    plan: Plan, load: Loader, options: Options, on_page: OnPage
) -> Iterator[tuple[Path, FileResult]]:
    """Yield what came of each file, as they are done."""
    guarded = options.timeout is not None or options.memory is not None
    if guarded or processes(options, len(plan), load) > 1:
        tasks = [Task(source, target) for source, target in plan]
        for task, result in handed_out(tasks, InTime(options), load, options):
            yield task.target, result
    elif len(plan) == 1:
        ((source, out),) = plan
        yield out, process_file(source, out, load, options, on_page)
    else:
        cleaner = load()
        for source, out in plan:
            yield out, process_file(source, out, cleaner, options, on_page)


def clean_folder(
    inputs: Sequence[str | Path],
    out: str | Path,
    options: Options | None = None,
    *,
    state: Path | None = None,
    part: Part | None = None,
    stop: threading.Event | None = None,
    on_result: OnResult | None = None,
    progress: bool = False,
) -> Batch:
    """Clean files and whole folders into a folder; what was done before is not done again.

    Args:
        inputs: files, folders (with all below them) and globs.
        out: the folder of the outputs; it is made.
        options: what holds for every file; `options.jobs` processes share the files.
        state: the folder of the ledger; None: `.docclean` in `out`.
        part: a shard, how many at most, in which order; None: all, by name.
        stop: once it is set, only what is in hand is finished.
        on_result: called with each result as it comes.
        progress: show on stderr how far the work is.

    Raises:
        UnreadableInputError: a folder holds no documents, or the ledger is none.
        OutputError: two files would get one output, or the ledger cannot be written.
        UsageError, MissingProgramError: the cleaner cannot be loaded.
    """
    options = options or Options()
    return process_batch(
        plan_outputs(inputs, f"{out}/", options.suffix),
        Path(out),
        CleanerSpec.of(options, os.cpu_count() or 1),
        options,
        state=state or Path(out) / FOLDER,
        part=part,
        stop=stop,
        on_result=on_result,
        progress=progress,
    )


def process_batch(
    plan: Plan,
    out: Path,
    load: Loader,
    options: Options | None = None,
    *,
    state: Path,
    part: Part | None = None,
    name: str = "",
    stop: threading.Event | None = None,
    on_result: OnResult | None = None,
    progress: bool = False,
    hand_out: HandOut | None = None,
) -> Batch:
    """Do as `clean_folder` does, with a plan of `plan_outputs` and a cleaner that `load` makes.

    `name` is the ledger's, empty: the part's; `hand_out` does and notes the documents.
    """
    options, part, stop = options or Options(), part or Part(), stop or threading.Event()
    own, call = part.of(plan), call_hash(options)
    _sweep(own)
    with Ledger(state, name or part.ledger_name) as ledger, ExitStack() as stack:
        run = ledger.start("batch", asked(out, options))
        stack.callback(ledger.stop, run)
        before, todo = _todo(ledger, own, call, options, out, run)
        tasks, do = part.ordered(todo), hand_out or handed_out
        batch = Batch([], before, out, left=len(todo) - len(tasks))
        if not tasks:
            return batch
        stack.enter_context(scratch())
        file_done, _ = stack.enter_context(showing(len(tasks), progress))
        work = Noted(options, out, state, ledger.path.stem, run, call)
        for task, result in do(tasks, work, load, options, stop):
            if result.fault in ("late", "memory", "crash"):
                ledger.end(task.row, result)
            batch.took(result, file_done, on_result)
        batch.stopped = stop.is_set()
        batch.left += len(tasks) - len(batch.results)
    return batch


def _todo(
    ledger: Ledger, plan: Plan, call: str, options: Options, out: Path, run: str
) -> tuple[Sorted, list[Task]]:
    """Return what is known of a plan, and what is to be done, noted; no other call takes it too."""
    first = Knowledge(ledger, _entries(ledger), call, options, out).sorted(plan)
    ledger.put(entry for entry in first.looked if entry.id)  # they need not be read again
    with ledger.transaction():
        before = first
        if first.todo:
            before = Knowledge(ledger, _entries(ledger), call, options, out).sorted(plan)
        waiting = [replace(entry, status="waiting", run=run) for _, entry in before.todo]
        rows = ledger.put(waiting)
    return before, [
        replace(task, row=row) for (task, _), row in zip(before.todo, rows, strict=True)
    ]


def handed_out(
    tasks: Sequence[Task],
    work: Callable[[PageCleaner, Task], FileResult],
    load: Loader,
    options: Options,
    stop: threading.Event | None = None,
) -> Iterator[tuple[Task, FileResult]]:
    """Yield what came of each task, as they are done by `processes`."""
    left = deque(tasks)
    jobs = processes(options, len(tasks), load)
    if isinstance(load, CleanerSpec):  # few documents: each process may use more of the cores
        load = load.among(jobs)
    with Workers(jobs, load, memory=options.memory_bytes) as workers:
        desk = Desk(workers, work, wants_more_room, swept)
        while left or desk.in_hand:
            if stop and stop.is_set():
                left.clear()
                desk.drop_alone()
            while left and desk.free:
                desk.give(left.popleft())
            for task, result in desk.take(TAKE):
                yield task, died(task, result, options) if isinstance(result, Died) else result


def _entries(ledger: Ledger) -> dict[str, Entry]:
    """Return every document that a ledger of this folder knows, by its name."""
    found = {entry.target: entry for entry in ledger.entries()}
    for path in sorted(ledger.folder.glob("ledger*.sqlite")):
        if path == ledger.path:
            continue
        with suppress(DoccleanError), Ledger(ledger.folder, path.stem, read_only=True) as other:
            for entry in other.entries():
                own = found.get(entry.target)
                if own is None or own.updated < entry.updated:
                    found[entry.target] = replace(entry, id=own.id if own else 0)
    return found
