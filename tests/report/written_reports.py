"""Shared by the tests beside: what they are made of."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import strategies as st

from docclean.page import Page
from docclean.report.html.document import write_html
from docclean.report.pictures import take_pictures
from docclean.scores.environment import Environment
from docclean.scores.results import (
    Comparison,
    Cost,
    Failure,
    PageResult,
    Reading,
    SetSummary,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval
from docclean.scores.text import macro, micro, score

TRUTH = "the quick brown <fox>"


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


def block(name, pages, *, fidelity=None, peak=None):
    totals = []
    for contender in ("grey", "cleaned"):
        scores = [page.reading(contender).score for page in pages]
        treat = Cost(0.125, peak)
        totals.append(Totals(contender, micro(scores), macro(scores), fidelity, None, treat))
    gain = Interval(0.0123, 0.004, 0.02)
    versus = Comparison("grey", "cleaned", gain, Interval(0.05, -0.01, 0.1), 1, 0, 1, 0.03)
    return SetSummary(name, len(pages), True, tuple(totals), (versus,))


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


texts = st.text("aAbBß\u0301 é\n\u00a0\u2028,", max_size=40)
