"""What one document goes through: every contender treats it, the engine reads, all is compared."""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from docclean.documents import read_pages
from docclean.documents.base import ONE_AT_A_TIME
from docclean.errors import DoccleanError, MissingProgramError, OutputError
from docclean.evaluation.contenders import Contender, Treated
from docclean.evaluation.dictionary import dictionary
from docclean.evaluation.folder import Item
from docclean.evaluation.reader import Cache, Read, Reader, views_of
from docclean.evaluation.rivals.meter import Meter
from docclean.evaluation.signs import signs_of
from docclean.ocr import OcrEngine
from docclean.ocr.fusion import brought
from docclean.page import Page
from docclean.regions import harm
from docclean.regions.codes import code_reader
from docclean.regions.reader import map_reader
from docclean.report.pictures import take_pictures
from docclean.scores.parts import Part
from docclean.scores.pixels import Fidelity, compare
from docclean.scores.results import (
    Cost,
    Failure,
    PageResult,
    Pictures,
    Reading,
    full_name,
)
from docclean.scores.text import TextRules, score
from docclean.scores.totals import (
    TWIN,
    averaged,
    bar_of,
    mean_fidelity,
    mean_signs,
    shown_of,
    summed,
)
from docclean.truth import read_truth

PAGE_BREAK = "\n\n"
Views = list[Reading]
"""What one contender made of one page, a reading a view."""


@dataclass(frozen=True)
class Task:
    """One document to read, and how."""

    item: Item
    engine: OcrEngine
    rules: TextRules

    @property
    def name(self) -> str:
        """The document's name with its set before it."""
        return full_name(self.item.group, self.item.name)


@dataclass(frozen=True)
class Result:
    """What became of one document: its readings, and what failed on the way."""

    page: PageResult | None
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class Bench:
    """What every document goes through."""

    plan: Sequence[Contender]
    pictures: bool
    cache: Cache | None
    views: int = 1
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set where the run is given up: no page is begun any more."""

    @cached_property
    def bar(self) -> str:
        """The contender the others are held against."""
        return bar_of([one.name for one in self.plan])

    @cached_property
    def shown(self) -> str:
        """The contender whose page is shown."""
        return shown_of([one.name for one in self.plan])

    def measure(self, task: Task) -> Result:
        """Read one document once per contender; its pages make one text."""
        item = task.item
        truth = read_truth(item.truth).text if item.truth else None
        sheets: dict[str, list[Views]] = {}
        failures: list[Failure] = []
        pictures: Pictures | None = None
        for before, twin in _paired(item):
            sheet = Sheet(self, task, before, twin, truth is not None)
            for name, views in sheet.read().items():
                sheets.setdefault(name, []).append(views)
            failures += sheet.failures
            if self.pictures and pictures is None and sheet.shown is not None:
                pictures = take_pictures(before, sheet.shown)
        whole = max((len(sheet) for sheet in sheets.values()), default=0)
        readings = tuple(
            averaged([_joined(truth, pages, task.rules) for pages in zip(*sheet, strict=True)])
            for sheet in sheets.values()
            if len(sheet) == whole  # one that failed on a page has not read the document
        )
        if not readings:
            return Result(None, tuple(failures))
        page = PageResult(item.group, item.name, truth, readings, pictures, task.rules)
        return Result(page, tuple(failures))


class Sheet:
    """One page on the bench."""

    def __init__(
        self, bench: Bench, task: Task, page: Page, twin: Page | None, labelled: bool
    ) -> None:
        """Take a page, its clean twin where it has one, and whether its text is known."""
        self.bench, self.task, self.page, self.twin = bench, task, page, twin
        self.labelled = labelled
        self.shown: Page | None = None
        self.failures: list[Failure] = []

    def read(self) -> dict[str, "Views"]:
        """Return what each contender made of the page; those that failed are left out."""
        reader = Reader(self.task.engine, self.bench.cache)
        readings: dict[str, Views] = {}
        treated: dict[str, tuple[Page, list[Read]]] = {}
        for contender in self._plan():
            if self.bench.stopped.is_set():
                break
            try:
                after, cost = self._treat(contender)
                reads = self._reads(reader, contender, after)
            except (MissingProgramError, OutputError):
                raise  # no page could be read, no reading kept
            except DoccleanError as error:
                name = f"{self.task.name} ({contender.name})"
                self.failures.append(Failure(name, str(error)))
                continue
            fidelity = self._fidelity(contender, after.page)
            parts = self._parts(contender, after.page)
            readings[contender.name] = [
                Reading(
                    contender.name, read.found.text, fidelity=fidelity,
                    treat=cost, ocr=read.cost, note=after.note,
                    parts=parts,
                )
                for read in reads
            ]  # fmt: skip
            if not self.labelled:
                treated[contender.name] = (after.reading, reads)
            if contender.name == self.bench.shown:
                self.shown = after.page
        return self._signed(readings, treated) if treated else readings

    def _plan(self) -> list[Contender]:
        twin = self.twin
        if twin is None:
            return list(self.bench.plan)
        return [*self.bench.plan, Contender(TWIN, "the clean twin", lambda _: Treated(twin))]

    def _treat(self, contender: Contender) -> tuple[Treated, Cost]:
        with Meter() as meter:
            if contender.trial is not None:
                treated = contender.trial(self.page, self.task.engine)
            else:
                treated = contender.treat(self.page)
        return treated, replace(meter.cost, seconds=meter.cost.seconds + treated.shared)

    def _reads(self, reader: Reader, contender: Contender, after: Treated) -> list[Read]:
        """Read a treated page under each view, with its other looks where it has some."""
        fuse, words = contender.fuse, not self.labelled or contender.fuse is not None
        looks = [
            [reader.read(view, contender.variables, words=words) for view in views]
            for views in (views_of(one, self.bench.views) for one in (after.reading, *after.looks))
        ]
        if fuse is None:
            return looks[0]
        scales = [after.reading.width / one.width for one in (after.reading, *after.looks)]
        return [
            Read(
                fuse([brought(one.found, by) for one, by in zip(reads, scales, strict=True)]),
                summed([one.cost for one in reads]),
            )
            for reads in zip(*looks, strict=True)
        ]

    def _fidelity(self, contender: Contender, after: Page) -> Fidelity | None:
        """Return the distance to the clean twin."""
        if self.twin is None or contender.name == TWIN:
            return None
        grey, clean = after.grey(), self.twin.grey()
        return compare(grey, clean) if grey.shape == clean.shape else None

    @cached_property
    def _came(self) -> tuple[harm.Part, ...]:
        """The pictures, panels, stamps and codes of the page as it came."""
        return harm.parts_of(map_reader(1)(self.page), self.page.pixels, code_reader())

    def _parts(self, contender: Contender, after: Page) -> tuple[Part, ...]:
        """Return what became of them on the page that is kept."""
        before = self.page.pixels
        if contender.name == TWIN or after.pixels.shape[:2] != before.shape[:2]:
            return ()
        found = harm.harms(before, after.pixels, self._came, code_reader())
        return tuple(
            Part(
                one.kind.name.lower(), 1, one.box, one.white_before, one.white_after,
                one.greys, one.chroma, one.ink, one.blackened, one.decoded, one.is_whole,
            )
            for one, _ in found
        )  # fmt: skip

    def _signed(
        self, readings: dict[str, "Views"], treated: dict[str, tuple[Page, list[Read]]]
    ) -> dict[str, "Views"]:
        """Add what can be told without truth."""
        bars = readings.get(self.bench.bar)
        words = dictionary(getattr(self.task.engine, "lang", "eng"))
        for name, (page, reads) in treated.items():
            texts = [bar.text for bar in bars] if bars else [read.found.text for read in reads]
            for view, (read, text) in enumerate(zip(reads, texts, strict=True)):
                signs = signs_of(page, read.found, text, words)
                if bars is None:  # it failed on this page: there is nothing to agree with
                    signs = replace(signs, agreement=math.nan)
                readings[name][view] = replace(readings[name][view], signs=signs)
        return readings


def _paired(item: Item) -> Iterator[tuple[Page, Page | None]]:
    """Yield the pages of a document with their twins."""
    twins = _pages(item.twin) if item.twin else iter(())
    for page in _pages(item.image):
        yield page, next(twins, None)


def _pages(path: Path) -> Iterator[Page]:
    """Yield the pages of a document; those of PDFs are read by one thread at a time."""
    if path.suffix.lower() != ".pdf":
        yield from read_pages(path)
        return
    found = read_pages(path)
    while True:
        with ONE_AT_A_TIME:
            page = next(found, None)
        if page is None:
            return
        yield page


def _joined(truth: str | None, sheet: Sequence[Reading], rules: TextRules) -> Reading:
    """Make one reading of the pages of a document."""
    text = PAGE_BREAK.join(one.text for one in sheet)
    return Reading(
        sheet[0].contender,
        text,
        None if truth is None else score(truth, text, rules),
        mean_fidelity([one.fidelity for one in sheet if one.fidelity]),
        mean_signs([one.signs for one in sheet if one.signs]),
        summed([one.treat for one in sheet]),
        summed([one.ocr for one in sheet]),
        "; ".join(dict.fromkeys(one.note for one in sheet if one.note)),
        parts=tuple(
            replace(part, page=number) for number, one in enumerate(sheet, 1) for part in one.parts
        ),
    )
