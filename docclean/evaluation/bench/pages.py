"""The pages that are measured: A4 at 300 dpi, grey, full of text; dirty ones and clean ones."""

from pathlib import Path
from random import Random

import numpy as np
import pikepdf

from docclean.corruptions.chain import dirty_by_name
from docclean.documents import write_pages
from docclean.documents.forms import jpeg
from docclean.documents.pdf.newpage import new_pdf_page
from docclean.evaluation.demo import DIRT
from docclean.page import Image, Page
from docclean.synth import TextSource, typeset

A4_300 = (3508, 2480)
"""Height and width of an A4 page at 300 dpi, px."""
MOVED = 16
"""Rows by which each copy is moved on: no two are the same."""


def clean_page(seed: int = 7) -> Image:
    """Return a clean A4 page at 300 dpi full of text, (H, W) uint8."""
    height, width = A4_300
    text, rows, number = TextSource(("en_US",)), list[Image](), seed
    while sum(len(row) for row in rows) < height:
        made = typeset(Random(number), text, 300, "book").page.pixels[:, :width]
        rows.append(np.pad(made, ((0, 0), (0, width - made.shape[1])), constant_values=255))
        number += 1
    return np.vstack(rows)[:height]


def a4_page(seed: int = 7, *, dirty: bool = True) -> Page:
    """Return an A4 page at 300 dpi, grey; a dirty one suffers what `docclean demo` shows."""
    pixels = clean_page(seed)
    if dirty:
        pixels, _ = dirty_by_name(pixels, DIRT, seed, 300.0)
    return Page(pixels, (300.0, 300.0), source="A4 at 300 dpi")


def copies(page: Page, count: int, folder: Path, suffix: str) -> list[Path]:
    """Write so many copies of a page, no two the same, into a folder; a PDF gets them all."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        Page(np.roll(page.pixels, MOVED * number, 0), page.dpi, number=number + 1)
        for number in range(count)
    ]
    if suffix == ".pdf":
        path = folder / "scan.pdf"
        with pikepdf.new() as pdf:
            for one in made:
                new_pdf_page(pdf, one, jpeg(one.pixels))  # as scanners make them
            pdf.save(path)
        return [path]
    paths = [folder / f"{number:03}{suffix}" for number in range(count)]
    for one, path in zip(made, paths, strict=True):
        write_pages(iter([one]), path)
    return paths
