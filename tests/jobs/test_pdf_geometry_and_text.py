"""PDF pages turned, cut and read: text lies on its letters."""

import io

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from cleaned_pdfs import TEXT, cleaned, words_of
from made_pdfs import pdf_of

from docclean.recipe import Options


def test_a_spread_becomes_two_pages_of_the_same_objects(scan, tmp_path):
    paper = np.full((scan.shape[0], 120), 255, np.uint8)
    spread = np.hstack([scan, paper, 255 - (255 - scan)])
    data = pdf_of(spread, extra=TEXT)
    out, _ = cleaned(data, tmp_path, options=Options(split=True))
    with pikepdf.open(io.BytesIO(out)) as pdf:
        left, right = pdf.pages
        assert float(left.cropbox[2]) == float(right.cropbox[0])
        assert left.obj.Resources.XObject.Scan.objgen == right.obj.Resources.XObject.Scan.objgen


def test_a_searchable_pdf_has_the_same_bytes_every_time(scan, tmp_path):
    data = pdf_of(scan, scan)
    first, second = (cleaned(data, tmp_path, options=Options(ocr=True))[0] for _ in range(2))
    assert first == second != data
    again, _ = cleaned(first, tmp_path, options=Options(ocr=True, force=True))
    assert b"/DoccleanText2" in b"".join(
        page.obj.Contents[0].read_bytes() for page in pikepdf.open(io.BytesIO(again)).pages
    )


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_text_lies_under_its_letters_whatever_the_rotation(rotate, piece, tmp_path):
    page, words = piece

    def turn(pdf):
        pdf.pages[0].obj.Rotate = rotate

    turned = np.ascontiguousarray(np.rot90(page.pixels, rotate // 90))
    data = pdf_of(turned, dpi=page.dpi[0], edit=turn)
    out, _ = cleaned(data, tmp_path, options=Options(ocr=True))
    found = found_words(out, rotate, page)
    hits = [word for word in words if word.text in found and near(found[word.text], word)]
    assert len(hits) > 60 and len(hits) > 0.9 * len(found)


def near(box, word):
    return abs(box[0] - word.left) < 8 and abs(box[3] - word.bottom) < 14


def found_words(data, rotate, page):
    """Return the boxes in px of the page as shown of the words that occur once."""
    document = pdfium.PdfDocument(data)
    leaf = document[0]
    texts = leaf.get_textpage()
    whole = texts.get_text_range()
    width, height = leaf.get_mediabox()[2:]
    scale, found = page.dpi[0] / 72, {}
    for word in set(whole.split()):
        if whole.split().count(word) > 1:
            continue
        index, count = texts.search(word, match_case=True, match_whole_word=True).get_next() or (
            0,
            0,
        )
        boxes = [texts.get_charbox(index + n) for n in range(count)]
        if not boxes:
            continue
        x0, y0 = (min(box[i] for box in boxes) for i in (0, 1))
        x1, y1 = (max(box[i] for box in boxes) for i in (2, 3))
        corners = {
            0: (x0, height - y1, x1, height - y0),
            90: (y0, x0, y1, x1),
            180: (width - x1, y0, width - x0, y1),
            270: (height - y1, width - x1, height - y0, width - x0),
        }[rotate]
        found[word] = tuple(side * scale for side in corners)
    document.close()
    return found


def test_a_page_with_text_is_not_read_again_unless_forced(piece, tmp_path):
    page, _ = piece
    data = pdf_of(page.pixels, dpi=page.dpi[0], extra=TEXT)
    out, (outcome,) = cleaned(data, tmp_path, options=Options(ocr=True))
    assert "has text" in outcome.decision["read"] and words_of(out) == ["hidden words"]
    out, _ = cleaned(data, tmp_path, options=Options(ocr=True, force=True))
    assert len(words_of(out)[0]) > 200
