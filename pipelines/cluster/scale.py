"""How many pages a second workers clean, what a million pages cost, and what slow and lost ones do.

    python pipelines/cluster/scale.py -o pipelines/results/cluster.md

Workers are processes here or Ray's, with a processor each; more than this machine has are not
measured. The time counts from when each worker may have done a page until the last page of all: the
start of Ray and of the network is told apart. The simulation needs no Ray.
"""

import heapq
import os
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "survival"))  # scripts, no package
from corpus import arguments, machine, scan, tell

from docclean.documents import write_pages
from docclean.integrations.cluster.folders import clean_folder_on
from docclean.jobs.batch import clean_folder
from docclean.recipe import Options

PRICE = 0.0425
"""USD for a virtual processor and hour: half of a c6i.large (2 vCPU, 4 GiB) of AWS, us-east-1,
Linux, on demand: 62.05 USD for 730 hours in a list of Infracost's, looked up 2026-11-28."""
DOWN = 180.0
"""Simulated seconds until a machine that failed is back or replaced."""
MEDIAN_DOCUMENT, SPREAD_DOCUMENT, LONGEST = 10, 1.2, 900
"""Pages of simulated documents: log-normal."""
SPREAD_PAGE, HARD, HARDER = 0.35, 0.01, 8.0
"""Simulated pages: log-normal, and a hundredth of them takes eight times as long."""
SPREAD_SPEED, SLOW, SLOWER = 0.1, 0.05, 0.5
"""Simulated machines: log-normal, and a twentieth of them at half the speed."""


# --- measured ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What came of one run: workers, pages, seconds until the first page, pages a second then."""

    engine: str
    workers: int
    pages: int
    first: float
    rate: float

    def row(self, one: float, price: float) -> str:
        """Return it as a row; `one` is the rate of one worker."""
        cost = 1e6 * self.workers / self.rate / 3600 * price
        return (
            f"| {self.engine}, {self.workers} | {self.pages} | {self.first:.0f} s | "
            f"{self.rate:.2f} | {self.rate / one:.2f} x | {cost:.1f} USD |"
        )


def measured(engine: str, workers: int, scans: Path, out: Path) -> Measured:
    """Clean a folder of one-page documents by so many workers."""
    options, ends = Options(jobs=workers, threads=1), list[float]()
    began = time.perf_counter()

    def ended(result: object) -> None:
        ends.append(time.perf_counter() - began)

    if engine == "ray":
        batch = clean_folder_on(None, [str(scans)], str(out), options, on_result=ended)
    else:
        batch = clean_folder([scans], out, options, on_result=ended)
    assert not batch.failed, batch.failed[0].message
    # each worker's first page holds its start
    rate = (len(ends) - workers) / (ends[-1] - ends[workers - 1])
    return Measured(engine, workers, len(ends), ends[0], rate)


def measurements(pages: int, workers: Sequence[int], dpi: float, price: float) -> Iterator[str]:
    """Yield a table of what was measured; costs are without the workers' start."""
    yield from (
        "| engine, workers | pages | until the first | pages a second | | a million pages |",
        "|---|--:|--:|--:|--:|--:|",
    )
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        place = Path(folder)
        (place / "scans").mkdir()
        size = (round(8.27 * dpi), round(11.69 * dpi))
        for number in range(pages):
            write_pages([scan(number, *size, dpi)], place / f"scans/scan-{number:04}.png")
        for engine in ("local", "ray"):
            one = 0.0
            for many in workers:
                if many > (os.cpu_count() or 1):
                    yield f"| {engine}, {many} | | | not measured: too few processors | | |"
                    continue
                found = measured(engine, many, place / "scans", place / f"{engine}-{many}")
                one = one or found.rate / many
                yield found.row(one, price)


# --- simulated -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machines:
    """Simulated machines: their speeds, 1 for the usual one, and failures an hour of each."""

    speeds: np.ndarray
    failures: float
    rng: np.random.Generator

    def next_failure(self, now: float) -> float:
        """Return when a machine fails that is well now, in seconds."""
        return now + self.rng.exponential(3600 / self.failures) if self.failures else float("inf")


def documents(pages: int, rng: np.random.Generator, seconds: float) -> list[np.ndarray]:
    """Return the seconds of each page, by document; `seconds` are those of the mean page."""
    found, left = list[np.ndarray](), pages
    while left > 0:
        length = round(rng.lognormal(np.log(MEDIAN_DOCUMENT), SPREAD_DOCUMENT))
        length = int(np.clip(length, 1, min(LONGEST, left)))
        times = rng.lognormal(0, SPREAD_PAGE, length)
        found.append(np.where(rng.random(length) < HARD, HARDER, 1) * times)
        left -= length
    mean = sum(one.sum() for one in found) / pages
    return [one * seconds / mean for one in found]


def static(work: Sequence[np.ndarray], machines: Machines) -> float:
    """Return when the last shard ends; each machine has every n-th document.

    A document in hand is lost with its machine; the shard goes on when that is back.
    """
    ends = []
    for number, speed in enumerate(machines.speeds):
        now, fails = 0.0, machines.next_failure(0.0)
        for document in work[number :: len(machines.speeds)]:
            takes = document.sum() / speed
            while now + takes > fails:
                now = fails + DOWN
                fails = machines.next_failure(now)
            now += takes
        ends.append(now)
    return max(ends)


def dynamic(work: Sequence[np.ndarray], machines: Machines) -> float:
    """Return when the last page ends; whoever is free takes the next one.

    A page in hand is lost with its machine, and the next one that is free takes it.
    """
    todo = deque(float(page) for document in work for page in document)
    lost: list[tuple[float, float]] = []  # since when, and the page
    free = [(0.0, number) for number in range(len(machines.speeds))]
    fails = [machines.next_failure(0.0) for _ in machines.speeds]
    end = 0.0
    while todo or lost:
        now, number = heapq.heappop(free)
        if lost and (lost[0][0] <= now or not todo):
            since, page = heapq.heappop(lost)
            now = max(now, since)
        else:
            page = todo.popleft()
        done = now + page / machines.speeds[number]
        if done > fails[number]:
            heapq.heappush(lost, (fails[number], page))
            done = fails[number] + DOWN
            fails[number] = machines.next_failure(done)
        else:
            end = max(end, done)
        heapq.heappush(free, (done, number))
    return end


def simulations(
    pages: int,
    workers: Sequence[int],
    failures: Sequence[float],
    rate: float,
    rounds: int,
    seed: int,
) -> Iterator[str]:
    """Yield a table of the makespans of shards and of pages handed out, medians of some rounds."""
    yield from (
        "| workers | failures of each, an hour | ideal | static shards | pages handed out | |",
        "|--:|--:|--:|--:|--:|--:|",
    )
    for many in workers:
        for often in failures:
            times = [_makespans(pages, many, often, rate, seed + one) for one in range(rounds)]
            ideal, shards, handed = (
                statistics.median(one) / 60 for one in zip(*times, strict=True)
            )
            yield (
                f"| {many} | {often:g} | {ideal:,.1f} min | {shards:,.1f} min | "
                f"{handed:,.1f} min | {shards / handed:.2f} x |"
            )


def _makespans(
    pages: int, many: int, often: float, rate: float, seed: int
) -> tuple[float, float, float]:
    """Return the seconds of no loss at all, of static shards, and of pages handed out."""
    rng = np.random.default_rng(seed)
    work = documents(pages, rng, 1 / rate)
    speeds = rng.lognormal(0, SPREAD_SPEED, many)
    speeds *= np.where(rng.random(many) < SLOW, SLOWER, 1)
    ideal = sum(one.sum() for one in work) / speeds.sum()
    machines = (Machines(speeds, often, np.random.default_rng(seed)) for _ in range(2))
    return ideal, static(work, next(machines)), dynamic(work, next(machines))


def main() -> None:
    """Measure, then simulate."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=40, help="that are measured")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--dpi", type=float, default=300.0, help="of the A4 pages")
    parser.add_argument("--price", type=float, default=PRICE, help="USD a processor and hour")
    parser.add_argument("--sim-pages", type=int, default=100_000)
    parser.add_argument("--sim-workers", type=int, nargs="*", default=[8, 64, 512])
    parser.add_argument("--sim-rate", type=float, default=1.0, help="pages a second of a worker")
    parser.add_argument("--failures", type=float, nargs="*", default=[0.0, 0.1, 1.0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lines = [f"# Many workers\n\n{machine()}; `python pipelines/cluster/scale.py`.\n"]
    for line in measurements(given.pages, given.workers, given.dpi, given.price):
        print(line, flush=True)
        lines.append(line)
    lines.append(
        f"\nCosts: {given.price:g} USD for a processor and hour, without storage and transfer.\n\n"
        f"Simulated: {given.sim_pages:,} pages at {given.sim_rate:g} a second and worker, "
        f"{DOWN:g} s until a machine is back, medians of {given.rounds} rounds.\n"
    )
    lines += simulations(
        *(given.sim_pages, given.sim_workers, given.failures),
        *(given.sim_rate, given.rounds, given.seed),
    )
    tell(lines, given.out)


if __name__ == "__main__":
    main()
