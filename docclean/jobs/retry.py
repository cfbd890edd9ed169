"""Failed documents once more, as they were asked for."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docclean.clean.spec import CleanerSpec
from docclean.errors import UnreadableInputError, UsageError
from docclean.jobs.batch import Batch, OnResult, process_batch
from docclean.jobs.entry import Entry
from docclean.jobs.ledger import FOLDER, Ledger
from docclean.recipe import Options
from docclean.registry import nearest


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
) -> Batch:
    """Clean the failed documents of a folder again, with the options they had.

    Args:
        folder: an output folder or a state folder.
        names: sources or outputs, by path or by name; none: all that failed.
        on_result: called with each result as it comes.
        progress: show on stderr how far the work is.
        overrides: fields of `Options` that are to be other now, such as `timeout`.

    Raises:
        UnreadableInputError: there is no ledger.
        UsageError: no document that failed has such a name.
    """
    found: list[tuple[Path, dict[str, Any], list[Entry]]] = []
    for path in ledgers_in(folder):
        with Ledger(path.parent, path.stem) as ledger:
            run = ledger.last_run("batch")
            entries = list(ledger.entries("failed"))
            if run and entries:
                found.append((path, run["call"], entries))
    _check_names(names, [entry for *_, entries in found for entry in entries])
    whole: Batch | None = None
    for path, call, entries in found:
        chosen = [entry for entry in entries if not names or _named(entry, names)]
        if not chosen:
            continue
        batch = _again(path, call, chosen, overrides, on_result, progress)
        whole = batch if whole is None else whole.with_results(batch)
    return whole or Batch.nothing()


def _again(
    path: Path,
    call: dict[str, Any],
    chosen: Sequence[Entry],
    overrides: dict[str, Any],
    on_result: OnResult | None,
    progress: bool,
) -> Batch:
    options = replace(Options.of_table(call["options"]), **overrides)
    out = Path(call["out"])
    with Ledger(path.parent, path.stem) as ledger:
        ledger.put(
            replace(entry, source_print=None) for entry in chosen
        )  # failed, but not for good
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


def _named(entry: Entry, names: Sequence[str]) -> bool:
    known = (entry.source, entry.target, Path(entry.source).name)
    return any(name in known or str(Path(name).absolute()) == entry.source for name in names)


def _check_names(names: Sequence[str], entries: Sequence[Entry]) -> None:
    for name in names:
        if not any(_named(entry, [name]) for entry in entries):
            known = [Path(entry.source).name for entry in entries]
            raise UsageError(f"no document that failed is called {name}{nearest(name, known)}")
