"""One document, whatever its format: read, cleaned, perhaps read by Tesseract, written."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from docclean.documents import (
    Format,
    Source,
    Ways,
    as_source,
    check_target,
    detect,
    format_of,
    open_output,
    read_pages,
    write_to,
    writing,
)
from docclean.errors import (
    SOME_FAILED,
    DoccleanError,
    OutputError,
    UsageError,
)
from docclean.jobs.one_page import Options, PageCleaner, treat
from docclean.jobs.pdf import clean_pdf, graft
from docclean.jobs.pdf_page import Outcome
from docclean.jobs.plan import check_plan
from docclean.jobs.progress import OnPage
from docclean.ocr import Tesseract
from docclean.ocr.sidecars import SUFFIXES, merged
from docclean.page import Page
from docclean.straighten.page_geometry import halves

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileResult:
    """One line of the ledger."""

    source: str
    output: str
    status: Literal["done", "failed"]
    pages: int = 0
    seconds: float = 0.0
    message: str = ""
    decisions: tuple[dict[str, Any], ...] = ()
    exit_status: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for one JSON line."""
        return {
            "source": self.source,
            "output": self.output,
            "status": self.status,
            "pages": self.pages,
            "seconds": round(self.seconds, 3),
            "message": self.message,
            "decisions": list(self.decisions),
        }


def process_file(
    source: Path | Source,
    out: Path | BinaryIO,
    cleaner: PageCleaner | Callable[[], PageCleaner],
    options: Options | None = None,
    on_page: OnPage | None = None,
    *,
    jobs: int = 1,
) -> FileResult:
    """Read, clean and write one document; a failure becomes a result, never an exception.

    Args:
        source: a file, or a document in memory.
        out: the file to write (its folder is made), or a stream.
        cleaner: cleans each page, or what loads it.
        options: what holds for the whole call.
        on_page: called with each page's decision and the number of pages, 0 where unknown.
        jobs: processes that share the pages of a PDF; for more than one `cleaner` is what loads it.
    """
    options = options or Options()
    names = (_name(source), _name(out))
    started = time.perf_counter()
    try:
        detect(source)  # an unreadable input is told before any fault of the output
        if isinstance(out, Path):
            if isinstance(source, Path):
                check_plan([(source, out)])
            _make_folder(out.parent)
        run = _Run(as_source(source), options, on_page, jobs)
        run(out, _Given(cleaner) if hasattr(cleaner, "clean") else cleaner)
    except BrokenPipeError:
        raise
    except DoccleanError as error:
        return FileResult(*names, "failed", message=str(error), exit_status=error.exit_status)
    except Exception as error:  # one bad file must not stop the others
        logger.debug("%s failed", names[0], exc_info=True)
        why = f"{names[0]} failed unexpectedly ({type(error).__name__}: {error}); please report it"
        return FileResult(*names, "failed", message=why, exit_status=SOME_FAILED)
    seconds = time.perf_counter() - started
    told = tuple(run.decisions)
    return FileResult(*names, "done", len(told), seconds, _notes(told), decisions=told)


class _Run:
    """One document on its way: what is decided and read of its pages gathers here."""

    def __init__(self, source: Source, options: Options, on_page: OnPage | None, jobs: int) -> None:
        self.source, self.options, self.on_page, self.jobs = source, options, on_page, jobs
        self.decisions: list[dict[str, Any]] = []
        self.layers: list[tuple[int, dict[str, bytes]]] = []

    def __call__(self, out: Path | BinaryIO, load: Callable[[], PageCleaner]) -> None:
        options = self.options
        if options.reads:
            Tesseract(options.lang).check_languages()
        suffix = options.suffix or (out.suffix if isinstance(out, Path) else "")
        to_stdout = not isinstance(out, Path) and not suffix
        chosen = detect(self.source) if to_stdout else format_of(suffix, _name(out))
        self._check_asked(chosen.name, out)
        beside = _sidecar_paths(out, options) if isinstance(out, Path) else {}
        for path in beside.values():
            check_target(path, overwrite=options.overwrite)
        in_place = chosen.name == "pdf" == detect(self.source).name and not options.for_ocr
        if in_place:
            with writing(out, overwrite=options.overwrite) as stream:
                clean_pdf(
                    self.source, stream, load, options, jobs=self.jobs, on_outcome=self._outcome
                )
        else:
            cleaner = load()
            with writing(out, overwrite=options.overwrite) as stream:
                self._pages_of_any(cleaner, chosen, stream)
        for kind, path in beside.items():
            pages = [(number, found[kind]) for number, found in self.layers if kind in found]
            if pages:
                with open_output(path, overwrite=options.overwrite) as stream:
                    stream.write(merged(kind, pages, Path(self.source.name).name))

    def _check_asked(self, chosen: str, out: Path | BinaryIO) -> None:
        options = self.options
        if options.ocr and chosen != "pdf":
            raise UsageError(f"--ocr makes PDFs and {_name(out)} is a {chosen} file; choose .pdf")
        if options.layered and chosen != "pdf":
            raise UsageError(f"--mrc makes PDFs and {_name(out)} is a {chosen} file; choose .pdf")
        if options.sidecars and not isinstance(out, Path):
            raise UsageError("sidecars lie beside the output: give -o a file or a folder")

    def _outcome(self, outcome: Outcome, count: int) -> None:
        self._told(outcome.number, outcome.decision, dict(outcome.layers), count)

    def _told(
        self, number: int, decision: dict[str, Any], layers: Mapping[str, bytes], count: int
    ) -> None:
        self.decisions.append(decision)
        self.layers.append((number, {k: v for k, v in layers.items() if k != "pdf"}))
        if self.on_page:
            self.on_page(decision, count)

    def _pages_of_any(self, cleaner: PageCleaner, chosen: Format, stream: BinaryIO) -> None:
        """Write a document of any format anew, page by page."""
        options = self.options
        touched = False
        texts: list[tuple[bytes | None, float, float]] = []

        def cleaned() -> Iterator[Page]:
            wanted = set(options.pages) if options.pages is not None else None
            for page in read_pages(self.source, pages=wanted, password=options.password):
                done = treat(page, cleaner, options)
                self._told(page.number, done.decision, done.layers, 0)
                cut = done.straightened.cut
                nonlocal touched
                touched |= done.changed or bool(cut or done.straightened.turned)
                text = done.layers.get("pdf")
                texts.extend([(text, 0, cut), (text, cut, 1)] if cut else [(text, 0, 1)])
                yield from halves(done.page, cut) if cut else (done.page,)

        like, ways = self.source, Ways(options.bitonal, options.layered, options.grey)
        write_to(stream, cleaned(), chosen, like=like, password=options.password, ways=ways)
        if any(text for text, _, _ in texts):
            graft(stream, texts)
        recoded = options.bitonal or options.layered
        same = chosen is detect(self.source) and options.pages is None
        if same and not (touched or recoded or any(text for text, _, _ in texts)):
            stream.seek(0)
            stream.truncate()
            with self.source.open() as original:  # not even compressed anew
                shutil.copyfileobj(original, stream)


@dataclass(frozen=True)
class _Given:
    """A cleaner that is there already."""

    cleaner: PageCleaner

    def __call__(self) -> PageCleaner:
        return self.cleaner


def _sidecar_paths(out: Path, options: Options) -> dict[str, Path]:
    return {kind: out.with_suffix(SUFFIXES[kind]) for kind in options.sidecars}


def _notes(decisions: Sequence[dict[str, Any]]) -> str:
    """Return in one line what a reader should know of a document that is done."""
    notes = []
    failed = [d for d in decisions if str(d.get("reason", "")).startswith("could not be cleaned")]
    if failed:
        pages = ", ".join(str(d["page"]) for d in failed)
        why = str(failed[0]["reason"]).partition(": ")[2]
        notes.append(f"page {pages} is as it was, not cleaned ({why})")
    larger = [d for d in decisions if "larger" in d]
    if larger:
        pages = ", ".join(str(d["page"]) for d in larger)
        notes.append(f"page {pages} takes more room than before")
    drawn = [d for d in decisions if d.get("kind") == "drawn"]
    if drawn:
        many = "s are" if len(drawn) > 1 else " is"
        notes.append(f"{len(drawn)} born-digital page{many} left alone (--force)")
    return "; ".join(notes)


def _name(end: Path | Source | BinaryIO) -> str:
    return str(end) if isinstance(end, Path) else "-"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made ({error.strerror}); choose another -o"
        ) from error
