"""Words of any engine as text, hOCR, ALTO and a PDF of invisible text."""

import io
import re

import numpy as np
import pikepdf
import pypdfium2
import pytest
from lxml import etree

from docclean.ocr import PageText, Word, read_layers
from docclean.ocr.markup import paragraphs_of, written
from docclean.ocr.sidecars import merged, rescaled
from docclean.page import Page
from docclean.truth import read_truth

PAGE = Page(np.full((600, 800), 255, np.uint8), (200.0, 100.0))
TEXT = "na\u00efve <b> & \u03a9m\u03ad\u03b3\u03b1\n\u6f22\u5b57 \U0001f600!\n\nlast"
WORDS = tuple(
    Word(text, 40 + 90 * n, 50 + 60 * n, 80, 30, 99.4 - 10 * n)
    for n, text in enumerate(TEXT.split())
)
FOUND = PageText(TEXT, WORDS)
KINDS = ("text", "hocr", "alto", "pdf")


class Plugin:
    """An engine that knows words and writes no files."""

    name = "plugin"

    def read(self, page, *, words=False):
        return PageText(TEXT, WORDS if words else ())


@pytest.fixture(scope="module")
def files():
    return written(FOUND, PAGE, KINDS, "engine 1.0")


def test_words_are_grouped_as_the_text_is():
    texts = [[[word.text for word in line] for line in part] for part in paragraphs_of(FOUND)]
    assert texts == [[line.split() for line in part.split("\n")] for part in TEXT.split("\n\n")]
    assert paragraphs_of(PageText("")) == () == paragraphs_of(PageText("no words"))


@pytest.mark.parametrize(("kind", "name"), [("hocr", "x.hocr"), ("alto", "x.xml")])
def test_text_and_boxes_come_back_from_the_markup(files, kind, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(merged(kind, [(1, files[kind])], "scan.png"))
    truth = read_truth(path)
    assert truth.text == TEXT
    assert [(w.text, w.left, w.top, w.width, w.height) for w in truth.words] == [
        (w.text, w.left, w.top, w.width, w.height) for w in WORDS
    ]


def test_confidences_stand_in_the_markup(files):
    told = re.findall(r"x_wconf (\d+)", files["hocr"].decode())
    assert told == [str(round(word.confidence)) for word in WORDS]
    strings = etree.fromstring(files["alto"]).iter("{*}String")
    assert [one.get("WC") for one in strings] == [f"{w.confidence / 100:.2f}" for w in WORDS]
    assert b"scan_res 200 100" in files["hocr"] and b"engine 1.0" in files["alto"]


def test_pages_become_one_file_and_boxes_shrink_as_those_of_tesseract(files):
    for kind in ("hocr", "alto"):
        whole = etree.fromstring(merged(kind, [(1, files[kind]), (2, files[kind])], "a.pdf"))
        names = [one.get("id") or one.get("ID") for one in whole.iter(etree.Element)]
        names = [name for name in names if name and not name.startswith("OCR")]
        assert len(names) == len(set(names)) > 2 * len(WORDS)
    half = rescaled("hocr", files["hocr"], 2.0).decode()
    assert "bbox 20 25 60 40; x_wconf 99" in half and "bbox 0 0 400 300" in half


def test_the_invisible_text_lies_on_its_words(files):
    with pypdfium2.PdfDocument(files["pdf"]) as document:
        leaf = document[0]
        assert leaf.get_size() == pytest.approx((800 * 72 / 200, 600 * 72 / 100))
        layer = leaf.get_textpage()
        assert layer.get_text_range().split() == TEXT.split()
        assert (leaf.render().to_numpy() == 255).all()
        for word in WORDS:
            if word.text[0] > "\uffff":  # PDFium does not look for these
                continue
            (start,) = [one[0] for one in iter(layer.search(word.text).get_next, None)]
            left, bottom, _, top = layer.get_charbox(start)
            assert left == pytest.approx(word.left * 72 / 200, abs=0.1)
            assert top == pytest.approx((600 - word.top) * 72 / 100, abs=0.1)
            assert bottom == pytest.approx((600 - word.top - word.height) * 72 / 100, abs=0.1)


def test_the_invisible_text_is_known_as_such_and_the_same_each_time(files):
    assert written(FOUND, PAGE, ["pdf"], "x")["pdf"] == files["pdf"]
    with pikepdf.open(io.BytesIO(files["pdf"])) as pdf:
        assert b"3 Tr" in pdf.pages[0].Contents.read_bytes()
        fonts = pdf.pages[0].Resources.Font
        assert set(fonts.keys()) == {
            f"/DoccleanU{ord(letter) >> 8:02X}" for letter in TEXT if letter != "\n"
        }


def test_a_page_without_words_is_written_too(tmp_path):
    blank = written(PageText(""), PAGE, KINDS, "x")
    assert blank["text"] == b"\n" and b"ocr_page" in blank["hocr"] and b"<Page" in blank["alto"]
    assert pypdfium2.PdfDocument(blank["pdf"])[0].get_textpage().count_chars() == 0


def test_an_engine_without_files_of_its_own_gets_these(files):
    found = read_layers(Plugin(), PAGE, ["text", "pdf"])
    assert found == {"text": files["text"], "pdf": files["pdf"]}
