"""The driver's side: passes over the documents until each has come to its end.

Ray runs a row at least once, tries it for ever by default, and waits for ever for a machine that
does not come back. So each pass is bounded: a row that kills its worker is left out after a few
tries, and a pass ends that has more workers than the cluster has processors. The next pass does
what is left; what is done waits in the folder of parts.
"""

import pickle
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from docclean.errors import DoccleanError
from docclean.integrations.cluster.bench import Row, lost, rows_of
from docclean.integrations.cluster.conductor import RETRIES, Came, Conductor, assembled
from docclean.integrations.cluster.documents import Document, Ended, Work
from docclean.jobs.processes.workers import Died
from docclean.jobs.results import failure

FRUITLESS = 2
"""Passes in a row in which nothing came back, after which what is left has failed."""
TAKE = 1.0
"""Seconds until the next look at whether someone asked to stop, or a machine is gone."""


@dataclass
class Seen:
    """What has come back of one document.

    Attributes:
        rows: its pages that are done, by number.
        began: when the first came, by the monotonic clock.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def whole(self) -> bool:
        """Say whether all pages are there."""
        return len(self.rows) == next(iter(self.rows.values())).of


class Engine:
    """Does documents on a cluster that is connected."""

    def __init__(
        self, work: Work, documents: Sequence[Document], jobs: int, stop: Event | None = None
    ) -> None:
        """Take what is to be done; nothing is started yet.

        Args:
            work: what holds for all.
            documents: the documents.
            jobs: workers at most.
            stop: once it is set, only what is complete is put together.
        """
        self.work, self.jobs, self.stop = work, jobs, stop or Event()
        self.left = dict(enumerate(documents))
        self.seen: dict[int, Seen] = {}
        self.parted: set[int] = set()  # documents of which single pages are kept
        self._makers: dict[Any, int] = {}
        self._error: DoccleanError | None = None

    def ended(self, begun: Callable[[int], object]) -> Iterator[tuple[int, Ended]]:
        """Yield what came of each document, as they end.

        Args:
            begun: called with a document's number when the first of its pages is done.

        Raises:
            DoccleanError: the cleaner cannot be loaded, or no worker starts.
        """
        fruitless = 0
        while self.left and not self.stop.is_set() and fruitless < FRUITLESS:
            before = self._progress()
            shrunk = yield from self._pass(begun)
            fruitless = 0 if shrunk or self._progress() > before else fruitless + 1
        if self.left and not self.stop.is_set():
            if not self.seen and self._error:
                raise self._error
            yield from self._given_up()

    def _progress(self) -> int:
        return sum(len(seen.rows) for seen in self.seen.values()) - len(self.left)

    def _pass(self, begun: Callable[[int], object]) -> Generator[tuple[int, Ended], None, bool]:
        """Run all that is left once; returns whether the cluster became too small for it."""
        workers = max(1, min(self.jobs, _processors() // self._each))
        shrunk = False
        with _Rows(self.work, list(self.left.items()), workers, self.jobs) as rows:
            for came in rows:
                if came:
                    yield from self._took(came, begun)
                yield from self._made()
                if self.stop.is_set():
                    break
                if not came and _processors() < workers * self._each:
                    shrunk = True
                    break
            self._error = rows.error
        while self._makers:
            yield from self._made(TAKE)
        return shrunk

    @property
    def _each(self) -> int:
        """Return the processors of a worker."""
        return self.work.options.threads or 1

    def _took(self, came: Came, begun: Callable[[int], object]) -> Iterator[tuple[int, Ended]]:
        if came.fatal:
            raise came.fatal
        index, row = came.index, came.row
        if index not in self.left or index in self._makers.values():
            return  # it has failed of another page, or is whole
        if index not in self.seen:
            self.seen[index] = Seen()
            begun(index)
        if came.ended:
            yield self._out(index, came.ended)
            return
        self.parted.add(index)
        seen = self.seen[index]
        if seen.rows and next(iter(seen.rows.values())).key != row.key:
            seen.rows.clear()  # the document has changed since the last pass
        seen.rows[row.number] = row
        if seen.whole:
            self._make(index)

    def _make(self, index: int) -> None:
        """Let a task put a document together; it holds no processor, since workers hold all."""
        import ray

        rows = self.seen[index].rows
        key = next(iter(rows.values())).key
        task = ray.remote(num_cpus=0, max_retries=RETRIES)(assembled)
        self._makers[task.remote(self.work, self.left[index], key, sorted(rows))] = index

    def _made(self, timeout: float = 0.0) -> Iterator[tuple[int, Ended]]:
        """Yield the documents that are put together."""
        if not self._makers:
            return
        import ray

        for task in ray.wait(list(self._makers), num_returns=1, timeout=timeout)[0]:
            index = self._makers.pop(task)
            try:
                ended = ray.get(task)
            except Exception as error:  # its process died, again and again
                ended = Ended(failure(*self.left[index].shown, error))
            seconds = time.monotonic() - self.seen[index].began
            if ended.result.status == "done" and not ended.stayed:
                ended = ended.lasting(seconds)
            yield self._out(index, ended)

    def _out(self, index: int, ended: Ended) -> tuple[int, Ended]:
        del self.left[index]
        return index, ended

    def _given_up(self) -> Iterator[tuple[int, Ended]]:
        """Let what never came back fail; a page of a PDF stays as it was."""
        for index, document in list(self.left.items()):
            rows = self.seen[index].rows if index in self.seen else {}
            some = next(iter(rows.values()), None)
            missing = _missing(self.work, document, some, rows) if some else [Row(document)]
            for row in missing:
                end = lost(self.work, row, Died(-9))
                if end:
                    yield self._out(index, end)
                    break
                rows[row.number] = row
            else:
                self._make(index)
        while self._makers:
            yield from self._made(TAKE)


def _missing(work: Work, document: Document, some: Row, rows: dict[int, Row]) -> list[Row]:
    """Return the pages of a document that never came back."""
    return [
        row for row in rows_of(work, document) if row.key == some.key and row.number not in rows
    ]


def _processors() -> int:
    """Return how many processors the cluster has now."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]


class _Rows:
    """The rows of one pass as they come, and None for every second without one."""

    def __init__(
        self, work: Work, documents: Sequence[tuple[int, Document]], workers: int, most: int
    ) -> None:
        self._asked = (work, documents, workers, most)
        self.error: DoccleanError | None = None

    def __enter__(self) -> "_Rows":
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        actor: Any = ray.remote(Conductor)
        self._conductor = actor.options(num_cpus=0, scheduling_strategy=here).remote()
        self._coming = self._conductor.rows.options(num_returns="streaming").remote(*self._asked)
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        ray.kill(self._conductor)  # and all that it started

    def __iter__(self) -> Iterator[Came | None]:
        import ray

        while True:
            if not ray.wait([self._coming], timeout=TAKE)[0]:
                yield None
                continue
            try:
                data = ray.get(next(self._coming))
            except StopIteration:
                return
            except ray.exceptions.RayError as error:
                self.error = _why(error)
                return
            yield pickle.loads(data)


def _why(error: Exception) -> DoccleanError:
    """Return in one sentence why Ray gave up a pass."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DoccleanError(
        f"Ray gave up: {lines[-1].strip()[:200]}; see that every machine has this docclean, "
        "and the session's logs of Ray"
    )
