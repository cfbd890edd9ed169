"""A thousand files dropped into a watched folder by three writers, good and bad, fast and slow.

    python pipelines/survival/drops.py -o pipelines/results/drops.md

5 % are broken (truncated, empty, no document), 5 % are written slowly over ten seconds, 2 % are
renamed while they are written, 5 % have the content of another one. Checked: every good one comes
out exactly once, every broken one is in `failed` with its reason, every original is kept, the
watcher is alive, and its memory at the end is that after the first hundred.
"""

import hashlib
import json
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
from corpus import arguments, digest, document, machine, started, tell

SLOW_SECONDS = 10.0
WRITERS = 3
LONGEST = 3600.0
"""Seconds after which it is given up."""


@dataclass
class Drop:
    """One file to be dropped: its name, its bytes, how it is written."""

    name: str
    data: bytes
    how: str

    def write(self, inbox: Path) -> None:
        """Write it as its kind of writer does."""
        path = inbox / self.name
        if self.how == "slow":
            with path.open("wb") as stream:
                for at in range(10):
                    part = len(self.data) // 10 + 1
                    stream.write(self.data[at * part : (at + 1) * part])
                    stream.flush()
                    time.sleep(SLOW_SECONDS / 10)
        elif self.how == "renamed":
            first = inbox / f"before-{self.name}"
            with first.open("wb") as stream:
                stream.write(self.data[: len(self.data) // 2])
                stream.flush()
                time.sleep(1.0)
                first.rename(path)
                stream.write(self.data[len(self.data) // 2 :])
        else:
            path.write_bytes(self.data)


def made(count: int, random: Random) -> list[Drop]:
    """Return the files of one run, in the order in which they are dropped."""
    kinds = ["broken"] * (count * 5 // 100) + ["slow"] * (count * 5 // 100)
    kinds += ["renamed"] * (count * 2 // 100) + ["twin"] * (count * 5 // 100)
    kinds += ["good"] * (count - len(kinds))
    random.shuffle(kinds)
    drops: list[Drop] = []
    for number, kind in enumerate(kinds):
        suffix = (".png", ".pdf", ".tif")[number % 3]
        data = document(number, suffix)
        if kind == "broken":
            cut = (data[: len(data) * 2 // 3], b"", f"no document {number}".encode())
            data = cut[number // 3 % 3]
        elif kind == "twin" and drops:
            other = random.choice([one for one in drops if one.how != "broken"] or drops)
            data, suffix = other.data, Path(other.name).suffix
        drops.append(Drop(f"scan-{number:04}{suffix}", data, kind))
    return drops


def memory(pid: int) -> int:
    """Return the resident memory of the watcher itself, bytes."""
    return int(psutil.Process(pid).memory_info().rss)


def drop_all(drops: list[Drop], inbox: Path, random: Random) -> None:
    """Drop them in bursts, from three writers and a thread for each slow one."""

    def writer(mine: list[Drop]) -> None:
        slow: list[threading.Thread] = []
        while mine:
            for one in [mine.pop(0) for _ in range(min(len(mine), random.randint(5, 30)))]:
                if one.how in ("slow", "renamed"):
                    slow.append(threading.Thread(target=one.write, args=(inbox,)))
                    slow[-1].start()
                else:
                    one.write(inbox)
            time.sleep(random.uniform(0.5, 3.0))
        for thread in slow:
            thread.join()

    threads = [
        threading.Thread(target=writer, args=(drops[number::WRITERS],)) for number in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass
class Watch:
    """What was seen of the watcher: seconds, whether it lives, its memory, bytes."""

    seconds: float = 0.0
    alive: bool = False
    first: int = 0
    last: int = 0

    def sentence(self) -> str:
        """Return it in words."""
        return (
            f"Done in {self.seconds:.0f} s, of which the writers took a part; watcher "
            f"{'alive' if self.alive else 'DEAD'}; its memory after the first hundred "
            f"{self.first / 1e6:.0f} MB, at the end {self.last / 1e6:.0f} MB "
            f"({self.last / max(self.first, 1):.2f} x)."
        )

    @property
    def wrong(self) -> bool:
        """Say whether it is dead or has grown."""
        return not self.alive or self.last > 1.2 * self.first


def watched(drops: list[Drop], folder: Path, settle: float, random: Random) -> Watch:
    """Drop the files into a folder that is watched, and wait until all are dealt with."""
    inbox, status, seen = folder / "inbox", folder / "status.json", Watch()
    inbox.mkdir()
    options = ["--settle", settle, "--jobs", 2, "--status", status]
    arguments = ["watch", inbox, folder / "outbox", *options]
    watcher = started(arguments, folder / "scratch", folder / "log")
    began = time.monotonic()
    dropping = threading.Thread(target=drop_all, args=(list(drops), inbox, random))
    dropping.start()
    told: dict[str, int] = {}
    while watcher.poll() is None and time.monotonic() - began < LONGEST:
        with suppress(OSError, ValueError):
            told = json.loads(status.read_text())
        ended = told.get("done", 0) + told.get("failed", 0)
        if not seen.first and ended >= min(100, len(drops) // 2):
            seen.first = memory(watcher.pid)
        if ended >= len(drops) and not dropping.is_alive():
            break
        time.sleep(0.5)
    seen.seconds, seen.alive = time.monotonic() - began, watcher.poll() is None
    seen.last = memory(watcher.pid) if seen.alive else 0
    watcher.terminate()
    watcher.wait(120)
    return seen


def main() -> None:
    """Drop, wait, count."""
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--settle", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random = Random(given.seed)
    drops = made(given.files, random)
    with tempfile.TemporaryDirectory(prefix="survival-") as place:
        folder = Path(place)
        seen = watched(drops, folder, given.settle, random)
        rows, bad = counted(drops, folder / "inbox", folder / "outbox")
    head = f"# {given.files:,} files dropped into a watched folder\n"
    how = f"{machine()}; `python pipelines/survival/drops.py`. {seen.sentence()}\n"
    tell([head, how, *rows], given.out)
    raise SystemExit(1 if bad or seen.wrong else 0)


def counted(drops: list[Drop], inbox: Path, out: Path) -> tuple[list[str], int]:
    """Return a table of what became of every kind, and how many of them are wrong."""
    outputs = {one.stem for one in out.iterdir() if one.is_file()}
    kept = Counter(digest(one) for one in (inbox / ".done").rglob("*.*") if one.is_file())
    failed = {
        one.name: json.loads(one.with_name(f"{one.name}.error.json").read_text())["reason"]
        for one in (inbox / ".failed").iterdir()
        if not one.name.endswith(".error.json")
    }
    bytes_of = {one.name: hashlib.sha256(one.data).hexdigest() for one in drops}
    groups = Counter(bytes_of[one.name] for one in drops if one.how != "broken")
    rows, bad = ["| kind | files | right | wrong |", "|---|--:|--:|--:|"], 0
    for kind in ("good", "slow", "renamed", "twin", "broken"):
        mine = [one for one in drops if one.how == kind]
        if kind == "broken":
            right = [one for one in mine if failed.get(one.name)]
        else:
            right = [
                one
                for one in mine
                if kept[bytes_of[one.name]] == groups[bytes_of[one.name]]
                and one.name not in failed
                and outputs_of(one, drops, outputs) == 1
            ]
        bad += len(mine) - len(right)
        rows.append(f"| {kind} | {len(mine)} | {len(right)} | {len(mine) - len(right)} |")
    extra = len(outputs) - len(groups)
    left = [one for one in inbox.iterdir() if one.name[0] != "."]
    rows.append(
        f"\nOutputs: {len(outputs)} for {len(groups)} different good files; "
        f"left in the inbox: {len(left)}."
    )
    return rows, bad + abs(extra) + len(left)


def outputs_of(one: Drop, drops: list[Drop], outputs: set[str]) -> int:
    """Return how many outputs the bytes of a file have, under whichever name came first."""
    return len({Path(other.name).stem for other in drops if other.data == one.data} & outputs)


if __name__ == "__main__":
    main()
