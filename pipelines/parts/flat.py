"""Does the sheet's edge touch a word where there is no desk? Flat scans, generated and public.

    python pipelines/parts/flat.py --pages 400 --public DATA -o flat.md

The words of generated pages have the boxes of their ink; of public ones, those that Tesseract is
sure of (of `dirty-documents` on the clean twins, of old books on the cleanest form of a page). A
word is touched where anything of its box goes white with what is off the sheet, is cut off by
`--crop`, or is painted by `--borders`. Seeds are apart from training's.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclean.clean.parts.parts import Parts
from docclean.documents import read_pages
from docclean.evaluation.environment import environment
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pairs.make import make_pair
from docclean.recipe import Recipe
from docclean.regions.outline import find_outline
from docclean.regions.reader import map_reader
from docclean.straighten.borders import find_off_sheet
from docclean.straighten.flattening import sheet_alone, sheet_box
from docclean.synth import TextSource

SEED = 970_000
DPI = (100, 150)
SURE = 60.0
"""Tesseract's confidence from which a word is one."""
PUBLIC = (
    "clean-print-eng", "forms-eng", "modern-eng", "old-books-otsu", "old-books-maxentropy",
    "receipts-eng", "typewritten-ces", "typewritten-dan", "typewritten-eng",
)  # fmt: skip
"""Not `old-books-minerror`: black lies over the words themselves there."""
ON_DESKS = ("multicol_05", "EHRI-ET-WL16560044_06")
"""Pages of these that lie on something."""
Boxes = list[tuple[int, int, int, int]]
"""top, bottom, left, right in px; bottom and right excluded."""


@dataclass(frozen=True)
class Touched:
    """How many words of a page the sheet's edge touches, by what would happen to them."""

    words: int
    whitened: int
    cropped: int
    painted: int
    bent: bool
    """Whether `--flatten` would move a pixel."""


def touched(page: Page, boxes: Boxes) -> Touched:
    """Look at a page as the cleaner does, and count."""
    found = map_reader(1)(page)
    parts = Parts(page, found)
    white = parts.over(parts.beyond, page.pixels.shape) > 0
    border = find_off_sheet(page)
    outline = find_outline(found)
    rows, columns = (
        sheet_box(page, outline, found)
        if outline
        else (slice(0, page.height), slice(0, page.width))
    )
    cut = np.ones(white.shape, np.bool_)
    cut[rows, columns] = False

    def count(mask: np.ndarray) -> int:
        return sum(bool(mask[top:bottom, left:right].any()) for top, bottom, left, right in boxes)

    bent = sheet_alone(page, crop=False, flatten=True) is not page
    return Touched(len(boxes), count(white), count(cut), count(border), bent)


def draw(number: int) -> tuple[str, Page, Boxes]:
    """Draw dirty page `number`; return its name, the page and the boxes of the words on it."""
    recipe = Recipe.load(synth__dpi_range=DPI)
    pair = make_pair(SEED, number, TextSource(recipe.synth.locales, None), recipe)
    boxes = [(word.top, word.bottom, word.left, word.right) for word in pair.words]
    return f"{number} ({', '.join(pair.chain.names())})", pair.dirty, _on(pair.dirty, boxes)


def public(data: Path) -> Iterator[tuple[str, Page, Boxes]]:
    """Yield public pages with the boxes of the words that Tesseract is sure of."""
    read: dict[str, Boxes] = {}
    for path in sorted((data / "dirty-documents" / "noisy").glob("*.png")):
        twin = next(iter(read_pages(data / "dirty-documents" / "clean" / path.name)))
        yield f"dirty-documents/{path.name}", next(iter(read_pages(path))), words_of(twin)
    for name in PUBLIC:
        for path in sorted((data / "ocr" / name).glob("*.*")):
            if path.suffix in (".png", ".jpg", ".tif") and path.stem not in ON_DESKS:
                page = next(iter(read_pages(path)))
                key = f"{'old-books' if name.startswith('old-books') else name}/{path.stem}"
                if key not in read:
                    read[key] = words_of(page)
                yield f"{name}/{path.name}", page, read[key]


def words_of(page: Page) -> Boxes:
    """Return the boxes of the words on a page that Tesseract is sure of."""
    words = Tesseract("eng").read(page, words=True).words
    boxes = [
        (w.top, w.top + w.height, w.left, w.left + w.width)
        for w in words
        if w.confidence >= SURE and sum(map(str.isalnum, w.text)) >= 3
    ]
    return _on(page, boxes)


def _on(page: Page, boxes: Boxes) -> Boxes:
    """Return boxes cut to the page."""
    cut = [
        (max(0, top), min(page.height, bottom), max(0, left), min(page.width, right))
        for top, bottom, left, right in boxes
    ]
    return [box for box in cut if box[0] < box[1] and box[2] < box[3]]


def judge(pages: Iterator[tuple[str, Page, Boxes]]) -> tuple[list[Touched], list[str]]:
    """Return what was counted on each page, and lines about the pages with words touched."""
    counts, told = [], []
    for name, page, boxes in pages:
        one = touched(page, boxes)
        counts.append(one)
        if one.whitened or one.cropped or one.painted or one.bent:
            told.append(f"- {name}: {one}")
            sys.stderr.write(f"{told[-1]}\n")
    return counts, told


def row(name: str, counts: list[Touched]) -> str:
    """Return a row of the table: pages, words, words and pages touched by each way."""
    cells = [str(len(counts)), str(sum(one.words for one in counts))]
    for way in ("whitened", "cropped", "painted"):
        words = [getattr(one, way) for one in counts]
        cells.append(f"{sum(words)} on {np.count_nonzero(words)}")
    cells.append(str(sum(one.bent for one in counts)))
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    parser.add_argument("--pages", type=int, default=400, help="generated ones")
    parser.add_argument("--public", type=Path, help="the folder of the public sets")
    options = parser.parse_args()
    head = "| pages of | pages | words | whitened | cropped | painted | bent |"
    out = [environment().sentence(), "", head, "|---|--:|--:|--:|--:|--:|--:|"]
    sources = [("the generator", map(draw, range(options.pages)))]
    sources += [("public sets", public(options.public))] if options.public else []
    lines = []
    for name, pages in sources:
        counts, told = judge(pages)
        out.append(row(name, counts))
        lines += told
    text = "\n".join([*out, "", *lines]) + "\n"
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
