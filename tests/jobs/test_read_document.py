"""A document read into one file: text, hOCR or ALTO, its boxes those of the pages as they came."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
from dirty_scan import SENTENCES, dirty

import docclean
from docclean.clean.reading import kind_of, read_document
from docclean.cli import run
from docclean.documents import write_pages
from docclean.errors import UsageError
from docclean.ocr import PageText, Word
from docclean.page import Page
from docclean.scores.text import score
from docclean.truth import read_truth

from fakes import Identity  # isort: skip


class Engine:
    """Reads the width of a page, in a box of half of it."""

    name = "fake"

    def read(self, page, *, words=False):
        return PageText(str(page.width), (Word(str(page.width), 0, 0, page.width // 2, 9, 50.0),))


@dataclass
class Twice:
    """A page that is read at twice its size."""

    page: Page
    scale = 2.0

    @property
    def reading(self):
        return self.page.finer(np.kron(self.page.pixels, np.ones((2, 2), np.uint8)), 2.0)


class Enlarging:
    def clean(self, page):
        return Twice(page)


@pytest.fixture
def three(tmp_path):
    path = tmp_path / "book.pdf"
    pages = [Page(np.full((60, 100 + n), 255, np.uint8), (72.0, 72.0)) for n in range(3)]
    write_pages(pages, path)
    return path


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("x.hocr", "hocr"),
        ("x.HOCR", "hocr"),
        ("x.alto.xml", "alto"),
        ("x.txt", "text"),
        ("-", "text"),
    ],
)
def test_the_name_says_what_is_written(out, kind):
    assert kind_of(out) == kind
    with pytest.raises(UsageError, match="makes a PDF searchable"):
        kind_of("x.pdf")


def test_text_is_parted_by_form_feeds(three):
    assert read_document(three, Engine()) == b"100\f101\f102\n"
    assert read_document(three, Engine(), Enlarging(), pages=[1, 3]) == b"200\f204\n"


@pytest.mark.parametrize(("kind", "name"), [("hocr", "x.hocr"), ("alto", "x.xml")])
def test_boxes_are_of_the_pages_as_they_came(three, kind, name, tmp_path):
    out = tmp_path / name
    out.write_bytes(read_document(three, Engine(), Enlarging(), kind=kind))
    truth = read_truth(out)
    assert truth.text == "200\f202\f204" and b"book.pdf" in out.read_bytes()
    assert [word.width for word in truth.words] == pytest.approx([50, 50, 51], abs=1)


@pytest.mark.parametrize("name", ["page.hocr", "page.alto.xml"])
def test_tesseract_writes_markup_too(name, book, tmp_path, monkeypatch):
    whole, words = book
    page = Page(whole.pixels[:300].copy(), whole.dpi)
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())
    source, out = tmp_path / "in.png", tmp_path / name
    write_pages([page], source)
    assert run(["ocr", str(source), "-o", str(out)]) == 0
    truth = read_truth(out)
    assert len(truth.words) > 10 and abs(truth.words[0].left - words[0].left) < 4
    assert run(["ocr", str(source), "-o", str(out)]) == 4  # it exists


def test_a_program_asks_for_the_text_of_a_document(tmp_path):
    made = io.BytesIO()
    write_pages([dirty(0), dirty(1)], made, suffix=".pdf")
    path = tmp_path / "scan.pdf"
    path.write_bytes(made.getvalue())
    for source in (path, str(path), made.getvalue()):
        text = docclean.ocr_text(source)
        assert [score(" ".join(SENTENCES), page).f1 for page in text.split("\f")] == [1, 1]
    assert score(" ".join(SENTENCES), docclean.ocr_text(path, clean=False)).f1 < 0.9
    with pytest.raises(docclean.DoccleanError, match="there is no model 'smal'"):
        docclean.ocr_text(path, model="smal")
