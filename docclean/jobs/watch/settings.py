"""What is asked of a watched folder, beside what holds for each document."""

from dataclasses import dataclass
from pathlib import Path

from docclean.errors import UsageError
from docclean.jobs.ledger.database import FOLDER

DONE, FAILED = ".done", ".failed"
"""Where originals go unless told otherwise, in the inbox."""


@dataclass(frozen=True)
class Settings:
    """A watched folder.

    Attributes:
        inbox: where documents land.
        outbox: where cleaned ones go.
        done: where originals go; None: `.done/DATE` in the inbox.
        failed: where originals of failures go; None: `.failed` in the inbox.
        settle: seconds a document must rest before it is taken.
        once: whether to end when nothing is left to do.
        poll: whether to look at the folder every few seconds and not to ask the system for events.
        status: a file that tells how it stands; None: none.
        grace: seconds that the documents in hand may take when it is stopped.
        state: the folder of the ledger; None: `.docclean` in the outbox.
        on_done: a command for the shell, after each document.
        on_fail: the same after each failure.

    Raises:
        UsageError: the folders lie in each other so that outputs would come in again.
    """

    inbox: Path
    outbox: Path
    done: Path | None = None
    failed: Path | None = None
    settle: float = 5.0
    once: bool = False
    poll: bool = False
    status: Path | None = None
    grace: float = 30.0
    state: Path | None = None
    on_done: str = ""
    on_fail: str = ""

    def __post_init__(self) -> None:
        """Refuse what would go round in circles."""
        inbox = self.inbox.resolve()
        for name, folder in (
            ("OUTBOX", self.outbox),
            ("--done", self.done),
            ("--failed", self.failed),
        ):
            if folder is None:
                continue
            if folder.resolve() == inbox:
                raise UsageError(f"{name} {folder} is the inbox itself; choose another folder")
            if folder.resolve() in inbox.parents:
                raise UsageError(
                    f"the inbox {self.inbox} lies in {name} {folder}, so what goes there could "
                    "come in again; choose folders beside each other"
                )
        if self.settle < 0 or self.grace < 0:
            raise UsageError("--settle and --grace are seconds, 0 or more")

    @property
    def state_folder(self) -> Path:
        """Return where the ledger is."""
        return self.state or self.outbox / FOLDER

    @property
    def failed_folder(self) -> Path:
        """Return where the originals of failures go."""
        return self.failed or self.inbox / FAILED

    def done_folder(self, date: str) -> Path:
        """Return where the originals go, on a day."""
        return self.done or self.inbox / DONE / date

    @property
    def apart(self) -> tuple[Path, ...]:
        """Return the folders in the inbox whose files are not documents that came in."""
        own = (self.outbox, self.done, self.failed, self.state)
        return tuple(folder.resolve() for folder in own if folder is not None)
