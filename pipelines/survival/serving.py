"""`docclean serve` under load, with hostile clients, with killed workers, and beside the command.

    python pipelines/survival/serving.py -o pipelines/results/serve.md

Load: 8 clients send 1,000 documents, 2 % of them hostile; each answer is held against the bytes
that the command makes of the same document. Kills: a worker at work is killed; its client must be
told 422, the next one must be served. Pace: an A4 page, by turns through the service and by the
command's own steps with a loaded cleaner.
"""

import hashlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random

import httpx
from corpus import arguments, digest, document, machine, scan, tell, workers_of
from hostile import ENEMIES, Service, served

from docclean.clean.spec import CleanerSpec
from docclean.documents import write_pages
from docclean.jobs.document import process_file
from docclean.recipe import Options

CLIENTS, HOSTILE = 8, 0.02
DISTINCT = 40
"""Documents that differ; each is sent many times."""
SIZE = 400, 300
GROWTH, SLOWER = 1.2, 1.3
"""Bars: memory at the end against that after 100 documents; p95 against the command's."""


# --- load ----------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    hostile: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    mixed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    memory: list[float] = field(default_factory=list)


def right_ones(folder: Path) -> dict[bytes, str]:
    """Return documents, and the hash of what the command makes of each."""
    scans, out = folder / "scans", folder / "out"
    scans.mkdir()
    for number in range(DISTINCT):
        write_pages([scan(number, *SIZE)], scans / f"{number:03}.png")
    command = [sys.executable, "-m", "docclean", "clean", str(scans), "-o", f"{out}/"]
    subprocess.run(command, check=True, capture_output=True)
    return {path.read_bytes(): digest(out / path.name) for path in sorted(scans.iterdir())}


def load(folder: Path, requests: int) -> tuple[str, bool]:
    """Send documents from several clients at once; return a line and whether it holds."""
    right, tally, todo = right_ones(folder), Tally(), SimpleQueue[int]()
    random = Random(0)
    enemies = set(random.sample(range(requests), round(HOSTILE * requests)))
    for number in range(requests):
        todo.put(number)
    began = time.monotonic()
    with served(folder, "--patience", "2") as service:
        arguments_ = (service, todo, list(right.items()), sorted(enemies), tally)
        clients = [threading.Thread(target=_client, args=arguments_) for _ in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        time.sleep(1)
        last = service.memory
    first, seconds = tally.memory[0], time.monotonic() - began
    wrong = sum(count for status, count in tally.statuses.items() if status != 200)
    bad = [f"{name} ({count})" for name, count in tally.hostile.items() if not name.endswith("4xx")]
    fine = not (tally.lost or tally.mixed or wrong or bad) and last <= GROWTH * first
    told = (
        f"| {requests:,} documents, {CLIENTS} clients, {len(enemies)} hostile ({seconds:.0f} s) | "
        f"lost {tally.lost}, mixed up {tally.mixed}, other than 200: {wrong}; hostile other than "
        f"4xx: {len(bad)} {' '.join(bad)}; memory {first:.0f} MB after 100, {last:.0f} MB at the "
        f"end: {last / first:.2f} | 0, 0, 0, 0, <= {GROWTH} | {'yes' if fine else 'NO'} |"
    )
    return told, fine


def _client(
    service: Service,
    todo: "SimpleQueue[int]",
    right: list[tuple[bytes, str]],
    enemies: list[int],
    tally: Tally,
) -> None:
    with httpx.Client(base_url=service.url, timeout=300) as client, suppress(Empty):
        while True:
            number = todo.get_nowait()
            if number in enemies:
                name, attack = ENEMIES[enemies.index(number) % len(ENEMIES)]
                status = attack(service)
                tally.hostile[f"{name}: {'4xx' if 400 <= status < 500 else status}"] += 1
                continue
            data, hash_ = right[number % len(right)]
            try:
                answer = _asked(client, data, number)
            except httpx.HTTPError:
                tally.lost += 1
                continue
            with tally.lock:
                tally.statuses[answer.status_code] += 1
                tally.mixed += hashlib.sha256(answer.content).hexdigest() != hash_
                if tally.statuses.total() == 100:
                    tally.memory.append(service.memory)


def _asked(client: httpx.Client, data: bytes, number: int) -> httpx.Response:
    """Send a document as a form, as the body, or as a job."""
    name = f"scan-{number}.png"
    if number % 5 == 0:
        job = client.post("/jobs", files={"file": (name, data)}).json()["id"]
        while client.get(f"/jobs/{job}").json()["state"] in ("waiting", "working"):
            time.sleep(0.1)
        answer = client.get(f"/jobs/{job}/result")
        client.delete(f"/jobs/{job}")
        return answer
    if number % 5 == 1:
        return client.post("/clean", content=data, headers={"X-Filename": name})
    return client.post("/clean", files={"file": (name, data)})


# --- kills and pace ------------------------------------------------------------------------------


def kills(folder: Path, count: int) -> tuple[str, bool]:
    """Kill the worker that works, again and again; return a line and whether it holds."""
    random, killed = Random(0), 0
    long, small = document_of(scan("long", 2400, 1700)), document("small", ".png")
    told: Counter[int] = Counter()
    after: Counter[int] = Counter()
    with served(folder) as service, httpx.Client(base_url=service.url, timeout=120) as client:
        while killed < count:
            answers: list[httpx.Response] = []
            sender = threading.Thread(
                target=lambda got=answers: got.append(
                    httpx.post(f"{service.url}/clean", content=long, timeout=120)
                )
            )
            sender.start()
            while not service.metric(client, "docclean_in_hand"):
                time.sleep(0.02)
            time.sleep(random.uniform(0, 0.4))
            killed += _killed(service, answers)
            sender.join()
            told[answers[0].status_code] += 1
            after[client.post("/clean", content=small).status_code] += 1
    fine = told[422] == killed and after == {200: after.total()}
    others = {status: n for status, n in told.items() if status not in (422, 200)}
    said = f"422: {told[422]}, else: {others or 0}; the next document 200: {after[200]}"
    verdict = "yes" if fine else "NO"
    return (
        f"| kill -9 of a worker at work, {killed} times | {said} | one 422 each | {verdict} |",
        fine,
    )


def _killed(service: Service, answers: list[httpx.Response]) -> bool:
    """Kill the process that works; say whether it had not answered before."""
    workers = workers_of(service.process.pid)
    before = {one.pid: sum(one.cpu_times()[:2]) for one in workers}
    time.sleep(0.1)
    busiest = max(workers, key=lambda one: sum(one.cpu_times()[:2]) - before[one.pid])
    if answers:
        return False
    busiest.kill()
    return True


def document_of(page: object) -> bytes:
    """Return a page as a PNG."""
    with tempfile.NamedTemporaryFile(suffix=".png") as made:
        write_pages([page], Path(made.name), overwrite=True)  # type: ignore[list-item]
        return Path(made.name).read_bytes()


def pace(folder: Path, turns: int) -> tuple[str, bool]:
    """Clean an A4 page by turns, through the service and by the command's steps."""
    source, out = folder / "a4.jpg", folder / "cleaned.jpg"
    write_pages([scan("a4", 2480, 3508, 300)], source)
    data, cleaner = source.read_bytes(), CleanerSpec(Options())()
    times: dict[str, list[float]] = {"service": [], "command": []}

    def command() -> None:
        out.unlink(missing_ok=True)
        assert process_file(source, out, cleaner).status == "done"

    with served(folder) as service, httpx.Client(base_url=service.url, timeout=300) as client:

        def ask() -> None:
            client.post("/clean", files={"file": ("a4.jpg", data)}).raise_for_status()

        for turn in range(turns + 2):
            for name, act in (("service", ask), ("command", command)):
                began = time.perf_counter()
                act()
                if turn >= 2:  # both are warm
                    times[name].append(time.perf_counter() - began)
    late = {name: statistics.quantiles(one, n=20)[-1] for name, one in times.items()}
    usual = {name: statistics.median(one) for name, one in times.items()}
    ratio = late["service"] / late["command"]
    said = (
        f"p95 {late['service']:.2f} s against {late['command']:.2f} s: {ratio:.2f}; medians "
        f"{usual['service']:.2f} and {usual['command']:.2f} s: "
        f"{usual['service'] / usual['command']:.2f}"
    )
    fine = ratio <= SLOWER
    verdict = "yes" if fine else "NO"
    return (
        f"| A4 JPEG, 300 dpi, one client, {turns} turns | {said} | <= {SLOWER} | {verdict} |",
        fine,
    )


def main() -> None:
    """Measure all three."""
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--turns", type=int, default=20)
    given = parser.parse_args()
    parts = ((load, given.requests), (kills, given.kills), (pace, given.turns))
    rows, fine = [], True
    for part, count in parts:
        if count:
            with tempfile.TemporaryDirectory(prefix="serving-") as folder:
                row, held = part(Path(folder), count)
            print(row, flush=True)
            rows.append(row)
            fine = fine and held
    command = f"python pipelines/survival/serving.py {' '.join(sys.argv[1:])}".strip()
    title = f"# The service\n\n{machine()}; `{command}`.\n"
    tell([title, "| what | seen | bar | holds |", "|---|---|---|---|", *rows], given.out)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
