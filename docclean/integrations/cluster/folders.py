"""Batches on a cluster whose machines see the same folders: the ledger keeps what is known."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from docclean.clean.contract import Loader
from docclean.integrations.cluster import notes, places
from docclean.integrations.cluster.documents import Document, Ended, Work, cleaner_of
from docclean.integrations.cluster.engine import Engine
from docclean.integrations.cluster.parts import Parts
from docclean.integrations.cluster.session import connected
from docclean.jobs.batch import Batch, OnResult, process_batch
from docclean.jobs.ledger.database import FOLDER, Ledger
from docclean.jobs.plan import plan_outputs
from docclean.jobs.results import FileResult
from docclean.jobs.results import notes as notes_of
from docclean.jobs.reuse import Part
from docclean.jobs.task import Noted, Task
from docclean.recipe import Options


def clean_folder_on(
    address: str | None,
    inputs: Sequence[str],
    out: str,
    options: Options,
    *,
    load: Loader | None = None,
    state: Path | None = None,
    part: Part | None = None,
    stop: Event | None = None,
    on_result: OnResult | None = None,
    progress: bool = False,
) -> Batch:
    """Clean files and folders that every machine sees; as `docclean.jobs.batch.clean_folder`.

    Args:
        address: of a Ray cluster; None: `RAY_ADDRESS`, or a Ray on this machine.
        inputs: files, folders and globs.
        out: the folder of the outputs; it is made.
        options: what holds for every document; `options.jobs` workers share the pages.
        load: makes the cleaner; picklable; None: the shipped one.
        state: the folder of the ledger; None: `.docclean` in `out`.
        part: a shard, how many at most, in which order; None: all, by name.
        stop: once it is set, only documents whose pages are all there are put together.
        on_result: called with each result as it comes.
        progress: show on stderr how far the work is.

    Raises:
        As `clean_folder`, and DoccleanError: no cluster answers, or no worker starts.
    """
    return process_batch(
        plan_outputs(inputs, f"{out}/", options.suffix),
        *(Path(out), load or cleaner_of(options), options),
        state=state or Path(out) / FOLDER,
        part=part,
        stop=stop,
        on_result=on_result,
        progress=progress,
        hand_out=partial(handed_out_on, address),
    )


def _tidied(folder: Path) -> None:
    for empty in (folder / "parts", folder / "notes", folder):
        with suppress(OSError):  # something is in it still
            empty.rmdir()


def handed_out_on(
    address: str | None,
    tasks: Sequence[Task],
    noted: Noted,
    load: Loader,
    options: Options,
    stop: Event | None,
) -> Iterator[tuple[Task, FileResult]]:
    """Do as `docclean.jobs.batch.handed_out` does, on the cluster at an address.

    Only this process writes the ledger: SQLite and folders of several machines do not go together.
    """
    out = str(noted.out.absolute())
    work = Work(replace(options, jobs=1), out, noted.call, load)
    with (
        connected(address, (options.jobs or 1) * (options.threads or 1)),
        Ledger(noted.state, noted.name, make=False) as ledger,
    ):
        documents = [_document(task, noted, ledger) for task in tasks]
        books = _Books(ledger, noted, tasks)
        engine = Engine(work, documents, options.jobs or 1, stop)
        for index, ended in engine.ended(books.begun):
            name = documents[index].name
            result = books.ended(index, ended)
            notes.drop(out, name)
            if ended.result.fault != "output":  # what is done of it waits for room on the disk
                places.remove(Parts(out, name, "").folder)
            yield tasks[index], result
    _tidied(noted.out / FOLDER)


def _document(task: Task, noted: Noted, ledger: Ledger) -> Document:
    target = str(task.target.absolute())
    return Document(
        str(task.source.absolute()),
        target,
        os.path.relpath(target, noted.out.absolute()),
        (str(task.source), str(task.target)),
        replace(ledger.entry(task.row), decisions=()),
    )


@dataclass(frozen=True)
class _Books:
    """What the ledger is told."""

    ledger: Ledger
    noted: Noted
    tasks: Sequence[Task]

    def begun(self, index: int) -> None:
        """Note that a document is in hand."""
        self.ledger.begin(self.tasks[index].row, self.noted.run)

    def ended(self, index: int, ended: Ended) -> FileResult:
        """Note what came of a document; return it."""
        row, result, entry = self.tasks[index].row, ended.result, ended.entry
        before = self.ledger.entry(row)
        if ended.stayed:
            told = notes_of(before.decisions)
            result = replace(result, decisions=before.decisions, message=told)
        if entry:
            known: dict[str, Any] = {
                "source": entry.source,
                "content": entry.content,
                "call": entry.call,
                "source_print": entry.source_print,
            }
            if result.status == "done":
                known |= {"made": entry.made, "outputs": entry.outputs}
            self.ledger.change(row, **known)
        self.ledger.end(row, result)
        return result
