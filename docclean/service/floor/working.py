"""What a process does with a document: cleans or reads it, in its bounds, noted in the ledger."""

import json
import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from docclean.clean.contract import PageCleaner
from docclean.clean.reading import read_document
from docclean.clean.spec import CleanerSpec, engine_of
from docclean.documents import Source, page_count
from docclean.documents.base import bound_pixels
from docclean.errors import DoccleanError, UnreadableInputError
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.processes.limits import SECONDS_A_PAGE, within
from docclean.jobs.results import FileResult, failure
from docclean.recipe import Options
from docclean.service.floor.order import OWN, PAGES, Done, Order, told_by_name

CLEANERS = 3
"""Cleaners that a process keeps: requests differ in what they ask of one."""
OF_A_CLEANER = ("model", "device", "gate", "paper", "keep_desk", "drop", "jobs", "threads")
"""Options that a cleaner is made of; with `gate = "ocr"` those of the reading, too."""

NOT_CLEANED = "could not be cleaned: "
"""How the reason of a page begins that is kept because cleaning failed."""


class TooManyPagesError(UnreadableInputError):
    """A document has more pages than the service takes."""


class Cleaners:
    """What a process keeps between documents: the cleaners that were asked for last."""

    def __init__(self, cores: int) -> None:
        """Take how many cores the machine has; nothing is loaded yet."""
        self.cores = cores
        self._kept: OrderedDict[CleanerSpec, PageCleaner] = OrderedDict()

    def of(self, options: Options) -> PageCleaner:
        """Return the cleaner that options ask for.

        Raises:
            As `Cleaner.load`.
        """
        names = (*OF_A_CLEANER, *(("lang", "ocr_engine") if options.gate == "ocr" else ()))
        only = replace(Options(), **{name: getattr(options, name) for name in names})
        spec = CleanerSpec.of(only, self.cores)
        if spec not in self._kept:
            self._kept[spec] = spec()
        self._kept.move_to_end(spec)
        while len(self._kept) > CLEANERS:
            self._kept.popitem(last=False)
        return self._kept[spec]


@dataclass(frozen=True)
class Beginning:
    """Makes what a process keeps; picklable."""

    most_pixels: int
    cores: int

    def __call__(self) -> Cleaners:
        """Bound the pages that are decoded at all."""
        bound_pixels(self.most_pixels)
        return Cleaners(self.cores)


@dataclass(frozen=True)
class Telling:
    """Tells each page as a line of a file; picklable."""

    path: Path

    def __call__(self, told: dict[str, Any], count: int) -> None:
        """Tell one page."""
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"of": count or None, **told}) + "\n")


@contextmanager
def own_room(folder: Path) -> Iterator[None]:
    """Keep temporary files in a job's folder, so that none outlives it."""
    place = folder / OWN
    place.mkdir(exist_ok=True)
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"] = tempfile.tempdir = str(place)
    try:
        yield
    finally:
        tempfile.tempdir = before[1]
        os.environ.pop("TMPDIR")
        if before[0] is not None:
            os.environ["TMPDIR"] = before[0]


def done(cleaners: Cleaners, order: Order) -> Done:
    """Do one document; whatever goes wrong with it is its result."""
    options, task, too_large = order.noted.options, order.task, False
    try:
        with own_room(order.folder), within(options.timeout or SECONDS_A_PAGE):
            _count(order)
            if order.read:
                result = _noted_reading(cleaners, order)
            else:
                result = order.noted(partial(cleaners.of, options), task)
                _refuse_all(order, result)
    except Exception as error:
        result = failure(str(task.source), str(task.target), error)
        too_large = isinstance(error, TooManyPagesError)
        _note(order, result)
    return Done(told_by_name_result(result, order), too_large)


def told_by_name_result(result: FileResult, order: Order) -> FileResult:
    """Return a result without paths of ours."""
    return replace(
        result,
        source=order.name,
        output="the result",
        message=told_by_name(result.message, order),
        decisions=told_by_name(result.decisions, order),
    )


def ready(cleaners: Cleaners, options: Options) -> None:
    """Load the cleaner that most documents will ask for.

    Raises:
        As `Cleaner.load`.
    """
    cleaners.of(options)


def _refuse_all(order: Order, result: FileResult) -> None:
    """Refuse a document of which no page could be cleaned: too large in all, say.

    Raises:
        UnreadableInputError: so it is.
    """
    whys = [str(one.get("reason", "")).partition(NOT_CLEANED)[2] for one in result.decisions]
    if result.status == "done" and whys and all(whys):
        told = whys[0] if order.name in whys[0] or str(order.task.source) in whys[0] else ""
        raise UnreadableInputError(told or f"{order.name}: {whys[0]}")


def _count(order: Order) -> None:
    """Tell how many pages there are.

    Raises:
        TooManyPagesError: more than the service takes.
    """
    options, source = order.noted.options, Source(order.name, order.task.source)
    count = page_count(source, options.password)
    if count > order.most_pages:
        raise TooManyPagesError(
            f"{order.name} has {count:,} pages and {order.most_pages:,} are taken; split it"
        )
    wanted = options.pages or range(1, count + 1)
    Telling(order.folder / PAGES)({"pages": len([one for one in wanted if one <= count])}, 0)


def _noted_reading(cleaners: Cleaners, order: Order) -> FileResult:
    """Read a document, noted as one that is cleaned."""
    noted, task = order.noted, order.task
    with Ledger(noted.state, noted.name, make=False) as ledger:
        ledger.begin(task.row, noted.run)
        result = _read(cleaners, order)
        ledger.end(task.row, result, status=noted.end if result.status == "done" else noted.bad)
    return result


def _read(cleaners: Cleaners, order: Order) -> FileResult:
    options, task = order.noted.options, order.task
    names = str(task.source), str(task.target)
    try:
        engine = engine_of(options, order.psm)
        cleaner = None if order.raw else cleaners.of(options)
        document = Source(order.name, task.source)
        text = read_document(
            *(document, engine, cleaner),
            kind=order.read,
            pages=options.pages,
            password=options.password,
        )
        task.target.write_bytes(text)
    except Exception as error:  # one bad file must not stop the others
        return failure(*names, error)
    return FileResult(*names, "done", pages=len(_told_pages(order)))


def _told_pages(order: Order) -> range:
    with (order.folder / PAGES).open(encoding="utf-8") as stream:
        return range(int(json.loads(stream.readline())["pages"]))


def _note(order: Order, result: FileResult) -> None:
    """Note a failure that came before the work."""
    noted, row = order.noted, order.task.row
    try:
        with Ledger(noted.state, noted.name, make=False) as ledger:
            ledger.begin(row, noted.run)
            ledger.end(row, result, status=noted.bad)
    except DoccleanError:
        return  # the result tells it
