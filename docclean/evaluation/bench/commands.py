"""The command itself, as people run it: pages a second, memory, the time of a start."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from docclean.errors import DoccleanError
from docclean.evaluation.bench.pages import copies
from docclean.page import Page

FEW = 2
"""Pages of the short run: what a start takes is the same in both."""
STARTS = 5


def command(arguments: Sequence[str], threads: int | None = None) -> list[str]:
    """Return the call of `docclean` with some arguments, in this very environment."""
    bound = ["--threads", str(threads)] if threads else []
    return [sys.executable, "-m", "docclean", *arguments, *bound]


def seconds_of(call: Sequence[str], env: Mapping[str, str] | None = None) -> float:
    """Run a call, in another environment where one is given; return its wall seconds.

    Raises:
        DoccleanError: it failed; its last line is told.
    """
    began = time.perf_counter()
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=env)
    took = time.perf_counter() - began
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise DoccleanError(f"{' '.join(call[1:5])} failed: {last}")
    return took


def pages_a_second(
    page: Page, suffix: str, count: int, jobs: int | None, threads: int | None = None
) -> float:
    """Return how many more pages a second come out of a longer run than of one of `FEW`.

    Args:
        page: the page; every copy is moved a little.
        suffix: of its files; ".pdf" makes one document of them.
        count: pages of the longer run.
        jobs: as `--jobs`; None: left out.
        threads: as `--threads`.
    """
    with tempfile.TemporaryDirectory() as name:
        took = []
        for number in (FEW, FEW + count):
            folder, out = Path(name) / f"in{number}", Path(name) / f"out{number}"
            paths = copies(page, number, folder, suffix)
            given = [str(paths[0])] if suffix == ".pdf" else [str(folder)]
            target = f"{out}.pdf" if suffix == ".pdf" else f"{out}/"
            asked = ["--jobs", str(jobs)] if jobs else []
            took.append(seconds_of(command(["clean", *given, "-o", target, *asked], threads)))
        return count / max(1e-9, took[1] - took[0])


def start(threads: int | None = None) -> float:
    """Return the middle wall seconds of cleaning an image of a few words.

    Modules are compiled before, as they are where a package was installed.
    """
    with tempfile.TemporaryDirectory() as name:
        page = Page(np.full((80, 200), 230, np.uint8), (150.0, 150.0))
        page.pixels[30:40, 20:180:4] = 40
        (path,) = copies(page, 1, Path(name), ".png")
        call = ["clean", str(path), "-o", f"{name}/out.png", "--overwrite"]
        env = {**os.environ, "PYTHONPYCACHEPREFIX": f"{name}/compiled"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        _, *took = (seconds_of(command(call, threads), env) for _ in range(STARTS + 1))
        return statistics.median(took)


def peak_memory(path: Path, out: Path, threads: int | None = None) -> float | None:
    """Return the most MB that `docclean clean` of a document holds; None where none can tell.

    VmHWM of the process itself: what is told of children starts at what their parent held.
    """
    if not Path("/proc/self/status").exists():
        return None
    code = (
        "import sys; from docclean.cli import run; status = run(sys.argv[1:]); "
        "told = open('/proc/self/status').read().partition('VmHWM:')[2]; "
        "print(status, told.split()[0])"
    )
    call = [sys.executable, "-c", code, "clean", str(path), "-o", str(out), "--overwrite"]
    if threads:
        call += ["--threads", str(threads)]
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=dict(os.environ))
    status, kilobytes = done.stdout.split()[-2:]
    if status != "0":
        raise DoccleanError(f"docclean clean failed: {done.stderr.strip()}")
    return int(kilobytes) * 1024 / 1e6
