"""How a batch or a watched folder stands, told from its ledgers."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from docclean.jobs.ledger.database import Ledger
from docclean.jobs.retry import ledgers_in


@dataclass(frozen=True)
class Failure:
    """A document that failed: where it came from, where it is now, why, how often, when."""

    source: str
    original: str
    reason: str
    tries: int
    when: float


@dataclass(frozen=True)
class Standing:
    """How far a folder is.

    Attributes:
        waiting, in_hand, done, failed: documents.
        running: whether a process is at work on them.
        per_minute: documents done a minute, by the run that is at work or was last; 0: unknown.
        seconds_left: until the others are done, at this rate; None: unknown.
        failures: the failed ones, the oldest first.
    """

    waiting: int
    in_hand: int
    done: int
    failed: int
    running: bool
    per_minute: float
    seconds_left: float | None
    failures: tuple[Failure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def standing(folder: Path) -> Standing:
    """Return how an output folder stands, all shards together.

    Raises:
        UnreadableInputError: there is no ledger.
    """
    waiting = in_hand = done = failed = 0
    rate, running, failures = 0.0, False, list[Failure]()
    for path in ledgers_in(folder):
        with Ledger(path.parent, path.stem, read_only=True) as ledger:
            counts = ledger.counts()
            run = ledger.last_run()
            alive = bool(run and not run["ended"] and ledger.alive(run["id"]))
            at_work = counts["running"] + counts["placing"]
            waiting += counts["waiting"] + (0 if alive else at_work)
            in_hand += at_work if alive else 0
            done += counts["done"] + counts["placed"]
            failed += counts["failed"] + counts["failing"]
            running |= alive
            if run:
                rate += _rate(ledger, run)
            failures += [
                Failure(one.source, one.original or one.source, one.reason, one.tries, one.updated)
                for one in ledger.entries("failed")
            ]
    left = waiting + in_hand
    seconds = left * 60 / rate if rate and running else None
    return Standing(
        waiting, in_hand, done, failed, running, round(rate, 2), seconds, tuple(failures)
    )


def _rate(ledger: Ledger, run: dict[str, Any]) -> float:
    """Return how many documents a minute a run does, or did."""
    seconds = (run["ended"] or time.time()) - run["began"]
    return float(ledger.ended_in(run["id"]) * 60 / max(seconds, 1e-3))
