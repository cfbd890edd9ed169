"""What a process does with one document: in its time, noted in the ledger before and after."""

import os
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docclean.clean.contract import Loader, PageCleaner
from docclean.documents import page_count
from docclean.errors import ExitStatus, OutputError
from docclean.jobs.document import process_file
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.ledger.entry import Entry, Status, key_of
from docclean.jobs.ledger.prints import Print, content_hash, print_of, same_bytes
from docclean.jobs.plan import outputs_of
from docclean.jobs.processes.limits import FIRST_SECONDS, TOO_LATE, allowed, within
from docclean.jobs.processes.workers import Died
from docclean.jobs.progress import OnPage
from docclean.jobs.results import Fault, FileResult, failure, notes, pages_of
from docclean.outputs import sweep
from docclean.recipe import Options


@dataclass(frozen=True)
class Task:
    """A document and where it goes; `row` is its place in the ledger, 0 without one."""

    source: Path
    target: Path
    row: int = 0


@dataclass(frozen=True)
class InTime:
    """Does a document within its time; picklable."""

    options: Options

    def __call__(self, cleaner: PageCleaner, task: Task) -> FileResult:
        """Clean it."""
        with in_time(task.source, self.options):
            return process_file(task.source, task.target, cleaner, replace(self.options, jobs=1))


@dataclass(frozen=True)
class Noted:
    """Does a document within its time and notes every step in the ledger; picklable.

    Attributes:
        options: what holds for every document.
        out: the folder of the outputs; the ledger names them below it.
        state: the folder of the ledger.
        name: the ledger's.
        run: on whose behalf.
        call: what model and options come to.
        end: the status of a document whose outputs are there.
        bad: the status of one that failed.
        on_page: called in the process with each page's decision and the number of pages.
    """

    options: Options
    out: Path
    state: Path
    name: str
    run: str
    call: str
    end: Status = "done"
    bad: Status = "failed"
    on_page: OnPage | None = None

    def __call__(self, cleaner: PageCleaner | Loader, task: Task) -> FileResult:
        """Clean it, unless its outputs are there already, made of the same bytes by this call."""
        try:
            return self._noted(cleaner, task)
        except Exception as error:  # the ledger's disk is full, or gone; or a fault of ours
            return failure(str(task.source), str(task.target), error)

    def _noted(self, cleaner: PageCleaner | Loader, task: Task) -> FileResult:
        with Ledger(self.state, self.name, make=False) as ledger:
            before = ledger.begin(task.row, self.run)
            try:
                content = content_hash(task.source)
                looked = print_of(task.source, content)
            except OSError as error:
                why = f"{task.source}: cannot be read ({error.strerror}); check its permissions"
                result = failed(task, why, "input")
                ledger.end(task.row, result, status=self.bad)
                return result
            source = str(task.source.absolute())
            known: dict[str, Any] = {"content": content, "call": self.call, "source_print": looked}
            mine = {n: one for n, one in before.outputs.items() if self._has(n, one.hash)}
            if mine and source != before.source and not before.made.startswith(content):
                mine = {}  # they are of another document of this name
            else:
                known["source"] = source
            ledger.change(task.row, **known)
            if mine and mine == before.outputs and before.made == key_of(content, self.call):
                return self._as_before(ledger, task, before)
            return self._done(cleaner, ledger, task, looked, mine)

    def _has(self, name: str, hash_: str) -> bool:
        return same_bytes(self.out / name, hash_)

    def _as_before(self, ledger: Ledger, task: Task, before: Entry) -> FileResult:
        """Note that a killed run had finished a document, or that only its time has changed."""
        told = (before.pages, before.seconds, notes(before.decisions), before.decisions)
        result = FileResult(str(task.source), str(task.target), "done", *told)
        outputs = {name: self._as_left(name, one) for name, one in before.outputs.items()}
        ledger.end(task.row, result, outputs=outputs, status=self.end)
        return result

    def _done(
        self,
        cleaner: PageCleaner | Loader,
        ledger: Ledger,
        task: Task,
        looked: Print,
        mine: Mapping[str, Print],
    ) -> FileResult:
        decisions, written = list[dict[str, Any]](), dict[str, Print]()
        started = time.perf_counter()

        def ready(files: Mapping[Path, str]) -> None:
            if not looked.same(task.source):
                raise OutputError(f"{task.source} has changed meanwhile; run again")
            self._check_left(files, mine)
            written.update({self._name(path): Print(0, 0, 0, h) for path, h in files.items()})
            ledger.change(
                task.row,
                status="placing",
                made=key_of(looked.hash, self.call),
                outputs=written,
                decisions=decisions,
                pages=pages_of(decisions),
                seconds=time.perf_counter() - started,
            )

        def told(decision: dict[str, Any], count: int) -> None:
            decisions.append(decision)
            if self.on_page:
                self.on_page(decision, count)

        with in_time(task.source, self.options):
            ends = (task.source, task.target, cleaner, self._for(task, mine))
            result = process_file(*ends, on_page=told, on_ready=ready)
        known: dict[str, Any] = {"status": self.bad}
        if result.status == "done":
            outputs = {name: self._as_left(name, one) for name, one in written.items()}
            known = {"status": self.end, "outputs": outputs}
        ledger.end(task.row, result, **known)
        return result

    def _check_left(self, files: Collection[Path], mine: Mapping[str, Print]) -> None:
        """Make sure that outputs which are to be replaced are still as we left them."""
        for path in () if self.options.overwrite else files:
            was = mine.get(self._name(path))
            if was and path.exists() and not same_bytes(path, was.hash):
                raise OutputError(f"{path} was changed meanwhile; add --overwrite to replace it")

    def _as_left(self, name: str, one: Print) -> Print:
        """Return the print of an output of ours; somebody may have taken it already."""
        try:
            return print_of(self.out / name, one.hash, own=True)
        except OSError:
            return one

    def _for(self, task: Task, mine: Collection[str]) -> Options:
        """Return the options for one document: outputs that are as we left them are replaced."""
        there = {
            self._name(path) for path in outputs_of(task.target, self.options) if path.exists()
        }
        ours = bool(there) and there <= set(mine)
        return replace(self.options, jobs=1, overwrite=self.options.overwrite or ours)

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.out)


@contextmanager
def in_time(source: Path, options: Options) -> Iterator[None]:
    """Hold a document to its time, which may hang on how many pages it has."""
    with within(FIRST_SECONDS):
        pages = 1 if options.timeout else page_count(source, options.password)
    with within(allowed(pages, options.timeout)):
        yield


def swept(task: Task) -> None:
    """Clear away what a process that died has left of a document."""
    sweep(task.target.parent)


def failed(task: Task, why: str, fault: Fault) -> FileResult:
    """Return the result of a document that failed outside `process_file`."""
    status = ExitStatus.UNREADABLE if fault == "input" else ExitStatus.FAILED
    return FileResult(
        str(task.source), str(task.target), "failed", message=why, exit_status=status, fault=fault
    )


def died(task: Task, end: Died, options: Options, often: str = ", twice") -> FileResult:
    """Return the result of a document whose process ended under it, as often as is told."""
    if end.exitcode == TOO_LATE:
        limit = f"{options.timeout:g} s" if options.timeout else "the time for its pages"
        return failed(
            task, f"{task.source}: took longer than {limit}; give it more with --timeout", "late"
        )
    if end.exitcode == -signal.SIGKILL:
        why = "was killed, most often for want of memory; try fewer --jobs"
        return failed(task, f"{task.source}: its process {why}", "memory")
    how = f"ended with status {end.exitcode}"
    if end.exitcode < 0:
        how = f"crashed ({signal.Signals(-end.exitcode).name})"
    why = f"its process {how}{often}; please report it"
    return failed(task, f"{task.source}: {why}", "crash")
