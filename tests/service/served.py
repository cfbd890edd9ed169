"""A service to talk to: the command itself, at a port of its own."""

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from dirty_scan import dirty

from docclean.documents import write_pages
from docclean.page import Page

CORPUS = Path(__file__).parents[1] / "corpus"


class Served:
    """`docclean serve` as a process, until the block ends."""

    def __init__(self, folder: Path, *more: object, **environment: str) -> None:
        self.lines: list[str] = []
        self.scratch = folder / "tmp"
        self.scratch.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "docclean", "serve", "--port", "0", *map(str, more)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(self.scratch)} | environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self.lines or self.process.poll() is not None)
        assert self.lines and "docclean is at" in self.lines[0], self.lines
        self.url = self.lines[0].split(" at ")[1].rstrip("/")
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        self._reader.join(5)
        assert self.process.stderr is not None
        self.process.stderr.close()

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def send(self, path: str, data: bytes, name: str = "scan.png", **fields: Any) -> httpx.Response:
        """Send a document in a form."""
        headers = fields.pop("headers", {})
        return self.client.post(path, files={"file": (name, data)}, data=fields, headers=headers)

    def job(self, name: str) -> dict[str, Any]:
        """Wait for a job, and return how it stands."""
        until(lambda: self.client.get(f"/jobs/{name}").json()["state"] in ("done", "failed"))
        return self.client.get(f"/jobs/{name}").json()

    def metric(self, name: str) -> float:
        """Return one value of the metrics."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        return 0.0

    def workers(self) -> list[psutil.Process]:
        """Return its processes that work."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in children if "spawn_main" in " ".join(one.cmdline())]

    def busy(self) -> psutil.Process:
        """Wait until a process works, and return it."""
        until(lambda: self.metric("docclean_in_hand") == 1)
        workers = self.workers()
        before = {one.pid: sum(one.cpu_times()[:2]) for one in workers}
        time.sleep(0.3)
        return max(workers, key=lambda one: sum(one.cpu_times()[:2]) - before[one.pid])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def scan(suffix: str = ".png", pages: int = 1, size: int = 20) -> bytes:
    """Return a dirty document as bytes; `size` px high letters say how long it takes."""
    made = io.BytesIO()
    write_pages([dirty(seed, size) for seed in range(pages)], made, suffix=suffix)
    return made.getvalue()


def large() -> bytes:
    """Return a page that takes some seconds: its letters are too small to be seen reduced."""
    pixels = np.tile(dirty(1, 30).pixels, (6, 5))
    made = io.BytesIO()
    write_pages([Page(pixels, (200.0, 200.0))], made, suffix=".png")
    return made.getvalue()


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return server-sent events and their data."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found
