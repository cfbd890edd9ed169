"""kill -9 at random moments: of a batch, of one of its processes, of a watcher; what is lost?

    python pipelines/survival/kills.py --kills 100 -o pipelines/results/kills.md

A mix of PDFs, TIFFs and PNGs is cleaned again and again; after each kill the same command goes on.
Checked after every kill: each output that exists is whole (the bytes of an undisturbed run) and is
never written a second time; every original is there. Checked after every finished round: nothing is
missing, nothing failed, no temporary file is left.
"""

import shutil
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from corpus import arguments, digest, gone, machine, mixed, started, tell, temporary, workers_of

PATIENCE = 180.0
"""Seconds that a round may take to end by itself."""


@dataclass
class Tally:
    """What was seen."""

    kills: int = 0
    rounds: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def row(self, name: str) -> str:
        """Return a line of the table."""
        told = (self.faults[kind] for kind in ("lost", "half", "twice", "temporary", "failed"))
        return f"| {name} | {self.kills} | {self.rounds} | " + " | ".join(map(str, told)) + " |"


class Bench:
    """One corpus, its right answers, and a place for each round."""

    def __init__(self, folder: Path, documents: int, random: Random) -> None:
        self.folder, self.random = folder, random
        self.scans = mixed(folder / "scans", documents)
        self.scratch, self.log = folder / "scratch", folder / "log"
        reference = folder / "reference"
        began = time.monotonic()
        process = started(self.batch(reference), self.scratch, self.log)
        if process.wait(PATIENCE):
            raise SystemExit(self.log.read_text())
        self.usual = time.monotonic() - began
        self.right = {path.name: digest(path) for path in self.outputs(reference)}
        self.originals = Counter(digest(path) for path in self.scans)

    def batch(self, out: Path) -> list[object]:
        """Return the arguments of a batch."""
        return ["clean", self.folder / "scans", "-o", out, "--jobs", 2]

    @staticmethod
    def outputs(out: Path) -> list[Path]:
        """Return the finished files of an output folder."""
        if not out.exists():
            return []
        return sorted(one for one in out.iterdir() if one.is_file() and one.name[0] != ".")

    def check(self, out: Path, seen: dict[str, int], tally: Tally) -> None:
        """Check every output that is there: whole, known, and the one that was there before."""
        for path in self.outputs(out):
            if digest(path) != self.right.get(path.name):
                tally.faults["half" if path.name in self.right else "twice"] += 1
            if seen.setdefault(path.name, path.stat().st_ino) != path.stat().st_ino:
                tally.faults["twice"] += 1
                seen[path.name] = path.stat().st_ino

    def whole(self, out: Path, tally: Tally) -> None:
        """Check a finished round."""
        tally.rounds += 1
        tally.faults["lost"] += len(self.right) - len(self.outputs(out))
        tally.faults["temporary"] += len(temporary(out, self.scratch))
        shutil.rmtree(out)

    def moment(self) -> float:
        """Return a moment of a run, in seconds after its start."""
        return self.random.uniform(0.0, self.usual)


def killed(process: subprocess.Popen[bytes], after: float) -> bool:
    """Kill a process after some time and wait for its own ones; False: it had ended before."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
        return False
    children = []
    with suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    if not gone(children):
        raise SystemExit("processes of a dead parent are alive")
    return True


def parents(bench: Bench, kills: int) -> Tally:
    """Kill the batch itself."""
    tally, out, seen = Tally(), bench.folder / "out", dict[str, int]()
    while tally.kills < kills:
        process = started(bench.batch(out), bench.scratch, bench.log)
        if killed(process, bench.moment()):
            tally.kills += 1
            bench.check(out, seen, tally)
            continue
        tally.faults["failed"] += process.returncode != 0
        bench.check(out, seen, tally)
        bench.whole(out, tally)
        seen.clear()
    if out.exists():
        finish(bench, out, seen, tally)
    return tally


def finish(bench: Bench, out: Path, seen: dict[str, int], tally: Tally) -> None:
    """Let the last round end undisturbed."""
    process = started(bench.batch(out), bench.scratch, bench.log)
    tally.faults["failed"] += process.wait(PATIENCE) != 0
    bench.check(out, seen, tally)
    bench.whole(out, tally)


def workers(bench: Bench, kills: int) -> Tally:
    """Kill one of the batch's processes, once a run: the batch goes on by itself."""
    tally, out = Tally(), bench.folder / "out"
    while tally.kills < kills:
        seen: dict[str, int] = {}
        process = started(bench.batch(out), bench.scratch, bench.log)
        time.sleep(bench.moment())
        victims = workers_of(process.pid)
        if victims:
            with suppress(psutil.Error):
                bench.random.choice(victims).kill()
                tally.kills += 1
            bench.check(out, seen, tally)
        tally.faults["failed"] += process.wait(PATIENCE) != 0
        bench.check(out, seen, tally)
        bench.whole(out, tally)
    return tally


def watchers(bench: Bench, kills: int) -> Tally:
    """Kill a watcher; the inbox is filled while it is at work."""
    tally = Tally()
    inbox, out, done = (bench.folder / name for name in ("inbox", "outbox", "done"))
    while tally.kills < kills:
        seen: dict[str, int] = {}
        inbox.mkdir(exist_ok=True)
        waiting = list(bench.scans)
        bench.random.shuffle(waiting)
        while True:
            last = tally.kills >= kills or bench.random.random() < 0.15
            for path in [waiting.pop() for _ in range(min(len(waiting), 99 if last else 4))]:
                shutil.copy2(path, inbox / path.name)
            arguments = ["watch", inbox, out, "--done", done, "--settle", 0.3, "--jobs", 2]
            more = ["--once"] if last else []
            process = started([*arguments, *more], bench.scratch, bench.log)
            if last:
                tally.faults["failed"] += process.wait(PATIENCE) != 0
                break
            tally.kills += killed(process, bench.random.uniform(0.3, 0.3 + bench.usual))
            bench.check(out, seen, tally)
            kept = Counter(
                digest(one)
                for one in [*inbox.glob("*.*"), *done.glob("*.*")]
                if one.is_file() and one.name[0] != "."
            )
            arrived = bench.originals - Counter(digest(path) for path in waiting)
            tally.faults["lost"] += (arrived - kept).total()
        bench.check(out, seen, tally)
        tally.faults["lost"] += (bench.originals - Counter(map(digest, done.glob("*.*")))).total()
        tally.faults["temporary"] += len(temporary(inbox, done))
        bench.whole(out, tally)
        shutil.rmtree(done)
    return tally


KINDS = {"the batch": parents, "one of its processes": workers, "the watcher": watchers}


def main() -> None:
    """Kill and count."""
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of each kind")
    parser.add_argument("--documents", type=int, default=18)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=range(len(KINDS)), type=int, nargs="*")
    given = parser.parse_args()
    chosen = [
        name
        for number, name in enumerate(KINDS)
        if given.only in (None, []) or number in given.only
    ]
    rows, bad = [], 0
    with tempfile.TemporaryDirectory(prefix="survival-") as folder:
        bench = Bench(Path(folder), given.documents, Random(given.seed))
        for name in chosen:
            tally = KINDS[name](bench, given.kills)
            rows.append(tally.row(name))
            bad += tally.faults.total()
            print(rows[-1], flush=True)
    names = ("killed", "kills", "rounds", "lost", "half-written", "done twice")
    head = " | ".join((*names, "temporary files left", "failed"))
    how = f"seed {given.seed}, {given.documents} documents a round"
    title = f"# kill -9\n\n{machine()}; {how}; `python pipelines/survival/kills.py`.\n"
    lines = [title, f"| {head} |", "|---" + "|--:" * 7 + "|", *rows]
    tell(lines, given.out)
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
