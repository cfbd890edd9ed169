"""How fast training pairs are made, one core: ours and Augraphy's, in turns, in one run.

    python pipelines/bench/throughput.py --augraphy VENV/bin/python
        -o pipelines/results/throughput.md

Ours: from a page in memory to aligned (dirty, clean) grey patches of 256 x 256 px, the whole
chain, by the default recipe and by that of the shipped model; nine patches, as many as fit without
overlap, from each sheet of 768 x 768 px. Augraphy's: its default pipeline on the same clean
patches, one by one as its users do, and on whole sheets (a ninth of that time is a patch's).
Then the pages: seconds to set an A4 page at 300 dpi, by layout.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from random import Random

os.environ["OMP_NUM_THREADS"] = "1"

import cv2
import numpy as np
import torch
from common import arguments, measured, run, table, tell

from docclean.recipe import Recipe
from docclean.synth import LAYOUTS, TextSource, typeset
from docclean.training.patches import BLOCK, PatchBlocks, cached_pages
from docclean.training.sheets import cut_sheet

PATCH, SHEET, PER_SHEET = 256, 768, 9
AUGRAPHY = """
import os, sys, time, warnings
warnings.filterwarnings("ignore")
import cv2, numpy as np
cv2.setNumThreads(1)
from augraphy import default_augraphy_pipeline
pipeline = default_augraphy_pipeline()
patches, sheets = (np.load(path) for path in sys.argv[1:3])
def run(images):
    done = failed = 0
    began = time.perf_counter()
    for image in images:
        try:
            pipeline(image.copy())
            done += 1
        except Exception:
            failed += 1
    return time.perf_counter() - began, done, failed
run(patches[:4])
print("ready", flush=True)
for line in sys.stdin:
    kind, first, count = line.split()
    images = (patches if kind == "patches" else sheets)[int(first) : int(first) + int(count)]
    print(*run(images), flush=True)
"""


def blocks_of(recipe: Path | None, folder: Path) -> PatchBlocks:
    """Return the stream of patches of a recipe, its pages made."""
    path = recipe if recipe else None
    settings = {"patch": PATCH, "sheet": SHEET, "patches_per_sheet": PER_SHEET}
    made = Recipe.load(
        path, synth__pages=48, **{f"train__{key}": value for key, value in settings.items()}
    )
    return PatchBlocks(made, cached_pages(made, folder, 2), 7, 1000)


class Rival:
    """Augraphy in another interpreter, asked in turns."""

    def __init__(self, python: str, folder: Path, patches: np.ndarray, sheets: np.ndarray) -> None:
        """Start it and wait until it has warmed up."""
        np.save(folder / "patches.npy", patches)
        np.save(folder / "sheets.npy", sheets)
        self._process = subprocess.Popen(
            [python, "-c", AUGRAPHY, str(folder / "patches.npy"), str(folder / "sheets.npy")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
        )
        assert self._process.stdout is not None
        while "ready" not in (line := self._process.stdout.readline()):
            if not line:
                raise SystemExit(f"{python}: Augraphy does not run there")

    def __call__(self, kind: str, first: int, count: int) -> tuple[float, int, int]:
        """Return (seconds, images done, images it failed on)."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{kind} {first} {count}\n")
        self._process.stdin.flush()
        while True:  # it prints of its own accord now and then
            words = self._process.stdout.readline().split()
            if len(words) == 3:
                return float(words[0]), int(words[1]), int(words[2])

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


Theirs = dict[str, tuple[float, int, int]]
"""Seconds, images done and images failed, by what Augraphy was given."""


def rival_of(python: str, home: Path, stream: PatchBlocks) -> Rival:
    """Return Augraphy at work on the clean pages of a stream."""
    clean = stream[0][1][:, 0].numpy()
    rng = np.random.default_rng(3)
    pages = [stream._page(path)[0] for path in stream._paths[:18]]
    sheets = np.stack([cut_sheet(rng, page, SHEET)[0] for page in pages])
    return Rival(python, home, clean, sheets)


def take_turns(rounds: int, augraphy: str | None) -> tuple[dict[str, float], Theirs]:
    """Return the seconds our recipes took for their blocks, and what Augraphy did beside."""
    small = Path(__file__).parents[1] / "recipes" / "small.toml"
    theirs: Theirs = {"patches": (0.0, 0, 0), "sheets": (0.0, 0, 0)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        streams = {"default recipe": blocks_of(None, home), "small.toml": blocks_of(small, home)}
        for stream in streams.values():
            for block in range(3):
                stream[900 + block]  # pages decoded, packages imported
        spent = dict.fromkeys(streams, 0.0)
        rival = rival_of(augraphy, home, streams["default recipe"]) if augraphy else None
        for turn in range(rounds):
            for name, stream in streams.items():
                began = time.perf_counter()
                stream[turn]
                spent[name] += time.perf_counter() - began
            for kind, count in (("patches", 24), ("sheets", 3)) if rival else ():
                seconds, done, failed = rival(kind, turn * count, count)
                before = theirs[kind]
                theirs[kind] = (before[0] + seconds, before[1] + done, before[2] + failed)
        if rival:
            rival.stop()
    return spent, theirs


def layout_lines() -> list[str]:
    """Return the table of how long each layout takes to set."""
    text, rows = TextSource(Recipe().synth.locales), []
    for name in LAYOUTS.names():
        typeset(Random(0), text, 72, name)
        times = []
        for seed in range(5):
            began = time.perf_counter()
            typeset(Random(seed), text, 300, name)
            times.append(time.perf_counter() - began)
        rows.append((name, f"{np.mean(times):.2f}", f"{max(times):.2f}"))
    return table(("layout", "s a page (A4 wide, 300 dpi), mean", "slowest"), rows)


def main() -> None:
    """Measure and write the report."""
    parser = arguments(__doc__)
    parser.add_argument("--augraphy", help="a Python with augraphy installed")
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    spent, theirs = take_turns(options.rounds, options.augraphy)
    made = options.rounds * BLOCK * PER_SHEET
    rates = {name: made / seconds for name, seconds in spent.items()}
    rows = [(f"docclean, {name}: page to pair", f"{r:.1f}", made) for name, r in rates.items()]
    for kind, (seconds, done, failed) in theirs.items():
        if done:
            rate = done * (PER_SHEET if kind == "sheets" else 1) / seconds
            told = f"{rate:.2f} (ours {rates['default recipe'] / rate:.0f} times as fast)"
            faults = f" ({failed} raised an error)" if failed else ""
            rows.append((f"Augraphy, default pipeline on {kind}", told, f"{done}{faults}"))
    lines = [
        f"# Training pairs a second ({measured()}; one core)\n",
        f"`python pipelines/bench/throughput.py --augraphy PYTHON --rounds {options.rounds}`; "
        f"torch {torch.__version__}.\n",
        *table(("what", "256² patches a second", "images"), rows),
        "",
        *layout_lines(),
    ]
    tell(lines, options.out)


if __name__ == "__main__":
    run(main)
