"""The HTML file: one file, no network, nothing unescaped; and the side-by-side picture."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from docclean.errors import OutputError
from docclean.page import Page
from docclean.report import (
    PAIR_WIDTH,
    PICTURE_WIDTH,
    Failure,
    PageResult,
    Reading,
    Summary,
    Totals,
    before_after,
    take_pictures,
    write_html,
)
from docclean.score import Interval, macro, micro, score

TRUTH = "the quick brown <fox>"


def result(name, raw, cleaned, pictures=None):
    readings = tuple(
        Reading(contender, text, score(TRUTH, text), note="dirty & dark")
        for contender, text in (("raw", raw), ("cleaned", cleaned))
    )
    return PageResult(name, TRUTH, readings, pictures)


def summary(pages, **changes):
    totals = []
    for contender in ("raw", "cleaned"):
        scores = [page.reading(contender).score for page in pages]
        totals.append(Totals(contender, micro(scores), macro(scores), None, 0.1, 0.2))
    return Summary("a <folder>", tuple(totals), **changes)


def page(height=300, width=200, colour=False):
    shape = (height, width, 3) if colour else (height, width)
    return Page(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


class Outline(HTMLParser):
    """The tags of a file, checked for being closed in order."""

    VOID = frozenset({"meta", "img", "input", "html"})

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def written(tmp_path):
    pictures = take_pictures(page(colour=True), page())
    better = result("better", "the quick", TRUTH, pictures)
    worse = result("worse", TRUTH, "the quick", pictures)
    gain = Interval(0.0123, 0.004, 0.02)
    head = summary([better, worse], gain=gain, failures=(Failure("torn", "is <broken>"),))
    write_html(head, [better, worse], tmp_path / "r.html")
    return (tmp_path / "r.html").read_text(encoding="utf-8")


def test_is_one_well_formed_file_without_network(written):
    outline = Outline()
    outline.feed(written)
    assert outline.open == []
    tags = [tag for tag, _ in outline.seen]
    assert tags.count("article") == 2 and tags.count("input") == 2 and "link" not in tags
    sources = [attrs["src"] for _, attrs in outline.seen if "src" in attrs]
    assert len(sources) == 4 and all(src.startswith("data:image/") for src in sources)
    assert "http" not in re.sub(r"base64,[^\"]*", "", written)
    assert not re.search("<!--[A-Z]+-->", written)


def test_says_what_happened_worst_first(written):
    assert written.index("<h2>worse") < written.index("<h2>better")
    assert "1.23 points; 95 % interval 0.40 to 2.00" in written
    assert '<span class="gained">&lt;fox&gt;</span>' in written
    assert '<span class="lost">brown</span>' in written
    assert "a &lt;folder&gt;" in written and "is &lt;broken&gt;" in written
    assert "dirty &amp; dark" in written
    assert "<folder>" not in written and "<fox>" not in written


def test_the_marks_are_as_many_as_the_words(written):
    texts = written[written.index("<h2>better") :]
    cleaned = texts[texts.index("<h3>cleaned") :]
    assert cleaned.count('class="gained"') == 2


def test_pictures_are_small_and_true():
    pictures = take_pictures(page(3000, 2400), page(40, 30))
    large, small = (
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        for data in (pictures.before, pictures.after)
    )
    assert large.shape == (1250, PICTURE_WIDTH) and small.shape == (40, 30)
    text = Page(np.full((1400, 1000), 255, np.uint8))
    assert len(base64.b64encode(take_pictures(text, text).before)) < 10_000


def test_a_report_without_pictures_or_cleaner(tmp_path):
    only = PageResult("x", TRUTH, (Reading("raw", TRUTH, score(TRUTH, TRUTH)),))
    totals = Totals("raw", micro([]), macro([only.readings[0].score]), 0.5, 0, 0)
    write_html(Summary("t", (totals,)), [only], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "RMSE" in text and "0.500" in text and "<article" not in text


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_html(Summary("t", ()), [], tmp_path / "absent" / "r.html")


@pytest.mark.parametrize(
    ("before", "after"),
    [((300, 200), (300, 200)), ((3000, 2000), (1500, 1000)), ((1, 1), (1, 1)), ((7, 3), (31, 900))],
)
def test_side_by_side(before, after):
    pair = before_after(page(*before, colour=True), page(*after))
    assert pair.is_grey and pair.width <= PAIR_WIDTH + 1
    assert pair.height <= after[0]


def test_side_by_side_keeps_the_pixels_when_they_fit():
    left, right = page(50, 40), page(50, 30)
    pair = before_after(left, right).pixels
    assert (pair[:, :40] == left.pixels).all() and (pair[:, -30:] == right.pixels).all()
    assert (pair[:, 40:-30] == 255).all()
