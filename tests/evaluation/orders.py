"""Shared by the tests beside: what they are made of."""

import numpy as np
import pytest
from fakes import Identity
from PIL import Image as Pillow

from docclean.ocr import PageText, Word

TRUTH = "one two three four"


class Bleach(Identity):
    """A cleaner under which a page reads better: it leaves one white pixel to be known by."""

    def clean(self, page):
        pixels = page.grey().copy()
        pixels[0, 0] = 255
        done = super().clean(page)
        return type(done)(page.with_pixels(pixels), done.decision)


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """Give every model's name, gate and threads instead of loading it; read without Tesseract."""
    seen = []

    def load(model, *, gate, device, threads):
        seen.append((model, gate, threads))
        return Bleach() if gate else Identity()

    def read(self, page, *, words=False):
        text = TRUTH if page.grey()[0, 0] == 255 else "one two"
        boxes = tuple(Word(word, 0, 0, 9, 9, 80.0) for word in text.split())
        return PageText(text, boxes, 0.1)

    monkeypatch.setattr("docclean.clean.cleaner.Cleaner.load", load)
    monkeypatch.setattr("docclean.ocr.Tesseract.read", read)
    return seen


@pytest.fixture
def folder(tmp_path):
    pages = tmp_path / "pages"
    for group in ("a", "b"):
        (pages / group).mkdir(parents=True)
        for number in range(3):
            grey = np.full((40, 50), 180 + number, np.uint8)
            Pillow.fromarray(grey).save(pages / group / f"p{number}.png")
            (pages / group / f"p{number}.gt.txt").write_text(TRUTH)
    return pages
