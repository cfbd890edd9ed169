"""What `docclean bench` measures, and what takes longer: large pages, an install, read-outs.

    python pipelines/bench/benchmark.py [SCAN] [--model small] [--threads 2] [--pages 12]
        [--large] [--install] [-o FILE.md]
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
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import arguments, measured, run, table, tell

from docclean.documents import write_pages
from docclean.evaluation.bench import running
from docclean.evaluation.bench.commands import peak_memory
from docclean.evaluation.bench.pages import a4_page
from docclean.evaluation.bench.running import Figure
from docclean.page import Page

LARGE = ((1_000, 1_000), (3_160, 3_160), (10_000, 10_000), (20_000, 20_000))
"""Heights and widths of large pages, px: 1, 10, 100 and 400 million pixels."""
NOISY = (
    *("dirty-documents", "ocr/old-books-maxentropy", "ocr/old-books-minerror"),
    *("ocr/typewritten-ces", "ocr/typewritten-eng", "ocr/typewritten-fra"),
)
"""The public sets that their README marks as noisy."""


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


def large_pages(threads: int | None) -> Iterator[Figure]:
    """Yield the seconds and the memory of pages of many pixels."""
    tile = a4_page().pixels[:2000, :2400]
    for height, width in LARGE:
        down, across = -(-height // len(tile)), -(-width // tile.shape[1])
        page = Page(np.tile(tile, (down, across))[:height, :width], (300.0, 300.0))
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "large.png"
            write_pages(iter([page]), path)
            began = time.perf_counter()
            peak = peak_memory(path, path.with_name("out.png"), threads)
            took = time.perf_counter() - began
        pixels = f"{height * width / 1e6:,.0f} megapixels"
        yield Figure(f"{pixels}, start to end", took, "s")
        yield Figure(f"{pixels}, a megapixel", 1e9 * took / (height * width), "ms")
        yield Figure(f"{pixels}, peak memory", peak, "MB")


def _disk(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def main() -> None:
    """Measure what was asked for and print one Markdown table."""
    parser = arguments(__doc__)
    parser.add_argument("scan", nargs="?", type=Path, help="measure its first page")
    parser.add_argument("--model", default="small")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--pages", type=int, default=12, help="of the runs")
    parser.add_argument("--large", action="store_true", help="also pages of up to 400 megapixels")
    parser.add_argument("--install", action="store_true", help="also the size of a base install")
    parser.add_argument("--scores", type=Path, help="count pages of an evaluation instead")
    options = parser.parse_args()
    if options.scores:
        rows = paid_back(options.scores)
        title = f"{measured()}, model {options.model}: cleaning and reading, no longer than reading"
        tell([f"{title}\n", *table(("what", "measured"), rows)], options.out)
        return
    order = running.Order(options.scan, options.model, options.threads, options.pages)
    figures = running.measured(order, lambda line: print(line, file=sys.stderr))
    figures += _more(options)
    tell([running.table(figures, order)], options.out)


def _more(options: Namespace) -> list[Figure]:
    more = list(large_pages(options.threads)) if options.large else []
    if options.install:
        with tempfile.TemporaryDirectory() as name:
            more.append(Figure("base install on disk", install_size(Path(name)), "MB"))
    return more


if __name__ == "__main__":
    run(main)
