"""A note for each document, written before its outputs get their names.

Whoever does a document again, because its result was lost or the driver was killed, finds that it
is done. Where the outputs lie behind a URL, notes stay and take the place of the ledger.
"""

import json
from dataclasses import asdict
from typing import Any

from docclean.integrations.cluster import places
from docclean.integrations.cluster.parts import digest
from docclean.jobs.ledger.database import FOLDER
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import Print


def name_of(out: str, document: str) -> str:
    """Return the name of a document's note."""
    return places.joined(out, FOLDER, "notes", f"{digest(document)}.json")


def write(out: str, entry: Entry) -> None:
    """Write a note.

    Raises:
        OutputError: it cannot be written.
    """
    places.write(name_of(out, entry.target), json.dumps(asdict(entry)).encode())


def read(out: str, document: str) -> Entry | None:
    """Return what a note tells; None: there is none."""
    data = places.read(name_of(out, document))
    return None if data is None else _entry(data)


def drop(out: str, document: str) -> None:
    """Remove a note that the ledger makes needless."""
    places.remove_file(name_of(out, document))


def read_all(out: str) -> dict[str, Entry]:
    """Return all notes of an output folder, by the document's name."""
    folder = places.joined(out, FOLDER, "notes")
    names = [places.joined(folder, name) for name in places.names_in(folder)]
    if places.is_url(out) and names:  # many at a time
        store, path = places.store_of(folder)
        names = [places.joined(path, name.rpartition("/")[2]) for name in names]
        found = list(store.cat(names, on_error="omit").values())
    else:
        found = [data for name in names if (data := places.read(name))]
    entries = (_entry(data) for data in found)
    return {entry.target: entry for entry in entries if entry}


def _entry(data: bytes) -> Entry | None:
    """Return a note's document; None where it is not whole, or of another docclean."""
    try:
        told: dict[str, Any] = json.loads(data)
        print_ = told.pop("source_print")
        outputs = {name: Print(**one) for name, one in told.pop("outputs").items()}
        decisions = tuple(told.pop("decisions"))
        seen = Print(**print_) if print_ else None
        return Entry(**told, source_print=seen, outputs=outputs, decisions=decisions)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
