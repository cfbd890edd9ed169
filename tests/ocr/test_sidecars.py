"""Text, hOCR and ALTO beside a document: one file for all pages, boxes of the page that is kept."""

import re

import numpy as np
import pytest
from lxml import etree

from docclean.cli import run
from docclean.documents import write_pages
from docclean.jobs.document import process_file
from docclean.ocr import Tesseract
from docclean.ocr.sidecars import merged, rescaled
from docclean.page import Page
from docclean.recipe import Options

from fakes import Identity, load_identity  # isort: skip


@pytest.fixture(scope="module")
def read(piece):
    """What Tesseract writes of a page, by kind."""
    page, _ = piece
    return Tesseract().layers(page, ("text", "hocr", "alto", "pdf"))


def boxes(hocr):
    return [
        tuple(map(int, found))
        for found in re.findall(rb"ocrx_word'? .*?bbox (\d+) (\d+) (\d+) (\d+)", hocr)
    ] or [
        tuple(int(v) for v in re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", one.get("title")).groups())
        for one in etree.fromstring(hocr).iter()
        if isinstance(one.tag, str) and one.get("class") == "ocrx_word"
    ]


def test_one_call_gives_every_kind(read):
    assert read["pdf"].startswith(b"%PDF") and b"ocr_page" in read["hocr"]
    assert b"<alto" in read["alto"] and len(read["text"]) > 500


def test_boxes_come_back_to_the_page_that_is_kept(read):
    whole, half = boxes(read["hocr"]), boxes(rescaled("hocr", read["hocr"], 2.0))
    assert len(whole) == len(half) > 100
    assert np.abs(np.array(whole) / 2 - half).max() <= 0.5
    before, after = (
        [int(one.get("HPOS")) for one in etree.fromstring(data).iter("{*}String")]
        for data in (read["alto"], rescaled("alto", read["alto"], 2.0))
    )
    assert np.abs(np.array(before) / 2 - after).max() <= 0.5
    assert rescaled("hocr", read["hocr"], 1.0) is read["hocr"]


def test_pages_are_one_file_with_names_of_their_own(read):
    for kind, tag in (("hocr", "ocr_page"), ("alto", "Page")):
        whole = etree.fromstring(merged(kind, [(1, read[kind]), (3, read[kind])], 'a "b".pdf'))
        elements = [one for one in whole.iter() if isinstance(one.tag, str)]
        if kind == "hocr":
            pages = [one for one in elements if one.get("class") == tag]
            assert "image \"a 'b'.pdf\"" in pages[0].get("title")
            assert [re.search(r"ppageno (\d+)", one.get("title"))[1] for one in pages] == ["0", "2"]
        else:
            pages = [one for one in elements if one.tag.endswith("}" + tag)]
        assert len(pages) == 2
        names = [one.get("id") or one.get("ID") for one in elements]
        names = [name for name in names if name]
        assert len(set(names)) == len(names)
        assert b"/tmp" not in etree.tostring(whole)
    text = merged("text", [(1, b"one\n\f"), (2, b"two\n\f")], "x")
    assert text == b"one\n\ftwo\n"


def test_the_command_writes_them_beside_its_output(piece, tmp_path, capsys):
    page, _ = piece
    source, out = tmp_path / "in.png", tmp_path / "out.pdf"
    write_pages([page], source)
    assert run(["clean", str(source), "-o", str(out), "--ocr", "--text", "--hocr", "--alto"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("in.png", "out.alto.xml", "out.hocr", "out.pdf", "out.txt")
    ]
    assert run(["clean", str(source), "-o", str(tmp_path / "b.pdf"), "--ocr", "xyz"]) == 3
    assert "tesseract-ocr-xyz" in capsys.readouterr().err
    assert run(["clean", str(source), "-o", str(tmp_path / "c.png"), "--ocr"]) == 1
    assert run(["clean", str(source), "-o", "-", "--format", "pdf", "--text"]) == 1
    assert not (tmp_path / "b.pdf").exists() and not (tmp_path / "c.png").exists()


def test_an_existing_sidecar_is_refused_before_the_work(book, tmp_path):
    page, _ = book
    source, out = tmp_path / "in.png", tmp_path / "out.pdf"
    write_pages([page], source)
    out.with_suffix(".txt").write_text("precious")
    result = process_file(source, out, load_identity, Options(text=True))
    assert result.exit_status == 4 and not out.exists()
    assert out.with_suffix(".txt").read_text() == "precious"


class Enlarging(Identity):
    """A cleaner that lets a page be read at twice its size."""

    def clean(self, page):
        return Twice(page)


class Twice:
    scale = 2.0

    def __init__(self, page):
        self.page = page
        self.reading = page.finer(np.kron(page.pixels, np.ones((2, 2), np.uint8)), 2.0)
        self.decision = Identity().clean(page).decision


def test_words_read_on_an_enlarged_page_have_boxes_on_the_kept_one(piece, tmp_path):
    page, words = piece
    source, out = tmp_path / "in.png", tmp_path / "out.png"
    write_pages([Page(page.pixels, page.dpi)], source)
    result = process_file(source, out, Enlarging(), Options(hocr=True))
    assert result.status == "done", result.message
    found = boxes(out.with_suffix(".hocr").read_bytes())
    right = max(box[2] for box in found)
    assert abs(right - max(word.right for word in words)) < 12
