"""What the scripts here share: documents that differ, processes to kill, folders to check."""

import argparse
import hashlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import psutil
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.documents import write_pages
from docclean.page import Page

COMMAND = (sys.executable, "-m", "docclean")
WORDS = [
    "paper",
    "ink",
    "scan",
    "page",
    "letter",
    "stain",
    "fold",
    "crease",
    "office",
    "archive",
    "ledger",
    "copy",
    "stamp",
    "form",
]


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose description is the first line of a script's docstring."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    return parser


def machine() -> str:
    """Return date and machine in a few words."""
    model = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {model}"


def tell(lines: Iterable[str], out: Path | None) -> None:
    """Print lines, and write them where a file is named."""
    text = "\n".join(lines) + "\n"
    print(text)
    if out:
        out.write_text(text, "utf-8")


def scan(seed: object, width: int = 420, height: int = 300, dpi: float = 150.0) -> Page:
    """Return a dirty page of words in 8-point type, grey, unlike that of any other seed."""
    random = Random(str(seed))
    picture = Pillow.new("L", (width, height), 236)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=16 * dpi / 150)
    for line in range(8, height - 20, round(24 * dpi / 150)):
        words = " ".join(random.choice(WORDS) for _ in range(round(width * 150 / dpi) // 55))
        pen.text((8, line), words, fill=40, font=font)
    x, y = random.randrange(width), random.randrange(height)
    pen.ellipse((x - 60, y - 60, x + 60, y + 60), outline=150, width=9)
    noise = np.random.default_rng(random.randrange(2**32)).normal(0, 6, (height, width))
    pixels = np.clip(np.asarray(picture, np.float32) + noise, 0, 255).astype(np.uint8)
    return Page(pixels, (dpi, dpi))


def document(seed: object, suffix: str, pages: int = 1) -> bytes:
    """Return a document of dirty pages as bytes."""
    made = BytesIO()
    write_pages([scan(f"{seed} {number}") for number in range(pages)], made, suffix=suffix)
    return made.getvalue()


def mixed(folder: Path, count: int) -> list[Path]:
    """Fill a folder with PDFs of one to three pages, TIFFs and PNGs, by turns; all differ."""
    folder.mkdir(parents=True)
    paths = []
    for number in range(count):
        suffix, pages = ((".png", 1), (".pdf", 1 + number % 3), (".tif", 2))[number % 3]
        path = folder / f"scan-{number:03}{suffix}"
        path.write_bytes(document(number, suffix, pages))
        paths.append(path)
    return paths


def digest(path: Path) -> str:
    """Return a hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def started(arguments: Sequence[object], scratch: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start docclean with a folder of its own for temporary files; what it says goes to a log."""
    scratch.mkdir(exist_ok=True)
    environment = os.environ | {"TMPDIR": str(scratch), "OMP_NUM_THREADS": "1"}
    with log.open("ab") as stream:
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)], stdout=stream, stderr=stream, env=environment
        )


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the processes that work for one, without what only keeps the books for them."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    found = []
    for child in children:
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def gone(processes: Iterable[psutil.Process], seconds: float = 30.0) -> bool:
    """Wait for processes that end by themselves; say whether they did."""
    _, alive = psutil.wait_procs(list(processes), seconds)
    return not alive


def temporary(*folders: Path) -> list[Path]:
    """Return what is left of temporary files below folders."""
    kept = (".docclean-", "docclean-", "tmp")
    return [
        path
        for folder in folders
        if folder.exists()
        for path in folder.rglob("*")
        if path.name.startswith(kept) and path.is_file()
    ]
