"""One PDF cleaned in place, page by page, in processes; a page that fails stays as it came."""

import multiprocessing
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pikepdf
import pypdfium2 as pdfium

from docclean.documents.base import Source, chosen, decoding, encoding
from docclean.documents.layers import layer
from docclean.documents.pdf import LARGER, drop_other_pages, page_of, pictures_for, repacked
from docclean.documents.pdf.checking import check_structure, undecodable
from docclean.documents.pdf.editing import Edit, Editor, Picture, cut_in_two, pdfa_part, save
from docclean.documents.pdf.opening import check_permission, opened
from docclean.documents.pdf.scans import Leaf, look, x_objects
from docclean.errors import DoccleanError, MissingProgramError, OutputError, UnreadableInputError
from docclean.page import Page
from docclean.pagework import Options, PageCleaner, Treated, treat

CHUNK = 4
"""Pages a worker process takes at a time."""
CONTENTS_COMPARED = 100_000
"""Bytes of drawing up to which pages are compared with each other."""
NOT_CLEANED = {
    "drawn": "born digital: its text is drawn, not scanned (--force cleans it all the same)",
    "blank": "blank: nothing is drawn on it",
}
Loader = Callable[[], PageCleaner]


@dataclass(frozen=True)
class Outcome:
    """What came of one page.

    Attributes:
        number: the page, from 1.
        decision: verdict, reason and measures, as plain data.
        edit: what is changed, None where the page stays as it came.
        layers: what Tesseract read, by kind.
        error: why the page could not be cleaned; empty where it could.
        missing: a program or package is missing, so no page can be.
    """

    number: int
    decision: dict[str, Any]
    edit: Edit | None = None
    layers: tuple[tuple[str, bytes], ...] = ()
    error: str = ""
    missing: bool = False


@dataclass(frozen=True)
class Archived:
    """What came of one PDF: its pages' outcomes in order, without their edits."""

    outcomes: tuple[Outcome, ...]


# --- one page ------------------------------------------------------------------------------------


class Opened:
    """A PDF as a worker holds it: opened once, for all pages that come to it."""

    def __init__(self, source: Source, password: str | None, cleaner: PageCleaner) -> None:
        """Open it."""
        self.source, self.cleaner = source, cleaner
        self._open = ExitStack()
        self.pdf, self.document = self._open.enter_context(opened(source, password))

    def close(self) -> None:
        """Close it."""
        self._open.close()

    def outcome(self, number: int, options: Options) -> Outcome:
        """Clean one page; whatever goes wrong with it is its outcome."""
        try:
            with decoding(self.source):
                shown = self.document[number - 1]
            try:
                return self._outcome(shown, self.pdf.pages[number - 1], number, options)
            finally:
                shown.close()
        except MissingProgramError as error:
            return Outcome(number, {"page": number}, error=str(error), missing=True)
        except Exception as error:  # one bad page must not sink the document
            return failed(number, str(error) or type(error).__name__)

    def _outcome(
        self, shown: pdfium.PdfPage, leaf: pikepdf.Page, number: int, options: Options
    ) -> Outcome:
        with decoding(self.source):
            found = look(shown, leaf, self.source)
        if found.kind == "blank" or (found.kind == "drawn" and not options.force):
            told = {"page": number, "verdict": "kept", "reason": NOT_CLEANED[found.kind]}
            return Outcome(number, {**told, "kind": found.kind})
        with decoding(self.source):
            page = page_of(shown, found, number, self.source)
        treated = treat(page, self.cleaner, options, has_text=found.has_text)
        with encoding("pdf"):
            edit = _edit(leaf, found, page, treated, options)
        told = {**treated.decision, "kind": found.kind}
        if edit and edit.pictures:
            told |= _sizes(leaf, found, edit)
        return Outcome(number, told, edit, tuple(treated.layers.items()))


def failed(number: int, why: str) -> Outcome:
    """Return the outcome of a page that could not be cleaned."""
    told = {"page": number, "verdict": "kept", "reason": f"could not be cleaned: {why}"}
    return Outcome(number, told, error=why)


def _edit(
    leaf: pikepdf.Page, found: Leaf, page: Page, treated: Treated, options: Options
) -> Edit | None:
    """Return what changes on a page; a rendered one changes only where cleaning did something."""
    turned = treated.straightened.turned
    pictures: tuple[Picture, ...] = ()
    recoded = options.bitonal or options.grey or options.layered
    if treated.changed or (recoded and not _is_bitonal(treated.page)):
        back = np.ascontiguousarray(np.rot90(treated.page.pixels, turned // 90))
        if options.layered:
            pictures = (layer(found.scan.placement.stored(back) if found.scan else back),)
        else:
            pictures = pictures_for(leaf, found.scan, back, bitonal=options.bitonal, exact=False)
    elif found.scan:
        pictures = repacked(leaf, found.scan, page.pixels)
    text = dict(treated.layers).get("pdf")
    cut = treated.straightened.cut
    if not (pictures or text or turned or cut):
        return None
    names = found.scan.names if found.scan and pictures else ()
    box = found.scan.box if found.scan else None
    return Edit(page.number, names, pictures, box, text, turned, cut)


def _is_bitonal(page: Page) -> bool:
    return page.is_grey and bool(np.isin(page.pixels[::16], (0, 255)).all())


def _sizes(leaf: pikepdf.Page, found: Leaf, edit: Edit) -> dict[str, Any]:
    """Tell how many bytes a page's images took and take, and whether they grew too much."""
    known = x_objects(leaf)
    names = edit.names or tuple(n for n, one in known.items() if one.get("/Subtype") == "/Image")
    before = sum(len(known[name].read_raw_bytes()) for name in names)
    after = sum(picture.nbytes for picture in edit.pictures)
    told: dict[str, Any] = {"bytes": [before, after]}
    if before and after > LARGER * before:
        told["larger"] = round(after / before, 2)
    return told


# --- one document --------------------------------------------------------------------------------


def clean_pdf(
    source: Source,
    out: BinaryIO,
    load: Loader,
    options: Options,
    *,
    jobs: int = 1,
    on_outcome: Callable[[Outcome, int], None] | None = None,
) -> Archived:
    """Clean a PDF into `out`, a temporary file with a name.

    Args:
        source: the PDF.
        out: an empty file, open for reading and writing.
        load: makes the cleaner; picklable for `jobs` > 1, where each process calls it.
        options: what is asked for.
        jobs: processes.
        on_outcome: called with each page's outcome, in order, and the number of pages.

    Raises:
        UnreadableInputError: it cannot be read; with `options.strict`, or one of its pages.
        OutputError: what was written cannot be read back.
    """
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        stack.enter_context(_damage_told(source))
        source = stack.enter_context(_on_disk(source))
        pdf, document = stack.enter_context(opened(source, options.password, tell=True))
        check_permission(pdf, source, allow_signed=options.allow_signed)
        numbers = chosen(source, set(options.pages) if options.pages else None, len(pdf.pages))
        editor = stack.enter_context(Editor(pdf))
        pool = stack.enter_context(_pool(source, load, options, min(jobs, len(numbers))))
        same = _repeated(pdf, numbers)
        firsts: dict[int, Outcome] = {}
        fresh = pool.outcomes([number for number in numbers if number not in same])
        for number in numbers:
            outcome = _again(firsts[same[number]], number) if number in same else next(fresh)
            _refuse(outcome, source, options)
            if number not in same and not (outcome.edit and outcome.edit.pictures):
                editor.keep(number)
            if outcome.edit:
                with encoding("pdf"):
                    editor.apply(outcome.edit, _box(document, number))
            if number in same.values():
                firsts[number] = _without_pictures(outcome)
            outcomes.append(_light(outcome))
            if on_outcome:
                on_outcome(outcomes[-1], len(numbers))
        with encoding("pdf"):
            editor.finish()
            written = _write(pdf, source, out, outcomes, editor)
        if written:
            _check(pdf, out, outcomes, options, pool)
    return Archived(tuple(outcomes))


def _repeated(pdf: pikepdf.Pdf, numbers: Sequence[int]) -> dict[int, int]:
    """Return the pages that show what an earlier one shows: the same images, laid so."""
    seen: dict[Any, int] = {}
    same: dict[int, int] = {}
    for number in numbers:
        leaf = pdf.pages[number - 1]
        images = tuple(
            one.objgen for one in x_objects(leaf).values() if one.get("/Subtype") == "/Image"
        )
        contents = leaf.obj.get("/Contents")
        if not images or contents is None:
            continue
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        drawn = tuple(bytes(part.read_raw_bytes()) for part in parts)
        if sum(map(len, drawn)) > CONTENTS_COMPARED:
            continue
        placed = (repr(leaf.mediabox), repr(leaf.cropbox), int(leaf.obj.get("/Rotate", 0)))
        key = (images, tuple(x_objects(leaf)), drawn, placed)
        if key in seen:
            same[number] = seen[key]
        else:
            seen[key] = number
    return same


def _again(first: Outcome, number: int) -> Outcome:
    """Return the outcome of a page that shows what another one shows."""
    told = {**first.decision, "page": number, "like": first.number}
    edit = first.edit and replace(first.edit, number=number)
    return replace(first, number=number, decision=told, edit=edit)


def _without_pictures(outcome: Outcome) -> Outcome:
    """Leave out the images, which the editor knows by then; text, turn and cut hold once more."""
    edit = outcome.edit and replace(outcome.edit, names=(), pictures=())
    return replace(outcome, edit=edit)


def _light(outcome: Outcome) -> Outcome:
    """Keep of an edit only what is needed once the page is done."""
    edit = outcome.edit and replace(outcome.edit, names=(), pictures=(), text=None)
    return replace(outcome, edit=edit)


def _refuse(outcome: Outcome, source: Source, options: Options) -> None:
    if outcome.missing:
        raise MissingProgramError(outcome.error)
    if outcome.error and options.strict:
        raise UnreadableInputError(
            f"{source.name}: page {outcome.number} could not be cleaned ({outcome.error}); "
            "without --strict it is copied as it is"
        )


def _box(document: pdfium.PdfDocument, number: int) -> tuple[float, float, float, float]:
    page = document[number - 1]
    try:
        left, bottom, right, top = page.get_bbox()
    finally:
        page.close()
    return left, bottom, right, top


def _write(
    pdf: pikepdf.Pdf, source: Source, out: BinaryIO, outcomes: Sequence[Outcome], editor: Editor
) -> bool:
    """Save the document; where nothing changes, the very bytes that came. Return what was done."""
    cuts = [outcome.edit.cut if outcome.edit else None for outcome in outcomes]
    if not editor.changed and not any(cuts) and len(outcomes) == len(pdf.pages):
        with source.open() as original:
            shutil.copyfileobj(original, out)
        return False
    drop_other_pages(pdf, {outcome.number for outcome in outcomes})
    for index in reversed(range(len(cuts))):
        cut = cuts[index]
        if cut:
            cut_in_two(pdf, index, cut)
    save(pdf, out)
    out.flush()
    return True


def _check(
    pdf: pikepdf.Pdf,
    out: BinaryIO,
    outcomes: Sequence[Outcome],
    options: Options,
    pool: "Pool",
) -> None:
    """Read the written file back; only pages that could not be decoded before may not be now."""
    path = Path(out.name)
    check_structure(path, len(pdf.pages), pdfa_part(pdf), options.password)
    given = [one for one in outcomes for _ in range(2 if one.edit and one.edit.cut else 1)]
    bad = pool.undecodable(path, range(1, len(given) + 1))
    broken = [number for number in bad if not given[number - 1].error]
    if broken:
        raise OutputError(
            f"page {broken[0]} of the written PDF cannot be decoded; please report it"
        )


@contextmanager
def _damage_told(source: Source) -> Iterator[None]:
    """Turn what a library raises on a broken structure into one sentence."""
    try:
        yield
    except DoccleanError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise source.unreadable(f"is a damaged PDF ({why}); fetch or scan it again") from error


@contextmanager
def _on_disk(source: Source) -> Iterator[Source]:
    """Give a document in memory a file, so that every process can open it."""
    if source.path:
        yield source
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(source.data)
        file.flush()
        yield Source(source.name, Path(file.name))


def graft(stream: BinaryIO, texts: Sequence[tuple[bytes | None, float, float]]) -> None:
    """Lay pages of invisible text under the pages of a PDF just written.

    Args:
        stream: the PDF, open for reading and writing; it is written anew.
        texts: for each page the text, and which share of its width, from..to, the page shows.
    """
    stream.flush()
    stream.seek(0)
    with pikepdf.open(BytesIO(stream.read())) as pdf, Editor(pdf) as editor:
        for number, (text, start, end) in enumerate(texts, 1):
            left, bottom, right, top = (float(side) for side in pdf.pages[number - 1].mediabox)
            whole = (right - left) / (end - start)
            box = (left - start * whole, bottom, left - start * whole + whole, top)
            if text:
                editor.apply(Edit(number, text=text), box)
        stream.seek(0)
        stream.truncate()
        save(pdf, stream)


# --- processes -----------------------------------------------------------------------------------


class Pool:
    """Does pages of one PDF, here or in processes."""

    def __init__(self, source: Source, load: Loader, options: Options, jobs: int) -> None:
        """Take the document and what is asked for; nothing is opened before it is needed."""
        self.source, self.load, self.options, self.jobs = source, load, options, jobs
        self._here: Opened | None = None
        self._pool: ProcessPoolExecutor | None = None

    def outcomes(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Yield the pages' outcomes in order."""
        if self.jobs <= 1:
            for number in numbers:
                yield self._opened().outcome(number, self.options)
            return
        chunks = [tuple(numbers[at : at + CHUNK]) for at in range(0, len(numbers), CHUNK)]
        for chunk, done in zip(chunks, self._mapped(_do_pages, chunks), strict=True):
            yield from done if done is not None else self._one_by_one(chunk)

    def undecodable(self, path: Path, numbers: Sequence[int]) -> list[int]:
        """Return the pages of the written file whose images cannot be decoded."""
        password = self.options.password
        if self.jobs <= 1 or len(numbers) <= CHUNK:
            return undecodable(path, numbers, password)
        chunks = [(path, tuple(numbers[at :: self.jobs]), password) for at in range(self.jobs)]
        found = list(self._mapped(_check_pages, chunks))
        return sorted(one for part, (_, all_, _) in zip(found, chunks, strict=True)
                      for one in (part if part is not None else all_))  # fmt: skip

    def _opened(self) -> Opened:
        if self._here is None:
            self._here = Opened(self.source, self.options.password, self.load())
        return self._here

    def _processes(self, jobs: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's threads
        given = (self.source, self.load, self.options)
        return ProcessPoolExecutor(jobs, context, _start, given)

    def _mapped(self, work: Callable[[Any], Any], chunks: Sequence[Any]) -> Iterator[Any]:
        """Yield what `work` returns for each chunk, in order; None where its process died."""
        waiting: deque[Future[Any]] = deque()
        left = deque(chunks)
        while left or waiting:
            if self._pool is None:
                self._pool = self._processes(self.jobs)
            while left and len(waiting) < 2 * self.jobs:  # results wait in memory: not too many
                waiting.append(self._pool.submit(work, left.popleft()))
            try:
                yield waiting.popleft().result()
            except BrokenProcessPool:  # every chunk under way is lost, one of them is to blame
                yield None
                for _ in range(len(waiting)):
                    yield None
                waiting.clear()
                self._close_pool()

    def _one_by_one(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Do pages each in a process of its own: one of them killed its process before."""
        for number in numbers:
            with self._processes(1) as alone:
                try:
                    yield alone.submit(_do_pages, (number,)).result()[0]
                except BrokenProcessPool:
                    yield failed(number, "a process died of it, most often for want of memory")

    def _close_pool(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self, *, at_once: bool = False) -> None:
        """End processes and close the document; `at_once` without waiting for pages under way."""
        if self._here:
            self._here.close()
        if self._pool and at_once:
            self._close_pool()
            for child in multiprocessing.active_children():
                child.terminate()
                child.join(10)
        elif self._pool:
            self._pool.shutdown()


@contextmanager
def _pool(source: Source, load: Loader, options: Options, jobs: int) -> Iterator[Pool]:
    pool = Pool(source, load, options, jobs)
    try:
        yield pool
    except BaseException:
        pool.close(at_once=True)
        raise
    pool.close()


@dataclass
class _Worker:
    """What a worker process keeps between pages."""

    given: tuple[Source, Loader, Options] | None = None
    opened: Opened | None = None


_worker = _Worker()


def _start(source: Source, load: Loader, options: Options) -> None:
    _worker.given = (source, load, options)
    # Ctrl-C reaches every process of the terminal; only the parent answers it, by ending us
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do_pages(numbers: Sequence[int]) -> list[Outcome]:
    assert _worker.given is not None  # set when the process started
    source, load, options = _worker.given
    if _worker.opened is None:
        _worker.opened = Opened(source, options.password, load())
    return [_worker.opened.outcome(number, options) for number in numbers]


def _check_pages(given: tuple[Path, Sequence[int], str | None]) -> list[int]:
    return undecodable(*given)
