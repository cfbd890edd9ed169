"""Time and memory of cleaning, beside Tesseract's own time on the same page in the same run.

    python pipelines/bench/benchmark.py [--model small] [--threads 2] [--large] [--install]
        [-o FILE.md]
    python pipelines/bench/benchmark.py --scores SCORES.json [-o FILE.md]

The A4 page is typeset at 300 dpi and dirtied by docclean itself; nothing is downloaded. With
--scores nothing is run: what `docclean evaluate --json` measured of each page's seconds is counted.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from random import Random

import numpy as np
from common import arguments, measured, run, table, tell

from docclean.clean.cleaner import Cleaner
from docclean.corruptions.chain import dirty_by_name
from docclean.evaluation.demo import DIRT
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pairs.folder import write_png
from docclean.synth import TextSource, typeset

A4_300 = (3508, 2480)
"""Height and width of an A4 page at 300 dpi, px."""
LARGE = (14_000, 20_000)
NOISY = (
    *("dirty-documents", "ocr/old-books-maxentropy", "ocr/old-books-minerror"),
    *("ocr/typewritten-ces", "ocr/typewritten-eng", "ocr/typewritten-fra"),
)
"""The public sets that their README marks as noisy."""
RUNS = 5


def a4_page(seed: int = 7) -> Page:
    """Return a dirty grey A4 page at 300 dpi full of text."""
    height, width = A4_300
    text, rows, number = TextSource(("en_US",)), [], seed
    while sum(len(row) for row in rows) < height:
        made = typeset(Random(number), text, 300, "book").page.pixels[:, :width]
        rows.append(np.pad(made, ((0, 0), (0, width - made.shape[1])), constant_values=255))
        number += 1
    dirty, _ = dirty_by_name(np.vstack(rows)[:height], DIRT, seed, 300.0)
    return Page(dirty, (300.0, 300.0), source="A4 at 300 dpi")


def seconds(action, runs: int = RUNS) -> list[float]:  # noqa: ANN001
    """Return the wall seconds of each run, after one that is not counted."""
    action()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return taken


def peak_of_clean(source: Path, out: Path, arguments: list[str]) -> tuple[float, float]:
    """Run `docclean clean` in a fresh process; return its peak memory in MB and its seconds.

    VmHWM, not ru_maxrss: the latter starts at what this process held when it forked.
    """
    code = (
        "import sys; from docclean.cli import run; status = run(sys.argv[1:]);"
        "lines = open('/proc/self/status').read().split(chr(10));"
        "print(status, next(line.split()[1] for line in lines if line.startswith('VmHWM')))"
    )
    began = time.perf_counter()
    call = [sys.executable, "-c", code, "clean", str(source), "-o", str(out), *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    status, peak = done.stdout.split()[-2:]
    if status != "0":
        raise SystemExit(done.stderr)
    return int(peak) * 1024 / 1e6, time.perf_counter() - began


def install_size(folder: Path) -> float:
    """Install docclean without extras into a new environment; return its size on disk in MB."""
    home = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    before = _disk(home)
    root = Path(__file__).parents[2]
    call = [str(home / "bin/python"), "-m", "pip", "install", "-q", str(root)]
    subprocess.run(call, check=True, capture_output=True)
    return (_disk(home) - before) / 1e6


def paid_back(scores: Path) -> list[tuple[str, str]]:
    """Count the pages whose cleaning and reading take no longer than reading them as scanned."""
    rows = []
    pages = json.loads(scores.read_text("utf-8"))["pages"]
    for name in NOISY:
        taken = [
            {one["contender"]: one for one in page["readings"]}
            for page in pages
            if page["set"] == name
        ]
        sums = [
            (
                one["grey"]["ocr"]["seconds"],
                one["cleaned"]["treat"]["seconds"] + one["cleaned"]["ocr"]["seconds"],
            )
            for one in taken
        ]
        won = sum(cleaned <= raw for raw, cleaned in sums)
        ratio = statistics.median(cleaned / raw for raw, cleaned in sums) if sums else float("nan")
        rows.append((name, f"{won} of {len(sums)} (middle ratio {ratio:.2f})"))
    return rows


def _disk(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def main() -> None:
    """Measure what was asked for and print one Markdown table."""
    parser = arguments(__doc__)
    parser.add_argument("--model", default="small")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--large", action="store_true", help="also a 20,000 x 14,000 px page")
    parser.add_argument("--install", action="store_true", help="also the size of a base install")
    parser.add_argument("--scores", type=Path, help="count pages of an evaluation instead")
    options = parser.parse_args()
    if options.scores:
        _tell("cleaning and reading, no longer than reading", paid_back(options.scores), options)
        return
    rows = on_a4(options)
    with tempfile.TemporaryDirectory() as name:
        rows += in_fresh_processes(options, Path(name))
    _tell("time and memory", rows, options)


def on_a4(options: Namespace) -> list[tuple[str, str]]:
    """Return the rows of cleaning and reading an A4 page in this process."""
    page, cleaner = a4_page(), Cleaner.load(options.model, threads=options.threads)
    cleaned = cleaner(page)
    engine = Tesseract("eng")
    return [
        ("clean, A4 at 300 dpi, grey, model loaded", _range(seconds(lambda: cleaner.clean(page)))),
        ("Tesseract on the dirty page", _range(seconds(lambda: engine.read(page), 2))),
        ("Tesseract on the cleaned page", _range(seconds(lambda: engine.read(cleaned), 2))),
    ]


def in_fresh_processes(options: Namespace, folder: Path) -> list[tuple[str, str]]:
    """Return the rows of peak memory and of what an install takes on disk."""
    page, given = a4_page(), ["--model", options.model]
    write_png(folder / "a4.png", page)
    peak, taken = peak_of_clean(folder / "a4.png", folder / "a4-clean.png", given)
    rows = [("`docclean clean` of that page: peak memory", f"{peak:.0f} MB ({taken:.1f} s)")]
    if options.large:
        tile = page.pixels[:1400, :2000]
        write_png(folder / "large.png", Page(np.tile(tile, (10, 10))[: LARGE[0], : LARGE[1]]))
        peak, taken = peak_of_clean(folder / "large.png", folder / "large-clean.png", given)
        label = "`docclean clean` of 20,000 x 14,000 px: peak memory"
        rows.append((label, f"{peak:.0f} MB ({taken:.0f} s)"))
    if options.install:
        rows.append(("base install on disk", f"{install_size(folder):.0f} MB"))
    return rows


def _tell(title: str, rows: list[tuple[str, str]], options: Namespace) -> None:
    """Print one Markdown table, and write it where it was asked for."""
    facts = f"{measured()}, model {options.model}"
    tell([f"{facts}: {title}\n", *table(("what", "measured"), rows)], options.out)


def _range(taken: list[float]) -> str:
    return f"{statistics.median(taken):.2f} s (min {min(taken):.2f}, max {max(taken):.2f})"


if __name__ == "__main__":
    run(main)
