"""What the ledger costs, what a second run costs, what poison costs, and what two processes gain.

    python pipelines/survival/costs.py -o pipelines/results/batches.md

Each figure is of one run beside its baseline, in turns: the machine's load is the same for both.
The cleaner is the shipped one, except for the poison, whose pages say how to misbehave.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from corpus import arguments, machine, scan, tell

from docclean.clean.contract import CleanedPage, PageCleaner
from docclean.clean.spec import CleanerSpec
from docclean.documents import write_pages
from docclean.jobs.batch import clean_folder, process_batch, process_many
from docclean.jobs.plan import plan_outputs
from docclean.page import Page
from docclean.recipe import Options

TURNS = 5
MARKS = {"hangs": 11, "aborts": 22, "hungry": 33}


@dataclass(frozen=True)
class Poisoned:
    """Loads the shipped cleaner with a weakness for marked pages; picklable."""

    options: Options

    def __call__(self) -> "Weak":
        """Load it."""
        return Weak(CleanerSpec.of(self.options, os.cpu_count() or 1)())


class Weak:
    """The shipped cleaner, which hangs, aborts or asks for 8 GB where the first pixel says so."""

    def __init__(self, cleaner: PageCleaner) -> None:
        self.cleaner = cleaner

    def clean(self, page: Page) -> CleanedPage:
        """Clean a page, unless it is marked."""
        mark = int(page.grey()[0, 0])
        if mark == MARKS["hangs"]:
            time.sleep(3600)
        if mark == MARKS["aborts"]:
            os.abort()
        if mark == MARKS["hungry"]:
            np.ones(8 << 30, np.uint8)
        return self.cleaner.clean(page)


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def folder_of(
    place: Path, count: int, width: int = 420, height: int = 300, dpi: float = 150.0
) -> Path:
    """Fill a folder with PNGs that differ."""
    place.mkdir()
    for number in range(count):
        write_pages([scan(number, width, height, dpi)], place / f"scan-{number:05}.png")
    return place


def ledger_cost(place: Path, count: int) -> str:
    """Clean small pages with a ledger and without one, in turns of a fifth of them each."""
    scans, options = folder_of(place / "small", max(4, count // TURNS)), Options(jobs=2)
    spec = CleanerSpec.of(options, os.cpu_count() or 1)
    times: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(TURNS):
        out = place / f"with-{number}"
        state = out / ".docclean"
        plan = plan_outputs([scans], out)
        times["with"].append(
            timed(lambda p=plan, o=out, s=state: process_batch(p, o, spec, options, state=s))
        )
        shutil.rmtree(out)
        out = place / f"without-{number}"
        plan = plan_outputs([scans], out)
        times["without"].append(timed(lambda p=plan: process_many(p, spec, options)))
        shutil.rmtree(out)
    ratios = [a / b for a, b in zip(times["with"], times["without"], strict=True)]
    told = " ".join(f"{ratio:.3f}" for ratio in ratios)
    without, having = sum(times["without"]), sum(times["with"])
    return (
        f"| ledger on {count:,} small pages | {without:.1f} s without | "
        f"{having:.1f} s with | {having / without - 1:+.1%} "
        f"({told}) | <= 2 % |"
    )


def second_run(place: Path, count: int) -> str:
    """Let the command run over finished files again, in a process of its own."""
    scans, out = place / "many", place / "many-out"
    scans.mkdir()
    data = BytesIO()
    write_pages([Page(np.full((32, 48), 250, np.uint8), (150.0, 150.0))], data, suffix=".png")
    for number in range(count):
        (scans / f"scan-{number:05}.png").write_bytes(data.getvalue() + number.to_bytes(4, "big"))
    spec_options = Options(jobs=2)
    done = clean_folder([scans], out, spec_options)
    assert len(done.results) == count and not done.failed
    command = [sys.executable, "-m", "docclean", "clean", str(scans), "-o", str(out)]
    seconds = [timed(lambda: subprocess.run(command, check=True)) for _ in range(3)]
    told = " ".join(f"{one:.2f}" for one in seconds)
    return (
        f"| second run over {count:,} finished files | | {max(seconds):.2f} s | ({told}) | <= 3 s |"
    )


def poison(place: Path, timeout: float) -> str:
    """Clean fifty good pages, alone and with three deadly ones among them, on two processes."""
    scans = folder_of(place / "good", 50, 1240, 877)
    options = Options(jobs=2, timeout=timeout, memory="4G")
    load, out = Poisoned(options), place / "good-out"
    alone = timed(
        lambda: process_batch(
            plan_outputs([scans], out), out, load, options, state=out / ".docclean"
        )
    )
    for name, mark in MARKS.items():
        page = scan(name, 1240, 877)
        page.pixels[0, 0] = mark
        write_pages([page], scans / f"scan-00020-{name}.png")
    out = place / "bad-out"
    plan = plan_outputs([scans], out)
    results = []
    both = timed(
        lambda: results.append(process_batch(plan, out, load, options, state=out / ".docclean"))
    )
    (batch,) = results
    done = sum(one.status == "done" for one in batch.results)
    reasons = {one.fault for one in batch.failed}
    bar = 1.3 * alone + 2 * timeout
    return (
        f"| 50 good pages, 3 deadly ones | {alone:.1f} s alone | {both:.1f} s: {done} done, "
        f"{len(batch.failed)} failed ({', '.join(sorted(reasons))}) | {both / alone:.2f} x, "
        f"two time-outs of {timeout:g} s among it | <= {bar:.1f} s |"
    )


def two_processes(place: Path, count: int, rounds: int) -> str:
    """Clean pages with two processes of a thread each, and with one of one and of two threads."""
    scans = folder_of(place / "pages", count, 2480, 3508, 300.0)
    times: dict[tuple[int, int], list[float]] = {(1, 2): [], (1, 1): [], (2, 1): []}
    for number in range(rounds):
        for (jobs, threads), taken in times.items():
            out = place / f"pages-{jobs}-{threads}-{number}"
            options = Options(jobs=jobs, threads=threads)
            taken.append(timed(lambda o=options, t=out: clean_folder([scans], t, o)))
            shutil.rmtree(out)
    rows = []
    for (jobs, threads), taken in times.items():
        if jobs == 1:
            ratios = [one / two for one, two in zip(taken, times[2, 1], strict=True)]
            told = " ".join(f"{ratio:.2f}" for ratio in ratios)
            rows.append(
                f"| two processes of one thread, {count} A4 pages at 300 dpi | "
                f"{statistics.median(taken):.1f} s in one of {threads} | "
                f"{statistics.median(times[2, 1]):.1f} s | "
                f"{statistics.median(ratios):.2f} x ({told}) | "
                f"{'>= 1.6 x' if threads == 2 else ''} |"
            )
    return "\n".join(rows)


def main() -> None:
    """Measure all of it."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--only", nargs="*", type=int, help="0 ledger, 1 second run, 2 poison, 3 jobs"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of how many files there are")
    given = parser.parse_args()

    def count(usual: int) -> int:
        return max(4, round(usual * given.scale))

    with tempfile.TemporaryDirectory(prefix="survival-") as folder:
        place = Path(folder)
        measures = [
            lambda: ledger_cost(place, count(1000)),
            lambda: second_run(place, count(10_000)),
            lambda: poison(place, 20.0 if given.scale >= 1 else 6.0),
            lambda: two_processes(place, count(30), given.rounds),
        ]
        rows = []
        for number, measure in enumerate(measures):
            if not given.only or number in given.only:
                rows.append(measure())
                print(rows[-1], flush=True)
    head = ["| what | baseline | measured | ratio | bar |", "|---|---|---|---|---|"]
    tell(
        [f"# Batches\n\n{machine()}; `python pipelines/survival/costs.py`.\n", *head, *rows],
        given.out,
    )


if __name__ == "__main__":
    main()
