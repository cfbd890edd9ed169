"""What came of each document: the lines that a batch tells and keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class FileResult:
    """What came of one document.

    Attributes:
        source: the document's name; - for a stream.
        output: where it went.
        status: whether it is done.
        pages: how many it has.
        seconds: how long it took.
        message: why it failed, or what a reader should know of it.
        decisions: what was decided of each page, as plain data.
        exit_status: what the command line ends with where this is the only document.
    """

    source: str
    output: str
    status: Literal["done", "failed"]
    pages: int = 0
    seconds: float = 0.0
    message: str = ""
    decisions: tuple[dict[str, Any], ...] = ()
    exit_status: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for one JSON line."""
        return {
            "source": self.source,
            "output": self.output,
            "status": self.status,
            "pages": self.pages,
            "seconds": round(self.seconds, 3),
            "message": self.message,
            "decisions": list(self.decisions),
        }


def notes(decisions: Sequence[dict[str, Any]]) -> str:
    """Return in one line what a reader should know of a document that is done."""
    notes = []
    failed = [d for d in decisions if str(d.get("reason", "")).startswith("could not be cleaned")]
    if failed:
        pages = ", ".join(str(d["page"]) for d in failed)
        why = str(failed[0]["reason"]).partition(": ")[2]
        notes.append(f"page {pages} is as it was, not cleaned ({why})")
    larger = [d for d in decisions if "larger" in d]
    if larger:
        pages = ", ".join(str(d["page"]) for d in larger)
        notes.append(f"page {pages} takes more room than before")
    drawn = [d for d in decisions if d.get("kind") == "drawn"]
    if drawn:
        many = "s are" if len(drawn) > 1 else " is"
        notes.append(f"{len(drawn)} born-digital page{many} left alone (--force)")
    return "; ".join(notes)
