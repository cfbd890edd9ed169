"""hOCR read back: what was written comes again, and what Tesseract writes comes as it read it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docclean.errors import UnreadableInputError
from docclean.ocr import Tesseract
from docclean.ocr.engine import Word
from docclean.ocr.fusion import text_of
from docclean.ocr.hocr import read_hocr
from docclean.ocr.markup import written
from docclean.ocr.tesseract import caller
from docclean.page import Page


def page() -> Page:
    picture = Image.new("L", (700, 200), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=34)
    pen.text((30, 30), "Ships & boats at sea", fill=0, font=font)
    pen.text((30, 100), "carry <letters> home", fill=0, font=font)
    return Page(np.asarray(picture), (200.0, 200.0))


def test_what_was_written_comes_again():
    words = [
        [[Word("a & b", 1, 2, 30, 10, 91.0), Word("c", 40, 2, 9, 10, 12.0)]],
        [[Word("d", 1, 30, 9, 10, 50.0)], [Word("e", 1, 50, 9, 10, 60.0)]],
    ]
    words[0][0][0] = Word("a&b", 1, 2, 30, 10, 91.0)
    found = text_of(words, 0.0)
    again = read_hocr(written(found, page(), ["hocr"], "test")["hocr"])
    assert again == found
    assert again.text == "a&b c\n\nd\ne"


def test_tesseracts_own_hocr_says_what_its_table_says():
    read = Tesseract("eng").read(page(), words=True)
    data = caller().image_to_pdf_or_hocr(
        Image.fromarray(page().pixels), extension="hocr", config="--dpi 200"
    )
    found = read_hocr(data)
    assert [w.text for w in found.words] == [w.text for w in read.words]
    for one, other in zip(found.words, read.words, strict=True):
        assert (one.left, one.top, one.width, one.height) == pytest.approx(
            (other.left, other.top, other.width, other.height), abs=1
        )
        assert one.confidence == pytest.approx(other.confidence, abs=1)


def test_what_is_no_hocr_is_refused():
    with pytest.raises(UnreadableInputError, match="no hOCR"):
        read_hocr(b"words, words")
