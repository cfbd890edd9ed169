"""What does a back that shines through cost, and what does taking it out bring?

    python pipelines/reading/backs.py [--pages 2] [-o FILE.md]

Letters, books, typescripts and newspapers made here, with their own print shining through at three
strengths, on grained paper. Tesseract reads each as it came, cleaned with the back left to the
network, and cleaned as it is shipped. Word F1, a word counted once for each time that it is there.
"""

import sys
from collections import Counter
from pathlib import Path
from random import Random
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import numpy as np
from common import arguments, measured, run, table, tell

from docclean.clean.cleaner import Cleaner
from docclean.corruptions import CORRUPTIONS
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.synth import TextSource, typeset

LAYOUTS, STRENGTHS, DPI = ("letter", "book", "typescript", "newspaper"), (0.6, 0.8, 1.0), 200
STAGE = "docclean.clean.cleaner.without_other_side"


def through(layout: str, strength: float, number: int) -> tuple[Page, list[str]]:
    """Return a page whose back shines through, and its words."""
    made = typeset(Random(f"{layout}{number}"), TextSource(("en_US",)), DPI, layout)
    rng, grey = np.random.default_rng(number), made.page.pixels
    for name in ("bleed_through", "paper_texture"):
        member = CORRUPTIONS[name]
        grey = member.on_page(grey, member.sample(rng, strength), DPI)
    return Page(grey, (float(DPI), float(DPI))), [word.text for word in made.words]


def word_f1(read: str, true: list[str]) -> float:
    """Return the F1 of the words read."""
    one, other = Counter(read.split()), Counter(true)
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def rows(pages: int) -> list[list[str]]:
    """Read every page three ways; return a row for each layout and strength."""
    cleaner, engine, told = Cleaner.load("small"), Tesseract("eng"), []
    for layout in LAYOUTS:
        for strength in STRENGTHS:
            scores, gone = [], 0
            for number in range(pages):
                page, true = through(layout, strength, number)
                with patch(STAGE, lambda work, *_: work):
                    left = cleaner.clean(page)
                done = cleaner.clean(page)
                gone += "other_side" in done.decision.measures
                read = [engine.read(one).text for one in (page, left.reading, done.reading)]
                scores.append([word_f1(text, true) for text in read])
            means = [f"{value:.3f}" for value in np.mean(scores, 0)]
            told.append([layout, f"{strength}", f"{pages}", *means, f"{gone}"])
    return told


def main() -> None:
    """Parse the command line, read, print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=2, help="of each layout and strength")
    options = parser.parse_args()
    head = ("page", "strength", "pages", "as it came", "back left", "shipped", "found on")
    tell([f"{measured()}\n", *table(head, rows(options.pages))], options.out)


if __name__ == "__main__":
    run(main)
