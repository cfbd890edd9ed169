"""What Ray does with the rows of many documents: one pass over them, in a process of its own.

The process owns the workers, so that they end with it. All of it runs on Ray's side.
"""

import pickle
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from docclean.errors import DoccleanError
from docclean.integrations.cluster.bench import Row, Worker, rows_of
from docclean.integrations.cluster.documents import Document, Ended, Work
from docclean.integrations.cluster.finishing import finish
from docclean.integrations.cluster.parts import DonePages, Parts

if TYPE_CHECKING:
    from ray.data import Dataset

RETRIES = 2
"""How often a row goes to a worker again after it has cost one its life, or its machine died."""
BLOCKS = 1000
"""Blocks of documents at most; each is a task that looks at them."""


@dataclass(frozen=True)
class Came:
    """A row that came back; picklable.

    Attributes:
        index: of its document in the call.
        row: which one.
        ended: what came of the document, where that is known by it.
        fatal: why no row can be done; empty where one can.
    """

    index: int
    row: Row
    ended: Ended | None = None
    fatal: DoccleanError | None = None


class Conductor:
    """Runs passes; an actor."""

    def rows(
        self, work: Work, documents: Sequence[tuple[int, Document]], workers: int, most: int
    ) -> Iterator[bytes]:
        """Yield the rows of documents as they are done, each a pickled `Came`.

        Rows whose worker dies `RETRIES` times more are left out.

        Args:
            work: what holds for all.
            documents: each with its number.
            workers: how many there are from the start.
            most: how many there may be once the cluster has grown.
        """
        warnings.simplefilter("ignore")  # Ray deprecates what its next versions have no other for
        from ray.data import ActorPoolStrategy, TaskPoolStrategy

        dataset = _dataset(documents)
        look: Any = _looked
        worker: Any = PageWorker
        rows = dataset.flat_map(
            look,
            fn_kwargs={"work": work},
            compute=TaskPoolStrategy(size=most),
            num_cpus=0,  # the workers hold all processors
            max_retries=RETRIES,
        ).map(
            worker,
            fn_constructor_args=(work,),
            compute=ActorPoolStrategy(
                min_size=workers, max_size=most, max_tasks_in_flight_per_actor=2
            ),
            num_cpus=work.options.threads or 1,
            num_gpus=1 if work.options.device == "cuda" else 0,
            max_restarts=-1,
            max_task_retries=RETRIES,
        )
        for row in rows.iter_rows():
            yield row["came"]


def _dataset(documents: Sequence[tuple[int, Document]]) -> "Dataset":
    import ray.data

    items = [{"index": index, "row": pickle.dumps(one)} for index, one in documents]
    dataset = ray.data.from_items(items, override_num_blocks=min(len(items), BLOCKS))
    context = dataset.context
    context.enable_progress_bars = False
    context.target_max_block_size = 1  # a row is a block: pages of one PDF go to all workers
    context.max_errored_blocks = -1
    return dataset


def _looked(item: dict[str, Any], work: Work) -> list[dict[str, Any]]:
    """Return the rows of a document."""
    document: Document = pickle.loads(item["row"])
    return [{"index": item["index"], "row": pickle.dumps(row)} for row in rows_of(work, document)]


class PageWorker:
    """Does rows with a warm cleaner; an actor that lives as long as a pass."""

    def __init__(self, work: Work) -> None:
        """Take what holds for all rows."""
        # or the process that does them would import Ray's own main module, and Ray with it: 40 MB
        sys.modules["__main__"].__file__ = None
        self._worker = Worker(work)

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        """Do a row; whatever goes wrong is told in the row that goes back."""
        row: Row = pickle.loads(item["row"])
        try:
            came = Came(item["index"], row, self._worker.do(row))
        except DoccleanError as error:
            came = Came(item["index"], row, fatal=error)
        except Exception as error:
            fatal = DoccleanError(f"a worker cannot start ({type(error).__name__}: {error})")
            came = Came(item["index"], row, fatal=fatal)
        return {"came": pickle.dumps(came)}


def assembled(work: Work, document: Document, key: str, numbers: Sequence[int]) -> Ended:
    """Put a document together from its pages; one that failed lets all of it fail."""
    done = DonePages(Parts(work.out, document.name, key), numbers)
    ended = finish(work, document, done=done)
    return replace(ended, result=done.failed) if done.failed else ended
