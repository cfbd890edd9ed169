"""Several readings of one page made one: who wins, what goes, in what order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from docclean.ocr import PageText, Word
from docclean.ocr.fusion import ALONE, UNSURE, UNSURE_SHORT, brought, fused, without_unsure
from docclean.ocr.markup import written
from docclean.page import Page

WIDTH = 10
"""Of a letter, px."""


def look(*lines):
    """Read lines of words: 'text', or ('text', confidence), or with a place: ('text', 90, x)."""
    words, texts = [], []
    for row, line in enumerate(lines):
        x, told = 20, []
        for one in line:
            text, sure, *place = (one, 90.0) if isinstance(one, str) else one
            x = place[0] if place else x
            top = place[1] if len(place) > 1 else 40 * row
            words.append(Word(text, x, top, WIDTH * len(text), 20, sure))
            x += WIDTH * (len(text) + 1)
            told.append(text)
        texts.append(" ".join(told))
    return PageText("\n".join(texts), tuple(words), 1.0)


def test_what_the_surer_look_read_stands():
    one = look([("Herr", 95), ("Mu1ler", 40), "kommt"])
    two = look([("Hcrr", 60), ("Müller", 90), "kommt"])
    found = fused([one, two])
    assert found.text == "Herr Müller kommt"
    assert [word.confidence for word in found.words] == [95, 90, 90]
    assert found.seconds == 2.0


def test_a_look_that_is_unsure_of_the_page_counts_less():
    good = look([("viel", 78), *(["reads", "every", "word", "well"])])
    bad = look([("vicl", 82), *((word, 30) for word in ["xx", "yyyyy", "zzzz", "qqqq"])])
    assert fused([good, bad]).text.startswith("viel")
    assert fused([bad, good]).text.startswith("viel")


@pytest.mark.parametrize(
    ("one", "two", "text"),
    [
        ([("footnote", 92)], [("foot", 60, 20), ("note", 60, 60)], "footnote"),
        ([("footnote", 40)], [("foot", 93, 20), ("note", 93, 60)], "foot note"),
        ([("Zusam-", 91)], [("Zusam", 70)], "Zusam-"),
        ([("a—b", 50)], [("a", 90, 20), ("—", 90, 30), ("b", 90, 40)], "a — b"),
    ],
)
def test_splits_merges_and_hyphens_are_one_place(one, two, text):
    for looks in ([look(one), look(two)], [look(two), look(one)]):
        assert fused(looks).text == text


def test_a_word_that_one_look_alone_has_seen_needs_to_be_sure():
    told = "every letter that was written here before the winter came"
    line = told.split()
    dirty = look([*line, ("stain", ALONE - 1, 700)])
    assert fused([look(line), dirty]).text == told
    eaten = look([*line, ("kept", ALONE, 700)])
    assert fused([look(line), eaten]).text == f"{told} kept"
    assert fused([eaten, look(line)]).text == f"{told} kept"


def test_a_look_that_has_read_little_tells_little_by_what_it_has_not_seen():
    line = [(word, 70.0) for word in ["every", "letter", "that", "was", "written", "here"]]
    blind = look(line[:1])
    assert fused([look(line), blind]).text == "every letter that was written here"
    assert fused([blind, look(line)]).text == "every letter that was written here"


def test_unsure_words_go_whoever_has_seen_them():
    one = look(["text", ("|", UNSURE_SHORT - 1), ("Kornmission", UNSURE), ("~~~~", UNSURE - 1)])
    for found in (without_unsure(one), fused([one, one])):
        assert found.text == "text Kornmission"
        assert [word.text for word in found.words] == ["text", "Kornmission"]


def test_a_look_that_is_the_only_one_stays_as_it_is():
    one = look(["text", ("~~~~", 1.0)])
    assert fused([one]) is one


def test_what_the_first_look_has_not_seen_comes_where_it_stands():
    first = look(["one", ("three", 90, 110)], ["seven", "eight"])
    second = look(
        [("zero", 90, -40, 0), "one", ("two", 90, 60), ("three", 90, 110)],
        [("five", 90, 20, 20)],
        [("seven", 90, 20, 40), ("eight", 90, 80, 40)],
    )
    assert fused([first, second]).text == "zero one two three\nfive\nseven eight"
    assert fused([second, first]).text == "zero one two three\nfive\nseven eight"


def test_a_line_above_all_comes_first():
    first = look([("below", 95, 20, 80), ("everything", 95, 90, 80)])
    second = look([("above", 80, 20, 0)], [("below", 80, 20, 80), ("everything", 80, 90, 80)])
    assert fused([first, second]).text == "above\n\nbelow everything"


def test_the_order_is_that_of_the_look_that_reads_much_more():
    rows = look(["left", ("right", 90, 300)], ["under", ("beside", 90, 300)])
    columns = PageText("left\nunder\n\nright\nbeside", tuple(rows.words[n] for n in (0, 2, 1, 3)))
    assert fused([rows, columns]).text == rows.text
    assert fused([columns, rows]).text == columns.text
    blind = look([("left", 30)], [("beside", 30, 300)])
    assert fused([blind, rows]).text == rows.text


def test_nothing_read_is_nothing():
    empty = PageText("")
    assert fused([empty, empty]) == PageText("") == fused([empty])
    assert fused([empty, look(["sure"])]).text == "sure"


def test_boxes_are_brought_to_another_size():
    found = brought(look([("word", 90, 30, 60)]), 1 / 3)
    assert found.words[0] == Word("word", 10, 20, 13, 7, 90)
    assert brought(found, 1) is found


def test_the_files_hold_the_words_that_won():
    found = fused([look([("Mu1ler", 40), "und"]), look([("Müller", 90), "und"])])
    page = Page(np.full((100, 300), 255, np.uint8), (300.0, 300.0))
    files = written(found, page, ("text", "hocr", "alto", "pdf"), "two looks")
    assert files["text"].decode() == "Müller und\n"
    for kind in ("hocr", "alto"):
        told = etree.tostring(etree.fromstring(files[kind]), encoding="unicode")
        assert "Müller" in told and "Mu1ler" not in told
    assert files["pdf"].startswith(b"%PDF")


readings = st.lists(
    st.lists(
        st.tuples(
            st.text("abc", min_size=1, max_size=5),
            st.floats(0, 100),
            st.integers(0, 300),
            st.integers(0, 300),
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=5,
)


@given(readings, readings)
def test_text_and_words_always_tell_the_same(one, two):
    looks = [look(*one), look(*two)]
    found = fused(looks)
    assert [word.text for word in found.words] == found.text.split()
    known = {word for each in looks for word in each.words}
    assert set(found.words) <= known
    assert len(found.words) <= sum(len(each.words) for each in looks)
