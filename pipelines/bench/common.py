"""What the scripts share: arguments, errors, tables; pages, cleaners, a reader, intervals."""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from docclean.clean.cleaner import Cleaner, faint_for
from docclean.clean.network import OnnxRuntime, model_file
from docclean.errors import DoccleanError
from docclean.evaluation.environment import environment
from docclean.evaluation.reader import Cache, Reader
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.scores.statistics import FEWEST, Interval
from docclean.synth import TextSource, Typeset, typeset
from docclean.synth.fonts import families

ROUNDS = 2000
"""How often pages are drawn anew for an interval."""
Done = TypeVar("Done")
_SETTING = threading.Lock()


# --- arguments, errors, tables --------------------------------------------------------------------


def described(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose description is the first line of a script's docstring."""
    return argparse.ArgumentParser(description=(doc or "").splitlines()[0])


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the option -o (or --markdown): a file that takes what is printed."""
    parser = described(doc)
    parser.add_argument("-o", "--out", "--markdown", type=Path, help="a file for what is printed")
    return parser


def reading_arguments(doc: str | None, limit: int | None = None) -> argparse.ArgumentParser:
    """Return `arguments` with the options of a script that reads the public sets."""
    parser = arguments(doc)
    parser.add_argument("data", type=Path)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--sets", default="ocr/*")
    parser.add_argument("--limit", type=int, default=limit, help="pages a set")
    parser.add_argument("--cache", type=Path, help="file that keeps what Tesseract has read")
    return parser


def cleaning_arguments(doc: str | None, pages: int) -> argparse.ArgumentParser:
    """Return `arguments` with the options of a script that cleans pages it has set."""
    parser = arguments(doc)
    parser.add_argument("--model", nargs="+", default=["small"], help="names or .onnx files")
    parser.add_argument("--pages", type=int, default=pages)
    parser.add_argument("--jobs", type=int, default=2, help="pages at a time")
    parser.add_argument("--cache", type=Path, help="file that keeps what Tesseract has read")
    return parser


def run(action: Callable[[], None]) -> None:
    """Do it; an error of docclean is one sentence."""
    try:
        action()
    except DoccleanError as error:
        raise SystemExit(str(error)) from error


def measured() -> str:
    """Return when and on what machine this is measured, and with which Tesseract."""
    here = environment()
    return f"{here.date}, {here.machine}, Tesseract {here.versions.get('Tesseract', 'none')}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a Markdown table: words on the left, numbers on the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def tell(lines: Iterable[str], out: Path | None) -> None:
    """Print lines, and write them where a file is named."""
    text = "\n".join(lines) + "\n"
    print(text)
    if out:
        out.write_text(text, "utf-8")


def write(title: str, facts: str, lines: Sequence[str], out: Path | None) -> None:
    """Tell a table under its title, date, machine, facts and command."""
    command = f"`python pipelines/bench/{Path(sys.argv[0]).name}`"
    tell([f"# {title}\n\n{environment().sentence()} {facts}; {command}.\n", *lines], out)


# --- pages, cleaners, reader ----------------------------------------------------------------------


class Once(OnnxRuntime):
    """A network that keeps its last answers: every page is cleaned with the gate and without."""

    def __init__(self, model: str, threads: int, kept: int = 12) -> None:
        """Load a network, by name or path; `kept` is how many answers are."""
        super().__init__(model_file(model), threads=threads)
        self._known = lru_cache(maxsize=kept)(self._run)

    def __call__(
        self, tiles: NDArray[np.uint8], seen: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Clean tiles, uint8 (N, h, w) -> the same shape."""
        pictures = [tiles] if seen is None else [tiles, seen]
        return self._known(tuple((one.tobytes(), one.shape) for one in pictures))

    def _run(self, pictures: tuple[tuple[bytes, tuple[int, ...]], ...]) -> NDArray[np.uint8]:
        arrays = (np.frombuffer(data, np.uint8).reshape(shape) for data, shape in pictures)
        return super().__call__(*arrays)


def load_cleaners(models: Sequence[str], jobs: int) -> dict[str, Cleaner]:
    """Return each model with its gate, by name, and without it, by 'name, no gate'.

    Raises:
        DoccleanError: a model cannot be loaded.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)
    made: dict[str, Cleaner] = {}
    for model in models:
        name = Path(model).stem
        if name in made:
            raise DoccleanError(f"{model}: another model is called '{name}' too; rename the file")
        runtime = Once(model, threads)
        faint = faint_for(model, threads=threads)
        made[name] = Cleaner(runtime, faint=faint)
        made[f"{name}, no gate"] = Cleaner(runtime, gate=False, faint=faint)
    return made


def set_page(
    seed: str, dpi: int, layout: str, family: str, number: int, shown_dpi: int = 0
) -> Typeset:
    """Set one English page in one family; `shown_dpi` is what the page says of itself, if not dpi.

    The same arguments give the same pixels on the same installed families and words.
    """
    with _SETTING:  # pdfium keeps one page at a time
        made = typeset(Random(seed), TextSource(("en_US",)), dpi, layout, fonts=(family,))
    shown = float(shown_dpi or dpi)
    return replace(made, page=replace(made.page, dpi=(shown, shown), number=number))


def installed(wanted: Sequence[str]) -> list[str]:
    """Return those of the wanted families that can be set here, in their order."""
    found = families()
    return [name for name in wanted if name in found.proportional + found.mono]


def to_read(told: Any) -> Page:
    """Return the page that a cleaner means for OCR, which may be an enlarged one."""
    page: Page = getattr(told, "reading", told.page)
    return page


def each_page(work: Callable[[int], Done], pages: int, jobs: int) -> list[Done]:
    """Return what `work` makes of pages 0, 1, ..., `jobs` at a time; stderr counts them.

    OpenCV gets one thread: the pages themselves run side by side.
    """
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(work, range(pages))
        return list(track(done, "pages", pages, console=Console(stderr=True)))


def load_reader(cache: Path | None) -> Reader:
    """Return what reads English pages as they are, with Tesseract's own idea of columns."""
    return Reader(Tesseract("eng", 3), Cache.load(cache) if cache else None)


# --- intervals ------------------------------------------------------------------------------------


def drawn_sums(values: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Return sums (ROUNDS, k) over pages drawn anew (Efron 1979); values are (pages, k)."""
    pages = len(values)
    times = np.random.default_rng(seed).multinomial(pages, np.full(pages, 1 / pages), size=ROUNDS)
    return np.asarray(times @ values, np.float64)


def bounds(value: float, drawn: NDArray[np.float64], pages: int) -> Interval:
    """Return a value between the middle 95 % of what was drawn; nan for fewer than 3 pages."""
    if pages < FEWEST or not np.isfinite(drawn).any():
        return Interval(value, float("nan"), float("nan"))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Interval(value, float(low), float(high))
