"""Truth files of every kind say the same text; damaged ones say what to do."""

import json

import pytest
from truth_files import (
    HOCR_LINES,
    hocr,
    refused,
)

from docclean.truth import TrueWord, Truth

# --- plain text -----------------------------------------------------------------------------------


def test_text_is_taken_as_it_is(read):
    assert read("a.gt.txt", "\ufeffOne  two\r\nthree\n\n\ffour\n") == Truth(
        "One  two\nthree\n\n\ffour\n"
    )
    assert read("a.gt.txt", "") == Truth("")


def test_text_of_another_encoding_is_refused(read):
    refused(read, "a.gt.txt", "Müller".encode("latin-1"), r"not UTF-8 \(byte 1\)")


def word(text, left, top, width=40, height=20, form="sides"):
    box = {
        "sides": {"left": left, "top": top, "width": width, "height": height},
        "box": {"box": [left, top, width, height]},
        "bbox": {"bbox": [left, top, left + width, top + height]},
    }
    return {"text": text, **box[form]}


# --- words.json -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["sides", "box", "bbox"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_words_become_lines(read, form, wrapped):
    words = [
        word("Hello", 10, 10, form=form),
        word("world,", 60, 14, form=form),
        word("second", 10, 40, form=form),
        word("line", 60, 38, form=form),
    ]
    found = read("a.words.json", json.dumps({"words": words} if wrapped else words))
    assert found.text == "Hello world,\nsecond line"
    assert found.words[1] == TrueWord("world,", 60, 14, 40, 20)
    assert len(found.words) == 4


def test_a_line_ends_where_the_words_go_left_or_to_another_column(read):
    words = [
        word("skewed", 500, 20),
        word("wraps", 10, 20),  # as high as the word before, but left of it
        word("left", 10, 400),
        word("right", 500, 20),  # the next column
    ]
    assert read("a.words.json", json.dumps(words)).text == "skewed\nwraps\nleft\nright"


def test_a_large_first_letter_stays_in_its_line(read):
    words = [word("T", 0, 0, 60, 60), word("he", 62, 2), word("fox", 110, 2), word("ran", 62, 40)]
    assert read("a.words.json", json.dumps(words)).text == "T he fox\nran"


def test_a_blank_page_has_no_words(read):
    assert read("a.words.json", "[]") == Truth("")
    assert read("a.words.json", '{"words": []}') == Truth("")


def test_fractions_become_whole_pixels_and_white_space_is_folded(read):
    found = read("a.words.json", '[{"text": " a\\n b ", "bbox": [0.4, 1.6, 10.2, 20.5]}]')
    assert found == Truth("a b", (TrueWord("a b", 0, 2, 10, 18),))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "damaged JSON"),
        ('[{"text": "cut off', "damaged JSON"),
        ("[" * 100_000, "damaged JSON"),
        ('"words"', "holds no words"),
        ('{"pages": []}', "holds no words"),
        ('["word"]', 'word 1 has no "text"'),
        ('[{"text": null, "box": [1, 2, 3, 4]}]', 'word 1 has no "text"'),
        ('[{"text": "a", "box": [1, 2, 3, 4]}, {"text": "b"}]', "word 2 has no box"),
        ('[{"text": "a", "box": [1, 2, 3]}]', "word 1 has no box"),
        ('[{"text": "a", "box": [1, 2, NaN, 4]}]', "word 1 has no box"),
        ('[{"text": "a", "box": ["1", 2, 3, 4]}]', "word 1 has no box"),
        ('[{"text": "a", "bbox": [10, 10, 5, 20]}]', "word 1 has no box"),
    ],
)
def test_bad_words_are_refused(read, content, why):
    refused(read, "a.words.json", content, why)


# --- hOCR -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.hocr", "a.html", "a.HTM", "a.xhtml"])
def test_hocr_lines_paragraphs_and_pages(read, name):
    found = read(name, hocr(HOCR_LINES))
    assert found.text == "Café bold\nno words here\n\nboxless\fsecond page"
    assert found.words == (TrueWord("Café", 1, 2, 10, 20), TrueWord("bold", 20, 2, 21, 20))


def test_hocr_as_xml_and_as_tag_soup_is_the_same(read):
    plain = read("a.hocr", hocr(HOCR_LINES))
    prolog = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 '
    prolog += 'Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
    assert read("a.hocr", prolog + hocr(HOCR_LINES)) == plain
    assert read("a.hocr", prolog + hocr(HOCR_LINES, "<title/><script src='x'/>")) == plain
    assert read("a.hocr", prolog + hocr(HOCR_LINES, "<meta name=x><br>")) == plain  # open tags
    assert read("a.xml", prolog + hocr(HOCR_LINES).replace("&eacute;", "é")) == plain


def test_hocr_of_another_encoding(read):
    line = "<p class='ocr_line'>Größe</p>"
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'
    assert read("a.html", hocr(line, meta).encode("latin-1")).text == "Größe"
    assert read("a.html", hocr(line)).text == "Größe"  # UTF-8 without saying so
    assert read("a.html", b"\xef\xbb\xbf" + hocr(line).encode()).text == "Größe"
    latin = '<?xml version="1.0" encoding="iso-8859-1"?>' + hocr(line)
    assert read("a.hocr", latin.encode("latin-1")).text == "Größe"


def test_hocr_with_letters_of_their_own(read):
    letters = "\n".join(f"  <span class='ocrx_cinfo'>{letter}</span>" for letter in "fox")
    body = f"<p class='ocr_line'><span class='ocrx_word'>\n{letters}\n</span></p>"
    assert read("a.hocr", hocr(body)).text == "fox"


def test_hocr_floats_that_hold_lines_are_read_once(read):
    body = """<div class='ocr_header'><span class='ocr_line'>head</span></div>
              <p class='ocr_line'>body</p> <div class='ocr_footer'>foot</div>"""
    assert read("a.hocr", hocr(body)).text.split() == ["head", "body", "foot"]


def test_hocr_without_lines(read):
    words = "".join(
        f"<span class='ocr_word' title='bbox {x} {y} {x + 9} {y + 9}'>{text}</span>"
        for text, x, y in [("a", 0, 0), ("b", 20, 1), ("c", 0, 30)]
    )
    assert read("a.hocr", hocr(f"<div class='ocr_page'>{words}</div>")).text == "a b\nc"
    paragraphs = "<p class='ocr_par'>one</p><p class='ocr_par'>two</p>"
    assert read("a.hocr", hocr(paragraphs)).text == "one\ntwo"


def test_hocr_of_a_blank_page(read):
    assert read("a.hocr", hocr("<div class='ocr_page'> </div>")) == Truth("")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "(empty|damaged)"),
        (hocr("<p>A saved web page</p>"), "no text in ocr_line"),
        (hocr(""), "no text in ocr_line"),
        (hocr("<div class='ocr_page'><p>text</p></div>"), "no text in ocr_line"),
        (hocr(HOCR_LINES)[:-200], "ends before its </html>"),
        ("<?xml version='1.0'?>" + hocr(HOCR_LINES)[:-200], "ends before its </html>"),
    ],
)
def test_bad_hocr_is_refused(read, content, why):
    refused(read, "a.hocr", content, why)
