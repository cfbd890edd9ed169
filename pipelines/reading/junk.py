"""How many words are read where there is none, and how many true ones does taking marks out cost?

    python pipelines/reading/junk.py [--pages 26] [--noise-pages 2] [--cache FILE] [-o FILE.md]

Generated pages with the boxes of their words, and pages of the noise suite, are cleaned and read
with Tesseract, with the marks that are no text in the picture that is read and without them. A word
is junk where its box overlaps no true word's; it is of dirt where the clean twin is blank there,
and of print where a leader, a rule or a picture lies there.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import noise_suite  # noqa: E402
import numpy as np  # noqa: E402
from common import arguments, load_reader, measured, run, table, tell  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from docclean.clean.cleaner import Cleaner  # noqa: E402
from docclean.clean.reading import legible  # noqa: E402
from docclean.evaluation.reader import Reader  # noqa: E402
from docclean.evaluation.synthetic import synthetic_recipe  # noqa: E402
from docclean.ocr import Word  # noqa: E402
from docclean.page import Image, Page  # noqa: E402
from docclean.pairs.make import make_pair  # noqa: E402
from docclean.synth import TextSource  # noqa: E402
from docclean.synth import Word as TrueWord  # noqa: E402

SEED = 11
LEAST, WHOLE = 0.2, 0.5
"""Share of a read word's box that is true words', and of a true one's that it covers, from which it
stands on their place."""
BLANK, INK = 0.01, 160
"""Share of a box that is ink on the clean twin below which it is blank, and its grey."""
Case = tuple[str, Page, Image, tuple[TrueWord, ...]]


def generated(pages: int) -> Iterator[Case]:
    """Yield dirty pages, their clean twins and words."""
    recipe, text = synthetic_recipe(), TextSource(("en_US",))
    recipe = replace(recipe, synth=replace(recipe.synth, locales=("en_US",)))
    for index in range(pages):
        pair = make_pair(SEED, index, text, recipe)
        yield "generated pages", pair.dirty, pair.clean.grey(), pair.words


def spoilt(pages: int) -> Iterator[Case]:
    """Yield the pages of the noise suite with every noise."""
    for index in range(pages):
        made = noise_suite.book_page(index)
        for name in noise_suite.NOISES:
            pixels = noise_suite.spoil(name, index, made.page.pixels)
            yield "noise suite", made.page.with_pixels(pixels), made.page.grey(), made.words


def counted(words: tuple[Word, ...], scale: float, case: Case) -> NDArray[np.int64]:
    """Return words of dirt, all junk words, and true words read at their place."""
    _, _, twin, true = case
    boxes = np.array([(one.left, one.top, one.right, one.bottom) for one in true], float)
    boxes = boxes.reshape(-1, 4)
    areas = np.maximum(1, (boxes[:, 2:] - boxes[:, :2]).prod(1))
    dirt, junk, found = 0, 0, set[int]()
    for word in (one for one in words if one.text.strip()):
        low = np.array([word.left, word.top]) / scale
        high = low + np.array([word.width, word.height]) / scale
        sides = np.minimum(boxes[:, 2:], high) - np.maximum(boxes[:, :2], low)
        both = np.clip(sides, 0, None).prod(1)
        area = max(1.0, float((high - low).prod()))
        if both.sum() < LEAST * area and (not len(both) or (both / areas).max() < WHOLE):
            (left, top), (right, bottom) = low.astype(int), high.astype(int) + 1
            box = twin[max(0, top) : bottom, max(0, left) : right]
            junk += 1
            dirt += not box.size or float(np.mean(box < INK)) < BLANK
        found |= {int(n) for n in np.flatnonzero(both > 0) if true[n].text == word.text}
    return np.array([dirt, junk, len(found)])


def measured_page(cleaner: Cleaner, reader: Reader, case: Case) -> NDArray[np.int64]:
    """Return the counts with marks, without them, and the true words of a page."""
    found = []
    with patch("docclean.clean.finishing.without_marks", lambda read, *_: read):
        found.append(cleaner.clean(case[1]))
    found.append(cleaner.clean(case[1]))
    told = [
        counted(reader.read(legible(one), words=True).found.words, one.scale, case) for one in found
    ]
    return np.array([*told[0], *told[1], len(case[3])])


def main() -> None:
    """Measure what was asked for and print one Markdown table."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=26)
    parser.add_argument("--noise-pages", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="file that keeps what Tesseract has read")
    options = parser.parse_args()
    cleaner, reader = Cleaner.load("small"), load_reader(options.cache)
    sums: dict[str, NDArray[np.int64]] = {}
    for cases in (generated(options.pages), spoilt(options.noise_pages)):
        for case in cases:
            counts = measured_page(cleaner, reader, case)
            sums[case[0]] = sums.get(case[0], np.zeros_like(counts)) + counts
    sums["all"] = np.sum(list(sums.values()), 0)
    rows = [
        (name, f"{was} -> {now}", f"{junk} -> {left}", f"{true} -> {kept}", f"{of}")
        for name, (was, junk, true, now, left, kept, of) in sums.items()
    ]
    head = ("pages", "words of dirt", "all junk words", "true words read", "of")
    tell([f"{measured()}\n", *table(head, rows)], options.out)


if __name__ == "__main__":
    run(main)
