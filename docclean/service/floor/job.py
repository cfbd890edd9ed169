"""One job: a document on its way through the service, and what its owner may know of it."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from docclean.documents import format_of
from docclean.jobs.plan import outputs_of
from docclean.jobs.results import FileResult
from docclean.jobs.showing import is_changed, places_of
from docclean.service.floor.order import PAGES, Done, Look, Order, View, told_by_name

State = Literal["waiting", "working", "done", "failed"]
KINDS = {"text": ".txt", "hocr": ".hocr", "alto": ".alto.xml"}
"""How files end that a document is only read into."""


@dataclass(eq=False)
class Job:
    """A document, from the moment it has come until its result is deleted.

    Attributes:
        order: what is to be done.
        state: how far it is.
        made: when it came, seconds since 1970.
        ended: when it was done or failed.
        done: what came of it.
        over: set once it has ended.
        looks: views that are being made, by view and page.
        size: bytes that its folder takes.
        kept: seconds for which it is kept once it has ended.
    """

    order: Order
    state: State = "waiting"
    made: float = field(default_factory=time.time)
    ended: float = 0.0
    done: Done | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    looks: dict[tuple[View, int], "asyncio.Future[Done]"] = field(default_factory=dict)
    size: int = 0
    kept: float = 0.0

    @property
    def id(self) -> str:
        """Return its name, which nobody can guess."""
        return self.order.job

    @property
    def result(self) -> FileResult | None:
        """Return what came of the document; None: nothing yet."""
        return self.done.result if self.done else None

    @property
    def name(self) -> str:
        """Return the name of the result: its owner's, with the suffix of what it is now."""
        suffix = _suffix(self.order.task.target)
        given = Path(self.order.name)
        known = format_of(suffix, "").suffixes if not self.order.read else (suffix,)
        return given.name if given.suffix.lower() in known else f"{given.stem}{suffix}"

    def parts(self) -> dict[str, Path]:
        """Return the files that were written, by what they are."""
        target, options = self.order.task.target, self.order.noted.options
        if self.order.read:
            return {"file": target}
        files = dict(zip(("file", *options.sidecars), outputs_of(target, options), strict=True))
        return {kind: path for kind, path in files.items() if path.exists()}

    def part_name(self, kind: str) -> str:
        """Return the name of a file of the result."""
        return self.name if kind == "file" else f"{Path(self.order.name).stem}{KINDS[kind]}"

    def told_pages(self) -> tuple[int, list[dict[str, Any]]]:
        """Return how many pages there are, 0 where unknown, and what is told of those done."""
        count, pages = 0, list[dict[str, Any]]()
        with suppress(OSError), (self.order.folder / PAGES).open(encoding="utf-8") as stream:
            for line in stream:
                if not line.endswith("\n"):
                    break  # it is being written
                told = json.loads(line)
                if "pages" in told:
                    count, pages = int(told["pages"]), []
                else:
                    pages.append(told_by_name(told, self.order))
        return count, pages

    def to_dict(self, *, brief: bool = False) -> dict[str, Any]:
        """Return what its owner may know, as plain data.

        Args:
            brief: of a job that has not ended, tell its last page only.
        """
        count, pages = self.told_pages()
        told: dict[str, Any] = {
            "id": self.id,
            "name": self.order.name,
            "state": self.state,
            "pages_done": len(pages),
            "pages": count or None,
            "options": {
                name: value
                for name, value in self.order.noted.options.result_table().items()
                if name != "model"
            },
            "decisions": pages[-1:] if brief else pages,
        }
        if self.result is None:
            return told
        result = self.result
        told |= {
            "decisions": list(result.decisions) or pages,
            "message": result.message,
            "fault": result.fault,
            "seconds": round(result.seconds, 3),
        }
        if result.status == "done":
            told |= {"result": self.name, "parts": sorted(self.parts()), "verdict": self.verdict}
        return told

    @property
    def verdict(self) -> str:
        """Return what became of the document: cleaned where any page was, else kept; or read."""
        if self.order.read or self.result is None:
            return "read"
        return "cleaned" if any(map(is_changed, self.result.decisions)) else "kept"

    def look(self, number: int, view: View) -> Look | None:
        """Return a look at a page; None: there is no such page, or nothing to see of it yet."""
        order = self.order
        decisions = self.result.decisions if self.result else ()
        count, _ = self.told_pages()
        known = {int(one["page"]) for one in decisions} or set(range(1, count + 1))
        later = view in ("after", "words")
        if number not in known or (later and self.state != "done") or order.read:
            return None
        place = places_of(decisions).get(number, number)
        task = order.task
        noted = replace(order.noted, on_page=None)
        ends = (order.folder, task.source, task.target)
        return Look(*ends, number, place, view, noted, order.name)


def _suffix(path: Path) -> str:
    """Return how a file's name ends: `.alto.xml` is one suffix."""
    return ".alto.xml" if path.name.endswith(".alto.xml") else path.suffix
