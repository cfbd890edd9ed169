"""`docclean bench`: every figure in one run, and the table of them."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docclean.clean.cleaner import DEFAULT, Cleaner
from docclean.documents import read_pages
from docclean.errors import UnreadableInputError
from docclean.evaluation.bench.commands import pages_a_second, peak_memory, start
from docclean.evaluation.bench.figures import Figure, lines
from docclean.evaluation.bench.pages import a4_page, copies
from docclean.evaluation.bench.roofline import quickest, roofline
from docclean.evaluation.bench.steps import milliseconds
from docclean.evaluation.contenders import CONTENDERS
from docclean.evaluation.environment import environment
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.scores.environment import Environment

PEERS = ("divide", "unpaper", "ocrmypdf-clean")
"""Contenders that the page is given to as well, by the names `docclean list contenders` tells."""


@dataclass(frozen=True)
class Order:
    """What is measured.

    Attributes:
        scan: a document whose first page is measured; None: a page made here.
        model: what cleans, as `--model` of `clean`.
        threads: of each process; None: all cores.
        count: pages of the runs that tell pages a second.
        quick: leave out the runs and the peers: a few seconds in all.
    """

    scan: Path | None = None
    model: str = DEFAULT
    threads: int | None = None
    count: int = 12
    quick: bool = False


def measured(order: Order, tell: Callable[[str], None] = lambda line: None) -> list[Figure]:
    """Measure; return the figures in the order of the table.

    Args:
        order: what is asked for.
        tell: called with each figure as it comes.

    Raises:
        UnreadableInputError: the scan cannot be read.
    """
    found = []
    for figure in _figures(order):
        found.append(figure)
        tell(f"{figure.what}: {figure.told()}")
    return found


def table(figures: list[Figure], order: Order) -> str:
    """Return the figures as Markdown, under date, machine and versions."""
    here: Environment = environment()
    page = order.scan.name if order.scan else "A4 at 300 dpi, grey, full of text"
    threads = f", {order.threads} threads" if order.threads else ""
    told = [f"{here.sentence()} Page: {page}; model {order.model}{threads}.", ""]
    return "\n".join([*told, *lines(figures), ""])


def _figures(order: Order) -> Iterator[Figure]:
    dirty = a4_page() if order.scan is None else _first(order.scan)
    with tempfile.TemporaryDirectory() as name:
        (path,) = copies(dirty, 1, Path(name), ".jpg")
        yield from _machine(order)
        yield from _steps(path, order)
        peak = peak_memory(path, path.with_name("out.jpg"), order.threads)
        yield Figure("peak memory of `docclean clean`", peak, "MB", "only Linux tells it")
        yield Figure("`docclean clean` of a tiny image, start to end", start(order.threads), "s")
    if not order.quick:
        yield from _runs(dirty, order)
        yield from _peers(dirty, order)


def _first(scan: Path) -> Page:
    page = next(iter(read_pages(scan)), None)
    if page is None:
        raise UnreadableInputError(f"{scan}: has no pages; give a scan")
    return page


def _machine(order: Order) -> Iterator[Figure]:
    best = roofline(order.threads)
    yield Figure("machine: 3 x 3 convolution", best.convolution / 1e9, "GMAC/s")
    yield Figure("machine: memory, read and written", best.memory / 1e9, "GB/s")


def _steps(path: Path, order: Order) -> Iterator[Figure]:
    took = milliseconds(path, Cleaner.load(order.model, threads=order.threads))
    for name, value in took.items():
        yield Figure(f"step: {name}", value, "ms")
    yield Figure("steps together, JPEG to JPEG", sum(took.values()), "ms")


def _runs(dirty: Page, order: Order) -> Iterator[Figure]:
    args = order.count, order.threads

    def rate(page: Page, suffix: str, jobs: int | None) -> float:
        count, threads = args
        return pages_a_second(page, suffix, count, jobs, threads)

    yield Figure("dirty JPEG to JPEG, one process", rate(dirty, ".jpg", 1), "pages/s")
    yield Figure("dirty PNG to PNG, one process", rate(dirty, ".png", 1), "pages/s")
    if order.scan is None:
        clean = a4_page(dirty=False)
        yield Figure("kept JPEG, one process", rate(clean, ".jpg", 1), "pages/s")
    yield Figure("dirty JPEG to JPEG, processes by cores", rate(dirty, ".jpg", None), "pages/s")
    yield Figure("scanned PDF, processes by cores", rate(dirty, ".pdf", None), "pages/s")
    single = pages_a_second(dirty, ".jpg", order.count, 1, 1)
    double = pages_a_second(dirty, ".jpg", order.count, 2, 1)
    yield Figure("two processes over one, a thread each", double / single, "x")


def _peers(dirty: Page, order: Order) -> Iterator[Figure]:
    cleaner = Cleaner.load(order.model, threads=order.threads)
    ours = quickest(lambda: cleaner.clean(dirty), 3)
    yield Figure("docclean, model loaded", ours, "s")
    for name in PEERS:
        peer = CONTENDERS[name]
        lacks = peer.lacking()
        took = None if lacks else quickest(lambda peer=peer: peer.treat(dirty), 2)  # type: ignore[misc]
        yield Figure(f"{name} of the same page", took, "s", lacks or "")
    engine, cleaned = Tesseract("eng"), cleaner.clean(dirty).reading
    yield Figure("Tesseract on the dirty page", quickest(lambda: engine.read(dirty), 2), "s")
    yield Figure("Tesseract on the cleaned page", quickest(lambda: engine.read(cleaned), 2), "s")
