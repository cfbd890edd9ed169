"""What taking a document and putting it away share: settings, ledger, log, how things stand."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from docclean.clean.contract import Loader
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import call_hash
from docclean.jobs.watch.settings import Settings
from docclean.jobs.watch.telling import Log, Standing
from docclean.recipe import Options


class Request(Protocol):
    """What is wanted of every document; asked again when the recipe is to be reread."""

    def __call__(self) -> tuple[Options, Loader]:
        """Return the options and what loads a cleaner.

        Raises:
            DoccleanError: the recipe is wrong.
        """
        ...


@dataclass
class Books:
    """What is known while a folder is watched.

    Attributes:
        settings: the folder.
        inbox: its real path.
        options: what holds for each document.
        load: makes a cleaner in each process.
        log: takes every line.
        standing: counts.
        run: this watcher, in the ledger.
        call: what model and options come to.
        ended: documents that have come to good or bad and whose originals are to be put away.
    """

    settings: Settings
    inbox: Path
    options: Options
    load: Loader
    log: Log
    standing: Standing = field(default_factory=Standing)
    run: str = ""
    call: str = ""
    ended: deque[Entry] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Work out the rest."""
        self.work_out()

    def work_out(self) -> None:
        """Work out what model and options come to.

        Raises:
            UsageError: there is no such model.
        """
        self.call = call_hash(self.options)

    def ledger(self, *, make: bool = False) -> Ledger:
        """Open the ledger, for a moment: nothing keeps the outbox from being unmounted.

        Raises:
            OutputError: it cannot be written.
        """
        return Ledger(self.settings.state_folder, make=make)

    def told(self, sentence: str) -> None:
        """Log something worth knowing."""
        self.log("note", sentence)

    def mine(self, entries: Iterator[Entry]) -> list[Entry]:
        """Return the documents that came from this inbox."""
        return [entry for entry in entries if self.inbox in Path(entry.source).parents]
