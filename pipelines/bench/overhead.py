"""How much an evaluation costs beyond the OCR calls it cannot do without.

    python pipelines/bench/overhead.py [--pages 200] [--model small] [-o FILE.md]

Synthetic pages are read raw and cleaned by `evaluate`, two at a time; then the program tesseract
alone reads the same images, two at a time, OMP_THREAD_LIMIT=1; then the cleaner alone cleans them.
They take turns in parts of the set, so that a change of the machine's mood meets all.
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.synthetic import write_synthetic
from docclean.ocr.tesseract import tesseract_version
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


def main() -> None:
    """Make pages, take turns, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--model", default="small")
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    threads = max(1, (os.cpu_count() or 1) // JOBS)
    cleaner = Cleaner.load(args.model, threads=threads)
    took, kept = Seconds(), 0
    with tempfile.TemporaryDirectory() as home:
        for part in range(PARTS):
            folder = write_synthetic(Path(home, str(part)), args.pages // PARTS, seed=part)
            raw = sorted((folder / "noisy").iterdir())
            # out of the folder: only the two readings are timed, not fidelity or a third reading
            (folder / "clean").rename(Path(home, f"twins-{part}"))
            cleaned = []
            for image in raw:
                page = next(read_pages(image))
                after = cleaner.clean(page)
                cleaned.append(folder / f"cleaned-{image.name}")
                write_png(cleaned[-1], after.page)
                kept += after.decision.verdict == "kept"
            changed = [
                path
                for path, image in zip(cleaned, raw, strict=True)
                if next(read_pages(path)).pixels.tobytes()
                != next(read_pages(image)).pixels.tobytes()
            ]
            began = time.perf_counter()
            evaluate(folder, cleaner, contenders=("raw", "cleaned"), jobs=JOBS)
            took.evaluate += time.perf_counter() - began
            needed = read_alone(raw + changed)
            took.needed += needed
            took.both += needed + read_alone([path for path in cleaned if path not in changed])
            took.clean += clean_alone(cleaner, raw)
    rows = {
        "`evaluate`, raw and cleaned": took.evaluate,
        "Tesseract alone, raw and cleaned": took.both,
        "Tesseract alone, pages the gate kept read once": took.needed,
        "the cleaner alone": took.clean,
    }
    lines = [
        f"# What `docclean evaluate` costs beyond Tesseract\n\nMeasured {date.today()}, "
        f"{os.cpu_count()} cores, {platform.machine()}, Tesseract {tesseract_version()}, "
        f"{args.pages} synthetic pages ({kept} kept by the gate), {JOBS} at a time; "
        f"`python pipelines/bench/overhead.py --pages {args.pages}`.\n",
        "| | seconds | `evaluate` runs at |",
        "|---|--:|--:|",
        *(
            f"| {name} | {value:.1f} | {value / took.evaluate:.1%} |"
            for name, value in rows.items()
        ),
        f"| Tesseract and the cleaner, one after the other | {took.needed + took.clean:.1f} "
        f"| {(took.needed + took.clean) / took.evaluate:.1%} |",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if args.out:
        args.out.write_text(text)


if __name__ == "__main__":
    main()
