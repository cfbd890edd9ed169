"""Several documents cleaned into one: `docclean clean a.jpg b.pdf -o book.pdf`."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docclean.clean.contract import Loader
from docclean.documents import format_of
from docclean.documents.joining import Piece, join_pdfs, join_tiffs
from docclean.errors import DoccleanError, ExitStatus
from docclean.jobs.batch import process_many
from docclean.jobs.document import check_asked
from docclean.jobs.plan import check_plan, outputs_of
from docclean.jobs.processes.scratch import scratch
from docclean.jobs.results import FileResult, failure, notes
from docclean.ocr.sidecars import merged
from docclean.outputs import Outputs, check_target, naming, sweep
from docclean.recipe import Options


def make_book(
    files: Sequence[Path], out: Path, load: Loader, options: Options, *, progress: bool = False
) -> list[FileResult]:
    """Clean documents into one PDF or TIFF; where one of them fails, there is none.

    Args:
        files: the documents, in order; each becomes a bookmark of a PDF.
        out: the whole, named as a format of several pages.
        load: makes the cleaner; picklable where other processes clean.
        options: what holds for every document.
        progress: show on stderr how far the work is.

    Returns:
        the failures, if any, and what came of the whole last.

    Raises:
        DoccleanError: the call asks for what cannot be; nothing is begun.
    """
    for path in outputs_of(out, options):
        check_target(path, overwrite=options.overwrite)
    for file in files:
        check_plan([(file, out)])
        check_asked(file, out, options)
    with naming(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    sweep(out.parent)
    started = time.perf_counter()
    with scratch() as folder:
        plan = [(file, folder / f"{n:06}{out.suffix.lower()}") for n, file in enumerate(files)]
        done = process_many(plan, load, replace(options, overwrite=False), progress=progress)
        failed = [one for one in done if one.status == "failed"]
        whole = _refused(failed, out, len(files)) if failed else _joined(done, plan, out, options)
    return [*failed, replace(whole, seconds=time.perf_counter() - started)]


def _refused(failed: Sequence[FileResult], out: Path, count: int) -> FileResult:
    """Return the result of a whole that lacks a part."""
    status = failed[0].exit_status if len(failed) == 1 else ExitStatus.FAILED
    why = f"{out}: is not written, because {len(failed)} of {count} inputs failed; leave them out"
    return FileResult(
        _named(count), str(out), "failed", message=why, exit_status=status, fault=failed[0].fault
    )


def _joined(
    done: Sequence[FileResult], plan: Sequence[tuple[Path, Path]], out: Path, options: Options
) -> FileResult:
    """Write the parts as one document, with what was read of them beside it."""
    pieces = [Piece(part, file.name) for file, part in plan]
    firsts, pages = list[int](), 0
    for one in done:
        firsts.append(pages + 1)
        pages += one.pages
    try:
        with naming(out), Outputs(overwrite=options.overwrite) as outputs:
            stream = outputs.open(out)
            if format_of(out.suffix, str(out)).name == "pdf":
                join_pdfs(pieces, stream, options.password)
            else:
                join_tiffs(pieces, stream)
            for place, kind in enumerate(options.sidecars, 1):
                beside = [outputs_of(part, options)[place] for _, part in plan]
                found = [
                    (n, path.read_bytes())
                    for n, path in zip(firsts, beside, strict=True)
                    if path.exists()
                ]
                if found:
                    target = outputs_of(out, options)[place]
                    outputs.open(target).write(merged(kind, found, out.name))
    except DoccleanError as error:
        return failure(_named(len(plan)), str(out), error)
    decisions = tuple(
        {**told, "page": first - 1 + told["page"], "file": one.source}
        for first, one in zip(firsts, done, strict=True)
        for told in one.decisions
    )
    told = notes(decisions)
    return FileResult(_named(len(plan)), str(out), "done", pages, message=told, decisions=decisions)


def _named(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
