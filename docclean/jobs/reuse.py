"""What of a plan is to be done: the ledger tells what is there already, as it was left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import relpath
from pathlib import Path

from docclean.errors import ExitStatus
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import print_of, same_bytes
from docclean.jobs.results import LASTING
from docclean.jobs.task import Task
from docclean.recipe import Options

Plan = Sequence[tuple[Path, Path]]
"""Documents and where each one goes."""


@dataclass(frozen=True)
class Part:
    """Which part of a plan is done now.

    Attributes:
        shard: this one, from 1, and how many share the plan; each takes every n-th of its
            documents, by name.
        limit: how many documents at most.
        newest_first: whether the youngest files come first, and not the order of the plan.
    """

    shard: tuple[int, int] = (1, 1)
    limit: int | None = None
    newest_first: bool = False

    @property
    def ledger_name(self) -> str:
        """Return the ledger's name: shards on other machines cannot share one."""
        number, count = self.shard
        return "ledger" if count == 1 else f"ledger-{number}-of-{count}"

    def of(self, plan: Plan) -> Plan:
        """Return what this shard does of a plan."""
        number, count = self.shard
        return (
            plan if count == 1 else sorted(plan, key=lambda pair: str(pair[1]))[number - 1 :: count]
        )

    def ordered(self, todo: list[Task]) -> list[Task]:
        """Return what is done now of what is to be done."""
        if self.newest_first:
            todo = sorted(todo, key=lambda task: _changed(task.source), reverse=True)
        return todo[: self.limit]


@dataclass
class Sorted:
    """A plan, sorted by what is known of its documents.

    Attributes:
        todo: what is to be done, each with what was known of it.
        done: those that are there, as they were left.
        changed: those whose outputs somebody changed; they stay.
        failed: those that failed for good, and would again.
        held: how many another call is at work on.
        looked: those that were read to see that they stayed; a glance will do next time.
    """

    todo: list[tuple[Task, Entry]] = field(default_factory=list)
    done: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    failed: list[Entry] = field(default_factory=list)
    held: int = 0
    looked: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Knowledge:
    """What a ledger and a call know, to sort a plan by."""

    ledger: Ledger
    entries: Mapping[str, Entry]
    call: str
    options: Options
    out: Path

    def sorted(self, plan: Plan) -> Sorted:
        """Return the plan, sorted; a look at size and time of change tells files that stayed."""
        found, alive = Sorted(), dict[str, bool]()
        for source, target in plan:
            name = relpath(target, self.out)
            entry = self.entries.get(name)
            task = Task(source, target, entry.id if entry else 0)
            if entry is None:
                found.todo.append((task, Entry(name, str(source.absolute()))))
                continue
            if entry.status in ("waiting", "running", "placing"):
                if entry.run not in alive:
                    alive[entry.run] = self.ledger.alive(entry.run)
                if alive[entry.run]:
                    found.held += 1
                    continue
            self._sort(found, task, entry)
        return found

    def _sort(self, found: Sorted, task: Task, entry: Entry) -> None:
        as_it_was = entry.call == self.call and self._stayed(found, task.source, entry)
        if as_it_was and entry.status == "done":
            state = self._outputs(entry)
            if state == "there":
                found.done.append(entry)
                return
            if state == "changed" and not self.options.overwrite:
                found.changed.append(entry)
                return
        if as_it_was and entry.status == "failed" and self._for_good(entry):
            found.failed.append(entry)
            return
        found.todo.append((task, entry))

    def _stayed(self, found: Sorted, source: Path, entry: Entry) -> bool:
        """Say whether a document has the bytes it had; it is read only where a glance fails."""
        seen = entry.source_print
        if seen is None or seen.still(source):
            return seen is not None
        if not same_bytes(source, seen.hash):
            return False
        found.looked.append(replace(entry, source_print=print_of(source, seen.hash)))
        return True

    def _outputs(self, entry: Entry) -> str:
        """Say whether the outputs are there, gone, or changed by somebody."""
        state = "there"
        for name, was in entry.outputs.items():
            path = self.out / name
            if was.still(path):
                continue
            if not path.exists():
                return "gone"
            if not same_bytes(path, was.hash):
                state = "changed"
        return state

    def _for_good(self, entry: Entry) -> bool:
        """Say whether a document would fail again."""
        if entry.exit_status == ExitStatus.PROTECTED:
            return not (self.options.password or self.options.allow_signed)
        if entry.fault == "memory" and entry.tries < 2:
            return False  # its second try, alone, was still to come
        return entry.fault in LASTING


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
