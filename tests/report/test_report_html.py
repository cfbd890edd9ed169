"""The HTML report: one file, no network, nothing unescaped, losses first, each text once."""

import base64
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import docclean.report.html.document as report_html
from docclean.errors import OutputError
from docclean.page import Page
from docclean.report.html.document import write_html
from docclean.report.html.pages import page_texts
from docclean.report.marks import mark_words
from docclean.report.pictures import take_pictures
from docclean.scores.pixels import Fidelity
from docclean.scores.results import (
    Comparison,
    Cost,
    Curve,
    Environment,
    Failure,
    PageResult,
    Pictures,
    Reading,
    SetSummary,
    Signs,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval
from docclean.scores.text import TextRules, macro, micro, normalise, score, word_changes

TRUTH = "the quick brown <fox>"
HOSTILE = "</script><script>alert(1)</script><!--PAGES--><b>&amp;\u2028"


def picture(seed=0):
    pixels = np.full((60, 40), 255, np.uint8)
    pixels[seed : seed + 9, 5:30] = 0
    return Page(pixels)


PICTURES = take_pictures(picture(), picture(20))


def result(name, before, after, *, group="letters", truth=TRUTH, pictures=PICTURES, note="a & b"):
    readings = tuple(
        Reading(contender, text, score(truth, text), note=note)
        for contender, text in (("grey", before), ("cleaned", after))
    )
    return PageResult(group, name, truth, readings, pictures)


def unlabelled(name, before, after, rise=2.0):
    readings = tuple(
        Reading(contender, text, signs=Signs(80 + extra, 3, None, 1.0, 4.0, 12.0))
        for contender, text, extra in (("grey", before, 0), ("cleaned", after, rise))
    )
    return PageResult("unknown", name, None, readings)


def block(name, pages, *, fidelity=None, peak=None):
    totals = []
    for contender in ("grey", "cleaned"):
        scores = [page.reading(contender).score for page in pages]
        treat = Cost(0.125, peak)
        totals.append(Totals(contender, micro(scores), macro(scores), fidelity, None, treat))
    gain = Interval(0.0123, 0.004, 0.02)
    versus = Comparison("grey", "cleaned", gain, Interval(0.05, -0.01, 0.1), 1, 0, 1, 0.03)
    return SetSummary(name, len(pages), True, tuple(totals), (versus,))


def signs_block():
    signs = Signs(81.25, 3, None, 0.975, 4.0, 12.0)
    totals = tuple(Totals(name, None, None, signs=signs) for name in ("grey", "cleaned"))
    return SetSummary("unknown", 2, False, totals)


def head(pages, **changes):
    one = block("letters", pages)
    options = {"sets": (one,), "overall": one, "before": "grey", "after": "cleaned"} | changes
    return Summary("a <folder>", **options)


class Outline(HTMLParser):
    """The tags of a file, checked for being closed in order; what scripts hold."""

    VOID = frozenset({"meta", "img", "input", "line", "circle", "rect"})

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.blocks, self.text = [], [], {}, ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tag, name = self.open[-1] if self.open else ("", None)
        if tag == "script" and name:
            self.blocks[name] = self.blocks.get(name, "") + data
        elif tag not in ("script", "style"):
            self.text += data

    def json(self, name):
        return json.loads(self.blocks[name])

    def tags(self, tag):
        return [attrs for name, attrs in self.seen if name == tag]


def written(tmp_path, summary, pages, **options):
    path = tmp_path / "r.html"
    write_html(summary, pages, path, **options)
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]
    return Outline(path.read_text(encoding="utf-8"))


@pytest.fixture
def outline(tmp_path):
    pages = [result("better", "the quick", TRUTH), result("worse", TRUTH, "the quick")]
    environment = Environment("today", "a desk", {"docclean": "1"})
    failures = (Failure("torn", "is <broken>"),)
    return written(tmp_path, head(pages, failures=failures, environment=environment), pages)


# --- one file ------------------------------------------------------------------------------------


def test_it_loads_nothing(outline):
    assert not {"link", "iframe", "img", "object", "base"} & {tag for tag, _ in outline.seen}
    assert not [attrs for _, attrs in outline.seen if "src" in attrs]
    links = [attrs["href"] for attrs in outline.tags("a")]
    assert links and all(link.startswith("#") for link in links)
    policy = next(attrs for attrs in outline.tags("meta") if "http-equiv" in attrs)["content"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not [attrs for _, attrs in outline.seen if "style" in attrs or "onclick" in attrs]


def test_only_its_own_script_runs(outline):
    run = [attrs for attrs in outline.tags("script") if "type" not in attrs]
    assert len(run) == 1
    assert {attrs["type"] for attrs in outline.tags("script") if "type" in attrs} == {
        "application/json",
        "text/plain",
    }


def test_hostile_names_and_texts_stay_text(tmp_path):
    page = result(HOSTILE, HOSTILE, f"{HOSTILE} x", group=HOSTILE, truth=HOSTILE, note=HOSTILE)
    worse = result("w" + HOSTILE, TRUTH, HOSTILE, group=HOSTILE)
    summary = Summary(
        HOSTILE,
        (block(HOSTILE, [page]), signs_block()),
        block(HOSTILE, [page]),
        "grey",
        "cleaned",
        (Failure(HOSTILE, HOSTILE),),
        (Curve(HOSTILE, (0, 1), (0.1, 0.2), (0.1, 0.1), 3),),
        Environment(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),
        HOSTILE,
    )
    outline = written(tmp_path, summary, [page, worse])
    assert len([attrs for attrs in outline.tags("script") if "type" not in attrs]) == 1
    assert outline.text.count("alert(1)") >= 9
    assert outline.json("index")["pages"][1]["name"] == HOSTILE
    raw = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in raw and "<!--" not in raw


def test_a_name_that_is_no_utf8_does_not_stop_it(tmp_path):
    page = result("caf\udce9.png", "a", "b")
    name = written(tmp_path, head([page]), [page]).json("index")["pages"][0]["name"]
    assert name == "caf\udce9.png"


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_html(head([]), [], tmp_path / "absent" / "r.html")


def test_a_failure_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")
    monkeypatch.setattr(report_html, "page_blocks", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_html(head([]), [], path)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


# --- the head ------------------------------------------------------------------------------------


def test_the_head_says_what_happened(outline):
    assert "1.23 points lower" in outline.text and "+0.40 to +2.00" in outline.text
    assert "+0.050" in outline.text and "−0.010 to +0.100" in outline.text
    assert "p: 0.030" in outline.text
    assert "a <folder>" in outline.text and "is <broken>" in outline.text
    assert "Measured today on a desk; docclean 1." in outline.text


def test_losses_come_before_everything_that_flatters(outline):
    assert outline.json("index")["pages"][0]["name"] == "worse"
    assert "#page-0" in [attrs["href"] for attrs in outline.tags("a")]
    assert outline.text.index("Made worse 1 page") < outline.text.index("Contenders")
    loss = 100 * score(TRUTH, "the quick").cer
    assert f"−{loss:.2f}" in outline.text


def test_many_losses_fold_away(tmp_path):
    pages = [result(f"p{n}", TRUTH, "the quick") for n in range(20)]
    outline = written(tmp_path, head(pages), pages)
    assert "and 8 more" in outline.text and outline.tags("details")


def test_no_loss_is_said_too(tmp_path):
    pages = [result("better", "the quick", TRUTH)]
    assert "No page reads worse" in written(tmp_path, head(pages), pages).text


def test_columns_stand_only_where_there_is_something_to_show(tmp_path):
    pages = [result("x", "the quick", TRUTH)]
    bare = written(tmp_path, head(pages), pages).text
    assert "RMSE" not in bare and "treat MB" not in bare and "confidence" not in bare
    full = block("f", pages, fidelity=Fidelity(0.5, math.inf, 0.9, 91.0, 92.0, 3.0), peak=123.4)
    text = written(tmp_path, head(pages, sets=(full,)), pages).text
    for shown in ("RMSE", "0.500", "∞", "SSIM", "pseudo-F", "DRD", "treat MB", "123"):
        assert shown in text


def test_a_set_without_truth_shows_signs(tmp_path):
    pages = [unlabelled("u", "a b", "a c")]
    summary = Summary("t", (signs_block(),), None, "grey", "cleaned")
    outline = written(tmp_path, summary, pages)
    for shown in ("81.2", "agreement", "0.975", "paper noise", "without truth"):
        assert shown in outline.text
    assert "CER points" not in outline.text
    assert "share of the words in the dictionary" not in [
        attrs.get("title") for attrs in outline.tags("th")
    ]
    assert "Made worse" not in outline.text and "No page reads worse" not in outline.text
    texts = outline.json("text-0")
    assert texts["truth"] is None and texts["marks"][1] == [[1], [1]]


def test_several_sets_have_a_table_each_and_one_together(tmp_path):
    pages = [result("x", "the quick", TRUTH), result("y", "the", TRUTH, group="forms")]
    sets = (block("letters", pages[:1]), block("forms", pages[1:]))
    outline = written(tmp_path, head(pages, sets=sets, overall=block("all sets", pages)), pages)
    assert len(outline.tags("table")) == 3 and "all sets 2 pages" in outline.text
    assert outline.json("index")["sets"] == ["letters", "forms"]


def test_an_empty_report(tmp_path):
    written(tmp_path, Summary("t", (), None, "grey", "cleaned"), [])


def test_a_report_of_one_contender(tmp_path):
    page = PageResult("", "x", TRUTH, (Reading("raw", TRUTH, score(TRUTH, TRUTH)),))
    totals = (Totals("raw", micro([]), macro([])),)
    summary = Summary("t", (SetSummary("", 1, True, totals),), None, "raw", "cleaned")
    outline = written(tmp_path, summary, [page])
    assert outline.json("index")["contenders"] == ["raw"] and "–" in outline.text


def test_curves_share_one_scale(tmp_path):
    curves = tuple(Curve(f"c{n}", (0, 1), (0.01, 0.5), (0.01, 1.7), 3) for n in range(3))
    pages = [result("x", "the quick", TRUTH)]
    outline = written(tmp_path, head(pages, curves=curves), pages)
    assert "from 0 to 100%" in outline.text and "50.00% → 170.00%" in outline.text


# --- the pages -----------------------------------------------------------------------------------


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


# --- the words that changed ----------------------------------------------------------------------

texts = st.text("aAbBß\u0301 é\n\u00a0\u2028,", max_size=40)


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


# --- the colours ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize("palette", _palettes()[:2], ids=["light", "dark"])
def test_type_stands_out_from_its_ground(palette):
    pairs = [(name, back) for name in ("ink", "muted", "accent", "good", "bad")
             for back in ("paper", "card")]  # fmt: skip
    pairs += [("good", "good-back"), ("bad", "bad-back"), ("ink", "accent-back")]
    pairs += [("good", "accent-back"), ("bad", "accent-back"), ("muted", "accent-back")]
    for name, back in [*pairs, ("ink", "sunk"), ("muted", "sunk")]:
        assert _contrast(palette[name], palette[back]) >= 4.5, (name, back)
    assert _contrast(palette["bar"], palette["card"]) >= 3
