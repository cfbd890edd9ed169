"""Documents that have come to good or bad: originals put away, commands run, all of it noted."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import content_hash
from docclean.jobs.watch.books import Books
from docclean.jobs.watch.putting import note_beside, place_for, put_away, write_note
from docclean.jobs.watch.telling import Hook


@dataclass
class Ending:
    """Ends documents, one step after the other, so that a killed watcher's successor goes on.

    Attributes:
        books: what is known.
        hooks: commands at work.
    """

    books: Books
    hooks: list[Hook] = field(default_factory=list)

    def put_away(self) -> None:
        """Put away the originals that wait for it.

        Raises:
            OSError, OutputError: one cannot be put away now; it waits on.
        """
        while self.books.ended:
            self._put(self.books.ended[0])
            self.books.ended.popleft()

    def poll(self, *, wait: float = 0.0) -> None:
        """Look after the commands that are at work, for at most `wait` seconds.

        Raises:
            OutputError: the ledger cannot be written.
        """
        deadline = time.monotonic() + wait
        while True:
            for hook in list(self.hooks):
                words = hook.ended()
                if words is None:
                    continue
                if words:
                    self.books.log("hook", words, file=hook.name)
                self._close(hook.row)
                self.hooks.remove(hook)
            if not self.hooks or time.monotonic() >= deadline:
                return
            time.sleep(0.05)

    def _put(self, entry: Entry) -> None:
        books, source = self.books, Path(entry.source)
        bad = entry.status == "failing"
        seen = entry.source_print
        here = source.exists() and (seen is None or seen.same(source))
        if here:
            entry = self._placed(entry, source)
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
            self.hooks.append(Hook.start(command, entry.id, source.name, self._facts(entry)))
        else:
            self._close(entry.id)
        self._tell(entry, bad=bad)

    def _placed(self, entry: Entry, source: Path) -> Entry:
        """Note where the original goes before it goes there."""
        books = self.books
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
        return replace(entry, original=str(place))

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
