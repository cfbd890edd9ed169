"""One document, whatever its format: read, cleaned, perhaps read by an OCR engine, written."""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from docclean.clean.contract import Loader, PageCleaner
from docclean.clean.spec import engine_of
from docclean.documents import (
    Format,
    Source,
    Ways,
    as_source,
    detect,
    format_of,
    known_suffixes,
    read_pages,
    write_to,
)
from docclean.documents.base import chosen as chosen_pages
from docclean.errors import UsageError
from docclean.jobs.one_page import Treated, treat
from docclean.jobs.plan import check_plan, make_folder, sidecar_paths
from docclean.jobs.processes.overlap import ahead, behind
from docclean.jobs.progress import OnPage
from docclean.jobs.results import FileResult, failure, notes, pages_of
from docclean.ocr import check_engine
from docclean.ocr.sidecars import merged
from docclean.outputs import OnReady, Outputs, check_target, naming, writing
from docclean.page import Page
from docclean.recipe import Options
from docclean.straighten import halves

if TYPE_CHECKING:
    from docclean.jobs.pdf_page import Outcome

DonePages = Mapping[int, Any]
"""Pages that others have done, by number: each an `Outcome` in a PDF that is changed in place, or
`Treated`."""


def process_file(
    source: Path | Source,
    out: Path | BinaryIO,
    cleaner: PageCleaner | Loader,
    options: Options | None = None,
    on_page: OnPage | None = None,
    on_ready: OnReady | None = None,
    done: DonePages | None = None,
) -> FileResult:
    """Read, clean and write one document; a failure becomes a result, never an exception.

    Args:
        source: a file, perhaps under another name, or a document in memory.
        out: the file to write (its folder is made), or a stream.
        cleaner: cleans each page, or what loads it; for more than one process it is what loads it.
        options: what holds for the whole call; `options.jobs` processes share the pages of a PDF.
        on_page: called with each page's decision and the number of pages, 0 where unknown.
        on_ready: called with the files to be and their hashes, before they have their names.
        done: the pages of `apart`, where others have done them; the cleaner is not loaded then.
    """
    options = options or Options()
    names = (_name(source), _name(out))
    started = time.perf_counter()
    load = cleaner if callable(cleaner) and not hasattr(cleaner, "clean") else _Given(cleaner)
    try:
        decisions = _process(source, out, load, options, on_page, on_ready, done)
    except BrokenPipeError:
        raise
    except Exception as error:  # one bad file must not stop the others
        return failure(*names, error)
    seconds = time.perf_counter() - started
    pages = pages_of(decisions)
    return FileResult(*names, "done", pages, seconds, notes(decisions), decisions=decisions)


def _process(
    source: Path | Source,
    out: Path | BinaryIO,
    load: Loader,
    options: Options,
    on_page: OnPage | None,
    on_ready: OnReady | None,
    done: DonePages | None,
) -> tuple[dict[str, Any], ...]:
    """Return the decisions about a document's pages, once it is written."""
    detect(source)  # an unreadable input is told before any fault of the output
    if isinstance(out, Path):
        if isinstance(source, Path):
            check_plan([(source, out)])
        make_folder(out.parent)
    run = _Run(as_source(source), options, on_page, on_ready, done)
    run(out, load)
    return tuple(run.decisions)


class _Run:
    """One document on its way: what is decided and read of its pages gathers here."""

    def __init__(
        self,
        source: Source,
        options: Options,
        on_page: OnPage | None = None,
        on_ready: OnReady | None = None,
        done: DonePages | None = None,
    ) -> None:
        self.source, self.options, self.done = source, options, done
        self.on_page, self.on_ready = on_page, on_ready
        self.decisions: list[dict[str, Any]] = []
        self.layers: list[tuple[int, dict[str, bytes]]] = []

    def __call__(self, out: Path | BinaryIO, load: Loader) -> None:
        options = self.options
        if options.reads:
            check_engine(engine_of(options))
        chosen, in_place = self.way(out)
        beside = sidecar_paths(out, options) if isinstance(out, Path) else {}
        for path in beside.values():
            check_target(path, overwrite=options.overwrite)
        treated = iter(()) if in_place else self._treated(load)
        with self._opened(out) as (outputs, stream):
            if in_place:
                from docclean.jobs.pdf import clean_pdf  # PDF's libraries take a while to load

                clean_pdf(self.source, stream, load, options, self._outcome, self.done)
            else:
                self._pages_of_any(treated, chosen, stream)
            for kind, path in beside.items():
                pages = [(number, found[kind]) for number, found in self.layers if kind in found]
                if pages:
                    outputs.open(path).write(merged(kind, pages, Path(self.source.name).name))

    def way(self, out: Path | BinaryIO) -> tuple[Format, bool]:
        """Return the format of the output, and whether it is a PDF that is changed in place."""
        chosen = self._format(out)
        self._check_asked(chosen.name, out)
        in_place = chosen.name == "pdf" == detect(self.source).name
        return chosen, in_place and not self.options.to_be_read

    def _format(self, out: Path | BinaryIO) -> Format:
        """Return the format to write: as asked for, by the name, or that of what came in.

        Raises:
            UsageError: no format is named so, or the name says another one than is asked for.
        """
        asked, named = self.options.format, out.suffix if isinstance(out, Path) else ""
        if not asked and not named:
            came = detect(self.source)
            # from a pipe Tesseract reads the pages of a TIFF, and no PDF
            return format_of("tif", "-") if self.options.to_be_read and came.name == "pdf" else came
        chosen = format_of(asked or named, _name(out))
        said = named.lower() if asked else ""
        if said in known_suffixes() and said not in chosen.suffixes:
            raise UsageError(
                f"{_name(out)}: --format {asked} makes another kind of file than this name says; "
                "leave --format out or change the name"
            )
        return chosen

    @contextmanager
    def _opened(self, out: Path | BinaryIO) -> Iterator[tuple[Outputs, BinaryIO]]:
        """Give what the document's files appear from, and the stream of the document itself."""
        overwrite = self.options.overwrite
        if not isinstance(out, Path):
            with Outputs() as none, writing(out) as stream:
                yield none, stream
            return
        with naming(out), Outputs(overwrite=overwrite, on_ready=self.on_ready) as outputs:
            yield outputs, outputs.open(out)

    def _check_asked(self, chosen: str, out: Path | BinaryIO) -> None:
        options = self.options
        if options.ocr and chosen != "pdf":
            raise UsageError(f"--ocr makes PDFs and {_name(out)} is a {chosen} file; choose .pdf")
        if options.mrc and chosen != "pdf":
            raise UsageError(f"--mrc makes PDFs and {_name(out)} is a {chosen} file; choose .pdf")
        if options.sidecars and not isinstance(out, Path):
            raise UsageError("sidecars lie beside the output: give -o a file or a folder")

    def _outcome(self, outcome: "Outcome", count: int) -> None:
        self._told(outcome.number, outcome.decision, dict(outcome.layers), count)

    def _told(
        self, number: int, decision: dict[str, Any], layers: Mapping[str, bytes], count: int
    ) -> None:
        self.decisions.append(decision)
        self.layers.append((number, {k: v for k, v in layers.items() if k != "pdf"}))
        if self.on_page:
            self.on_page(decision, count)

    def _treated(self, load: Loader) -> Iterator[Treated]:
        """Give the pages as they are cleaned; the cleaner is loaded at once."""
        if self.done is not None:
            return map(self.done.__getitem__, sorted(self.done))
        options, cleaner = self.options, load()
        wanted = set(options.pages) if options.pages is not None else None
        found = read_pages(self.source, pages=wanted, password=options.password)
        found = ahead(found) if detect(self.source).name == "tiff" else found
        return (treat(page, cleaner, options) for page in found)

    def _pages_of_any(self, treated: Iterator[Treated], chosen: Format, stream: BinaryIO) -> None:
        """Write a document of any format anew, page by page."""
        anew = self.options.pages is not None or self.options.bitonal or self.options.mrc
        same = chosen is detect(self.source) and not anew
        if same and not chosen.multipage:
            first = list(islice(treated, 2))
            if len(first) == 1 and not _touched(first[0]):
                self._told(first[0].page.number, first[0].decision, first[0].layers, 0)
                self._copy(stream)
                return
            treated = chain(first, treated)
        touched = False
        texts: list[tuple[bytes | None, float, float]] = []

        def cleaned() -> Iterator[Page]:
            for done in treated:
                self._told(done.page.number, done.decision, done.layers, 0)
                cut = done.straightened.cut
                nonlocal touched
                touched |= _touched(done)
                text = done.layers.get("pdf")
                texts.extend([(text, 0, cut), (text, cut, 1)] if cut else [(text, 0, 1)])
                yield from halves(done.page, cut) if cut else (done.page,)

        self._write(stream, chosen, cleaned())
        has_text = any(text for text, _, _ in texts)
        if has_text:
            from docclean.documents.pdf.editing import graft

            graft(stream, texts)
        if same and not (touched or has_text):
            stream.seek(0)
            stream.truncate()
            self._copy(stream)

    def _write(self, stream: BinaryIO, chosen: Format, pages: Iterator[Page]) -> None:
        asked = self.options
        ways = Ways(asked.bitonal, asked.mrc, asked.grey, asked.leave)
        like: dict[str, Any] = {"like": self.source, "password": asked.password, "ways": ways}
        behind(lambda given: write_to(stream, given, chosen, **like), pages)

    def _copy(self, stream: BinaryIO) -> None:
        """Write the document as it came: it is not even compressed anew."""
        with self.source.open() as original:
            shutil.copyfileobj(original, stream)


def _touched(done: Treated) -> bool:
    return done.changed or bool(done.straightened.cut or done.straightened.turned)


def apart(source: Path, out: Path, options: Options) -> tuple[bool, list[int]]:
    """Return whether a document is a PDF that is changed in place, and the pages to be done.

    Each of them may be done by another process, and be given to `process_file` as `done`.

    Raises:
        DoccleanError: as `process_file` would fail.
    """
    run = _Run(as_source(source), options)
    _, in_place = run.way(out)
    if in_place:
        from docclean.jobs.pdf import pages_apart

        return True, pages_apart(run.source, options)
    count = detect(run.source).count(run.source, options.password)
    wanted = set(options.pages) if options.pages is not None else None
    return False, chosen_pages(run.source, wanted, count)


def check_asked(source: Path, out: Path, options: Options) -> None:
    """Refuse what no document at `out` can be.

    Raises:
        UnreadableInputError: the source is no document.
        UsageError: the options ask for what its format cannot hold.
    """
    _Run(as_source(source), options).way(out)


@dataclass(frozen=True)
class _Given:
    """A cleaner that is there already."""

    cleaner: PageCleaner

    def __call__(self) -> PageCleaner:
        return self.cleaner


def _name(end: Path | Source | BinaryIO) -> str:
    if isinstance(end, Source) and end.path:
        return end.name
    return str(end) if isinstance(end, Path) else "-"
