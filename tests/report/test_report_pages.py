"""The report's pages, the words that changed, and its colours."""

# ruff: noqa: F811  (fixtures come by import)

import base64
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_reports import (
    PICTURES,
    TRUTH,
    head,
    outline,  # noqa: F401
    result,
    texts,
    written,
)

import docclean.report.html.document as report_html
from docclean.page import Page
from docclean.report.html.pages import page_texts
from docclean.report.marks import mark_words
from docclean.report.pictures import take_pictures
from docclean.scores.results import (
    PageResult,
    Pictures,
    Reading,
)
from docclean.scores.text import TextRules, normalise, score, word_changes

# --- the pages ------------------------------------------------------------------------------------


def test_the_index_holds_the_rates(outline):
    index = outline.json("index")
    assert index["contenders"] == ["grey", "cleaned"] and index["before"] == "grey"
    expected = score(TRUTH, "the quick")
    rates = index["pages"][0]["rates"][1]
    assert rates[0] == round(expected.cer, 6) and rates[4] == round(expected.f1, 6)
    assert index["pages"][0]["size"] == [40, 60]


def test_pictures_and_texts_are_stored_once(tmp_path):
    kept = Pictures(PICTURES.before, PICTURES.before)
    pages = [result("a", TRUTH, TRUTH, pictures=kept), result("b", "x", "y", pictures=None)]
    outline = written(tmp_path, head(pages), pages)
    number = [page["name"] for page in outline.json("index")["pages"]].index("a")
    assert base64.b64decode(outline.blocks[f"before-{number}"]) == PICTURES.before
    assert f"after-{number}" not in outline.blocks and f"before-{1 - number}" not in outline.blocks
    assert outline.json(f"text-{number}")["texts"] == [TRUTH]


def test_the_data_of_the_first_pages_stand_before_the_script(tmp_path):
    pages = [result(f"p{n}", TRUTH, "the quick") for n in range(9)]
    written(tmp_path, head(pages), pages)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    script = text.index('"use strict"')
    assert text.index('id="text-3"') < script < text.index('id="text-4"')


def test_hundred_pages_with_full_pictures_stay_below_15_mb(tmp_path):
    words = " ".join(f"word{n}" for n in range(320))  # some 2,500 characters
    noise = [
        take_pictures(
            *(Page(np.random.default_rng(seed).integers(0, 256, (1400, 1000), dtype=np.uint8)),) * 2
        )
        for seed in (0, 1)
    ]
    full = Pictures(noise[0].before[:45_000], noise[1].before[:45_000])
    pages = [
        PageResult(
            "", f"{n}", words, tuple(
                Reading(name, f"{words} {n} {name}", score(words, f"{words} {n} {name}"))
                for name in ("grey", "cleaned", "raw", "divide", "a", "b")
            ), full,
        )
        for n in range(100)
    ]  # fmt: skip
    written(tmp_path, head(pages), pages)
    assert (tmp_path / "r.html").stat().st_size <= 15_000_000


# --- the words that changed -----------------------------------------------------------------------


@given(texts, texts, texts, st.booleans())
def test_marks_are_the_words_that_changed(truth, before, after, fold):
    rules = TextRules(fold_case=fold)
    lost, gained = mark_words(truth, before, after, rules)
    first, second = before.split(), after.split()
    expected_gained, expected_lost = word_changes(truth, before, after, rules)
    assert Counter(normalise(second[n], rules) for n in gained) == expected_gained
    assert Counter(normalise(first[n], rules) for n in lost) == expected_lost


@given(texts, texts)
def test_without_truth_the_words_only_one_text_has_are_marked(before, after):
    lost, gained = mark_words(None, before, after)
    first = [normalise(word) for word in before.split()]
    second = [normalise(word) for word in after.split()]
    assert Counter(first[n] for n in lost) == Counter(first) - Counter(second)
    assert Counter(second[n] for n in gained) == Counter(second) - Counter(first)


def test_of_equal_words_the_one_that_changed_is_marked():
    assert mark_words("a b a c a", "a b x c a", "a b a c a") == ([], [2])


def test_a_word_that_nfkc_parts_keeps_the_places():
    lost, gained = mark_words("x y", "\u00b4a x", "\u00b4a y", TextRules(form="NFKC"))
    assert (lost, gained) == ([1], [1])


@given(st.lists(texts, min_size=3, max_size=3))
def test_places_count_the_words_as_the_script_parts_them(drawn):
    truth, before, after = drawn
    page = result("x", before, after, truth=truth, pictures=None)
    data = page_texts(page, ["grey", "cleaned"], "grey")
    for contender, text in ((0, before), (1, after)):
        stored = data["texts"][data["of"][contender]]
        assert [word for word in re.split("[ \n]+", stored) if word] == text.split()


def _palettes():
    style = (Path(report_html.__file__).parent / "report.css").read_text(encoding="utf-8")
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in style.split("}")]
    return [part for part in found if "paper" in part]


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# --- the colours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("palette", _palettes()[:2], ids=["light", "dark"])
def test_type_stands_out_from_its_ground(palette):
    pairs = [(name, back) for name in ("ink", "muted", "accent", "good", "bad")
             for back in ("paper", "card")]  # fmt: skip
    pairs += [("good", "good-back"), ("bad", "bad-back"), ("ink", "accent-back")]
    pairs += [("good", "accent-back"), ("bad", "accent-back"), ("muted", "accent-back")]
    for name, back in [*pairs, ("ink", "sunk"), ("muted", "sunk")]:
        assert _contrast(palette[name], palette[back]) >= 4.5, (name, back)
    assert _contrast(palette["bar"], palette["card"]) >= 3
