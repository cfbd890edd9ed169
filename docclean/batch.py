"""Many files: which ones, where to, and each one cleaned alone so that one bad file stops none."""

import glob
import logging
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

from docclean.archive import Outcome, clean_pdf, graft
from docclean.documents import (
    Format,
    Source,
    Ways,
    as_source,
    check_target,
    detect,
    format_of,
    known_suffixes,
    open_output,
    read_pages,
    write_to,
    writing,
)
from docclean.errors import (
    SOME_FAILED,
    DoccleanError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.geometry import halves
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pagework import Options, PageCleaner, treat
from docclean.progress import OnPage, showing
from docclean.sidecars import SUFFIXES, merged

logger = logging.getLogger(__name__)


SHARED_TILE_AREA = 1_800_000
"""Pixels of a tile where several processes share the memory: two of them stay below 700 MB on A4 at
300 dpi. Smaller tiles spend a fifth more time on their halos."""


@dataclass(frozen=True)
class CleanerSpec:
    """How a worker process loads its own cleaner: a loaded one cannot travel between processes."""

    model: str | Path = "small"
    gate: str = "pixels"
    """What judges a cleaned page: pixels, ocr (Tesseract on a sample), or off."""
    device: str = "auto"
    threads: int | None = None
    lang: str = "eng"
    """Language the gate reads in."""
    tile_area: int | None = None
    """Pixels of a tile, which bound the memory of each process; None leaves the cleaner's own."""

    def __call__(self) -> PageCleaner:
        """Load the cleaner."""
        from docclean.cleaner import (
            MAX_TILE_AREA,
            Cleaner,
        )  # here: a worker pays for it, `--help` does not
        from docclean.ocr import Tesseract

        reader = Tesseract(self.lang, psm=6) if self.gate == "ocr" else None
        return Cleaner.load(
            self.model,
            gate=self.gate != "off",
            device=self.device,
            threads=self.threads,
            reader=reader,
            max_tile_area=self.tile_area or MAX_TILE_AREA,
        )


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


# --- which files, and where to -------------------------------------------------------------------


def _found(given: str | Path) -> list[tuple[Path, Path]]:
    """Return (file, its place below the output folder) for one input of the call."""
    path = Path(given)
    if path.is_dir():
        suffixes = known_suffixes()
        inside = (file for file in path.rglob("*") if file.suffix.lower() in suffixes)
        files = sorted(file for file in inside if file.is_file())
        if not files:
            raise UnreadableInputError(
                f"{path} holds no documents; give a folder with {' '.join(suffixes)} files"
            )
        return [(file, file.relative_to(path)) for file in files]
    if not path.exists() and glob.has_magic(str(given)):
        matches = sorted(Path(match) for match in glob.glob(str(given), recursive=True))  # noqa: PTH207
        files = [match for match in matches if match.is_file()]
        if not files:
            raise UnreadableInputError(f"{given} matches no files; check the pattern")
        return [(file, Path(file.name)) for file in files]
    return [(path, Path(path.name))]  # a missing file is told when its turn comes


def expand_inputs(inputs: Iterable[str | Path]) -> list[Path]:
    """Return the files the inputs name, each once: files, folders (recursively) and globs.

    Raises:
        UnreadableInputError: a folder without documents, or a glob without files.
    """
    return list(dict.fromkeys(file for given in inputs for file, _ in _found(given)))


def plan_outputs(
    inputs: Iterable[str | Path], out: str | Path, suffix: str | None = None
) -> list[tuple[Path, Path]]:
    """Return (source, target) for every file of a call, before any work starts.

    `out` is a folder where it exists as one, ends with '/', or there are several inputs; below
    it the structure of an input folder is kept. `suffix` replaces the files' own.

    Raises:
        OutputError: two files would get one output, or an output is one of the inputs.
    """
    given, folder = list(inputs), Path(out)
    found = {file: place for one in given for file, place in _found(one)}
    into_folder = folder.is_dir() or str(out).endswith("/") or len(found) > 1
    into_folder = into_folder or any(Path(one).is_dir() for one in given)
    if not into_folder:
        if not folder.parent.is_dir():
            what = "is a file" if folder.parent.exists() else "does not exist"
            raise OutputError(f"{folder}: its folder {what}; create it or choose another -o")
        plan = [(next(iter(found)), folder)]
    else:
        # an earlier output folder inside the input folder is not input again
        inner = [Path(one) for one in given if Path(one).is_dir() and Path(one) != folder]
        skip = any(one.resolve() in folder.resolve().parents for one in inner)
        plan = [
            (file, folder / _named(file, place, suffix))
            for file, place in found.items()
            if not (skip and folder.resolve() in file.resolve().parents)
        ]
    _check_plan(plan)
    return plan


def _named(file: Path, place: Path, suffix: str | None) -> Path:
    if suffix:
        return place.with_suffix(f".{suffix.lower().lstrip('.')}")
    if place.suffix.lower() in known_suffixes():
        return place
    try:  # `scan.dat` may well be a PNG: it becomes `scan.dat.png`
        return place.with_name(place.name + detect(file).suffixes[0])
    except UnreadableInputError:
        return place  # told when its turn comes


def _check_plan(plan: Sequence[tuple[Path, Path]]) -> None:
    sources = {source.resolve(): source for source, _ in plan}
    taken: dict[Path, Path] = {}
    for source, target in plan:
        real = target.resolve()
        if real in sources:
            raise OutputError(f"{target} is an input of this call; choose another -o")
        if _same(source, target):
            raise OutputError(f"{target} and its input are one file; choose another -o")
        if real in taken:
            raise OutputError(
                f"{source} and {taken[real]} would both become {target}; "
                "rename one or clean them apart"
            )
        taken[real] = source


def _same(source: Path, target: Path) -> bool:
    """Say whether two names lead to one file, through links of either kind."""
    try:
        return source.samefile(target)
    except OSError:  # one of them does not exist
        return False


# --- one file ------------------------------------------------------------------------------------


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
                _check_plan([(source, out)])
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
        recoded = options.grey or options.bitonal or options.layered or options.for_ocr
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
        notes.append(f"{len(drawn)} born-digital pages are left alone; --force cleans them")
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


# --- many files ----------------------------------------------------------------------------------


@dataclass
class _Worker:
    """What a worker process keeps between files."""

    load: Callable[[], PageCleaner] | None = None
    cleaner: PageCleaner | None = None


_worker = _Worker()


def _start_worker(load: Callable[[], PageCleaner]) -> None:
    _worker.load = load
    # Ctrl-C reaches every process of the terminal; only the parent answers it, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _stop(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool sends a second one: finish the first
    raise SystemExit(128 + signal.SIGTERM)  # unwinds, so that temporary files are removed


def _work(source: Path, target: Path, options: Options) -> FileResult:
    if _worker.cleaner is None:
        assert _worker.load is not None  # set when the process started
        _worker.cleaner = _worker.load()
    try:
        return process_file(source, target, _worker.cleaner, options)
    except SystemExit:
        os._exit(128 + signal.SIGTERM)  # or the pool would hand this process the next file


def process_many(
    plan: Sequence[tuple[Path, Path]],
    load: Callable[[], PageCleaner],
    options: Options | None = None,
    *,
    jobs: int = 1,
    on_result: Callable[[FileResult], None] | None = None,
    on_page: OnPage | None = None,
    progress: bool = False,
) -> list[FileResult]:
    """Clean every file of a plan; returns one result per file, in the plan's order.

    Args:
        plan: (source, target) pairs, as `plan_outputs` gives them.
        load: makes the cleaner; for `jobs` > 1 it must be picklable, and each worker calls it.
        options: what holds for every file.
        jobs: worker processes; 1 works in this one. They share files, or the pages of one PDF.
        on_result: called with each result as it comes.
        on_page: called with each page's decision and the number of pages, 0 where unknown; not
            for files that other processes do.
        progress: show on stderr how far the work is.

    Raises:
        DoccleanError: the cleaner cannot be loaded.
    """
    options = options or Options()
    with showing(len(plan), progress) as (file_done, page_done):

        def each(decision: dict[str, Any], count: int) -> None:
            page_done(decision, count)
            if on_page:
                on_page(decision, count)

        def told(result: FileResult) -> FileResult:
            file_done(result.source)
            if on_result:
                on_result(result)
            return result

        if len(plan) == 1:
            ((source, out),) = plan
            return [told(process_file(source, out, load, options, each, jobs=jobs))]
        if jobs <= 1:
            cleaner = load()
            return [told(process_file(source, out, cleaner, options, each)) for source, out in plan]
        return _in_processes(plan, load, options, jobs, told)


def _in_processes(
    plan: Sequence[tuple[Path, Path]],
    load: Callable[[], PageCleaner],
    options: Options,
    jobs: int,
    told: Callable[[FileResult], FileResult],
) -> list[FileResult]:
    context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's threads
    pool = ProcessPoolExecutor(min(jobs, len(plan)), context, _start_worker, (load,))
    results: dict[int, FileResult] = {}
    try:
        futures: dict[Future[FileResult], int] = {
            pool.submit(_work, source, out, options): index
            for index, (source, out) in enumerate(plan)
        }
        for future in as_completed(futures):
            index = futures[future]
            try:
                result = future.result()
            except BrokenProcessPool:  # killed, most often for want of memory
                source, out = (str(path) for path in plan[index])
                why = f"{source}: a worker process died; run again with fewer --jobs"
                result = FileResult(source, out, "failed", message=why, exit_status=SOME_FAILED)
            results[index] = told(result)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
            child.join(10)
        raise
    pool.shutdown()
    return [results[index] for index in range(len(plan))]
