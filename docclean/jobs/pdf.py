"""One PDF cleaned in place, page by page; a page that fails stays as it came."""

import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

from docclean.clean.contract import Loader
from docclean.documents.base import Source, chosen, encoding
from docclean.documents.pdf.checking import check_structure
from docclean.documents.pdf.contents import x_objects
from docclean.documents.pdf.editing import Edit, Editor, cut_in_two, shown_box
from docclean.documents.pdf.objects import pdfa_part, save
from docclean.documents.pdf.opening import check_permission, opened
from docclean.documents.pdf.whole import drop_other_pages
from docclean.errors import DoccleanError, MissingProgramError, OutputError, UnreadableInputError
from docclean.jobs.pdf_page import Outcome
from docclean.jobs.pdf_pages import PdfPages
from docclean.recipe import Options

CONTENTS_COMPARED = 100_000
"""Bytes of drawing up to which pages are compared with each other."""


def clean_pdf(
    source: Source,
    out: BinaryIO,
    load: Loader,
    options: Options,
    on_outcome: Callable[[Outcome, int], None] = lambda outcome, count: None,
    done: Mapping[int, Outcome] | None = None,
) -> tuple[Outcome, ...]:
    """Clean a PDF; return its pages' outcomes, without what is changed in the file.

    Args:
        source: the PDF.
        out: an empty temporary file with a name, open for reading and writing.
        load: makes the cleaner; picklable for `options.jobs` > 1.
        options: what is asked for.
        on_outcome: called with each page's outcome, in order, and the number of pages.
        done: the outcomes of `pages_apart`, by page, where others have made them.

    Raises:
        UnreadableInputError: it cannot be read; with `options.strict`, or one of its pages.
        OutputError: what was written cannot be read back.
    """
    with ExitStack() as stack:
        stack.enter_context(_damage_told(source))
        source = stack.enter_context(_on_disk(source))
        pdf, _ = stack.enter_context(opened(source, options.password, tell=True))
        check_permission(pdf, source, allow_signed=options.allow_signed)
        numbers = chosen(source, set(options.pages) if options.pages else None, len(pdf.pages))
        spool, outcomes = stack.enter_context(Spool()), list[Outcome]()
        counted = set[tuple[int, int]]()
        pages = stack.enter_context(PdfPages(source, load, options, len(numbers), done))
        for outcome in _outcomes(pages, numbers, _repeated(pdf, numbers)):
            _refuse(outcome, source, options)
            spool.put(outcome.edit or Edit(outcome.number))
            outcomes.append(_light(outcome.counted_once(counted)))
            on_outcome(outcomes[-1], len(numbers))
        pages.rest()  # its processes' memory is free before the new images come into ours
        if _written(pdf, source, out, outcomes, spool):
            _check(pdf, out, outcomes, options, pages)
    return tuple(outcomes)


def pages_apart(source: Source, options: Options) -> list[int]:
    """Return the pages that can be done apart; those that show an earlier one again are left out.

    Raises:
        As `clean_pdf`, before it writes.
    """
    with _damage_told(source), opened(source, options.password, tell=True) as (pdf, _):
        check_permission(pdf, source, allow_signed=options.allow_signed)
        numbers = chosen(source, set(options.pages) if options.pages else None, len(pdf.pages))
        again = _repeated(pdf, numbers)
    return [number for number in numbers if number not in again]


def _outcomes(
    pages: PdfPages, numbers: Sequence[int], same: Mapping[int, int]
) -> Iterator[Outcome]:
    """Yield the outcomes in order; a page that shows what an earlier one shows is done once."""
    shown_again, firsts = set(same.values()), dict[int, Outcome]()
    fresh = pages.outcomes([number for number in numbers if number not in same])
    for number in numbers:
        outcome = _again(firsts[same[number]], number) if number in same else next(fresh)
        if number in shown_again:
            firsts[number] = _without_pictures(outcome)
        yield outcome


def _written(
    pdf: pikepdf.Pdf, source: Source, out: BinaryIO, outcomes: Sequence[Outcome], spool: "Spool"
) -> bool:
    """Apply the edits and save the document; say whether anything is not as it came."""
    with encoding("pdf"):
        editor = Editor(pdf)
        for outcome in outcomes:  # their images stay theirs, though other pages show them too
            if "bytes" not in outcome.decision and "like" not in outcome.decision:
                editor.keep(outcome.number)
        for edit in spool:
            editor.apply(edit, shown_box(pdf.pages[edit.number - 1]))
        return _write(pdf, source, out, outcomes, editor)


class Spool:
    """Edits wait in a temporary file, in their order, until all pages are done."""

    def __init__(self) -> None:
        """Make the file."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the block)
        self._count = 0

    def __enter__(self) -> "Spool":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file."""
        self._file.close()

    def put(self, edit: Edit) -> None:
        """Add an edit."""
        pickle.dump(edit, self._file)
        self._count += 1

    def __iter__(self) -> Iterator[Edit]:
        """Yield the edits, one in memory at a time."""
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)


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
        # the same words may mean other things: names of graphics states, of layers
        key = (images, tuple(x_objects(leaf)), drawn, placed, leaf.resources.unparse())
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
    """Leave out images that the editor has put into others by then; the rest holds once more."""
    if outcome.edit is None or not outcome.edit.names:  # a rendered page shows its own
        return outcome
    return replace(outcome, edit=replace(outcome.edit, names=(), pictures=()))


def _light(outcome: Outcome) -> Outcome:
    """Keep of an edit only what is needed once the page is done."""
    edit = outcome.edit and replace(outcome.edit, names=(), pictures=(), text=None, unseen=None)
    return replace(outcome, edit=edit)


def _refuse(outcome: Outcome, source: Source, options: Options) -> None:
    if outcome.missing:
        raise MissingProgramError(outcome.error)
    if outcome.error and options.strict:
        raise UnreadableInputError(
            f"{source.name}: page {outcome.number} could not be cleaned ({outcome.error}); "
            "without --strict it is copied as it is"
        )


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
    editor.tidy()
    save(pdf, out)
    out.flush()
    return True


def _check(
    pdf: pikepdf.Pdf,
    out: BinaryIO,
    outcomes: Sequence[Outcome],
    options: Options,
    pages: PdfPages,
) -> None:
    """Read the written file back; only pages that could not be decoded before may not be now."""
    path = Path(out.name)
    check_structure(path, len(pdf.pages), pdfa_part(pdf), options.password)
    given = [one for one in outcomes for _ in range(2 if one.edit and one.edit.cut else 1)]
    whole = [number for number, one in enumerate(given, 1) if not one.error]
    bad = pages.undecodable(path, whole)
    if bad:
        raise OutputError(f"page {bad[0]} of the written PDF cannot be decoded; please report it")


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
