"""How a document stands: what of its outputs is there, and whose it is."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from docclean.errors import OutputError
from docclean.integrations.cluster import notes, places
from docclean.integrations.cluster.documents import Document, Ended, Facts, Work
from docclean.jobs.ledger.entry import Entry, key_of
from docclean.jobs.ledger.prints import Print, content_hash, print_of
from docclean.jobs.plan import outputs_of
from docclean.jobs.results import FileResult
from docclean.jobs.results import notes as told


class Standing:
    """What of a document's outputs is there."""

    def __init__(self, work: Work, document: Document, facts: Facts) -> None:
        """Look at the outputs."""
        self.work, self.document, self.facts = work, document, facts
        self.key = key_of(facts.content, work.call)
        before = document.before
        self.mine = {n: one for n, one in before.outputs.items() if self._has(n, one)}
        self.foreign = bool(
            self.mine
            and document.source != before.source
            and not before.made.startswith(facts.content)
        )
        if self.foreign:
            self.mine = {}  # they are of another document of this name

    def settled(self) -> Ended | None:
        """Return what came of it where its outputs are there already, made as asked for now."""
        before, mine = self.document.before, self.mine
        if mine and mine == before.outputs and before.made == self.key:
            return self._as(before, stayed=True)
        note = notes.read(self.work.out, self.document.name)
        if note and note.made == self.key and self._all(note.outputs):
            return self._as(note)
        return None

    def check(self) -> None:
        """Refuse outputs that are taken, before any work.

        Raises:
            OutputError: somebody else's file is there, and is not to be replaced.
        """
        targets = self._targets(Path(self.document.target).name)
        taken = {name for name in targets.values() if places.size_of(self.at(name)) is not None}
        overwrite = self.work.options.overwrite or (bool(taken) and taken <= set(self.mine))
        for name in targets.values():
            places.check_free(self.at(name), overwrite=overwrite)

    def place(self, draft: Path, entry: Entry) -> None:
        """Give the outputs their names.

        Raises:
            OutputError: a place is taken, or cannot be written to.
        """
        for file, name in self._targets(draft.name).items():
            if name not in entry.outputs:
                continue
            target, was = self.at(name), self.mine.get(name)
            free = self.work.options.overwrite or places.holds(target, entry.outputs[name].hash)
            if was and not free and places.size_of(target) is not None:
                if not self._has(name, was):
                    raise OutputError(
                        f"{target} was changed meanwhile; add --overwrite to replace it"
                    )
                free = True
            places.place(draft.with_name(file), target, overwrite=free)

    def made(self, draft: Path) -> dict[str, Print]:
        """Return the prints of the outputs as they were written, by the names they are to get."""
        found = {}
        for file, name in self._targets(draft.name).items():
            path = draft.with_name(file)
            if path.exists():
                found[name] = Print(path.stat().st_size, 0, 0, content_hash(path))
        return found

    def placed(self, outputs: Mapping[str, Print]) -> dict[str, Print]:
        """Return the prints of the outputs where they are now."""
        if places.is_url(self.work.out):
            return dict(outputs)
        return {
            name: print_of(Path(self.at(name)), one.hash, own=True) for name, one in outputs.items()
        }

    def at(self, name: str) -> str:
        """Return where an output lies."""
        return places.joined(self.work.out, name)

    def _targets(self, own: str) -> dict[str, str]:
        """Return the names below the outputs' folder, by those of the files a document makes."""
        folder = self.document.name.rpartition("/")[0]
        files = [path.name for path in outputs_of(Path(own), self.work.options)]
        return {file: f"{folder}/{file}" if folder else file for file in files}

    def _has(self, name: str, one: Print) -> bool:
        target = self.at(name)
        if places.is_url(target):  # to read it would cost as much as to write it
            return places.size_of(target) == one.size
        return places.holds(target, one.hash)

    def _all(self, outputs: Mapping[str, Print]) -> bool:
        return bool(outputs) and all(self._has(name, one) for name, one in outputs.items())

    def _as(self, entry: Entry, *, stayed: bool = False) -> Ended:
        source, target = self.document.shown
        pages, seconds, decisions = entry.pages, entry.seconds, entry.decisions
        result = FileResult(source, target, "done", pages, seconds, told(decisions), decisions)
        known = replace(entry, source_print=self.facts.looked, outputs=self.placed(entry.outputs))
        return Ended(result, known, stayed)
