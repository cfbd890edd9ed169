"""What tests of batches share: folders of small scans, cleaners that misbehave on marked pages."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from fakes import FakeCleaned, Identity, Inverter

from docclean.documents import write_pages
from docclean.page import Image, Page

HANGS, ABORTS, HUNGRY, EXITS = 11, 22, 33, 44
"""Grey values of the corner pixel that make `Misbehaving` misbehave."""


class Misbehaving(Inverter):
    """A cleaner that hangs in C, aborts, asks for 8 GB, or is killed, where the page says so."""

    def clean(self, page: Page) -> FakeCleaned:
        mark = int(page.grey()[0, 0])
        if mark == HANGS:
            # sleeping in a system call with every signal held back, as a decoder's loop would
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            time.sleep(600)
        if mark == ABORTS:
            os.abort()
        if mark == HUNGRY:
            np.ones(8 << 30, np.uint8)
        if mark == EXITS:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().clean(page)


def load_misbehaving() -> Misbehaving:
    """Load it; picklable."""
    return Misbehaving()


class Counting(Identity):
    """A cleaner that leaves a line in a file for every page, and takes its time."""

    def __init__(self, log: Path, seconds: float) -> None:
        self.log, self.seconds = log, seconds

    def clean(self, page: Page) -> FakeCleaned:
        time.sleep(self.seconds)
        with self.log.open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        return super().clean(page)


def page_of(letters: Image, mark: int, number: int = 0) -> Page:
    """Return a small page that says how its cleaner is to misbehave, unlike any other."""
    pixels = np.roll(letters, number, 1)
    pixels[0, 0], pixels[-1, -1] = mark, number % 256
    return Page(pixels, (300.0, 300.0))


def fill(folder: Path, letters: Image, count: int, suffix: str = ".png") -> list[Path]:
    """Write scans that differ from each other; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"scan-{number:03}{suffix}" for number in range(count)]
    for number, path in enumerate(paths):
        path.unlink(missing_ok=True)
        write_pages([page_of(letters, 200, number)], path)
    return paths


def leftovers(*folders: Path) -> list[Path]:
    """Return the temporary files that are left below folders."""
    return [path for folder in folders for path in folder.rglob("*.part")]
