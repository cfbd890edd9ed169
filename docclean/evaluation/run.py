"""One evaluation: every page of a folder, treated by every contender, read and compared."""

import datetime
import importlib.metadata
import logging
import os
import platform
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from docclean import __version__
from docclean.documents import read_pages
from docclean.errors import (
    DoccleanError,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.evaluation.contenders import (
    CONTENDERS,
    Contender,
    PageCleaner,
    Treated,
    cleaned_by,
)
from docclean.evaluation.dictionary import dictionary
from docclean.evaluation.folder import Item, find_items
from docclean.evaluation.meter import Meter
from docclean.evaluation.programs import stop_programs
from docclean.evaluation.reader import Cache, Read, Reader
from docclean.evaluation.settings import Settings, matches
from docclean.evaluation.signs import signs_of
from docclean.fidelity import compare
from docclean.ocr import OcrEngine, Tesseract, tesseract_version
from docclean.page import Page
from docclean.report.pictures import take_pictures
from docclean.report.report import (
    CLEANED,
    GREY,
    RAW,
    TWIN,
    Report,
    mean_cost,
    mean_fidelity,
    mean_signs,
)
from docclean.report.results import Cost, Environment, Failure, PageResult, Pictures, Reading
from docclean.score import PLAIN, TextRules, score
from docclean.truth import read_truth

log = logging.getLogger(__name__)

USUAL = (RAW, GREY, "divide", CLEANED)
"""Contenders of an ordinary evaluation."""
PAGE_BREAK = "\n\n"
_PDFIUM = threading.Lock()
"""PDFium works in one thread at a time."""


@dataclass(frozen=True)
class Task:
    """One document to read, and how."""

    item: Item
    engine: OcrEngine
    rules: TextRules


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
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Read every page of a folder once per contender and compare with the truth, if there is one.

    Args:
        folder: what `find_items` takes: images or PDFs with their truth beside them, noisy/ and
            clean/, folders of such folders (each is a set), or documents without any truth.
        cleaner: what 'cleaned' means; None where that contender is left out.
        engine: reads the pages; Tesseract for English by default.
        contenders: names of `CONTENDERS`, 'cleaned', or contenders of your own.
        rules: what counts as the same text.
        settings: engine and rules of each set; takes the place of `engine` and `rules`.
        sets: patterns of the sets to read; all where empty.
        only: names of the pages to read, or a test of an item.
        limit: read at most this many pages a set.
        jobs: pages worked on at a time; one thread and one OCR process each.
        pictures: keep small pictures of each page for `Report.to_html`.
        cache: file that keeps what was read, for the next run.
        progress: called with (pages done, pages in all) after each page.

    Raises:
        UnreadableInputError: nothing to read, or not one page that could be read.
        UsageError: an unknown contender, or 'cleaned' without a cleaner.
        MissingProgramError: the engine's program is missing, or a named contender's.
    """
    plan = [resolve(one, cleaner) for one in contenders]
    if not plan:
        raise UsageError("an evaluation needs at least one contender")
    found = find_items(Path(folder))
    items = _chosen(found.items, sets, only, limit)
    asked = (_task(item, Path(folder), engine or Tesseract(), rules, settings) for item in items)
    tasks = [task for task in asked if task is not None]
    if not tasks:
        raise UnreadableInputError(f"{folder}: none of its pages was asked for")
    bench = Bench(plan, pictures, Cache.load(cache) if cache else None)
    pages: list[PageResult] = []
    failures: list[Failure] = []
    for result in _run(bench, tasks, jobs, progress):
        pages += [result.page] if result.page else []
        failures += result.failures
    if not pages:
        raise UnreadableInputError(
            f"{folder}: none of its {len(tasks)} pages could be read; "
            f"the first: {failures[0].message}"
        )
    told = [f"{len(pages)} pages read, {len({one.name for one in failures})} failures"]
    if found.left_out:
        told.append(f"{len(found.left_out)} without truth left out")
    told += _how(tasks)
    return Report(str(folder), tuple(pages), tuple(failures), (), environment(), "; ".join(told))


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


def environment() -> Environment:
    """Return date, machine and versions of what is installed."""
    versions = {"docclean": __version__}
    with suppress(MissingProgramError):
        versions["Tesseract"] = tesseract_version()
    versions["Python"] = platform.python_version()
    for name in ("onnxruntime", "numpy", "opencv-python-headless", "rapidfuzz"):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    machine = f"{os.cpu_count()} cores, {_processor()}, {platform.system()}"
    return Environment(datetime.date.today().isoformat(), machine, versions)


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
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set where the run is given up: no page is begun any more."""

    @property
    def bar(self) -> str:
        """The contender the others are held against."""
        names = [one.name for one in self.plan]
        return next(name for name in (GREY, RAW, *names) if name in names)

    @property
    def shown(self) -> str:
        """The contender whose page is shown."""
        names = [one.name for one in self.plan]
        return CLEANED if CLEANED in names else names[-1]

    def measure(self, task: Task) -> Result:
        """Read one document once per contender; its pages make one text."""
        item = task.item
        truth = read_truth(item.truth).text if item.truth else None
        sheets: dict[str, list[Reading]] = {}
        failures: list[Failure] = []
        pictures: Pictures | None = None
        for before, twin in _paired(item):
            sheet = Sheet(self, task, before, twin, truth is not None)
            for name, reading in sheet.read().items():
                sheets.setdefault(name, []).append(reading)
            failures += sheet.failures
            if self.pictures and pictures is None and sheet.shown is not None:
                pictures = take_pictures(before, sheet.shown)
        whole = max((len(sheet) for sheet in sheets.values()), default=0)
        readings = tuple(
            _joined(truth, sheet, task.rules)
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

    def read(self) -> dict[str, Reading]:
        """Return what each contender made of the page; those that failed are left out."""
        reader = Reader(self.task.engine, self.bench.cache)
        readings: dict[str, Reading] = {}
        treated: dict[str, tuple[Page, Read]] = {}
        for contender in self._plan():
            if self.bench.stopped.is_set():
                break
            try:
                after, cost, note = self._treat(contender)
                read = reader.read(after, contender.variables, words=not self.labelled)
            except (MissingProgramError, OutputError):
                raise  # no page could be read, no reading kept
            except DoccleanError as error:
                name = f"{_name(self.task.item)} ({contender.name})"
                self.failures.append(Failure(name, str(error)))
                continue
            reading = Reading(contender.name, read.found.text, treat=cost, ocr=read.cost, note=note)
            if self.twin is not None and contender.name != TWIN:
                reading = self._compared(reading, after, self.twin)
            readings[contender.name] = reading
            if not self.labelled:
                treated[contender.name] = (after, read)
            if contender.name == self.bench.shown:
                self.shown = after
        return self._signed(readings, treated) if treated else readings

    def _plan(self) -> list[Contender]:
        twin = self.twin
        if twin is None:
            return list(self.bench.plan)
        return [*self.bench.plan, Contender(TWIN, "the clean twin", lambda _: Treated(twin))]

    def _treat(self, contender: Contender) -> tuple[Page, Cost, str]:
        with Meter() as meter:
            treated = contender.treat(self.page)
        return treated.page, meter.cost, treated.note

    def _compared(self, reading: Reading, after: Page, twin: Page) -> Reading:
        """Add the distance to the clean twin."""
        grey, clean = after.grey(), twin.grey()
        if grey.shape != clean.shape:
            return reading
        return replace(reading, fidelity=compare(grey, clean))

    def _signed(
        self, readings: dict[str, Reading], treated: dict[str, tuple[Page, Read]]
    ) -> dict[str, Reading]:
        """Add what can be told without truth."""
        bar = readings.get(self.bench.bar)
        lang = getattr(self.task.engine, "lang", "eng")
        words = dictionary(lang)
        for name, (page, read) in treated.items():
            text = bar.text if bar else read.found.text
            signs = signs_of(page, read.found, text, words)
            readings[name] = replace(readings[name], signs=signs)
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
        with _PDFIUM:
            page = next(found, None)
        if page is None:
            return
        yield page


def _joined(truth: str | None, sheet: Sequence[Reading], rules: TextRules) -> Reading:
    """Make one reading of the pages of a document."""
    text = PAGE_BREAK.join(one.text for one in sheet)
    treat, ocr = mean_cost([one.treat for one in sheet]), mean_cost([one.ocr for one in sheet])
    return Reading(
        sheet[0].contender,
        text,
        None if truth is None else score(truth, text, rules),
        mean_fidelity([one.fidelity for one in sheet if one.fidelity]),
        mean_signs([one.signs for one in sheet if one.signs]),
        replace(treat, seconds=treat.seconds * len(sheet)),
        replace(ocr, seconds=ocr.seconds * len(sheet)),
        "; ".join(dict.fromkeys(one.note for one in sheet if one.note)),
    )


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
            return bench.measure(task)
        except (MissingProgramError, OutputError):
            raise  # no page could be read, no reading kept
        except Exception as error:  # one bad page is a line in the report, not the end of the run
            log.debug("%s", task.item.image, exc_info=True)
            message = str(error) or type(error).__name__
            return Result(None, (Failure(_name(task.item), message),))
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


def _chosen(
    items: Sequence[Item],
    sets: Sequence[str],
    only: Collection[str] | Callable[[Item], bool] | None,
    limit: int | None,
) -> list[Item]:
    """Keep the items asked for.

    Raises:
        UsageError: a pattern that names no set.
    """
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
    return chosen


def _task(
    item: Item, folder: Path, engine: OcrEngine, rules: TextRules, settings: Settings | None
) -> Task | None:
    """Say how an item is read; None where the settings leave its set out."""
    if settings is None:
        return Task(item, engine, rules)
    chosen = settings.of(item.group or folder.resolve().name)
    return None if chosen.skip else Task(item, chosen.engine(), chosen.rules())


def _how(tasks: Sequence[Task]) -> list[str]:
    """Tell how the pages were read and compared, set by set only where sets differ."""
    read: dict[str, dict[str, None]] = {}
    compared: dict[str, dict[str, None]] = {}
    for task in tasks:
        engine, rules = task.engine, task.rules
        reading = engine.name
        if isinstance(engine, Tesseract):
            psm = "" if engine.psm is None else f" --psm {engine.psm}"
            reading = f"Tesseract -l {engine.lang}{psm}"
        case = "case folded" if rules.fold_case else "case kept"
        group = task.item.group.rpartition("/")[2]
        read.setdefault(reading, {})[group] = None
        compared.setdefault(f"{rules.form}, white space folded, {case}", {})[group] = None
    return [f"read by {_ways(read)}", f"compared {_ways(compared)}"]


def _ways(ways: dict[str, dict[str, None]]) -> str:
    """Name each way with the sets it was used on; the commonest stands for all the others."""
    common = max(ways, key=lambda way: len(ways[way]))
    rest = [f"{way} ({', '.join(groups)})" for way, groups in ways.items() if way != common]
    return ", ".join([common, *rest])


def _name(item: Item) -> str:
    return f"{item.group}/{item.name}" if item.group else item.name


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
