"""The watcher: waits for documents, has them cleaned, puts them away, and survives what happens."""

import os
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from docclean.clean.spec import engine_of
from docclean.errors import DoccleanError, ExitStatus, OutputError, UsageError
from docclean.jobs.ledger.asked import asked
from docclean.jobs.processes.scratch import scratch
from docclean.jobs.watch.books import Books, Request
from docclean.jobs.watch.ending import Ending
from docclean.jobs.watch.handing import Handing
from docclean.jobs.watch.inbox import Inbox
from docclean.jobs.watch.pausing import Pausing
from docclean.jobs.watch.places import InboxLock, identity, mark_of, marked
from docclean.jobs.watch.settings import Settings
from docclean.jobs.watch.taking import Taking
from docclean.jobs.watch.telling import Log, StatusFile, notify
from docclean.jobs.watch.waking import Waking
from docclean.ocr import check_engine
from docclean.outputs import sweep

TURN = 0.5
"""Seconds of one turn: signals, events and results are looked at as often."""
LOOK = 0.25
"""Seconds between two looks at the documents that are to rest, at least."""
PAUSES_ONCE = 4
"""Pauses in a row after which a watcher that runs once gives up."""


class Watcher:
    """Watches one inbox."""

    def __init__(self, settings: Settings, request: Request, log: Log) -> None:
        """Take what is asked.

        Args:
            settings: the folder.
            request: gives the options and the cleaner's loader; asked again after `reread`.
            log: takes every line.

        Raises:
            DoccleanError: the recipe or the model is wrong.
        """
        self.stop, self.reread = threading.Event(), threading.Event()
        self.settings, self.request = settings, request
        self.books = books = Books(settings, settings.inbox.resolve(), *request(), log)
        self.status = StatusFile(settings.status)
        self.inbox = Inbox(books.inbox, settings.apart, settings.settle, books.told)
        self.taking, self.ending, self.pausing = Taking(books), Ending(books), Pausing(books)
        self.handing = Handing(books, self.inbox, self.taking, self.pausing)
        self.waking = Waking(books.told, poll=settings.poll)
        self._lock: InboxLock | None = None
        self._places: tuple[Any, ...] = ()
        self._away, self._marker = False, ""
        self._scanned = self._looked = self._fed = 0.0

    def run(self) -> int:
        """Watch until told to stop, or until nothing is left where that was asked.

        Returns:
            the exit status.

        Raises:
            DoccleanError: it cannot begin.
        """
        standing, log = self.books.standing, self.books.log
        with ExitStack() as stack:
            stack.callback(self._let_go)
            self._begin()
            stack.enter_context(scratch())
            stack.callback(self.waking.stop)
            stack.callback(self.handing.close)
            notify("READY=1")
            self._sweep()
            log("start", f"watching {self.settings.inbox}", pid=os.getpid())
            while not self.stop.is_set() and not self._over():
                self.turn()
            self._wind_up()
        counts = f"{standing.done} done, {standing.failed} failed, {standing.waiting} waiting"
        log("stop", f"stopped: {counts}")
        left = self.inbox.left or self.books.ended
        gone_wrong = standing.failed or standing.paused or left
        return ExitStatus.FAILED if self.settings.once and gone_wrong else ExitStatus.DONE

    def turn(self) -> None:
        """Do what is to be done now, for about `TURN` seconds."""
        try:
            if self.reread.is_set() and not self.handing.busy:
                self._reread()
            self._check_places()
            self._scan()
            if not (self.pausing.now or self.reread.is_set()):
                self.handing.give()
            self.handing.take_back(TURN if self.handing.busy else 0.0)
        except (OutputError, OSError) as error:
            self.pausing.wait_for(str(error))
            self.stop.wait(LOOK)
        with suppress(OutputError, OSError):  # the next turn tells of it
            self.ending.put_away()
            self.ending.poll()
        if not self.handing.busy:
            busy = bool(self.inbox.lying or self.books.ended or self.ending.hooks)
            self.waking.happened.wait(LOOK if busy else TURN)
        self._beat()

    # --- beginning and end -----------------------------------------------------------------------

    def _begin(self) -> None:
        settings, options = self.settings, self.books.options
        if not settings.inbox.is_dir():
            raise UsageError(f"{settings.inbox} is no folder; create it")
        if options.reads or options.gate == "ocr":
            check_engine(engine_of(options))
        self._lock = InboxLock(self.books.inbox)
        with self.books.ledger(make=True) as ledger:
            told = asked(settings.outbox, options) | {"inbox": str(self.books.inbox)}
            self.books.run = ledger.start("watch", told, self._lock.path)
        self._places, self._marker = self._seen_places(), marked(settings.outbox)
        self.taking.recover()
        self.waking.start(self.books.inbox)

    def _sweep(self) -> None:
        """Clear away what a dead watcher left half written."""
        settings = self.settings
        for folder in (settings.outbox, settings.done_folder(""), settings.failed_folder):
            for at, _, _ in os.walk(folder):
                sweep(Path(at))

    def _over(self) -> bool:
        """Say whether a watcher that runs once has nothing left to do, or can do nothing."""
        if not self.settings.once:
            return False
        if self.pausing.in_a_row >= PAUSES_ONCE or self.ending.stuck:
            return True
        lying = self.inbox.awaited or self.books.ended or self.ending.hooks
        return not (self.handing.busy or lying) and self._scanned > 0

    def _wind_up(self) -> None:
        """Finish what is in hand, for at most `grace` seconds."""
        notify("STOPPING=1")
        deadline = time.monotonic() + self.settings.grace
        self.handing.hold()
        if self.handing.busy:
            self.books.told(f"stopping: {len(self.taking.in_hand)} in hand are finished first")
        with suppress(DoccleanError, OSError):
            while self.handing.busy and time.monotonic() < deadline:
                self.handing.take_back(TURN)
                self._beat()
            self.ending.put_away()
            self.ending.poll(wait=max(0.0, deadline - time.monotonic()))
        with suppress(DoccleanError), self.books.ledger() as ledger:
            ledger.stop(self.books.run)
        with suppress(DoccleanError):
            self.status.beat(self.books.standing, now=True)

    def _let_go(self) -> None:
        if self._lock:
            self._lock.close()

    def _reread(self) -> None:
        """Take the recipe as it is now; where it is wrong, the old one holds on."""
        self.reread.clear()
        notify("RELOADING=1")
        try:
            self.handing.reread(*self.request())
            self.books.told("the recipe was read again")
        except DoccleanError as error:
            self.books.told(f"the recipe stays as it was: {error}")
        notify("READY=1")

    # --- what a turn does ------------------------------------------------------------------------

    def _seen_places(self) -> tuple[Any, ...]:
        return identity(self.books.inbox), identity(self.settings.outbox)

    def _check_places(self) -> None:
        """Make sure that inbox and outbox are the ones they were.

        Raises:
            OutputError: one is gone, or what it was mounted on shows.
        """
        self._away, away = True, self._away
        inbox, outbox = self._seen_places()
        known = outbox == self._places[1] or mark_of(self.settings.outbox) == self._marker
        if outbox is None or not known:
            raise OutputError(f"{self.settings.outbox} is gone or not mounted; waiting for it")
        if inbox is None:
            raise OutputError(f"{self.settings.inbox} is gone or not mounted; waiting for it")
        if inbox != self._places[0]:  # another folder has its name now
            try:
                lock = InboxLock(self.books.inbox)
            except UsageError as error:
                raise OutputError(str(error)) from error
            self._let_go()
            self._lock = lock
            self.waking.start(self.books.inbox)
            self._scanned = 0.0
        self._places, self._away = (inbox, outbox), False
        if away:
            self.pausing.over()

    def _scan(self) -> None:
        now = time.monotonic()
        woken = self.waking.happened.is_set() and now - self._scanned > LOOK
        if woken or not self._scanned or now - self._scanned > self.waking.interval:
            self.waking.happened.clear()
            self.inbox.scan()
            self._scanned = self._looked = time.monotonic()
        elif self.inbox.lying and now - self._looked > LOOK:
            self.inbox.look()
            self._looked = time.monotonic()

    def _beat(self) -> None:
        standing = self.books.standing
        standing.in_hand = len(self.taking.in_hand)
        standing.waiting = max(0, len(self.inbox.lying) - standing.in_hand)
        with suppress(DoccleanError, OSError):
            self.status.beat(standing)
        if time.monotonic() - self._fed > 1.0:
            self._fed = time.monotonic()
            notify(f"WATCHDOG=1\nSTATUS={standing.done} done, {standing.failed} failed")
