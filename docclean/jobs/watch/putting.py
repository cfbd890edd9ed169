"""Originals are put away last, and whole, across file systems too; nothing is ever deleted."""

import errno
import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import content_hash
from docclean.jobs.watch.names import fitting, free_name
from docclean.outputs import Outputs

ERROR_SUFFIX = ".error.json"


def place_for(original: Path, inbox: Path, folder: Path) -> Path:
    """Return where an original goes below a folder: as in the inbox, a free name."""
    place = folder / original.relative_to(inbox)
    return free_name(place, lambda path: os.path.lexists(path) or note_beside(path).exists())


def put_away(original: Path, place: Path) -> None:
    """Move a file to a place that is free; the file is at one of the two at any moment.

    Raises:
        OSError: it cannot be moved; it is where it was.
        OutputError: the place cannot be written to.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        original.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copied(original, place)
        original.unlink()


def _copied(original: Path, place: Path) -> None:
    """Copy a file to another file system and make sure of every byte."""
    hashes: list[str] = []
    copied = Outputs(on_ready=lambda ready: hashes.extend(ready.values()))
    with copied as outputs, original.open("rb") as stream:
        shutil.copyfileobj(stream, outputs.open(place))
    if content_hash(original) != hashes[0]:
        raise OSError(errno.EBUSY, "it changed while it was moved", str(original))
    with suppress(OSError):  # a file system that knows no owners or times of others
        shutil.copystat(original, place)


def note_beside(place: Path) -> Path:
    """Return the name of the note that tells why an original failed."""
    return fitting(place, place.suffix, ERROR_SUFFIX)


def write_note(entry: Entry, place: Path) -> Path:
    """Write why a document failed, beside where its original goes; return the file.

    Raises:
        OutputError: it cannot be written.
    """
    told = {
        "file": place.name,
        "source": entry.source,
        "reason": entry.reason,
        "fault": entry.fault,
        "tries": entry.tries,
        "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    note = note_beside(place)
    note.parent.mkdir(parents=True, exist_ok=True)
    with Outputs(overwrite=True) as outputs:
        outputs.open(note).write((json.dumps(told, indent=2) + "\n").encode())
    return note
