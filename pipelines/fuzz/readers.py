"""Documents damaged at random: does any crash a reader, hang it, fill the memory, or trace?

    python pipelines/fuzz/readers.py --minutes 30 -o pipelines/results/fuzz.md

Each of them goes through a process that reads it, passes the pages on and writes them as a PDF, as
`docclean clean` does without its network. Counted: processes that died, results that are no
sentence of ours, more than 1.5 GB at the highest, more than 20 s of a processor. Each find lies in
`--finds`: `docclean clean FIND -o out.pdf` repeats it. Status 4 where there is one.
"""

import argparse
import logging
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mutations import mutated

CORPUS = Path(__file__).parents[2] / "tests" / "corpus"
SECONDS, MEMORY = 20.0, 1.5e9
"""What a document may take, of a processor and at the highest."""
PATIENCE = 120.0
"""Seconds by the clock after which its process is ended."""
STATUSES = {0, 2, 3, 4, 8}
RENEWED = 2000
"""Documents after which a process is replaced by a new one."""


@dataclass(frozen=True)
class Seen:
    """What came of a document."""

    status: int
    message: str
    seconds: float
    memory: float


@dataclass
class Tally:
    """What came of the documents of one kind."""

    files: int = 0
    read: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    highest: float = 0.0
    finds: Counter[str] = field(default_factory=Counter)

    def add(self, seen: Seen | None, waited: float) -> str:
        """Count one; return what is wrong with it, empty where nothing is."""
        self.files += 1
        self.seconds += waited
        self.longest = max(self.longest, waited)
        if seen is None:
            wrong = "slow" if waited >= PATIENCE else "crash"
        else:
            self.read += seen.status == 0
            self.highest = max(self.highest, seen.memory)
            wrong = fault(seen)
        if wrong:
            self.finds[wrong] += 1
        return wrong

    def row(self, kind: str) -> str:
        """Return a line of the table."""
        counts = " | ".join(str(self.finds[one]) for one in ("crash", "trace", "slow", "memory"))
        figures = f"{self.files:,} | {self.read:,} | {self.longest:.1f} | {self.highest / 1e6:,.0f}"
        return f"| {kind} | {figures} | {counts} |"


def fault(seen: Seen) -> str:
    """Return what is wrong with what came of a document, empty where nothing is."""
    unkind = "unexpectedly" in seen.message or "Traceback" in seen.message
    if seen.status not in STATUSES or unkind or "\n" in seen.message:
        return "trace"
    if seen.seconds > SECONDS:
        return "slow"
    return "memory" if seen.memory > MEMORY else ""


# --- the process that reads -----------------------------------------------------------------------


class AsItCame:
    """A cleaner that hands every page back as it came."""

    def clean(self, page: Any) -> Any:
        """Return the page with a decision about it."""
        from docclean.clean.cleaner import Cleaned
        from docclean.clean.gate.decision import Decision

        return Cleaned(page, Decision("kept", "as it came", {}))


def work(pipe: Connection, folder: str) -> None:
    """Clean what comes through a pipe, and send back what came of it, until the pipe ends."""
    from docclean.jobs.document import process_file
    from docclean.recipe import Options

    logging.disable()  # of repairs it would tell a thousand times

    with suppress(EOFError):
        while True:
            kind, data = pipe.recv()
            source, out = Path(folder) / f"damaged{kind}", Path(folder) / "out.pdf"
            source.write_bytes(data)
            out.unlink(missing_ok=True)
            Path("/proc/self/clear_refs").write_text("5")  # proc(5): forgets the highest mark
            started = time.process_time()
            try:
                result = process_file(source, out, AsItCame(), Options())
                told = (int(result.exit_status), result.message)
            except Exception as error:  # a find
                told = (-1, f"Traceback: {type(error).__name__}: {error}")
            pipe.send(Seen(*told, time.process_time() - started, highest_mark()))


def highest_mark() -> float:
    """Return the bytes this process has held at the highest."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) * 1024
    return 0.0


class Reader:
    """A process that reads, and another one where it died."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.process, self.done = folder, None, 0
        self.context = multiprocessing.get_context("spawn")

    def __call__(self, kind: str, data: bytes) -> tuple[Seen | None, float]:
        """Return what came of a document, None where its process died or was ended, and when."""
        if self.process is None:
            self.pipe, theirs = self.context.Pipe()
            self.process = self.context.Process(target=work, args=(theirs, str(self.folder)))
            self.process.start()
            theirs.close()
            self.pipe.send((".png", b"to get ready"))
            self.pipe.recv()
        started = time.monotonic()
        self.pipe.send((kind, data))
        seen: Seen | None = None
        with suppress(EOFError, ConnectionError):
            seen = self.pipe.recv() if self.pipe.poll(PATIENCE) else None
        self.done += 1
        if seen is None or self.done % RENEWED == 0:
            self.close()
        return seen, seen.seconds if seen else time.monotonic() - started

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.pipe.close()
            self.process.kill()
            self.process.join()
            self.process = None


# --- the run --------------------------------------------------------------------------------------


def seeds_of(corpus: Path) -> dict[str, list[bytes]]:
    """Return the valid documents of a folder by their suffix."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(corpus.iterdir()):
        found.setdefault(path.suffix, []).append(path.read_bytes())
    return found


def run(
    seeds: Mapping[str, Sequence[bytes]], asked: argparse.Namespace, finds: Path
) -> dict[str, Tally]:
    """Read damaged documents, one kind after the other, until the time or their number is over."""
    tallies = {kind: Tally() for kind in seeds}
    deadline = time.monotonic() + 60 * asked.minutes
    with TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        for number, kind in enumerate(_kinds(seeds)):
            if number >= asked.files or time.monotonic() > deadline:
                break
            name = f"{asked.seed}-{number}"
            data = mutated(seeds, kind, name)
            seen, waited = reader(kind, data)
            wrong = tallies[kind].add(seen, waited)
            if wrong:
                finds.mkdir(parents=True, exist_ok=True)
                (finds / f"{wrong}-{name}{kind}").write_bytes(data)
                print(f"{wrong}-{name}{kind}: {seen.message[:200] if seen else ''}", flush=True)
        reader.close()
    return tallies


def _kinds(seeds: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    """Yield suffixes for ever, each as often as it has seeds."""
    while True:
        for kind, many in seeds.items():
            yield from [kind] * len(many)


def table(tallies: Mapping[str, Tally], seed: str, minutes: float) -> str:
    """Return the results as a table."""
    files = sum(one.files for one in tallies.values())
    worked = sum(one.seconds for one in tallies.values()) / 60
    bad = sum(sum(one.finds.values()) for one in tallies.values())
    head = "| kind | files | read | longest, s | highest, MB | died | traced | > 20 s | > 1.5 GB |"
    return "\n".join(
        [
            "# Damaged documents",
            "",
            f"{files:,} documents of seed {seed}, damaged at random, read and written by one "
            f"process in {minutes:.0f} minutes ({worked:.0f} of a processor), "
            f"{time.strftime('%Y-%m-%d')}: {bad} finds. Seconds are a processor's.",
            "",
            head,
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
            *(one.row(kind) for kind, one in sorted(tallies.items())),
            "",
        ]
    )


def main() -> int:
    """Parse, run, write."""
    asks = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asks.add_argument("--minutes", type=float, default=30.0)
    asks.add_argument("--files", type=int, default=sys.maxsize)
    asks.add_argument("--seed", default="1")
    asks.add_argument("--kinds", default="", help="suffixes, such as .png,.tif")
    asks.add_argument("--corpus", type=Path, default=CORPUS)
    asks.add_argument("--finds", type=Path, default=Path("finds"))
    asks.add_argument("-o", "--out", type=Path)
    asked = asks.parse_args()
    seeds = seeds_of(asked.corpus)
    if asked.kinds:
        seeds = {kind: seeds[kind] for kind in asked.kinds.split(",")}
    started = time.monotonic()
    tallies = run(seeds, asked, asked.finds)
    told = table(tallies, asked.seed, (time.monotonic() - started) / 60)
    if asked.out:
        asked.out.write_text(told)
    print(told)
    return 4 if any(one.finds for one in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
