"""A document gets its outputs: cleaned here, or put together from pages that others have done."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from docclean.clean.contract import PageCleaner
from docclean.documents import Source
from docclean.errors import OutputError
from docclean.integrations.cluster import notes, places
from docclean.integrations.cluster.documents import Document, Ended, Facts, Work, as_shown
from docclean.integrations.cluster.parts import Parts
from docclean.integrations.cluster.standing import Standing
from docclean.jobs.document import DonePages, process_file
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.results import failure
from docclean.jobs.task import in_time


def finish(
    work: Work,
    document: Document,
    cleaner: PageCleaner | None = None,
    done: DonePages | None = None,
) -> Ended:
    """Make a document's outputs; a failure becomes a result, never an exception.

    Args:
        work: what holds for all.
        document: which one.
        cleaner: cleans its pages; None where `done` has them.
        done: its pages, where others have done them.
    """
    try:
        with places.fetched(document.source) as path:
            ended = _finished(work, document, path, cleaner, done)
    except Exception as error:  # its store is gone, or a fault of ours
        ended = Ended(failure(*document.shown, error))
    return replace(ended, result=as_shown(ended.result, {document.source: document.shown[0]}))


def _finished(
    work: Work,
    document: Document,
    path: Path,
    cleaner: PageCleaner | None,
    done: DonePages | None,
) -> Ended:
    facts = Facts.of(document.source, path)
    standing = Standing(work, document, facts)
    settled = standing.settled()
    if settled:
        return settled
    entry = facts.entry(work, document)
    if standing.foreign:
        entry = replace(entry, source=document.before.source)
    try:
        standing.check()
        return _made(standing, entry, path, cleaner, done)
    except OutputError as error:
        result = as_shown(failure(*document.shown, error), {document.target: document.shown[1]})
        return Ended(result, entry)


def _made(
    standing: Standing,
    entry: Entry,
    path: Path,
    cleaner: PageCleaner | None,
    done: DonePages | None,
) -> Ended:
    work, document = standing.work, standing.document
    decisions: list[dict[str, Any]] = []
    started = time.perf_counter()
    with Parts(work.out, document.name, standing.key).making() as folder:
        draft = folder / Path(document.target).name
        options = replace(work.options, jobs=1, overwrite=True)
        with in_time(path, options):
            result = process_file(
                *(Source(document.shown[0], path), draft, cleaner or _not_needed, options),
                on_page=lambda decision, _: decisions.append(decision),
                done=done,
            )
        result = as_shown(result, {str(draft): document.shown[1], str(path): document.shown[0]})
        result = replace(result, output=document.shown[1])
        if result.status == "failed":
            return Ended(result, entry)
        if not standing.facts.still(document.source, path):
            raise OutputError(f"{document.shown[0]} has changed meanwhile; run again")
        entry = replace(
            entry,
            status="done",
            source=document.source,
            made=standing.key,
            outputs=standing.made(draft),
            pages=result.pages,
            seconds=time.perf_counter() - started,
            decisions=tuple(decisions),
            reason=result.message,
        )
        notes.write(work.out, entry)
        standing.place(draft, entry)
    return Ended(result, replace(entry, outputs=standing.placed(entry.outputs)))


def _not_needed() -> PageCleaner:
    raise AssertionError("the pages are done, so no cleaner is loaded")
