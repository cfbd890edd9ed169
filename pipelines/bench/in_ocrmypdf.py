"""What docclean does inside OCRmyPDF: words of the text layer, seconds and memory, by mode.

    python pipelines/bench/in_ocrmypdf.py DATA [--jobs 2] [--rounds 3] [-o FILE.md]
    python pipelines/bench/in_ocrmypdf.py --long 200 [-o FILE.md]

Twelve noisy scans of the public sets (test halves) and six pages set and dirtied here become one
PDF. OCRmyPDF itself reads it: plain, with `--clean` (unpaper), and with docclean. The words are
those of the sidecar, which are those of the text layer; seconds and the proportional set size are
of the whole program with its children. With --long one PDF of so many A4 pages at 300 dpi goes
through threads and through processes: the same words have to come out, in memory that stays flat.
"""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import psutil
from common import arguments, measured, run, table, tell
from long_pdf import make

from docclean.corruptions.chain import dirty_by_name
from docclean.documents import read_pages, write_pages
from docclean.evaluation.demo import DIRT
from docclean.page import Page
from docclean.scores.text import score
from docclean.synth import TextSource, typeset
from docclean.truth import read_truth

SETS = ("typewritten-eng", "old-books-maxentropy", "old-books-minerror", "forms-eng")
EACH, MADE = 3, 6
MODES = {
    "plain": (),
    "--clean": ("--clean",),
    "--docclean ocr": ("--docclean", "ocr"),
    "--docclean-looks 2": ("--docclean", "ocr", "--docclean-looks", "2"),
    "--docclean final": ("--docclean", "final"),
}


@dataclass
class Measured:
    """What a mode took in each round, and the words it found on each page."""

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def real(data: Path) -> Iterator[tuple[str, Page, str]]:
    """Yield the public pages with their texts."""
    halves = json.loads((data / "splits.json").read_text("utf-8"))["ocr"]
    for group in SETS:
        for name in sorted(halves[group]["test"])[:EACH]:
            path = next(p for p in (data / "ocr" / group).glob(f"{name}.*") if p.suffix != ".txt")
            truth = read_truth(path.with_name(f"{name}.gt.txt"))
            yield f"{group}/{name}", next(iter(read_pages(path))), truth.text


def made() -> Iterator[tuple[str, Page, str]]:
    """Yield pages set and dirtied here with their texts."""
    for number in range(MADE):
        page = typeset(Random(f"in-ocrmypdf-{number}"), TextSource(("en_US",)), 200, "letter")
        dirty, _ = dirty_by_name(page.page.pixels, DIRT, number, 200.0)
        yield f"made/{number}", Page(dirty, (200.0, 200.0)), page.text


class Memory(threading.Thread):
    """The most memory that a program and its children take together, bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.top, self.seen = psutil.Process(pid), [0]

    @property
    def most(self) -> int:
        """The most of all times."""
        return max(self.seen)

    def by_quarter(self) -> list[int]:
        """The most of each quarter of the time."""
        ends = [len(self.seen) * part // 4 for part in range(5)]
        return [max(self.seen[a : max(a + 1, b)]) for a, b in pairwise(ends)]

    def run(self) -> None:
        """Look until the program has ended."""
        with suppress(psutil.NoSuchProcess):
            while self.top.is_running():
                total = 0
                for one in (self.top, *self.top.children(recursive=True)):
                    with suppress(psutil.Error):
                        total += one.memory_full_info().pss
                self.seen.append(total)
                time.sleep(0.2)


def ocrmypdf(pdf: Path, options: tuple[str, ...], jobs: int) -> tuple[list[str], float, Memory]:
    """Run OCRmyPDF; return each page's words, the seconds and the memory."""
    out, words = pdf.with_name("out.pdf"), pdf.with_name("out.txt")
    command = [sys.executable, "-m", "ocrmypdf", "-l", "eng", "--output-type", "pdf"]
    command += ["--jobs", str(jobs), "--sidecar", str(words), *options, str(pdf), str(out)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    memory = Memory(process.pid)
    memory.start()
    _, told = process.communicate()
    if process.returncode:
        raise RuntimeError(told)
    return words.read_text("utf-8").split("\f"), time.perf_counter() - began, memory


def row_of(name: str, one: Measured, plain: Measured) -> list[str]:
    """Return a mode's row: words, pages better and worse, seconds, memory."""
    gains = [after - before for before, after in zip(plain.scores, one.scores, strict=True)]
    ratios = [a / b for a, b in zip(one.seconds, plain.seconds, strict=True)]
    return [
        name,
        f"{statistics.mean(one.scores):.3f}",
        f"{statistics.mean(gains):+.3f}",
        f"{sum(gain > 0.02 for gain in gains)}, {sum(gain < -0.02 for gain in gains)}",
        f"{min(gains):+.3f}",
        f"{statistics.median(one.seconds):.1f} s",
        f"{statistics.median(ratios) - 1:+.0%}",
        f"{max(one.memory) / 1e6:.0f} MB",
    ]


def long(count: int, jobs: int) -> list[str]:
    """Return the table of one long document, through threads and through processes."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="in-ocrmypdf-") as folder:
        pdf = Path(folder) / "long.pdf"
        make(pdf, count)
        for name, how in (("threads", ()), ("processes", ("--no-use-threads",))):
            texts, seconds, memory = ocrmypdf(pdf, ("--docclean", "ocr", *how), jobs)
            rows.append(
                [
                    name,
                    f"{seconds:.0f} s",
                    ", ".join(f"{most / 1e6:.0f}" for most in memory.by_quarter()) + " MB",
                    hashlib.sha256("\f".join(texts).encode()).hexdigest()[:12],
                ]
            )
    head = ["workers", "seconds", "most memory by quarter", "SHA-256 of the words"]
    title = f"# A long PDF inside OCRmyPDF\n\n{measured()}; {count} pages, {jobs} workers.\n"
    return [title, *table(head, rows)]


def modes(given: Namespace) -> list[str]:
    """Return the tables of noisy pages in every mode."""
    pages = [*real(given.data), *made()]
    done = {name: Measured() for name in MODES}
    with tempfile.TemporaryDirectory(prefix="in-ocrmypdf-") as folder:
        pdf = Path(folder) / "scans.pdf"
        write_pages([page for _, page, _ in pages], pdf)
        for _ in range(given.rounds):
            for name, options in MODES.items():
                texts, seconds, memory = ocrmypdf(pdf, options, given.jobs)
                done[name].seconds.append(seconds)
                done[name].memory.append(memory.most)
                done[name].scores = [
                    score(truth, text).f1 for (_, _, truth), text in zip(pages, texts, strict=False)
                ]
    head = ["mode", "word F1", "gain", "better, worse by 0.02", "worst", "seconds", "", "memory"]
    lines = [f"# Inside OCRmyPDF\n\n{measured()}; {len(pages)} pages, {given.jobs} workers.\n"]
    lines += table(head, [row_of(name, one, done["plain"]) for name, one in done.items()])
    lines += ["", *table(["page", *MODES], by_page(pages, done))]
    return lines


def by_page(pages: list[tuple[str, Page, str]], done: dict[str, Measured]) -> Iterator[list[str]]:
    """Yield each page's word F1 in every mode."""
    for index, (name, _, _) in enumerate(pages):
        yield [name, *(f"{one.scores[index]:.3f}" for one in done.values())]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="the public benchmark's folder")
    parser.add_argument("--long", type=int, metavar="PAGES", help="one long document instead")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.long:
        tell(long(given.long, given.jobs), given.out)
    elif given.data:
        tell(modes(given), given.out)
    else:
        parser.error("name the public benchmark's folder, or --long PAGES")


if __name__ == "__main__":
    run(main)
