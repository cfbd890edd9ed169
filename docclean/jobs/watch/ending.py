"""Documents that have come to good or bad: originals put away, commands run, all of it noted."""

import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from docclean.errors import OutputError
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import content_hash
from docclean.jobs.watch.books import Books
from docclean.jobs.watch.pause import Pause
from docclean.jobs.watch.putting import note_beside, place_for, put_away, write_note
from docclean.jobs.watch.telling import Hook

MOST_TIMES = 4
"""Tries after which a watcher that runs once gives an original up; it stays in the inbox."""
SECONDS_A_TURN = 5.0
"""Seconds that originals are put away for at a time; across file systems they are copied."""


@dataclass
class Ending:
    """Ends documents, one step after the other, so that a killed watcher's successor goes on.

    Attributes:
        books: what is known.
        hooks: commands, the first of them at work.
    """

    books: Books
    hooks: list[Hook] = field(default_factory=list)
    _pauses: dict[int, Pause] = field(default_factory=dict)

    def put_away(self) -> None:
        """Put away the originals that are due; one that cannot be moved now keeps no other up."""
        until = time.monotonic() + SECONDS_A_TURN
        for entry in list(self.books.ended):
            pause = self._pauses.setdefault(entry.id, Pause())
            if time.monotonic() > until:
                return
            if pause.now:
                continue
            try:
                self._put(self._placed(entry))
            except (OSError, OutputError) as error:
                self._wait(entry, pause, error)
                continue
            self.books.ended = deque(one for one in self.books.ended if one.id != entry.id)
            del self._pauses[entry.id]

    @property
    def stuck(self) -> bool:
        """Say whether every original that waits has been tried some times."""
        return bool(self.books.ended) and all(
            entry.id in self._pauses and self._pauses[entry.id].times >= MOST_TIMES
            for entry in self.books.ended
        )

    def _wait(self, entry: Entry, pause: Pause, error: Exception) -> None:
        """Try an original again later, each time twice as late."""
        pause.begin()
        words = f"{entry.source} cannot be put away ({error})"
        self.books.standing.last_error = words
        if pause.times == 1:
            self.books.log("waiting", f"{words}; it is tried again", reason=str(error))

    def poll(self, *, wait: float = 0.0) -> None:
        """Look after the command at work, one at a time, for at most `wait` seconds.

        Raises:
            OutputError: the ledger cannot be written.
        """
        deadline = time.monotonic() + wait
        while self.hooks:
            hook = self.hooks[0]
            words = hook.ended()
            if words is not None:
                if words:
                    self.books.log("hook", words, file=hook.name)
                self._close(hook.row)
                self.hooks.pop(0)
            elif time.monotonic() >= deadline:
                return
            else:
                time.sleep(0.05)

    def _put(self, entry: Entry) -> None:
        books, source = self.books, Path(entry.source)
        bad = entry.status == "failing"
        if self._here(entry):
            place = Path(entry.original)
            if bad:
                write_note(entry, place)
            if place.exists():
                source.unlink()  # a killed watcher had copied it, and made sure of every byte
            else:
                put_away(source, place)
        elif source.exists():
            books.told(f"{source} was replaced while it was cleaned; the new one is taken next")
        command = books.settings.on_fail if bad else books.settings.on_done
        if command and (bad or entry.outputs):  # not after a document that was done before
            self.hooks.append(Hook(command, entry.id, source.name, self._facts(entry)))
        else:
            self._close(entry.id)
        self._tell(entry, bad=bad)

    @staticmethod
    def _here(entry: Entry) -> bool:
        """Say whether the original is in the inbox, and the one that was cleaned."""
        source, seen = Path(entry.source), entry.source_print
        return source.exists() and (seen is None or seen.same(source))

    def _placed(self, entry: Entry) -> Entry:
        """Note where the original goes before it goes there."""
        books, source = self.books, Path(entry.source)
        if not self._here(entry):
            return entry
        if entry.original:
            place = Path(entry.original)
            if not place.exists() or content_hash(place) == content_hash(source):
                return entry
        today = time.strftime("%Y-%m-%d")
        failing = entry.status == "failing"
        folder = books.settings.failed_folder if failing else books.settings.done_folder(today)
        place = place_for(source, books.inbox, folder.absolute())
        with books.ledger() as ledger:
            ledger.change(entry.id, original=str(place))
        placed = replace(entry, original=str(place))
        books.ended = deque(placed if one.id == entry.id else one for one in books.ended)
        return placed

    def _close(self, row: int) -> None:
        with self.books.ledger() as ledger:
            failing = ledger.entry(row).status == "failing"
            ledger.change(row, status="failed" if failing else "done")

    def _facts(self, entry: Entry) -> dict[str, str]:
        """Return what a command is told, as words."""
        outbox = self.books.settings.outbox.absolute()
        facts = {"source": entry.source, "original": entry.original, "reason": entry.reason}
        if entry.status == "failing":
            return facts | {"note": str(note_beside(Path(entry.original or entry.source)))}
        others = [str(outbox / name) for name in entry.outputs if name != entry.target]
        return facts | {
            "output": str(outbox / entry.target),
            "sidecars": "\n".join(others),
            "pages": str(entry.pages),
        }

    def _tell(self, entry: Entry, *, bad: bool) -> None:
        books = self.books
        facts = {"source": entry.source, "original": entry.original, "seconds": entry.seconds}
        if bad:
            books.standing.failed += 1
            books.standing.last_error = entry.reason
            books.log("failed", f"failed: {entry.reason}", reason=entry.reason, **facts)
            return
        books.standing.done += 1
        target = books.settings.outbox / entry.target
        pages = f"{entry.pages} page{'' if entry.pages == 1 else 's'}"
        if not entry.outputs:
            words = f"{entry.source} is {entry.reason}"
        else:
            more = f"; {entry.reason}" if entry.reason else ""
            words = f"{entry.source} -> {target} ({pages}, {entry.seconds:.1f} s){more}"
        books.log("done", words, output=str(target), pages=entry.pages, **facts)
