"""Between the inbox and the processes: what is ready goes out, what came of it is dealt with."""

import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docclean.errors import DoccleanError, ExitStatus
from docclean.jobs.processes.desk import Desk
from docclean.jobs.processes.workers import Died, Workers
from docclean.jobs.results import FileResult, wants_more_room
from docclean.jobs.task import Task, died, swept
from docclean.jobs.watch.books import Books
from docclean.jobs.watch.inbox import Inbox
from docclean.jobs.watch.pausing import Pausing
from docclean.jobs.watch.taking import Taking

MOST_REFUSED = 6
"""How often an output cannot be written, while others can, until its document has failed."""
SECONDS_A_TURN = 2.0
"""Seconds that documents are taken for at a time; hashing large ones takes a while."""
RENEWED = 500
"""Documents after which a process makes room for a new one: what libraries leak is given back."""


@dataclass
class Handing:
    """Hands documents to processes, which start with the first one.

    Attributes:
        books: what is known.
        inbox: what lies there.
        taking: takes documents.
        pausing: holds everything up while a disk is full or gone.
    """

    books: Books
    inbox: Inbox
    taking: Taking
    pausing: Pausing
    _results: deque[tuple[Task, Any]] = field(default_factory=deque)
    _desk: Desk[Any, Task] | None = None

    @property
    def busy(self) -> bool:
        """Say whether documents are in hand."""
        return bool(self.taking.in_hand)

    def give(self) -> None:
        """Hand out what is ready, as far as processes are free.

        Raises:
            OutputError: the ledger cannot be written.
        """
        away = {Path(entry.source) for entry in self.books.ended}
        until = time.monotonic() + SECONDS_A_TURN
        for path in self.inbox.ready(self.taking.in_hand.keys() | away):
            desk = self._at_desk()
            if not desk.free or time.monotonic() > until:
                return
            try:
                task = self.taking.take(path, self.inbox.lying[path])
            except OSError as error:
                if path.exists() and not self.inbox.postpone(path):
                    self.inbox.leave(path, f"cannot be read ({error.strerror}); left alone")
                continue
            if task:
                desk.give(task)

    def take_back(self, seconds: float) -> None:
        """Wait for what comes of documents, and deal with it.

        Raises:
            OutputError: the ledger cannot be written; nothing is lost, it is dealt with next time.
            DoccleanError: the cleaner cannot be loaded.
        """
        if self._desk:
            self._results.extend(self._desk.take(seconds))
        while self._results:
            task, result = self._results[0]
            self._deal(task, result)
            self._results.popleft()
            self.taking.release(task)

    def hold(self) -> None:
        """Take back what waits to be tried alone."""
        for task in self._desk.drop_alone() if self._desk else ():
            self.taking.release(task)

    def close(self) -> None:
        """End the processes; at once where they have not finished."""
        if self._desk:
            self._desk.workers.close(at_once=self.busy)
            self._desk = None

    def reread(self, options: Any, load: Any) -> None:
        """Go on with other options, in new processes.

        Raises:
            DoccleanError: there is no such model.
        """
        before = self.books.options, self.books.load
        self.books.options, self.books.load = options, load
        try:
            self.books.work_out()
        except DoccleanError:
            self.books.options, self.books.load = before
            raise
        self.close()

    def _at_desk(self) -> Desk[Any, Task]:
        if self._desk is None:
            options = self.books.options
            memory = options.memory_bytes
            workers = Workers(options.jobs or 1, self.books.load, memory=memory, renewed=RENEWED)
            self._desk = Desk(workers, self.taking.work(), wants_more_room, swept)
        return self._desk

    def _deal(self, task: Task, result: FileResult | Died) -> None:
        books = self.books
        with books.ledger() as ledger:
            if isinstance(result, Died):
                result = died(task, result, books.options)
                ledger.end(task.row, result, status="failing")
            entry = ledger.entry(task.row)
            if result.status == "done":
                books.ended.append(entry)
                self.pausing.over()
                return
            if self._comes_back(task, result, entry.source_print):
                ledger.drop(task.row)
            else:
                books.ended.append(replace(entry, tries=max(1, entry.tries)))

    def _waited_for(self, path: Path, result: FileResult) -> bool:
        """Wait for a disk; where others fare well meanwhile, it is this one document's fault."""
        often = self.inbox.defer(path)
        if often >= MOST_REFUSED and self.pausing.in_a_row < MOST_REFUSED:
            return False
        self.pausing.wait_for(result.message)
        return True

    def _comes_back(self, task: Task, result: FileResult, seen: Any) -> bool:
        """Say whether a failure is none of the document's, or not for good."""
        if not task.source.exists():
            self.books.told(f"{task.source} is gone")
            return True
        if seen and not seen.same(task.source):
            return True  # it is still being written, or is another one
        if result.fault in ("output", "call"):
            return self._waited_for(task.source, result)
        broken = result.fault == "input" and result.exit_status != ExitStatus.PROTECTED
        return broken and self.inbox.postpone(task.source)
