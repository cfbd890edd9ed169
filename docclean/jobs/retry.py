"""Documents once more, as they were asked for: those that failed, or any by name."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docclean.clean.spec import CleanerSpec
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.jobs.batch import Batch, OnResult, process_batch
from docclean.jobs.ledger.database import FOLDER, Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.watch.names import free_name
from docclean.jobs.watch.putting import note_beside, put_away
from docclean.recipe import Options
from docclean.registry import nearest


@dataclass
class Again:
    """What came of a second try.

    Attributes:
        batch: of the documents that were cleaned again here.
        back: those that went back to the inbox of a watched folder.
    """

    batch: Batch = field(default_factory=Batch.nothing)
    back: list[Path] = field(default_factory=list)


def ledgers_in(folder: Path) -> list[Path]:
    """Return the ledgers of an output folder or of a state folder.

    Raises:
        UnreadableInputError: there are none.
    """
    for state in (folder / FOLDER, folder):
        found = sorted(state.glob("ledger*.sqlite"))
        if found:
            return found
    raise UnreadableInputError(
        f"{folder}: no ledger is in it; give the output folder of a batch or a watcher, "
        "or its --state"
    )


def retry(
    folder: Path,
    names: Sequence[str] = (),
    *,
    on_result: OnResult | None = None,
    progress: bool = False,
    **overrides: Any,
) -> Again:
    """Do documents again: a batch's here and now, a watched folder's by way of its inbox.

    Args:
        folder: an output folder or a state folder.
        names: sources or outputs, by path or by name, also of documents that are done; none: all
            that failed.
        on_result: called with each result as it comes.
        progress: show on stderr how far the work is.
        overrides: fields of `Options` that are to be other now, such as `timeout`.

    Raises:
        UnreadableInputError: there is no ledger.
        UsageError: no document has such a name.
        OutputError: an original cannot go back.
    """
    found: list[tuple[Path, Entry]] = []
    for path in ledgers_in(folder):
        with Ledger(path.parent, path.stem) as ledger:
            statuses = ledger.entries("failed", "done") if names else ledger.entries("failed")
            found += [(path, entry) for entry in statuses]
    _check_names(names, [entry for _, entry in found])
    again = Again()
    for path in dict.fromkeys(path for path, _ in found):
        chosen = [one for at, one in found if at == path and (not names or _named(one, names))]
        watched = [entry for entry in chosen if entry.original]
        again.back += [place for entry in watched if (place := _back(path, entry)).exists()]
        here = [entry for entry in chosen if not entry.original]
        if here:
            batch = _done_again(path, here, overrides, on_result, progress)
            again.batch = again.batch.with_results(batch)
    return again


def _done_again(
    path: Path,
    chosen: Sequence[Entry],
    overrides: dict[str, Any],
    on_result: OnResult | None,
    progress: bool,
) -> Batch:
    with Ledger(path.parent, path.stem) as ledger:
        run = ledger.last_run("batch")
        if run is None:
            return Batch.nothing()
        # not as they were, not for good, not made of this
        ledger.put(replace(entry, source_print=None, made="") for entry in chosen)
    options = replace(Options.of_table(run["call"]["options"]), **overrides)
    out = Path(run["call"]["out"])
    return process_batch(
        [(Path(entry.source), out / entry.target) for entry in chosen],
        out,
        CleanerSpec.of(options, os.cpu_count() or 1),
        options,
        state=path.parent,
        name=path.stem,
        on_result=on_result,
        progress=progress,
    )


def _back(path: Path, entry: Entry) -> Path:
    """Put an original back into its inbox, forget what was known of it, and return its place."""
    original = Path(entry.original)
    place = free_name(Path(entry.source), os.path.lexists)
    try:
        put_away(original, place)
    except FileNotFoundError:
        place = Path(entry.source)  # somebody has taken it away, or back already
    except OSError as error:
        raise OutputError(f"{original} cannot go back to {place} ({error.strerror})") from error
    note_beside(original).unlink(missing_ok=True)  # our own note, of a failure that is over
    with Ledger(path.parent, path.stem) as ledger:
        ledger.drop(entry.id)
    return place


def _named(entry: Entry, names: Sequence[str]) -> bool:
    known = {entry.source, Path(entry.source).name}
    if entry.outputs or not entry.original:  # the twin of another one has no output of its own
        known.add(entry.target)
    return any(name in known or str(Path(name).absolute()) == entry.source for name in names)


def _check_names(names: Sequence[str], entries: Sequence[Entry]) -> None:
    for name in names:
        if not any(_named(entry, [name]) for entry in entries):
            known = [Path(entry.source).name for entry in entries]
            raise UsageError(f"no document of this folder is called {name}{nearest(name, known)}")
