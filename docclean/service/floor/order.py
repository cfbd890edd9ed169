"""What is handed to a process: a document to be done, or a page to be looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from docclean.jobs.results import FileResult
from docclean.jobs.task import Noted, Task

Read = Literal["", "text", "hocr", "alto"]
"""What a document is only read as; empty: it is cleaned."""
View = Literal["before", "after", "map", "parts", "words"]
"""What can be seen of a page: as it came, as it is now, its map, the parts of the map in numbers,
the words that are gained and lost."""
VIEWS: dict[View, tuple[str, str]] = {
    "before": (".jpg", "image/jpeg"),
    "after": (".jpg", "image/jpeg"),
    "map": (".png", "image/png"),
    "parts": (".json", "application/json"),
    "words": (".json", "application/json"),
}
"""The file and the media type of each."""
DOCUMENT, PAGES, VIEWED, OWN = "document", "pages.jsonl", "views", "tmp"
"""In a job's folder: what came in, what is told of pages, what was looked at, temporary files."""


@dataclass(frozen=True)
class Order:
    """One document for a process; picklable.

    Attributes:
        job: whose it is.
        folder: the job's own.
        task: where it is and where it goes.
        noted: how it is done; holds its options, its time and the ledger.
        name: what its owner calls it.
        read: what it is only read as.
        psm: Tesseract's segmentation mode, where it is only read.
        raw: whether it is then read as it is.
        most_pages: it may have.
    """

    job: str
    folder: Path
    task: Task
    noted: Noted
    name: str
    read: Read = ""
    psm: int | None = None
    raw: bool = False
    most_pages: int = 500


@dataclass(frozen=True)
class Look:
    """A look at one page; picklable.

    Attributes:
        folder: the job's own.
        before: the document as it came.
        after: the document as it is now.
        number: of the page as it came, from 1.
        place: its number in what it is now.
        view: what is to be seen.
        noted: the options.
        name: what the document's owner calls it.
    """

    folder: Path
    before: Path
    after: Path
    number: int
    place: int
    view: View
    noted: Noted
    name: str

    @property
    def path(self) -> Path:
        """Return the file that it makes."""
        return self.folder / VIEWED / f"{self.number}-{self.view}{VIEWS[self.view][0]}"


@dataclass(frozen=True)
class Done:
    """What came of a document or of a look.

    Attributes:
        result: what its owner is told; paths of ours are not in it.
        too_large: it has more pages than the service takes.
    """

    result: FileResult
    too_large: bool = False


def told_by_name(told: Any, order: Order | Look) -> Any:
    """Return plain data in which the document is called as its owner calls it."""
    target = order.task.target if isinstance(order, Order) else order.after
    document = order.task.source if isinstance(order, Order) else order.before
    names = ((str(document), order.name), (str(target), "the result"), (str(order.folder), ""))

    def named(text: str) -> str:
        for path, name in names:
            text = text.replace(path, name)
        return text

    return _mapped(named, told)


def _mapped(change: Callable[[str], str], told: Any) -> Any:
    if isinstance(told, str):
        return change(told)
    if isinstance(told, dict):
        return {key: _mapped(change, value) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return type(told)(_mapped(change, value) for value in told)
    return told
