"""Shared by the tests beside: what they are made of."""

import numpy as np
import pytest

from docclean.page import Page
from docclean.report.pictures import take_pictures
from docclean.scores.results import (
    Comparison,
    Failure,
    PageResult,
    Reading,
    SetSummary,
    Signs,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval
from docclean.scores.text import macro, micro, score

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CONTENDERS = ("grey", "divide", "cleaned")
TRUTH = "the quick brown fox jumps over the lazy dog and the cat"
BREAK = "document.title='broken'"
EVIL = f'<img src=x onerror="{BREAK}"></script><script>{BREAK}</script>'
COUNT = 30


def sheet(seed):
    pixels = np.full((700, 500), 255, np.uint8)
    pixels[50 + seed : 80 + seed, 60:400] = 0
    return Page(pixels)


def labelled(number):
    """Make a page; one in three reads worse, one in three the same, one in three better."""
    words = TRUTH.split()
    some = " ".join(words[: 3 + number % 7])
    texts = [(some, some, TRUTH), (some, TRUTH, some), (TRUTH, some, some)][number % 3]
    readings = tuple(
        Reading(name, text, score(TRUTH, text), note=f"note {number}" if name == "cleaned" else "")
        for name, text in zip(CONTENDERS, texts, strict=True)
    )
    pictures = take_pictures(sheet(0), sheet(100 if number % 4 else 0))
    group = "letters" if number % 2 else "forms"
    return PageResult(group, f"page-{number}.png", TRUTH, readings, pictures)


def unlabelled():
    readings = tuple(
        Reading(name, text, signs=Signs(confidence, 3, 0.5, 1.0, 4.0, 12.0))
        for name, text, confidence in (("grey", "one two two", 70.0), ("cleaned", "one two", 75.0))
    )
    return PageResult("unknown", "mystery.png", None, readings)


def hostile():
    readings = tuple(
        Reading(name, text, score(EVIL, text), note=EVIL)
        for name, text in (("grey", "x"), ("divide", EVIL), ("cleaned", f"{EVIL} </script> <!--"))
    )
    return PageResult("letters", f"evil {EVIL}", EVIL, readings)


def summarise(pages):
    sets = []
    for group in dict.fromkeys(page.group for page in pages):
        own = [page for page in pages if page.group == group]
        known = own[0].truth is not None
        scores = {
            name: [found.score for page in own if (found := page.reading(name)) and found.score]
            for name in CONTENDERS
        }
        totals = tuple(
            Totals(name, micro(scores[name]) if known else None, macro(scores[name]))
            for name in CONTENDERS
        )
        gain = Interval(0.02, -0.01, 0.05)
        versus = (Comparison("grey", "cleaned", gain, gain, 3, 2, 1, 0.4),) if known else ()
        sets.append(SetSummary(group, len(own), known, totals, versus))
    return Summary(
        f"A report {EVIL}", tuple(sets), sets[0], "grey", "cleaned", (Failure(EVIL, EVIL),)
    )


PAGES = [*(labelled(number) for number in range(COUNT)), unlabelled(), hostile()]


def cards(page):
    """Return the names of the cards that are shown, in order."""
    return page.locator(".card:not([hidden]) h3").all_text_contents()


def first_slider(page):
    slider = page.locator(".slider:has(input)").first
    for _ in range(2):  # cards above take their true height when they come near
        slider.evaluate("frame => frame.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(50)
    return slider
