"""The service without its door: takes documents, has them done, keeps what came of them."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from docclean.errors import DoccleanError
from docclean.jobs.processes.workers import Died, Workers
from docclean.jobs.results import FileResult, failure
from docclean.jobs.task import died
from docclean.jobs.watch.telling import Log
from docclean.recipe import Options
from docclean.service.floor.hands import Hands
from docclean.service.floor.job import Job
from docclean.service.floor.looking import Eyes, looked
from docclean.service.floor.order import Done, Look, Order
from docclean.service.floor.shelf import Shelf, Wanted
from docclean.service.floor.working import Beginning, Cleaners, done, ready, told_by_name_result
from docclean.service.metrics import Metrics
from docclean.service.settings import Settings

RENEWED = 500
"""Documents after which a process makes room for a new one: what libraries leak is given back."""
TIDIED = 5.0
"""Seconds between two looks for what was kept long enough."""


class FullError(Exception):
    """More documents wait, or more is kept, than may be; `seconds`: when to try again."""

    def __init__(self, why: str, seconds: float) -> None:
        """Take the reason and the seconds."""
        super().__init__(why)
        self.seconds = max(1, round(seconds))


class Service:
    """Everything but HTTP. All of it happens in the loop's thread, beside what processes do."""

    def __init__(self, settings: Settings, options: Options, place: Path, log: Log) -> None:
        """Take what is asked; nothing is started yet.

        Args:
            settings: limits.
            options: what holds for a document where its request says nothing.
            place: the folder of the ledger and the documents.
            log: takes every line.
        """
        self.settings, self.options, self.log = settings, options, log
        self.metrics = Metrics()
        self.shelf = Shelf(place, settings.most_pages, settings.keep * 60)
        self.stopping, self.coming = False, 0
        self._pace = 2.0
        jobs, memory = options.jobs or 1, options.memory_bytes
        beginning = Beginning(settings.most_pixels, os.cpu_count() or 1)
        self._workers = Workers(jobs, beginning, memory=memory, renewed=RENEWED)
        self._lookers = Workers(1, Eyes(settings.most_pixels), memory=memory, renewed=RENEWED)
        self.hands: Hands[Cleaners, Order] = Hands(
            self._workers, done, self._from_thread(self._has_begun), self._from_thread(self._ended)
        )
        self.eyes: Hands[Eyes, Look] = Hands(
            *(self._lookers, looked),
            *(lambda look: None, self._from_thread(self._looked)),
        )
        self._seen: dict[int, tuple[Look, asyncio.Future[Done]]] = {}
        self._left: list[Job] = []
        self._watch()

    def _watch(self) -> None:
        watch = self.metrics.watch
        watch("waiting", "Documents that wait for a process.", lambda: len(self.waiting))
        watch("in_hand", "Documents that processes have.", lambda: len(self.in_hand))
        watch("kept_bytes", "Bytes that documents and results take.", lambda: self.shelf.size)

    def begin(self) -> None:
        """Start the processes, from the main thread.

        Raises:
            DoccleanError: the ledger or the model cannot be opened.
        """
        self._left = self.shelf.open(self.options)
        self.hands.begin(self.options, ready)
        self.eyes.begin(None, _nothing)
        self.hands.start()
        self.eyes.start()

    async def run(self) -> None:
        """Take up what a dead service left; then tidy up now and then, until cancelled."""
        self._loop = asyncio.get_running_loop()
        for job in self._left:
            self.hands.give(job.order)
        while True:
            await asyncio.sleep(TIDIED)
            for job in self.shelf.tidy():
                self.log("note", f"{job.id}: deleted, it was kept long enough")

    def close(self) -> None:
        """End the processes and close the ledger."""
        self.hands.close()
        self.eyes.close()
        self.shelf.close()

    # --- documents -------------------------------------------------------------------------------

    @property
    def waiting(self) -> list[Job]:
        """Return the jobs that wait for a process."""
        return [job for job in self.shelf.jobs.values() if job.state == "waiting"]

    @property
    def in_hand(self) -> list[Job]:
        """Return the jobs that a process has."""
        return [job for job in self.shelf.jobs.values() if job.state == "working"]

    def check_room(self) -> None:
        """Refuse a document before it comes, where there is no room for it.

        Raises:
            FullError: so it is.
        """
        waiting = len(self.waiting) + self.coming
        if waiting >= self.settings.waiting:
            wait = self._pace * waiting / self._workers.jobs
            raise FullError(f"{waiting} documents wait already; try again later", wait)
        if self.shelf.size > self.settings.room_bytes:
            ended = [job.ended for job in self.shelf.jobs.values() if job.ended]
            wait = min(ended, default=0) + self.shelf.keep - time.time()
            raise FullError("there is no room for more results; try again later", wait)

    def take(self, name: str, folder: Path, wanted: Wanted) -> Job:
        """Take a document that has come into its folder.

        Raises:
            DoccleanError: it is no document, or the ledger cannot be written.
        """
        job = self.shelf.take(name, folder, wanted)
        self.shelf.weigh(job)
        self.hands.give(job.order)
        return job

    def drop(self, job: Job) -> None:
        """Stop a job's work and delete it."""
        if not job.done:
            self.hands.take_back(job.order)
        self.shelf.drop(job)

    def hold(self) -> None:
        """Finish what is in hand, begin with nothing more; whoever waits is told."""
        self.stopping = True
        self.hands.hold()
        for job in self.waiting:
            job.over.set()

    async def look(self, job: Job, look: Look) -> Done:
        """Return what came of a look; the same one is made once."""
        key = (look.view, look.number)
        if look.path.exists():
            return Done(FileResult(look.name, "", "done"))
        if key not in job.looks:
            job.looks[key] = self._loop.create_future()
            self._seen[id(look)] = look, job.looks[key]
            job.looks[key].add_done_callback(lambda _: self._looked_at(job, key))
            self.eyes.give(look)
        return await asyncio.shield(job.looks[key])

    def _looked_at(self, job: Job, key: Any) -> None:
        job.looks.pop(key, None)
        self.shelf.weigh(job)

    # --- from the threads of the hands -----------------------------------------------------------

    def _from_thread(self, act: Callable[..., None]) -> Callable[..., None]:
        """Return what does something in the loop's thread, when it is called in another."""

        def told(*args: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(act, *args)

        return told

    def _has_begun(self, order: Order) -> None:
        job = self.shelf.jobs.get(order.job)
        if job and not job.done:
            job.state = "working"

    def _ended(self, order: Order, came: Done | Died | DoccleanError) -> None:
        job = self.shelf.jobs.get(order.job)
        if job is None:
            return
        names = str(order.task.source), str(order.task.target)
        noted = isinstance(came, Done)
        if isinstance(came, Died):
            came = Done(died(order.task, came, order.noted.options, often=""))
        elif isinstance(came, DoccleanError):
            came = Done(failure(*names, came))
        came = replace(came, result=told_by_name_result(came.result, order))
        self.shelf.end(job, came, noted=noted)
        seconds = job.ended - job.made
        self._pace += 0.2 * (seconds - self._pace)
        self.metrics.ended(came.result, seconds)
        how = came.result.fault or f"{came.result.pages} pages, {job.verdict}"
        # no name and no sentence of a document's owner goes into the log
        self.log("done" if came.result.status == "done" else "failed", f"{job.id}: {how}",
                 seconds=round(seconds, 3))  # fmt: skip

    def _looked(self, look: Look, came: Done | Died | DoccleanError) -> None:
        _, future = self._seen.pop(id(look))
        if future.done():
            return
        if not isinstance(came, Done):
            why = f"{look.name}: this page cannot be shown"
            came = Done(FileResult(look.name, "", "failed", message=why, fault="crash"))
        future.set_result(came)


def _nothing(eyes: Eyes, item: None) -> None:
    """Begin."""
