"""Documents that are ready are taken: told from those done before, named, noted, handed out."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from docclean.clean.contract import PageCleaner
from docclean.documents import check_whole
from docclean.errors import DoccleanError
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import content_hash, print_of
from docclean.jobs.plan import named, outputs_of
from docclean.jobs.results import FileResult, failure
from docclean.jobs.task import Noted, Task, in_time
from docclean.jobs.watch.books import Books
from docclean.jobs.watch.inbox import Lying
from docclean.jobs.watch.names import free_name

MOST_TRIES = 10
"""How often a document is begun, over all watchers that died meanwhile, until it has failed."""


@dataclass(frozen=True)
class WholeOnly:
    """Does a document once every page of it decodes; picklable."""

    noted: Noted

    def __call__(self, cleaner: PageCleaner, task: Task) -> FileResult:
        """Check it, then clean it."""
        try:
            with in_time(task.source, self.noted.options):
                check_whole(task.source, self.noted.options.password)
        except Exception as error:
            return self._told(task, failure(str(task.source), str(task.target), error))
        return self.noted(cleaner, task)

    def _told(self, task: Task, result: FileResult) -> FileResult:
        noted = self.noted
        try:
            with Ledger(noted.state, noted.name, make=False) as ledger:
                ledger.begin(task.row, noted.run)
                ledger.end(task.row, result, status=noted.bad)
        except DoccleanError as error:
            return failure(str(task.source), str(task.target), error)
        return result


@dataclass
class Taking:
    """Takes documents out of the inbox's list; what a dead watcher had taken comes back.

    Attributes:
        books: what is known.
        in_hand: the documents that were taken, by path.
        left: the rows of a dead watcher, by source.
    """

    books: Books
    in_hand: dict[Path, Task] = field(default_factory=dict)
    contents: dict[Path, str] = field(default_factory=dict)
    left: dict[str, Entry] = field(default_factory=dict)

    def work(self) -> WholeOnly:
        """Return what a process does with a task."""
        books = self.books
        return WholeOnly(
            Noted(
                *(books.options, books.settings.outbox, books.settings.state_folder, "ledger"),
                *(books.run, books.call, "placed", "failing"),
            )
        )

    def recover(self) -> None:
        """Find what a dead watcher left: documents begun, and originals not put away."""
        books = self.books
        with books.ledger() as ledger:
            open_ = ledger.entries("waiting", "running", "placing", "placed", "failing")
            for entry in books.mine(open_):
                if entry.status == "placed" or entry.original:
                    books.ended.append(entry)
                elif not Path(entry.source).exists():
                    ledger.drop(entry.id)
                else:
                    self.left[entry.source] = entry

    def take(self, path: Path, lying: Lying) -> Task | None:
        """Take one document; None: nothing is to be cleaned, now or at all.

        Raises:
            OSError: it cannot be read.
            OutputError: the ledger cannot be written.
        """
        books, at = self.books, path.stat()
        if (at.st_size, at.st_mtime_ns) != (lying.size, lying.changed):
            return None  # it has not rested
        lying.content = lying.content or content_hash(path)
        if lying.content in self.contents.values():
            return None  # its twin is being cleaned; what comes of that holds for both
        before = self.left.get(str(path))
        with books.ledger() as ledger:
            if before and (before.content, before.call) != (lying.content, books.call):
                ledger.drop(before.id)  # the file is another one now
                before = None
            twin = None if before else ledger.done_with(lying.content, books.call)
            if twin:
                self._same_again(ledger, path, twin)
            elif before and before.tries >= MOST_TRIES:
                why = f"{path}: was begun {before.tries} times and each time the watcher died of it"
                ledger.change(before.id, status="failing", reason=why, fault="crash")
                books.ended.append(ledger.entry(before.id))
            else:
                return self._begun(ledger, path, lying.content, before)
        self.left.pop(str(path), None)
        return None

    def release(self, task: Task) -> None:
        """Take back that a document was taken."""
        self.in_hand.pop(task.source, None)
        self.contents.pop(task.source, None)

    def _begun(self, ledger: Ledger, path: Path, content: str, before: Entry | None) -> Task:
        books = self.books
        if before:
            target = books.settings.outbox / before.target
            entry = replace(before, run=books.run)
        else:
            target = self._target(path)
            name = os.path.relpath(target, books.settings.outbox)
            entry = Entry(name, str(path), run=books.run, content=content, call=books.call)
        entry = replace(entry, source_print=print_of(path, content))
        task = Task(path, target, ledger.put([entry])[0])
        self.left.pop(str(path), None)
        self.in_hand[path], self.contents[path] = task, content
        return task

    def _target(self, path: Path) -> Path:
        books = self.books
        place = path.relative_to(books.inbox)
        wanted = books.settings.outbox / named(path, place, books.options.suffix)
        reserved = {
            one for task in self.in_hand.values() for one in outputs_of(task.target, books.options)
        }

        def taken(target: Path) -> bool:
            files = outputs_of(target, books.options)
            return any(one in reserved or os.path.lexists(one) for one in files)

        return free_name(wanted, taken)

    def _same_again(self, ledger: Ledger, path: Path, twin: Entry) -> None:
        """Note a document whose bytes were cleaned before; only its original is put away."""
        books = self.books
        where = books.settings.outbox / twin.target
        (row,) = ledger.put(
            [
                Entry(
                    *(twin.target, str(path), "placed"),
                    run=books.run,
                    source_print=print_of(path),
                    pages=twin.pages,
                    reason=f"the same as {Path(twin.source).name}, done before as {where}",
                )
            ]
        )
        books.ended.append(ledger.entry(row))
