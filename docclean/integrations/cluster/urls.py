"""Batches on a cluster behind URLs: notes beside the outputs keep what is known, and stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Any

from docclean.clean.contract import Loader
from docclean.documents import known_suffixes
from docclean.errors import OutputError, UnreadableInputError
from docclean.integrations.cluster import notes, places
from docclean.integrations.cluster.documents import Document, Work, cleaner_of
from docclean.integrations.cluster.engine import Engine
from docclean.integrations.cluster.parts import Parts
from docclean.integrations.cluster.session import connected
from docclean.jobs.batch import Batch, OnResult
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import call_hash, same_bytes
from docclean.jobs.plan import plan_outputs
from docclean.jobs.progress import showing
from docclean.jobs.reuse import Part, Sorted
from docclean.recipe import Options

NOWHERE = "/docclean-out"
"""A folder that stands for the outputs' while names of local inputs are made."""


@dataclass(frozen=True)
class Found:
    """A document that a call means.

    Attributes:
        source: a URL or an absolute path.
        name: of its output, below the folder of the outputs.
        facts: what its store lists of it; empty for a path.
    """

    source: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def stayed(self, note: Entry) -> bool:
        """Say whether it is as it was when a note was written."""
        seen = note.source_print
        if seen is None or note.source != self.source:
            return False
        if self.facts:
            return places.fingerprint(dict(self.facts)) == seen.hash
        path = Path(self.source)
        return seen.still(path) or same_bytes(path, seen.hash)

    @property
    def changed(self) -> str:
        """Return when it was changed, in words that sort."""
        told = next((self.facts[key] for key in ("LastModified", "mtime") if key in self.facts), "")
        return str(told)


def plan_urls(inputs: Iterable[str], out: str, suffix: str | None = None) -> list[Found]:
    """Return the documents that a call means, by name.

    Raises:
        UnreadableInputError: nothing is there, or a store cannot be asked.
        OutputError: two documents would get one output, or an output is an input.
    """
    named = {one.source: one for given in inputs for one in _found(given, out, suffix)}
    found = list(named.values())
    sources, taken = {one.source for one in found}, dict[str, str]()
    for one in found:
        target = places.joined(out, one.name)
        if target in sources:
            raise OutputError(f"{target} is an input of this call; choose another -o")
        if one.name in taken:
            raise OutputError(
                f"{one.source} and {taken[one.name]} would both become {target}; "
                "rename one or clean them apart"
            )
        taken[one.name] = one.source
    return sorted(found, key=lambda one: one.name)


def _found(given: str, out: str, suffix: str | None) -> list[Found]:
    if not places.is_url(given):
        plan = plan_outputs([given], f"{NOWHERE}/", suffix)
        return [Found(str(file.absolute()), str(at.relative_to(NOWHERE))) for file, at in plan]
    root, known = given.rstrip("/"), known_suffixes()
    found = []
    for url, facts in places.below(root).items():
        inside = url.startswith(f"{root}/")
        name = url[len(root) + 1 :] if inside else url.rpartition("/")[2]
        wanted = PurePosixPath(name).suffix.lower() in known or url == root
        # an earlier output folder inside the input folder is not input again
        inner = out.startswith(f"{root}/") and url.startswith(f"{out}/")
        hidden = inside and any(part.startswith(".") for part in name.split("/"))
        if wanted and not (inner or hidden):
            found.append(Found(url, _named(name, suffix), facts))
    if not found:
        raise UnreadableInputError(f"{given} holds no documents; check the address")
    return found


def _named(name: str, suffix: str | None) -> str:
    if not suffix:
        return name
    return str(PurePosixPath(name).with_suffix(f".{suffix.lower().lstrip('.')}"))


def sorted_by_notes(
    found: Sequence[Found], out: str, call: str, options: Options
) -> tuple[Sorted, list[tuple[Found, Entry]]]:
    """Return what is known of documents, and those that are to be done with what was known.

    Of outputs only the size is looked at. Failures are tried again.
    """
    known, before, todo = notes.read_all(out), Sorted(), list[tuple[Found, Entry]]()
    there = _sizes(out) if known else {}
    for one in found:
        note = known.get(one.name)
        if note is None:
            todo.append((one, Entry(one.name, one.source)))
            continue
        as_it_was = note.call == call and one.stayed(note)
        sizes = [(there.get(name), was.size) for name, was in note.outputs.items()]
        if as_it_was and all(size == was for size, was in sizes):
            before.done.append(note)
        elif as_it_was and all(size is not None for size, _ in sizes) and not options.overwrite:
            before.changed.append(note)
        else:
            todo.append((one, note))
    return before, todo


def _sizes(out: str) -> dict[str, int]:
    """Return the bytes of all files in the folder of the outputs, by their names below it."""
    return {
        url.removeprefix(places.joined(out, "")): int(facts["size"] or 0)
        for url, facts in places.below(out).items()
    }


def clean_urls_on(
    address: str | None,
    inputs: Sequence[str],
    out: str,
    options: Options,
    *,
    load: Loader | None = None,
    part: Part | None = None,
    stop: Event | None = None,
    on_result: OnResult | None = None,
    progress: bool = False,
) -> Batch:
    """Clean files that lie behind URLs, or that go there; arguments as `clean_folder_on`.

    Raises:
        As `plan_urls`, and DoccleanError: no cluster answers, or no worker starts.
    """
    part, call = part or Part(), call_hash(options)
    own = plan_urls(inputs, out, options.suffix)[part.shard[0] - 1 :: part.shard[1]]
    before, todo = sorted_by_notes(own, out, call, options)
    if part.newest_first:
        todo.sort(key=lambda one: one[0].changed, reverse=True)
    tasks = todo[: part.limit]
    batch = Batch([], before, Path(out), left=len(todo) - len(tasks))
    if not tasks:
        return batch
    work = Work(replace(options, jobs=1), out, call, load or cleaner_of(options))
    documents = [_document(*one, out) for one in tasks]
    with (
        connected(address, (options.jobs or 1) * (options.threads or 1)),
        showing(len(tasks), progress) as (file_done, _),
    ):
        engine = Engine(work, documents, options.jobs or 1, stop)
        for index, ended in engine.ended(lambda index: None):
            if index in engine.parted and ended.result.fault != "output":
                places.remove(Parts(out, documents[index].name, "").folder)
            batch.took(ended.result, file_done, on_result)
    batch.stopped = bool(stop and stop.is_set())
    batch.left += len(tasks) - len(batch.results)
    return batch


def _document(found: Found, note: Entry, out: str) -> Document:
    target = places.joined(out, found.name)
    shown = (found.source, target)
    return Document(found.source, target, found.name, shown, replace(note, decisions=()))
