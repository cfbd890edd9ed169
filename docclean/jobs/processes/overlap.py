"""Work on neighbouring pages at once, in two threads beside this one; never more than one waits."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Any, TypeVar

Item = TypeVar("Item")
_END: Any = object()


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield what an iterator gives; while one is worked on, the next is made in a thread."""
    with ThreadPoolExecutor(1) as side:
        coming = side.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = side.submit(next, items, _END)
            yield item


def behind(consume: Callable[[Iterator[Item]], None], items: Iterator[Item]) -> None:
    """Let something consume items in a thread: it works on one while the next is made here.

    Raises:
        Exception: what making the items raises, or else what consuming them does.
    """
    handed: SimpleQueue[tuple[Item, Future[None]]] = SimpleQueue()

    def given() -> Iterator[Item]:
        while True:
            item, taken = handed.get()
            taken.set_result(None)
            if item is _END:
                return
            if item is _BROKEN:
                raise _BrokenOffError
            yield item
            del item

    with ThreadPoolExecutor(1) as side:
        done = side.submit(consume, given())
        end = _BROKEN
        try:
            for item in items:
                taken: Future[None] = Future()
                handed.put((item, taken))
                del item
                wait((taken, done), return_when=FIRST_COMPLETED)
                if done.done():
                    break
            end = _END
        finally:
            handed.put((end, Future()))
        done.result()


class _BrokenOffError(Exception):
    """The items end before their time; why is told by whoever makes them."""


_BROKEN: Any = object()
