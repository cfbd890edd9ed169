"""How fast and in how much memory is a long scanned PDF cleaned, by one process and by two?

    python pipelines/bench/long_pdf.py [--pages 300] [--markdown FILE.md]
    python pipelines/bench/long_pdf.py --lengths 10 100 1000 [--markdown FILE.md]

Pages are set at 300 dpi, A4, dirtied, and stored as JPEG; a few are made and each is stored again
and again with its own noise, as no two scans are equal. Memory is that of all processes together:
the proportional set size, in which pages that processes share count once. With --lengths documents
of small pages (8 x 6 cm) are cleaned by one process: what a page costs has to stay the same.
"""

import hashlib
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pikepdf
import psutil
from common import arguments, run, table, write

from docclean.corruptions.chain import dirty_by_name
from docclean.documents.forms import jpeg
from docclean.documents.pdf.newpage import new_pdf_page
from docclean.page import Page
from docclean.synth import TextSource, typeset

DIRT = {"paper_texture": 0.4, "uneven_light": 0.4, "stain": 0.4, "specks": 0.3}
KINDS = 6
SMALL = (945, 709)
"""Height and width of a small page, px."""


def make(path: Path, count: int, shape: tuple[int, int] | None = None) -> None:
    """Write the PDF of scans; of so much of each where a height and width in px are given."""
    made = [typeset(Random(f"long-{k}"), TextSource(()), 300, "letter").page for k in range(KINDS)]
    dirty = [dirty_by_name(page.pixels, DIRT, k, 300)[0] for k, page in enumerate(made)]
    with pikepdf.new() as pdf:
        for index in range(count):
            grey = dirty[index % KINDS]
            grey = grey[400 : 400 + shape[0], 400 : 400 + shape[1]] if shape else grey
            noise = np.random.default_rng(index).integers(-4, 5, grey.shape, np.int8)
            noisy = np.clip(grey.astype(np.int16) + noise, 0, 255).astype(np.uint8)
            new_pdf_page(pdf, Page(noisy, (300.0, 300.0), index + 1), jpeg(noisy))
        pdf.save(path, deterministic_id=True)


class Peak(threading.Thread):
    """The most memory that a process and its children take together, bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.running = pid, 0, True

    def run(self) -> None:
        """Look every second."""
        while self.running:
            with suppress(psutil.Error):
                root = psutil.Process(self.pid)
                family = [root, *root.children(recursive=True)]
                self.most = max(self.most, sum(one.memory_full_info().pss for one in family))
            time.sleep(1.0)  # looking takes the processes time


def clean(path: Path, out: Path, jobs: int, threads: int) -> tuple[float, int, str]:
    """Return seconds, peak bytes and the digest of what is written."""
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "docclean", "clean", str(path), "-o", str(out)]
    command += ["--jobs", str(jobs), "--threads", str(threads)]
    started = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        peak = Peak(process.pid)
        peak.start()
        process.wait()
        peak.running = False
    seconds = time.perf_counter() - started
    return seconds, peak.most, hashlib.sha256(out.read_bytes()).hexdigest()


def by_length(lengths: list[int], folder: Path) -> list[str]:
    """Return the table of documents of small pages."""
    rows = list[list[str]]()
    for count in lengths:
        path, out = folder / "small.pdf", folder / "out.pdf"
        make(path, count, SMALL)
        seconds, peak, _ = clean(path, out, 1, 1)
        rows.append([f"{count:,}", f"{seconds:.1f}", f"{1000 * seconds / count:.0f}"])
        rows[-1].append(f"{peak / 1e6:.0f}")
        print(*rows[-1], flush=True)
    return table(["pages", "seconds", "ms a page", "peak, MB"], rows)


def main() -> None:
    """Make, clean, tell."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--only", type=int, nargs=2, help="processes and threads: this row alone")
    parser.add_argument("--lengths", type=int, nargs="+", help="documents of small pages instead")
    args = parser.parse_args()
    if args.lengths:
        with tempfile.TemporaryDirectory() as folder:
            lines = by_length(args.lengths, Path(folder))
        write("Long and short PDFs", "pages of 709 x 945 px, one process", lines, args.out)
        return
    lines = ["| processes | threads each | pages/s | peak, MB | size, of the original | SHA-256 |"]
    lines.append("|--:|--:|--:|--:|--:|---|")
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "long.pdf", Path(folder) / "out.pdf"
        make(path, args.pages)
        for jobs, threads in [args.only] if args.only else [(1, 1), (1, 2), (2, 1)]:
            seconds, peak, digest = clean(path, out, jobs, threads)
            share = out.stat().st_size / path.stat().st_size
            rate = args.pages / seconds
            told = f"{rate:.2f} | {peak / 1e6:.0f} | {share:.2f} | {digest[:12]}"
            lines.append(f"| {jobs} | {threads} | {told} |")
            print(lines[-1], flush=True)
    write("A long scanned PDF", f"{args.pages} pages, A4, 300 dpi", lines, args.out)


if __name__ == "__main__":
    run(main)
