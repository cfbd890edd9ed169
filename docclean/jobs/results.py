"""What came of each document: the lines that a batch tells and keeps."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from docclean.errors import (
    DoccleanError,
    ExitStatus,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)

logger = logging.getLogger(__name__)
Fault = Literal["", "input", "output", "call", "crash", "late", "memory"]
"""Whose fault a failure is: the document's; the place it goes to; the call's or the machine's (a
program is missing); or the document broke its process, took too long, wanted too much memory."""
LASTING: tuple[Fault, ...] = ("input", "crash", "late", "memory")
"""Faults of the document itself: it fails again, unless somebody changes something."""


@dataclass(frozen=True)
class FileResult:
    """What came of one document.

    Attributes:
        source: the document's name; - for a stream.
        output: where it went.
        status: whether it is done.
        pages: how many were written.
        seconds: how long it took.
        message: why it failed, or what a reader should know of it.
        decisions: what was decided of each page, as plain data.
        exit_status: what the command line ends with where this is the only document.
        fault: whose fault a failure is; empty where there is none.
    """

    source: str
    output: str
    status: Literal["done", "failed"]
    pages: int = 0
    seconds: float = 0.0
    message: str = ""
    decisions: tuple[dict[str, Any], ...] = ()
    exit_status: int = 0
    fault: Fault = ""

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


def fault_of(error: DoccleanError) -> Fault:
    """Return whose fault an error is."""
    if isinstance(error.__cause__, MemoryError):
        return "memory"
    if isinstance(error, OutputError):
        return "output"
    if isinstance(error, MissingProgramError | UsageError):
        return "call"
    return "input" if isinstance(error, UnreadableInputError) else "crash"


def wants_memory(error: BaseException) -> bool:
    """Say whether an error is a refused request for memory, also as libraries in C++ tell it."""
    told = str(error).lower()
    return isinstance(error, MemoryError) or any(words in told for words in OUT_OF_MEMORY)


OUT_OF_MEMORY = ("bad_alloc", "bad allocation", "failed to allocate", "out of memory")


def exhausted(source: str, output: str) -> FileResult:
    """Return the result of a document that wants more memory than there is."""
    why = f"{source}: needs more memory than it may take; give it more with --memory"
    return FileResult(
        source, output, "failed", message=why, exit_status=ExitStatus.FAILED, fault="memory"
    )


def failure(source: str, output: str, error: Exception) -> FileResult:
    """Return what comes of a document that an error stopped."""
    if isinstance(error, DoccleanError):
        why, status, fault = str(error), error.exit_status, fault_of(error)
    else:
        logger.debug("%s failed", source, exc_info=True)
        if wants_memory(error):
            return exhausted(source, output)
        why = f"{source} failed unexpectedly ({type(error).__name__}: {error}); please report it"
        status, fault = ExitStatus.FAILED, "crash"
    return FileResult(source, output, "failed", message=why, exit_status=status, fault=fault)


def wants_more_room(result: FileResult) -> bool:
    """Say whether a document may fare better alone."""
    return result.fault == "memory"


def pages_of(decisions: Sequence[dict[str, Any]]) -> int:
    """Return how many pages were written: one for each decision, two where a spread was cut."""
    return sum(2 if one.get("cut") else 1 for one in decisions)


def notes(decisions: Sequence[dict[str, Any]]) -> str:
    """Return in one line what a reader should know of a document that is done."""
    notes = []
    failed = [d for d in decisions if str(d.get("reason", "")).startswith("could not be cleaned")]
    if failed:
        pages = ", ".join(str(d["page"]) for d in failed)
        why = str(failed[0]["reason"]).partition(": ")[2]
        notes.append(f"page {pages} is as it was, not cleaned ({why})")
    for why in dict.fromkeys(d["read_as"] for d in decisions if "read_as" in d):
        pages = ", ".join(str(d["page"]) for d in decisions if d.get("read_as") == why)
        notes.append(f"page {pages}: {why}")
    larger = [d for d in decisions if "larger" in d]
    if larger:
        pages = ", ".join(str(d["page"]) for d in larger)
        notes.append(f"page {pages} takes more room than before")
    flat = [d for d in decisions if "layers" in d]
    if flat:
        pages = ", ".join(str(d["page"]) for d in flat)
        notes.append(f"page {pages}: layers that can be switched are one picture now")
    drawn = [d for d in decisions if d.get("kind") == "drawn"]
    if drawn:
        many = "s are" if len(drawn) > 1 else " is"
        notes.append(f"{len(drawn)} born-digital page{many} left alone (--force)")
    return "; ".join(notes)
