"""One document in a ledger, and how its row holds it."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from docclean.jobs.ledger.prints import Print, restored, stored
from docclean.jobs.results import Fault, FileResult

Status = Literal["waiting", "running", "placing", "placed", "failing", "done", "failed"]
"""A document waits, is being cleaned, gets its outputs' names; has come to good or bad, while its
original is not yet put away; is done; or failed."""
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of one document.

    Attributes:
        id: its row; 0: not in a ledger yet.
        target: where the cleaned document goes, below the folder of the outputs.
        source: where it came from, as an absolute path.
        status: how far it is.
        run: who works on it.
        content: SHA-256 of the document's bytes.
        call: what the model and the options come to; with `content` the key of the result.
        source_print: the source as it was read.
        made: the key of what the outputs were made from; they may be of an earlier call.
        outputs: what was written, by name below that folder, as it was then.
        original: where the source is now, once it is put away.
        tries: how often it was begun.
        reason: why it failed, or what a reader should know of it.
        fault: whose fault a failure is.
        exit_status: what a call with this document alone would end with.
        seconds: how long it took.
        pages: how many it has.
        decisions: what was decided of each page.
        updated: when this was written, seconds since 1970.
    """

    target: str
    source: str
    status: Status = "waiting"
    id: int = 0
    run: str = ""
    content: str = ""
    call: str = ""
    source_print: Print | None = None
    made: str = ""
    outputs: Mapping[str, Print] = field(default_factory=dict)
    original: str = ""
    tries: int = 0
    reason: str = ""
    fault: Fault = ""
    exit_status: int = 0
    seconds: float = 0.0
    pages: int = 0
    decisions: tuple[dict[str, Any], ...] = ()
    updated: float = 0.0

    def result(self) -> FileResult:
        """Return what the ledger tells of a document that was done or failed before."""
        return FileResult(
            self.source,
            self.target,
            "failed" if self.status == "failed" else "done",
            self.pages,
            self.seconds,
            self.reason,
            self.decisions,
            self.exit_status,
            self.fault,
        )


def key_of(content: str, call: str) -> str:
    """Return what tells a result from any other: the document's bytes, and what was asked."""
    return f"{content}:{call}"


COLUMNS = tuple(item.name for item in fields(Entry))
_NAMES = ("target", "source", "original")


def values_of(entry: Entry) -> dict[str, Any]:
    """Return the columns of a document's row; a new one gets its number there."""
    told = {name: plain(name, getattr(entry, name)) for name in COLUMNS}
    told["id"] = entry.id or None
    told["updated"] = time.time()
    return told


def plain(name: str, value: Any) -> Any:
    """Return a value as its column holds it."""
    if name in _NAMES:
        return stored(value)
    if name == "source_print":
        return json.dumps(asdict(value)) if value else None
    if name == "outputs":
        return json.dumps({path: asdict(one) for path, one in value.items()})
    if name == "decisions":
        return json.dumps(list(value))
    # a reason names its file, and a name may hold bytes that are no text
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the document of a row."""
    told = {name: row[name] for name in COLUMNS}
    told |= {name: restored(told[name]) for name in _NAMES}
    print_ = told["source_print"]
    told["source_print"] = Print(**json.loads(print_)) if print_ else None
    outputs = json.loads(told["outputs"] or "{}")
    told["outputs"] = {path: Print(**one) for path, one in outputs.items()}
    told["decisions"] = tuple(json.loads(told["decisions"]))
    return Entry(**told)
