"""The looks at a page that are read, and what becomes of what they show."""

import io
import re
import shutil

import numpy as np
import pikepdf
import pypdfium2
import pytest
from fakes import FakeCleaned, FakeDecision, Identity, flat, text_page

from docclean.clean.reading import (
    READ_DPI,
    layers_of_looks,
    legible,
    likeness,
    looks_at,
    read_document,
    read_looks,
)
from docclean.clean.work import Cleaned
from docclean.cli import run
from docclean.documents import write_pages
from docclean.errors import ExitStatus
from docclean.ocr import PageText, Tesseract, Word
from docclean.page import Page

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
DPI = (300.0, 300.0)


def cleaned_to(pixels, page, **more):
    return Cleaned(page.with_pixels(pixels), FakeDecision(), **more)


def stained(grey):
    """Lay a dark stain over the right half."""
    page = grey.astype(float)
    page[:, page.shape[1] // 2 :] *= 0.3
    return page.astype(np.uint8)


def test_one_look_is_the_cleaned_page():
    page = Page(stained(text_page()), DPI)
    cleaned = cleaned_to(text_page(), page)
    assert [one.pixels.tolist() for one in looks_at(page, cleaned, 1)] == [text_page().tolist()]


def test_of_a_kept_page_the_second_look_is_divided():
    page = Page(stained(text_page()), DPI)
    first, second = looks_at(page, FakeCleaned(page, FakeDecision()), 2)
    assert first.pixels is page.pixels
    assert np.median(second.pixels[:, 300:]) == 255 > np.median(page.pixels[:, 300:])
    assert [one.pixels.shape for one in looks_at(page, None, 2)] == [page.pixels.shape] * 2


def test_of_a_stained_page_the_second_look_is_divided_too():
    page = Page(stained(text_page()), DPI)
    _, second = looks_at(page, cleaned_to(text_page(), page), 2)
    assert np.median(second.pixels[:, 300:]) == 255


def test_of_a_page_read_as_it_came_the_second_look_is_the_one_that_is_shown():
    page = Page(stained(text_page()), DPI)
    first, second = looks_at(page, cleaned_to(text_page(), page, read=page), 2)
    assert first.pixels is page.pixels and (second.pixels == text_page()).all()


def test_strokes_that_division_eats_are_looked_at_as_they_came():
    bold = flat(height=300, width=300)
    bold[50:250, 50:250] = 40  # wider than the window that finds the paper
    page = Page(np.minimum(bold, 240), DPI)
    _, second = looks_at(page, cleaned_to(bold, page), 2)
    assert (second.pixels == page.pixels).all()


def test_nothing_is_read_twice_that_is_the_same():
    page = Page(flat(), DPI)
    assert len(looks_at(page, FakeCleaned(page, FakeDecision()), 2)) == 1


def test_likeness_is_the_f_measure_of_the_ink():
    one = text_page()
    assert likeness(one, one) == likeness(one, one // 2 + 90) == 1
    assert likeness(one, np.roll(one, 3, 1)) < 0.8


@pytest.mark.parametrize(
    ("dpi", "scale", "told"),
    [
        (None, 1, READ_DPI),
        ((96.0, 96.0), 1, READ_DPI),
        ((150.0, 150.0), 1, 150.0),
        ((204.0, 98.0), 1, 98.0),
        ((400.0, 400.0), 1, 400.0),
        ((200.0, 200.0), 2, READ_DPI),
    ],
)
def test_a_page_to_be_read_says_300_dpi_where_its_own_are_none_to_go_by(dpi, scale, told):
    page = Page(text_page(), dpi)
    read = page.finer(np.kron(page.pixels, np.ones((scale, scale), np.uint8)), scale)
    cleaned = cleaned_to(page.pixels, page, read=read if scale > 1 else None, scale=float(scale))
    assert legible(cleaned).dpi[1] == told and cleaned.page.dpi == dpi


class Sides:
    """Reads an enlarged page and one that is not each in its own way."""

    name = "sides"

    def read(self, page, *, words=False):
        large = page.width > 500
        told = [("Herr", 95 if large else 80, 20)]
        told += [("Mu1ler", 40, 70)] if large else [("Müller", 90, 70)]
        told += [("unterschreibt", 90, 120)]
        told += [] if large else [("junk", 60, 300)]
        by = 2 if large else 1
        words = tuple(Word(t, by * x, by * 30, by * 45, by * 20, c) for t, c, x in told)
        return PageText(" ".join(t for t, _, _ in told), words)


def test_looks_of_two_sizes_meet_on_the_first():
    page = Page(text_page())
    large = page.finer(np.kron(page.pixels, np.ones((2, 2), np.uint8)), 2)
    looks = looks_at(page, cleaned_to(page.pixels, page, read=large, scale=2.0), 2)
    found = read_looks(Sides(), looks)
    assert found.text == "Herr Müller unterschreibt"
    assert [word.left for word in found.words] == [40, 140, 240]
    files = layers_of_looks(Sides(), looks, ("text", "hocr", "pdf"))
    assert files["text"].decode() == f"{found.text}\n" and b"2 looks" in files["hocr"]
    with pikepdf.open(io.BytesIO(files["pdf"])) as pdf:
        assert len(pdf.pages) == 1


@needs_tesseract
def test_a_document_is_read_twice(tmp_path):
    source = tmp_path / "scan.png"
    write_pages([Page(stained(text_page(300, 900)), (150.0, 150.0))], source)
    once = read_document(source, Tesseract(), None).decode()
    twice = read_document(source, Tesseract(), None, count=2).decode()
    assert twice.count("1938") >= 4 and twice.count("1938") >= once.count("1938")
    hocr = read_document(source, Tesseract(), Identity(), kind="hocr", count=2).decode()
    assert "2 looks" in hocr and hocr.count("1938") == twice.count("1938")
    boxes = re.findall(r"bbox (\d+) (\d+) (\d+) (\d+); x_wconf", hocr)
    assert boxes and all(int(right) <= 900 and int(low) <= 300 for *_, right, low in boxes)


@needs_tesseract
def test_the_command_line_reads_twice(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())
    source, out = tmp_path / "scan.png", tmp_path / "out.pdf"
    write_pages([Page(text_page(300, 900), (150.0, 150.0))], source)
    told = ["clean", str(source), "-o", str(out), "--ocr", "--text", "--alto", "--looks", "2"]
    assert run(told) == 0
    assert "1938" in (tmp_path / "out.txt").read_text("utf-8")
    assert "2 looks" in (tmp_path / "out.alto.xml").read_text("utf-8")
    with pypdfium2.PdfDocument(out) as pdf:
        assert "1938" in pdf[0].get_textpage().get_text_range()
    capsys.readouterr()
    assert run(["ocr", str(source), "--looks", "2"]) == 0
    assert "1938" in capsys.readouterr().out
    assert run(["ocr", str(source), "--looks", "3"]) == ExitStatus.USAGE
