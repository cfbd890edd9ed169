"""The ledger: what is known of every document of a folder, in a file that survives its writers.

It is an SQLite database in WAL mode, one row a document. Several processes of one machine write it;
shards on several machines write one each, and read each other's.
"""

import errno
import json
import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from docclean.errors import OutputError, UnreadableInputError
from docclean.files import locked
from docclean.jobs.ledger.entry import STATUSES, Entry, Status, entry_of, plain, values_of
from docclean.jobs.ledger.prints import restored, stored
from docclean.jobs.ledger.schema import SCHEMA, VERSION
from docclean.jobs.results import FileResult

FOLDER = ".docclean"
"""Name of the state folder, beside the outputs."""
OWN_LOCK = "run-"
"""How the lock of a run is called that has no other."""
BUSY = 30.0
"""Seconds that a writer waits for another one."""


class Ledger:
    """One ledger file, open."""

    def __init__(
        self, folder: Path, name: str = "ledger", *, make: bool = True, read_only: bool = False
    ) -> None:
        """Open it.

        Args:
            folder: the state folder.
            name: the ledger's.
            make: whether it is made where there is none; where a disk may be gone, nothing is to
                be written in its place.
            read_only: whether it is only read; another machine may be at work on it.

        Raises:
            OutputError: it cannot be written.
            UnreadableInputError: it is no ledger, or of a later version.
        """
        self.folder, self.path = folder, folder / f"{name}.sqlite"
        self._locks: dict[str, IO[bytes]] = {}
        with _telling(self.path):
            if read_only:
                self._base = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
                self._base.row_factory = sqlite3.Row
                self._version()
                return
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            elif not self.path.is_file():
                raise FileNotFoundError(errno.ENOENT, "it is gone")
            self._base = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None)
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            if not self._version():
                self._base.executescript(f"{SCHEMA}PRAGMA user_version={VERSION};")

    def _version(self) -> int:
        version = int(self._base.execute("PRAGMA user_version").fetchone()[0])
        if version not in (0, VERSION):
            raise UnreadableInputError(
                f"{self.path}: is a ledger of another docclean (version {version}); "
                "use that one, or choose another --state"
            )
        return version

    def __enter__(self) -> "Ledger":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it; the next one opens it again."""
        with suppress(sqlite3.Error):
            self._base.close()

    # --- documents -------------------------------------------------------------------------------

    def entries(self, *statuses: Status) -> Iterator[Entry]:
        """Yield the documents, all or those of some statuses, the oldest first."""
        marks = ",".join("?" * len(statuses))
        where = f" WHERE status IN ({marks})" if statuses else ""
        with _telling(self.path):
            for row in self._base.execute(f"SELECT * FROM documents{where} ORDER BY id", statuses):
                yield entry_of(row)

    def entry(self, row: int) -> Entry:
        """Return one document, by its row.

        Raises:
            OutputError: it is not there: this is not the ledger that it was.
        """
        with _telling(self.path):
            found = self._base.execute("SELECT * FROM documents WHERE id=?", (row,)).fetchone()
        if found is None:
            raise OutputError(f"{self.path} is another ledger than before; waiting for the old one")
        return entry_of(found)

    def counts(self) -> dict[Status, int]:
        """Return how many documents have each status."""
        with _telling(self.path):
            found = dict(self._base.execute("SELECT status, count(*) FROM documents GROUP BY 1"))
        return {status: int(found.get(status, 0)) for status in STATUSES}

    def ended_in(self, run: str) -> int:
        """Return how many documents a run has done or given up."""
        with _telling(self.path):
            row = self._base.execute(
                "SELECT count(*) FROM documents WHERE run=? AND status IN "
                "('placed', 'done', 'failed')",
                (run,),
            ).fetchone()
        return int(row[0])

    def done_with(self, content: str, call: str) -> Entry | None:
        """Return a document of the same bytes that was cleaned by the same call."""
        with _telling(self.path):
            row = self._base.execute(
                "SELECT * FROM documents WHERE content=? AND call=? AND status IN "
                "('placed', 'done') ORDER BY id LIMIT 1",
                (content, call),
            ).fetchone()
        return entry_of(row) if row else None

    def put(self, entries: Iterable[Entry]) -> list[int]:
        """Write documents, each in the place of the row it has or in a new one; return the rows."""
        rows: list[int] = []
        with _telling(self.path), self.transaction():
            for entry in entries:
                values = values_of(entry)
                names = ", ".join(values)
                marks = ", ".join("?" * len(values))
                done = self._base.execute(
                    f"INSERT OR REPLACE INTO documents ({names}) VALUES ({marks})",
                    tuple(values.values()),
                )
                rows.append(int(done.lastrowid or 0))
        return rows

    def change(self, row: int, **values: Any) -> None:
        """Change some columns of one document; values as `Entry` has them."""
        told = {name: plain(name, value) for name, value in values.items()}
        told["updated"] = time.time()
        pairs = ", ".join(f"{name}=?" for name in told)
        with _telling(self.path):
            self._base.execute(f"UPDATE documents SET {pairs} WHERE id=?", (*told.values(), row))

    def begin(self, row: int, run: str) -> Entry:
        """Note that a run begins with a document; return what was known of it."""
        with _telling(self.path), self.transaction():
            before = self.entry(row)
            self.change(row, status="running", run=run, tries=before.tries + 1)
        return before

    def end(self, row: int, result: FileResult, **values: Any) -> None:
        """Note what came of a document."""
        told: dict[str, Any] = {"status": result.status} | values
        self.change(
            row,
            reason=result.message,
            fault=result.fault,
            exit_status=int(result.exit_status),
            seconds=result.seconds,
            pages=result.pages,
            decisions=result.decisions,
            **told,
        )

    def drop(self, row: int) -> None:
        """Forget a document that has come to nothing: it was no document yet, or is gone."""
        with _telling(self.path):
            self._base.execute("DELETE FROM documents WHERE id=?", (row,))

    # --- runs ------------------------------------------------------------------------------------

    def start(self, kind: str, call: Mapping[str, Any], lock: Path | None = None) -> str:
        """Note that a run begins; it counts as alive as long as a lock is held.

        Args:
            kind: batch or watch.
            call: what was asked for.
            lock: a file that the caller has locked; None: one of the ledger's own.

        Returns:
            its name.
        """
        run = secrets.token_hex(8)
        with _telling(self.path):
            for row in self._base.execute("SELECT id FROM runs WHERE ended IS NULL").fetchall():
                if not self.alive(row["id"]):
                    self._base.execute(
                        "UPDATE runs SET ended=(SELECT coalesce(max(updated), began) "
                        "FROM documents WHERE run=runs.id) WHERE id=?",
                        (row["id"],),
                    )
            if lock is None:
                lock = self.folder / f"{OWN_LOCK}{run}.lock"
                stream = lock.open("xb")
                with suppress(OSError):
                    locked(stream)
                self._locks[run] = stream
            facts = (os.getpid(), socket.gethostname(), time.time())
            self._base.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (run, kind, json.dumps(dict(call)), stored(lock.absolute()), *facts),
            )
        return run

    def stop(self, run: str) -> None:
        """Note that a run has ended."""
        with _telling(self.path):
            self._base.execute("UPDATE runs SET ended=? WHERE id=?", (time.time(), run))
        stream = self._locks.pop(run, None)
        if stream:
            Path(stream.name).unlink(missing_ok=True)
            stream.close()

    def alive(self, run: str) -> bool:
        """Say whether the process of a run lives; what a dead one left is cleared away."""
        with _telling(self.path):
            row = self._base.execute("SELECT lock, ended FROM runs WHERE id=?", (run,)).fetchone()
        if row is None or row["ended"]:
            return False
        lock = Path(restored(row["lock"]))
        try:
            with lock.open("rb") as stream:
                if not locked(stream):
                    return True
                if lock.name.startswith(OWN_LOCK):  # no other run will ever ask for this one
                    lock.unlink(missing_ok=True)
        except OSError:
            pass
        return False

    def last_run(self, kind: str = "") -> dict[str, Any] | None:
        """Return the youngest run, of a kind or of any: id, kind, call, pid, host, began, ended."""
        with _telling(self.path):
            row = self._base.execute(
                "SELECT id, kind, call, pid, host, began, ended FROM runs "
                "WHERE kind=? OR ?='' ORDER BY began DESC LIMIT 1",
                (kind, kind),
            ).fetchone()
        if row is None:
            return None
        return dict(row) | {"call": json.loads(row["call"])}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let nobody else write during the block, and write all of it or nothing."""
        if self._base.in_transaction:
            yield
            return
        with _telling(self.path):
            self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a disk into one sentence."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"{path} cannot be written ({why}); free the way or choose another --state"
        ) from error
    except sqlite3.DatabaseError as error:
        raise UnreadableInputError(
            f"{path}: is no ledger of docclean ({error}); move it away or choose another --state"
        ) from error
