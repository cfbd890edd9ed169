"""What the service keeps: a folder and a row of the ledger for each job, until its time is over."""

import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docclean.documents import detect, format_of
from docclean.errors import DoccleanError, UsageError
from docclean.jobs.ledger.asked import asked
from docclean.jobs.ledger.database import FOLDER, Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import call_hash
from docclean.jobs.task import Noted, Task
from docclean.ocr.sidecars import SUFFIXES
from docclean.recipe import Options
from docclean.service.floor.job import Job
from docclean.service.floor.order import DOCUMENT, PAGES, Done, Order, Read
from docclean.service.floor.working import Telling, told_by_name_result

ABOUT, RESULT = "about.json", "result"
"""In a job's folder: what was asked for; the name of the result, without its suffix."""
KIND = "serve"
"""What its runs are called in the ledger."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for one document.

    Attributes:
        name: what its owner calls it.
        options: how it is done.
        read: what it is only read as; empty: it is cleaned.
        psm: Tesseract's segmentation mode, where it is only read.
        raw: whether it is then read as it is.
    """

    name: str
    options: Options
    read: Read = ""
    psm: int | None = None
    raw: bool = False


@dataclass
class Shelf:
    """Jobs by their names. Everything happens in the thread that made it.

    Attributes:
        place: the folder of everything.
        most_pages: that a document may have.
        keep: seconds for which a result is kept.
    """

    place: Path
    most_pages: int
    keep: float
    jobs: dict[str, Job] = field(default_factory=dict)
    _gone: set[Path] = field(default_factory=set)
    _run: str = ""

    def open(self, options: Options) -> list[Job]:
        """Open the ledger; return the jobs that a dead service had not finished.

        Raises:
            UsageError: another service has this folder.
            DoccleanError: it cannot be written.
        """
        self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ledger = Ledger(self.place / FOLDER)
        last = self._ledger.last_run(KIND)
        if last and self._ledger.alive(last["id"]):
            self._ledger.close()
            raise UsageError(f"another service has {self.place}; choose another --state")
        self._run = self._ledger.start(KIND, asked(self.place, options))
        return list(self._found())

    def close(self) -> None:
        """Close the ledger."""
        if self._run:
            with suppress(DoccleanError):
                self._ledger.stop(self._run)
            self._ledger.close()

    def folder(self) -> tuple[str, Path]:
        """Return the name and the new, empty folder of a job to be."""
        name = secrets.token_urlsafe(16)
        folder = self.place / name
        folder.mkdir(mode=0o700)
        return name, folder

    def take(self, name: str, folder: Path, wanted: Wanted) -> Job:
        """Take a document that has come into its folder; return its job.

        Raises:
            UnreadableInputError: it is no document.
            UsageError: there is no such format.
            OutputError: the ledger cannot be written.
        """
        source = folder / DOCUMENT
        target = folder / f"{RESULT}{suffix_of(source, wanted)}"
        entry = Entry(
            f"{name}/{target.name}", str(source), run=self._run, call=call_hash(wanted.options)
        )
        row = self._ledger.put([entry])[0]
        about = {
            "name": wanted.name,
            "read": wanted.read,
            "psm": wanted.psm,
            "raw": wanted.raw,
            "made": time.time(),
            "options": {k: v for k, v in wanted.options.to_table().items() if k != "password"},
        }
        (folder / ABOUT).write_text(json.dumps(about), "utf-8")
        job = Job(self._order(name, folder, target, row, wanted), kept=self.keep)
        self.jobs[name] = job
        return job

    def end(self, job: Job, done: Done, *, noted: bool) -> None:
        """Note what came of a job; `noted`: its process has written that into the ledger."""
        job.done = done
        job.state, job.ended = done.result.status, time.time()
        if not noted:
            with suppress(DoccleanError):
                self._ledger.end(job.order.task.row, done.result)
        self.weigh(job)
        job.over.set()

    def weigh(self, job: Job) -> None:
        """Note how much room a job takes."""
        with suppress(OSError):
            found = [one.stat().st_size for one in job.order.folder.rglob("*") if one.is_file()]
            job.size = sum(found)

    @property
    def size(self) -> int:
        """Return the bytes that everything takes."""
        return sum(job.size for job in self.jobs.values())

    def drop(self, job: Job) -> None:
        """Forget a job and delete its files."""
        self.jobs.pop(job.id, None)
        with suppress(DoccleanError):
            self._ledger.drop(job.order.task.row)
        self.remove(job.order.folder)

    def remove(self, folder: Path) -> None:
        """Delete a folder; once more later, where a process was still writing to it."""
        shutil.rmtree(folder, ignore_errors=True)
        self._gone.add(folder)

    def tidy(self) -> list[Job]:
        """Delete what was kept long enough; return it."""
        now = time.time()
        for folder in list(self._gone):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                self._gone.discard(folder)
        old = [job for job in self.jobs.values() if job.ended and now - job.ended > self.keep]
        for job in old:
            self.drop(job)
        return old

    def _order(self, name: str, folder: Path, target: Path, row: int, wanted: Wanted) -> Order:
        noted = Noted(
            *(wanted.options, self.place, self.place / FOLDER, "ledger"),
            *(self._run, call_hash(wanted.options)),
            on_page=Telling(folder / PAGES),
        )
        return Order(
            *(name, folder, Task(folder / DOCUMENT, target, row), noted, wanted.name),
            *(wanted.read, wanted.psm, wanted.raw, self.most_pages),
        )

    # --- what a dead service left ----------------------------------------------------------------

    def _found(self) -> Iterator[Job]:
        """Take up the jobs of the ledger, clear the rest away, and yield those to be done."""
        entries = {Path(entry.target).parts[0]: entry for entry in self._ledger.entries()}
        for folder in self.place.iterdir():
            if folder.is_dir() and folder.name != FOLDER and folder.name not in entries:
                self.remove(folder)
        for name, entry in entries.items():
            job = self._taken_up(name, entry)
            if job is None:
                self._ledger.drop(entry.id)
                self.remove(self.place / name)
                continue
            self.jobs[name] = job
            if not job.done:
                yield job

    def _taken_up(self, name: str, entry: Entry) -> Job | None:
        folder = self.place / name
        try:
            about: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
            options = Options.of_table(about["options"])
            named = (about["name"], options, about["read"], about["psm"], about["raw"])
        except (OSError, ValueError, KeyError, DoccleanError):
            return None
        target = folder / Path(entry.target).name
        order = self._order(name, folder, target, entry.id, Wanted(*named))
        job = Job(order, made=about["made"], kept=self.keep)
        if entry.status in ("done", "failed"):
            result = told_by_name_result(entry.result(), job.order)
            job.done = Done(replace(result, fault=entry.fault))
            job.state, job.ended = result.status, entry.updated
            job.over.set()
        self.weigh(job)
        return job


def suffix_of(source: Path, wanted: Wanted) -> str:
    """Return how the name of a result ends.

    Raises:
        UnreadableInputError: the source is no document.
        UsageError: there is no such format.
    """
    detected = detect(source)
    if wanted.read:
        return SUFFIXES[wanted.read]
    asked_for = wanted.options.suffix
    return format_of(asked_for, "format").suffixes[0] if asked_for else detected.suffixes[0]
