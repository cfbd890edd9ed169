"""Does cleaning leave a clean page as it is, and does Tesseract read it as before?

    python pipelines/bench/clean_pages.py [--model small] [--pages 300] [--jobs 2]
        [--markdown FILE.md]

Pages set at five resolutions in twenty families are read raw, cleaned, and cleaned without gate.
"""

import argparse
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
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
from docclean.clean.network import Runtime, load_runtime
from docclean.errors import DoccleanError
from docclean.evaluation.contenders import PageCleaner
from docclean.evaluation.environment import environment
from docclean.evaluation.reader import Cache, Reader
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.report.wording import percent
from docclean.scores.statistics import FEWEST, Interval
from docclean.scores.text import score
from docclean.synth import TextSource, Typeset, typeset
from docclean.synth.fonts import families

DPI_STEPS = (100, 150, 200, 300, 400)
FONTS = (
    *("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono", "DejaVu Serif"),
    *("DejaVu Sans", "Liberation Serif", "Liberation Sans", "TeX Gyre Termes", "TeX Gyre Heros"),
    *("TeX Gyre Pagella", "TeX Gyre Bonum", "Gentium Book Plus", "EB Garamond 08", "C059"),
    *("Old Standard TT", "Noto Serif", "Open Sans", "Carlito", "Courier Prime", "PT Serif"),
)
"""Twenty families, the first three inside typst; those that are not installed are passed over."""
LAYOUTS = ("article", "book", "letter", "columns", "footnotes", "invoice", "typescript")
ROUNDS = 2000
NEAR = 2  # grey levels by which a pixel may differ and still count as untouched
WORSE = 0.005
"""Rise of the CER from which a page counts as harmed."""
Done = TypeVar("Done")
_SETTING = threading.Lock()


class Once:
    """A network that keeps its last answers: every page is cleaned with the gate and without."""

    def __init__(self, runtime: Runtime, kept: int = 12) -> None:
        """Take the network and how many answers to keep."""
        self.stride, self.reach, self.name = runtime.stride, runtime.reach, runtime.name

        @lru_cache(maxsize=kept)
        def run(data: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
            return runtime(np.frombuffer(data, np.uint8).reshape(shape))

        self._run = run

    def __call__(self, tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Clean tiles, uint8 (N, h, w) -> the same shape."""
        return self._run(tiles.tobytes(), tiles.shape)


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
        runtime = Once(load_runtime(model, threads=threads))
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


def clean_page(index: int) -> Typeset:
    """Set page `index`: resolutions take turns, then families; the layout is drawn."""
    known = installed(FONTS)
    dpi, family = DPI_STEPS[index % 5], known[index // 5 % len(known)]
    seed = f"clean-pages-{index}"
    return set_page(seed, dpi, Random(f"{seed}-layout").choice(LAYOUTS), family, index + 1)


def to_read(told: Any) -> Page:
    """Return the page that a cleaner means for OCR, which may be an enlarged one."""
    page: Page = getattr(told, "reading", told.page)
    return page


@dataclass(frozen=True)
class Change:
    """What a cleaner did to one page: CER before and after, share of pixels left, verdict."""

    before: float
    after: float
    near: float
    verdict: str


def measure_page(
    made: Typeset, cleaners: Mapping[str, PageCleaner], reader: Reader
) -> list[Change]:
    """Clean a clean page with every cleaner, and read it before and after."""
    raw, before = made.page, score(made.text, reader.read(made.page).found.text).cer
    changes = []
    for cleaner in cleaners.values():
        told = cleaner.clean(raw)
        after = score(made.text, reader.read(to_read(told)).found.text).cer
        near = np.abs(raw.grey().astype(np.int16) - told.page.grey()) <= NEAR
        changes.append(Change(before, after, float(near.mean()), told.decision.verdict))
    return changes


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


def mean_rise(changes: Sequence[Change]) -> Interval:
    """Return the mean rise of the pages' CER, with its 95 % interval."""
    rises = np.array([[change.after - change.before] for change in changes])
    return bounds(float(rises.mean()), drawn_sums(rises)[:, 0] / len(rises), len(rises))


def table(found: Mapping[str, Sequence[Change]]) -> list[str]:
    """Return the lines of the markdown table, a row for each cleaner."""
    lines = [
        "| | CER raw | CER cleaned | mean change, points (95 %) | worse by more than 0.5 points "
        "| better by as much | pixels within 2 grey levels: least page | mean | verdicts |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, changes in found.items():
        rise, low, high = (100 * value for value in astuple(mean_rise(changes)))
        before, after, near = np.array([(one.before, one.after, one.near) for one in changes]).T
        verdicts = Counter(one.verdict for one in changes)
        cells = (
            *(name, percent(before.mean()), percent(after.mean())),
            *(f"{rise:+.3f} ({low:+.3f} to {high:+.3f})", f"{(after - before > WORSE).sum()}"),
            *(f"{(before - after > WORSE).sum()}", f"{near.min():.3%}", f"{near.mean():.3%}"),
            ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def each_page(work: Callable[[int], Done], pages: int, jobs: int) -> list[Done]:
    """Return what `work` makes of pages 0, 1, ..., `jobs` at a time; stderr counts them."""
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(work, range(pages))
        return list(track(done, "pages", pages, console=Console(stderr=True)))


def arguments(text: str, pages: int) -> argparse.ArgumentParser:
    """Return the options of both measurements."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["small"], help="names or .onnx files")
    parser.add_argument("--pages", type=int, default=pages)
    parser.add_argument("--jobs", type=int, default=2, help="pages at a time")
    parser.add_argument("--cache", type=Path, help="file that keeps what Tesseract has read")
    parser.add_argument("--markdown", type=Path, help="file to write the table to")
    return parser


def load_reader(cache: Path | None) -> Reader:
    """Return what reads English pages as they are, with Tesseract's own idea of columns."""
    return Reader(Tesseract("eng", 3), Cache.load(cache) if cache else None)


def write(title: str, facts: str, lines: Sequence[str], path: Path | None) -> None:
    """Print a table under its title, date, machine and facts; write it too where `path` says."""
    command = f"`python pipelines/{Path(sys.argv[0]).name}`"
    head = f"# {title}\n\n{environment().sentence()} {facts}; {command}.\n"
    text = "\n".join((head, *lines)) + "\n"
    print(text)
    if path:
        path.write_text(text, "utf-8")


def run(action: Callable[[], None]) -> None:
    """Do it; an error of docclean is one sentence."""
    cv2.setNumThreads(1)
    try:
        action()
    except DoccleanError as error:
        raise SystemExit(str(error)) from error


def main() -> None:
    """Set the pages, clean, read, tell."""
    args = arguments(__doc__ or "", 300).parse_args()
    cleaners, reader = load_cleaners(args.model, args.jobs), load_reader(args.cache)
    rows = each_page(
        lambda index: measure_page(clean_page(index), cleaners, reader), args.pages, args.jobs
    )
    facts = (
        f"{args.pages} pages, {', '.join(map(str, DPI_STEPS))} dpi, {len(installed(FONTS))} "
        "families, mode 3. Bars, with the gate: mean change at most 0.00, upper bound +0.05; "
        "no page worse by more than 0.5; 99.9 % of the pixels"
    )
    found = dict(zip(cleaners, zip(*rows, strict=True), strict=True))
    write("Clean pages stay as they are", facts, table(found), args.markdown)


if __name__ == "__main__":
    run(main)
