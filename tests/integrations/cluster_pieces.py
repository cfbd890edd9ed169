"""What tests of the cluster share: marked pages, a cleaner that obeys them, rows without Ray."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from fakes import FakeCleaned, Inverter

from docclean.documents import write_pages
from docclean.integrations.cluster.bench import Bench, rows_of
from docclean.integrations.cluster.conductor import assembled
from docclean.integrations.cluster.documents import Document, Ended, Work
from docclean.jobs.document import process_file
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.results import FileResult
from docclean.page import Image, Page
from docclean.recipe import Options

GOOD, DIES, KILLS, RAISES = 200, 44, 55, 66
"""Greys of the corner pixel: `Marked` cleans, kills its process, kills its parent, or raises."""


class Marked(Inverter):
    """A cleaner that inverts pages, takes its time, and notes what it was given."""

    def __init__(self, seconds: float = 0.0, log: Path | None = None) -> None:
        self.seconds, self.log = seconds, log

    def clean(self, page: Page) -> FakeCleaned:
        if self.log:
            with self.log.open("a") as stream:
                stream.write(f"{Path(page.source).name} {page.number} {os.getpid()}\n")
        time.sleep(self.seconds)
        mark = int(page.grey()[0, 0])
        if mark == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        if mark == KILLS:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        if mark == RAISES:
            raise ZeroDivisionError("a bug")
        return super().clean(page)


@dataclass(frozen=True)
class Loads:
    """Loads `Marked`; picklable."""

    seconds: float = 0.0
    log: Path | None = None

    def __call__(self) -> Marked:
        return Marked(self.seconds, self.log)


def pages(letters: Image, seed: int, marks: Sequence[int]) -> list[Page]:
    """Return small pages that all differ, marked."""
    found = []
    for number, mark in enumerate(marks):
        pixels = np.roll(letters, 7 * seed + number, 1)
        pixels[0, 0], pixels[-1, -1] = mark, 16 * seed + number
        found.append(Page(pixels, (300.0, 300.0)))
    return found


def scan(folder: Path, name: str, letters: Image, seed: int, *marks: int) -> Path:
    """Write a document of marked pages."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pages(pages(letters, seed, marks or (GOOD,)), path)
    return path


def work_of(out: object, options: Options | None = None, load: object = None) -> Work:
    """Return what holds for all documents of a test."""
    return Work(options or Options(), str(out), "call", load or Loads())  # type: ignore[arg-type]


def document(work: Work, source: object, name: str, before: Entry | None = None) -> Document:
    """Return one document of a test, on its way to the folder of the work."""
    target = f"{work.out}/{name}"
    entry = before or Entry(name, str(source))
    return Document(str(source), target, name, (str(source), target), entry)


def inline(work: Work, documents: Sequence[Document]) -> list[Ended]:
    """Do all rows of documents here, one after the other, as a worker of Ray's would."""
    found = []
    with closing(Bench(work.load)) as bench:
        for one in documents:
            rows = rows_of(work, one)
            if len(rows) == 1:
                found.append(bench.whole(work, one))
                continue
            for row in rows:
                bench.page(work, row)
            found.append(assembled(work, one, rows[0].key, [row.number for row in rows]))
    return found


def locally(work: Work, source: Path, target: Path) -> FileResult:
    """Do a document as the local batch does."""
    return process_file(source, target, work.load, replace(work.options, jobs=1))
