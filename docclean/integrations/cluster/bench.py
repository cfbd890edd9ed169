"""A worker's own process: a warm cleaner, the document that is open, and the page that is next.

The process may die of a page; the worker that holds it lives on and says which page it was.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from docclean.clean.contract import Loader
from docclean.documents import Source, read_pages
from docclean.errors import DoccleanError, UnreadableInputError
from docclean.integrations.cluster import places
from docclean.integrations.cluster.documents import Document, Ended, Facts, Work, as_shown
from docclean.integrations.cluster.finishing import finish
from docclean.integrations.cluster.parts import Done, Parts
from docclean.integrations.cluster.standing import Standing
from docclean.jobs.document import apart
from docclean.jobs.ledger.entry import Entry, key_of
from docclean.jobs.one_page import treat
from docclean.jobs.pdf_page import Opened, failed
from docclean.jobs.processes.limits import allowed, within
from docclean.jobs.processes.scratch import scratch
from docclean.jobs.processes.workers import Died, Workers
from docclean.jobs.results import failure
from docclean.jobs.task import Task, died

ONE_PAGE = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".jp2", ".pgm", ".ppm", ".pbm", ".pnm"}
"""Suffixes of documents that are one row without a look at them."""
DIED = "a process died of it, most often for want of memory"


@dataclass(frozen=True)
class Row:
    """What one worker does at a time; picklable.

    Attributes:
        document: of which it is all or one page.
        number: the page; 0: the document as a whole.
        of: how many rows the document has.
        key: of the result.
        in_place: the page is one of a PDF that is changed in place.
    """

    document: Document
    number: int = 0
    of: int = 1
    key: str = ""
    in_place: bool = False


def rows_of(work: Work, document: Document) -> list[Row]:
    """Return the rows of a document: its pages, or the whole where it has one or cannot be read."""
    whole = [Row(document)]
    if Path(document.source).suffix.lower() in ONE_PAGE:
        return whole
    try:
        with places.fetched(document.source) as path:
            facts = Facts.of(document.source, path)
            standing = Standing(work, document, facts)
            Parts(work.out, document.name, standing.key).forget_others()
            if standing.settled():
                return whole
            standing.check()
            in_place, numbers = apart(path, Path(document.target), work.options)
    except Exception:  # told when the whole fails of it, in a process that may die
        return whole
    if len(numbers) < 2:
        return whole
    light = document.light
    return [Row(light, number, len(numbers), standing.key, in_place) for number in numbers]


class Bench:
    """What a process keeps between rows."""

    def __init__(self, load: Loader) -> None:
        """Load the cleaner."""
        self._all = ExitStack()
        self._all.enter_context(scratch())
        self.cleaner = load()
        self._document, self._at = ExitStack(), ""
        self._source, self._opened = Source(""), cast("Opened | None", None)

    def close(self) -> None:
        """Let go of the document, and remove what lies aside."""
        self._document.close()
        self._all.close()

    def whole(self, work: Work, document: Document) -> Ended:
        """Clean a document and make its outputs."""
        return finish(work, document, self.cleaner)

    def page(self, work: Work, row: Row) -> None:
        """Clean a page and keep it; whatever goes wrong with it is kept in its place.

        Raises:
            OutputError: it cannot be kept.
        """
        parts = Parts(work.out, row.document.name, row.key)
        if row.number in parts:
            return
        with within(allowed(1, work.options.timeout)):
            try:
                done = self._page(work, row)
            except Exception as error:  # its document fails
                names = {row.document.source: row.document.shown[0]}
                done = as_shown(failure(*row.document.shown, error), names)
        parts.put(row.number, done)

    def _page(self, work: Work, row: Row) -> Done:
        self._open(work, row)
        if self._opened:
            return self._opened.outcome(row.number, work.options)
        password = work.options.password
        for page in read_pages(self._source, pages={row.number}, password=password):
            return treat(page, self.cleaner, work.options)
        raise UnreadableInputError(f"{self._source.name} has no page {row.number} any more")

    def _open(self, work: Work, row: Row) -> None:
        """Open a document, unless it is the one of the page before."""
        source = row.document.source
        if self._at == f"{source} {row.key}":
            return
        self._close()
        path = self._document.enter_context(places.fetched(source))
        if key_of(Facts.of(source, path).content, work.call) != row.key:
            raise UnreadableInputError(f"{source} has changed meanwhile; run again")
        self._source = Source(row.document.shown[0], path)
        if row.in_place:
            self._opened = Opened(self._source, work.options.password, self.cleaner)
            self._document.callback(self._opened.close)
        self._at = f"{source} {row.key}"

    def _close(self) -> None:
        self._document.close()
        self._document, self._at, self._opened = ExitStack(), "", None


class Worker:
    """Does rows one after the other, each in a process that it may cost."""

    def __init__(self, work: Work) -> None:
        """Take what holds for all rows; the process starts with the first."""
        self.work = work
        start = partial(Bench, work.load)
        self._workers = Workers(1, start, memory=work.options.memory_bytes)

    def do(self, row: Row) -> Ended | None:
        """Do a row; returns what came of its document where that is known then.

        Raises:
            DoccleanError: the cleaner cannot be loaded.
        """
        (done,) = self._workers.in_order(partial(_done, self.work), [row])
        if isinstance(done, Died):
            return lost(self.work, row, done)
        return done

    def close(self) -> None:
        """End the process."""
        self._workers.close(at_once=True)


def lost(work: Work, row: Row, end: Died) -> Ended | None:
    """Note what killed its process twice: a page of a PDF stays as it was, other documents fail."""
    document = row.document
    if row.in_place:
        try:
            Parts(work.out, document.name, row.key).put(row.number, failed(row.number, DIED))
            return None
        except DoccleanError as error:
            return Ended(failure(*document.shown, error))
    known: Entry | None = None
    source, target = document.shown
    task = Task(Path(source), Path(target))
    result = as_shown(died(task, end, work.options), {str(task.source): source})
    with suppress(DoccleanError), places.fetched(document.source) as path:
        known = Facts.of(document.source, path).entry(work, document)
    return Ended(replace(result, source=source, output=target), known)


def _done(work: Work, bench: Bench, row: Row) -> Ended | None:
    if not row.number:
        return bench.whole(work, row.document)
    try:
        bench.page(work, row)
        return None
    except Exception as error:  # the folder of parts cannot be written to
        return Ended(failure(*row.document.shown, error))
