"""Does cleaning help OCR? Read the pages of a labelled folder raw and cleaned, and count."""

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from docclean.classical import divide_background, divide_dilated
from docclean.documents import read_pages
from docclean.errors import MissingProgramError, UnreadableInputError, UsageError
from docclean.ocr import OcrEngine, PageText, Tesseract
from docclean.page import Page
from docclean.report import (
    Failure,
    PageResult,
    Pictures,
    Reading,
    Summary,
    Totals,
    take_pictures,
    write_html,
)
from docclean.score import (
    PLAIN,
    Interval,
    Score,
    TextRules,
    bootstrap_gain,
    macro,
    micro,
    rmse,
    score,
)

log = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
TRUTH_SUFFIX = ".gt.txt"
CLEAN_TWIN = "clean twin"
CONTENDERS = ("raw", "grey", "divide", "cleaned")
"""Contenders of an ordinary evaluation."""

TREATMENTS: dict[str, Callable[[Page], Page]] = {
    "raw": lambda page: page,
    "grey": lambda page: page.with_pixels(page.grey()),
    "divide": lambda page: page.with_pixels(divide_background(page.grey())),
    "divide-dilated": lambda page: page.with_pixels(divide_dilated(page.grey())),
}
"""What every contender but 'cleaned' does to a page before it is read."""


class CleanedPage(Protocol):
    """What a cleaner returns: the page, and why it was cleaned or left alone."""

    @property
    def page(self) -> Page:
        """The page to go on with."""
        ...

    @property
    def decision(self) -> Any:
        """What the gate decided."""
        ...


class PageCleaner(Protocol):
    """Anything with `clean(page)`: `docclean.Cleaner`, or a stand-in of one's own."""

    def clean(self, page: Page) -> CleanedPage:
        """Clean one page."""
        ...


@dataclass(frozen=True)
class Contender:
    """A named way to treat a page before it is read; `apply` returns the page and a note."""

    name: str
    apply: Callable[[Page], tuple[Page, str]]


@dataclass(frozen=True)
class Labelled:
    """An image, the text that stands on it, and its clean twin where there is one."""

    name: str
    image: Path
    truth: Path
    twin: Path | None = None


@dataclass(frozen=True)
class Report:
    """The result of one evaluation.

    Attributes:
        folder: what was read.
        pages: the pages that could be read, in order of their names.
        failures: the pages that could not.
    """

    folder: str
    pages: tuple[PageResult, ...]
    failures: tuple[Failure, ...] = ()

    def contenders(self) -> tuple[str, ...]:
        """Return the contenders' names, in the order they were asked for."""
        names = [one.contender for page in self.pages for one in page.readings]
        return tuple(dict.fromkeys(names))

    def scores(self, contender: str) -> list[Score]:
        """Return one contender's score on every page."""
        return [one.score for one in self._readings(contender)]

    def totals(self, contender: str) -> Totals:
        """Add up one contender's pages."""
        readings = self._readings(contender)
        scores = [one.score for one in readings]
        distances = [one.rmse for one in readings if one.rmse is not None]
        return Totals(
            contender,
            micro(scores),
            macro(scores),
            _mean(distances) if distances else None,
            _mean([one.clean_seconds for one in readings]),
            _mean([one.ocr_seconds for one in readings]),
        )

    @property
    def cer_raw(self) -> float:
        """Micro CER of the pages as given."""
        return micro(self.scores("raw")).cer

    @property
    def cer_clean(self) -> float:
        """Micro CER of the cleaned pages."""
        return micro(self.scores("cleaned")).cer

    @property
    def f1_raw(self) -> float:
        """Micro word F1 of the pages as given."""
        return micro(self.scores("raw")).f1

    @property
    def f1_clean(self) -> float:
        """Micro word F1 of the cleaned pages."""
        return micro(self.scores("cleaned")).f1

    @property
    def gain(self) -> Interval:
        """How far cleaning lowered the CER (positive is better), with a 95 % interval."""
        return bootstrap_gain(self.scores("raw"), self.scores("cleaned"))

    def made_worse(self) -> list[PageResult]:
        """Return the pages cleaning made worse, the worst first."""
        return sorted((page for page in self.pages if page.gain < 0), key=lambda page: page.gain)

    def summary(self) -> Summary:
        """Return the head of the report: totals, gain, failures."""
        names = self.contenders()
        paired = {"raw", "cleaned"} <= set(names)
        return Summary(
            title=self.folder,
            totals=tuple(self.totals(name) for name in names),
            gain=self.gain if paired else None,
            failures=self.failures,
            remark=f"{len(self.pages)} pages read, {len(self.failures)} failed",
        )

    def to_text(self) -> str:
        """Return a table for a terminal, pages made worse and failures first."""
        lines = [f"worse   {page.name}: CER {-page.gain:+.2%}" for page in self.made_worse()]
        lines += [f"failed  {failure.name}: {failure.message}" for failure in self.failures]
        return "\n".join([*lines, *([""] if lines else []), *_table(self.summary())])

    def to_json(self) -> str:
        """Return every number and text as JSON; pages from worst to best."""
        pages = []
        for page in sorted(self.pages, key=lambda page: page.gain):
            readings = [
                {**asdict(one), "cer": one.score.cer, "wer": one.score.wer, "f1": one.score.f1}
                | {"recall": one.score.recall, "precision": one.score.precision}
                for one in page.readings
            ]
            pages.append({"name": page.name, "gain": page.gain, "readings": readings})
        return json.dumps({**asdict(self.summary()), "pages": pages}, indent=1, ensure_ascii=False)

    def to_html(self, path: str | Path) -> None:
        """Write the report as one HTML file with a before/after slider for every page."""
        write_html(self.summary(), self.pages, Path(path))

    def _readings(self, contender: str) -> list[Reading]:
        found = [page.reading(contender) for page in self.pages]
        readings = [one for one in found if one is not None]
        if not readings:
            raise UsageError(f"'{contender}' was not among the contenders of this report")
        return readings


def evaluate(
    folder: str | Path,
    cleaner: PageCleaner | None,
    engine: OcrEngine | None = None,
    *,
    contenders: Sequence[str | Contender] = CONTENDERS,
    limit: int | None = None,
    only: Collection[str] | None = None,
    rules: TextRules = PLAIN,
    jobs: int = 1,
    pictures: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Read every labelled page of a folder once per contender and compare with its truth.

    Args:
        folder: images with ID.gt.txt beside them, or noisy/ and truth/ (and clean/ for the twins).
        cleaner: what 'cleaned' means; None where that contender is left out.
        engine: reads the pages; Tesseract for English by default.
        contenders: names of `TREATMENTS`, 'cleaned', or contenders of your own.
        limit: read at most this many pages.
        only: read only the pages of these names (image names without suffix).
        rules: what counts as the same text.
        jobs: pages read at a time; one thread and one OCR process each.
        pictures: keep small pictures of each page for `Report.to_html`.
        progress: called with (pages done, pages in all) after each page.

    Raises:
        UnreadableInputError: no labelled page, or not one that could be read.
        UsageError: an unknown contender, or 'cleaned' without a cleaner.
        MissingProgramError: the engine's program is missing.
    """
    items = [item for item in find_labelled(Path(folder)) if only is None or item.name in only]
    items = items[:limit]
    if not items:
        raise UnreadableInputError(f"{folder}: none of its labelled pages was asked for")
    plan = [_contender(one, cleaner) for one in contenders]
    bench = _Bench(engine or Tesseract(), plan, rules, pictures)
    results = list(_run(bench, items, jobs, progress))
    pages = tuple(result for result in results if isinstance(result, PageResult))
    failures = tuple(result for result in results if isinstance(result, Failure))
    if not pages:
        raise UnreadableInputError(
            f"{folder}: none of its {len(items)} labelled pages could be read; "
            f"the first: {failures[0].message}"
        )
    return Report(str(folder), pages, failures)


def find_labelled(folder: Path) -> list[Labelled]:
    """Return the labelled images of a folder, by name.

    Raises:
        UnreadableInputError: there is no such folder, or nothing labelled in it.
    """
    if not folder.is_dir():
        raise UnreadableInputError(f"{folder}: is not a folder; give one with labelled images")
    images, truths, twins = folder, folder, folder / "clean"
    if (folder / "noisy").is_dir() and (folder / "truth").is_dir():
        images, truths = folder / "noisy", folder / "truth"
    found = []
    for image in sorted(images.iterdir()):
        truth = truths / (image.stem + TRUTH_SUFFIX)
        if image.suffix.lower() in IMAGE_SUFFIXES and truth.is_file():
            twin = twins / image.name
            has_twin = images != folder and twin.is_file()
            found.append(Labelled(image.stem, image, truth, twin if has_twin else None))
    if not found:
        raise UnreadableInputError(
            f"{folder}: no labelled page; expected images (png jpg tif bmp webp) with ID.gt.txt "
            "beside them, or the folders noisy/ and truth/ with the same names"
        )
    return found


@dataclass(frozen=True)
class _Bench:
    """What every page goes through."""

    engine: OcrEngine
    plan: list[Contender]
    rules: TextRules
    pictures: bool
    # The cleaner already uses every core it may; two at once would only need twice the memory
    lock: threading.Lock = field(default_factory=threading.Lock)

    def measure(self, item: Labelled) -> PageResult:
        """Read one labelled image once per contender; the pages of a file make one text."""
        truth = item.truth.read_text(encoding="utf-8-sig")
        twins = read_pages(item.twin) if item.twin else None
        sheets: dict[str, list[Reading]] = {}
        shown: Pictures | None = None
        for page in read_pages(item.image):
            twin = next(twins, None) if twins else None
            treated = {one.name: self._treat(one, page) for one in self.plan}
            if twin is not None:
                treated[CLEAN_TWIN] = (twin, 0.0, "")
            known: list[tuple[Page, PageText]] = []
            for name, (after, seconds, note) in treated.items():
                found = self._read(after, known)
                distance = rmse(after.grey(), twin.grey()) if twin is not None else None
                sheets.setdefault(name, []).append(
                    Reading(name, found.text, Score(), distance, seconds, found.seconds, note)
                )
            if self.pictures and shown is None and "cleaned" in treated:
                shown = take_pictures(page, treated["cleaned"][0])
        readings = tuple(self._join(truth, sheet) for sheet in sheets.values())
        return PageResult(item.name, truth, readings, shown)

    def _treat(self, contender: Contender, page: Page) -> tuple[Page, float, str]:
        with self.lock:
            started = time.perf_counter()
            after, note = contender.apply(page)
            return after, time.perf_counter() - started, note

    def _read(self, page: Page, known: list[tuple[Page, PageText]]) -> PageText:
        """Read a page, unless a contender before left the very same pixels."""
        for other, found in known:
            if np.array_equal(page.pixels, other.pixels):
                return found
        known.append((page, self.engine.read(page)))
        return known[-1][1]

    def _join(self, truth: str, sheet: list[Reading]) -> Reading:
        text = "\n\n".join(one.text for one in sheet)
        distances = [one.rmse for one in sheet if one.rmse is not None]
        return Reading(
            sheet[0].contender,
            text,
            score(truth, text, self.rules),
            _mean(distances) if distances else None,
            sum(one.clean_seconds for one in sheet),
            sum(one.ocr_seconds for one in sheet),
            "; ".join(one.note for one in sheet if one.note),
        )


def _run(
    bench: _Bench,
    items: list[Labelled],
    jobs: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[PageResult | Failure]:
    """Measure the pages, `jobs` at a time; results in the order of the items."""
    done = 0
    lock = threading.Lock()

    def one(item: Labelled) -> PageResult | Failure:
        nonlocal done
        try:
            return bench.measure(item)
        except MissingProgramError:
            raise  # no page could be read without it
        except Exception as error:  # one bad page is a line in the report, not the end of the run
            log.debug("%s", item.image, exc_info=True)
            return Failure(item.name, str(error) or type(error).__name__)
        finally:
            with lock:
                done += 1
                if progress:
                    progress(done, len(items))

    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        yield from pool.map(one, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _contender(wanted: str | Contender, cleaner: PageCleaner | None) -> Contender:
    if isinstance(wanted, Contender):
        return wanted
    if wanted in TREATMENTS:
        treat = TREATMENTS[wanted]
        return Contender(wanted, lambda page: (treat(page), ""))
    if wanted != "cleaned":
        known = ", ".join([*TREATMENTS, "cleaned"])
        raise UsageError(f"there is no contender '{wanted}'; known: {known}")
    if cleaner is None:
        raise UsageError("the contender 'cleaned' needs a cleaner")
    return cleaned_by(cleaner)


def cleaned_by(cleaner: PageCleaner, name: str = "cleaned") -> Contender:
    """Make a cleaner a contender, read in grey as `docclean ocr` does; its note is the reason."""

    def apply(page: Page) -> tuple[Page, str]:
        cleaned = cleaner.clean(page)
        grey = cleaned.page.with_pixels(cleaned.page.grey())
        return grey, str(getattr(cleaned.decision, "reason", cleaned.decision))

    return Contender(name, apply)


def _table(summary: Summary) -> list[str]:
    """Lay the totals out in aligned columns."""
    twins = any(row.rmse is not None for row in summary.totals)
    width = max(len("contender"), *(len(row.contender) for row in summary.totals))
    lines = [
        f"{'contender':<{width}}     CER     WER  recall   prec.      F1  CER/page  clean s   OCR s"
        + ("   RMSE" if twins else "")
    ]
    for row in summary.totals:
        rates = row.micro
        lines.append(
            f"{row.contender:<{width}}  {rates.cer:6.2%}  {rates.wer:6.2%}  {rates.recall:6.3f}  "
            f"{rates.precision:6.3f}  {rates.f1:6.3f}  {row.macro.cer:8.2%}  "
            f"{row.clean_seconds:7.2f}  {row.ocr_seconds:6.2f}"
            + (f"  {row.rmse:.3f}" if row.rmse is not None else "")
        )
    lines.append(summary.remark)
    if summary.gain is not None:
        gain = summary.gain
        lines.append(
            f"cleaning lowers the CER by {100 * gain.value:.2f} points "
            f"(95 % interval {100 * gain.low:.2f} to {100 * gain.high:.2f})"
        )
    return lines


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
