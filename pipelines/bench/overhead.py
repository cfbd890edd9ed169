"""How much an evaluation costs beyond the OCR calls it cannot do without.

    python pipelines/bench/overhead.py [--pages 200] [--model small] [-o FILE.md]

Synthetic pages are read raw and cleaned by `evaluate`, two at a time; then the program tesseract
alone reads the same images, two at a time, OMP_THREAD_LIMIT=1; then the cleaner alone cleans them.
They take turns in parts of the set, so that a change of the machine's mood meets all.
"""

import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from common import arguments, measured, run, table, tell

from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.synthetic import write_synthetic
from docclean.pairs.folder import write_png

JOBS = 2
PARTS = 5


@dataclass
class Seconds:
    """Wall seconds of the whole set."""

    evaluate: float = 0.0
    both: float = 0.0
    """Tesseract alone on every raw and every cleaned page."""
    needed: float = 0.0
    """Tesseract alone, a cleaned page that equals the raw one left out: what `evaluate` reads."""
    clean: float = 0.0


def read_alone(images: list[Path]) -> float:
    """Return the seconds the program takes for these images, two at a time."""

    def read(image: Path) -> None:
        limit = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        command = ["tesseract", str(image), "-", "-l", "eng"]
        subprocess.run(command, env=limit, capture_output=True, check=True)

    began = time.perf_counter()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(read, images))
    return time.perf_counter() - began


def clean_alone(cleaner: Cleaner, images: list[Path]) -> float:
    """Return the seconds the cleaner takes, two pages at a time, decoding included."""
    began = time.perf_counter()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(lambda image: cleaner(next(read_pages(image))), images))
    return time.perf_counter() - began


def changed_of(folder: Path, cleaner: Cleaner, raw: list[Path]) -> tuple[list[Path], list[Path]]:
    """Write the cleaned pages; return them, and those that are not as they came."""
    cleaned, changed = [], []
    for image in raw:
        page = next(read_pages(image))
        path = folder / f"cleaned-{image.name}"
        write_png(path, cleaner.clean(page).page)
        cleaned.append(path)
        if next(read_pages(path)).pixels.tobytes() != page.pixels.tobytes():
            changed.append(path)
    return cleaned, changed


def take_turns(cleaner: Cleaner, pages: int) -> tuple[Seconds, int]:
    """Return what everything took on synthetic pages, and how many of them stayed as they came."""
    took, kept = Seconds(), 0
    with tempfile.TemporaryDirectory() as home:
        for part in range(PARTS):
            folder = write_synthetic(Path(home, str(part)), pages // PARTS, seed=part)
            raw = sorted((folder / "noisy").iterdir())
            # out of the folder: only the two readings are timed, not fidelity or a third reading
            (folder / "clean").rename(Path(home, f"twins-{part}"))
            cleaned, changed = changed_of(folder, cleaner, raw)
            kept += len(cleaned) - len(changed)
            began = time.perf_counter()
            evaluate(folder, cleaner, contenders=("raw", "cleaned"), jobs=JOBS)
            took.evaluate += time.perf_counter() - began
            needed = read_alone(raw + changed)
            took.needed += needed
            took.both += needed + read_alone([path for path in cleaned if path not in changed])
            took.clean += clean_alone(cleaner, raw)
    return took, kept


def main() -> None:
    """Make pages, take turns, tell."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--model", default="small")
    args = parser.parse_args()
    threads = max(1, (os.cpu_count() or 1) // JOBS)
    took, kept = take_turns(Cleaner.load(args.model, threads=threads), args.pages)
    rows = {
        "`evaluate`, raw and cleaned": took.evaluate,
        "Tesseract alone, raw and cleaned": took.both,
        "Tesseract alone, pages the gate kept read once": took.needed,
        "the cleaner alone": took.clean,
        "Tesseract and the cleaner, one after the other": took.needed + took.clean,
    }
    cells = [(n, f"{value:.1f}", f"{value / took.evaluate:.1%}") for n, value in rows.items()]
    head = (
        f"# What `docclean evaluate` costs beyond Tesseract\n\nMeasured {measured()}, "
        f"{args.pages} synthetic pages ({kept} kept by the gate), {JOBS} at a time; "
        f"`python pipelines/bench/overhead.py --pages {args.pages}`.\n"
    )
    tell([head, *table(("", "seconds", "`evaluate` runs at"), cells)], args.out)


if __name__ == "__main__":
    run(main)
