"""Signs without truth: exact on what is read, and in the right order on what is seen."""

import math
from dataclasses import astuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from docclean.evaluation import signs
from docclean.evaluation.signs import (
    agreement,
    bare_background,
    mean_confidence,
    paper_noise,
    signs_of,
    specks,
)
from docclean.ocr import PageText, Word
from docclean.page import Page

TEXT = "The quick brown fox jumps, over the lazy dog. It is in his mill; i.e. Jim's"


def word(text, confidence):
    return Word(text, 0, 0, 10, 10, confidence)


def noise(pixels):
    return paper_noise(pixels, bare_background(pixels))


def count(pixels, dpi=300.0):
    return specks(pixels, bare_background(pixels), dpi)


@pytest.fixture(scope="module")
def clean():
    """A page with two blocks of type, white paper between and around them."""
    pixels = np.full((1000, 900), 255, np.uint8)
    for row in [*range(100, 420, 60), *range(700, 960, 60)]:
        cv2.putText(pixels, TEXT[:44], (60, row), cv2.FONT_HERSHEY_COMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    return pixels


@pytest.fixture(scope="module")
def grain():
    return np.random.default_rng(0).normal(0, 1, (1000, 900))


def dotted(pixels, dots, side=3, level=0):
    """The page with dots on its bare middle; 40 fit in a row."""
    pixels = pixels.copy()
    for index in range(dots):
        top, left = 500 + 20 * (index // 40), 50 + 20 * (index % 40)
        pixels[top : top + side, left : left + side] = level
    return pixels


# --- the words -----------------------------------------------------------------------------------


def test_long_words_weigh_more():
    assert mean_confidence([word("abcdefghi", 90.0), word("|", 10.0)]) == pytest.approx(82.0)
    assert math.isnan(mean_confidence([]))


def test_agreement_is_one_for_the_same_text():
    assert agreement("", "") == 1.0
    assert agreement("the  fox\n", "the fox") == 1.0
    assert agreement("fox", "") == agreement("", "fox") == 0.0
    assert agreement("the fox", "tho fox") == pytest.approx(6 / 7)


@given(st.text(max_size=30), st.text(max_size=30))
def test_agreement_is_a_symmetric_share(a, b):
    assert 0.0 <= agreement(a, b) <= 1.0
    assert agreement(a, b) == agreement(b, a)


def test_all_signs_of_a_page(clean):
    found = PageText("the fox", (word("the", 90.0), word("fxo", 60.0)))
    seen = signs_of(Page(clean), found, "the fox", frozenset({"the", "fox"}))
    assert astuple(seen) == (75.0, 2, 0.5, 1.0, 0.0, 0.0)
    nothing = signs_of(Page(clean), PageText(""), "the fox", None)
    assert math.isnan(nothing.confidence) and nothing.known is None
    assert (nothing.words, nothing.agreement) == (0, 0.0)


# --- the paper -----------------------------------------------------------------------------------


def test_type_on_white_paper_is_flawless(clean):
    assert noise(clean) == 0.0
    assert count(clean) == 0.0


@pytest.mark.parametrize("level", [60, 130, 250])
def test_even_paper_is_flawless_whatever_its_tone(clean, level):
    tinted = (clean.astype(np.float32) * level / 255).astype(np.uint8)
    assert noise(tinted) == 0.0
    assert count(tinted) == 0.0


def test_grain_is_measured_in_grey_levels(clean, grain):
    for sigma in (4, 8, 16):
        dirty = np.clip(np.minimum(clean, 180) + sigma * grain, 0, 255).astype(np.uint8)
        assert noise(dirty) == pytest.approx(sigma, rel=0.15)


def test_light_and_stains_count(clean):
    slope = (clean * np.linspace(0.7, 1, 900)).astype(np.uint8)
    stained = cv2.circle(clean.copy(), (450, 570), 110, 200, -1)
    assert noise(slope) > 10
    assert noise(stained) > 5


def test_a_forgotten_stroke_does_not_count(clean):
    left = clean.copy()
    left[560:564, 100:500] = 215
    assert noise(left) < 0.5


def test_a_black_rim_is_not_paper(clean):
    rim = clean.copy()
    rim[:, :90] = 5
    assert noise(rim) < 1


def test_a_page_of_noise_has_a_finite_high_sign(grain):
    assert noise(np.clip(128 + 80 * grain, 0, 255).astype(np.uint8)) > 40


# --- specks --------------------------------------------------------------------------------------


def test_every_speck_counts(clean):
    few, many = count(dotted(clean, 20)), count(dotted(clean, 80))
    assert 0 < few < many
    assert many == pytest.approx(4 * few)
    assert 80 < many < 80 / 0.2, "a megapixel of the bare paper, at least a fifth of the page"


def test_grey_specks_count_as_far_as_they_are_as_dark_as_ink(clean):
    assert count(dotted(clean, 40, level=150)) == count(dotted(clean, 40))
    assert count(dotted(clean, 40, level=230)) == 0.0


def test_letters_are_no_specks(clean):
    assert count(dotted(clean, 40, side=12)) == 0.0


def test_the_edge_cuts_letters_not_specks(clean):
    cut = clean.copy()
    cut[-2:, 100:800:20] = 0
    cut[450:560:20, :2] = 0
    assert count(cut) == 0.0


def test_an_empty_page_goes_by_its_resolution():
    blank = np.full((1000, 900), 255, np.uint8)
    assert count(dotted(blank, 40, side=4)) == pytest.approx(40 / 0.9)
    assert count(dotted(blank, 40, side=4), dpi=75) == 0.0


# --- every page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 7, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (40, 60), (40, 60, 3)])
def test_an_even_page_has_no_flaw(shape, level):
    for dpi in (None, (300.0, 300.0), (1.0, 1.0), (1e6, 1e6)):
        seen = signs_of(Page(np.full(shape, level, np.uint8), dpi=dpi), PageText(""), "", None)
        assert (seen.paper_noise, seen.specks, seen.agreement) == (0.0, 0.0, 1.0)


@settings(max_examples=40)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_page_has_finite_signs(pixels):
    before = pixels.copy()
    seen = signs_of(Page(pixels), PageText(""), "", None)
    assert type(seen.paper_noise) is float and 0 <= seen.paper_noise <= 127.5
    assert type(seen.specks) is float and 0 <= seen.specks < math.inf
    assert np.array_equal(pixels, before)


def test_a_huge_page_is_looked_at_reduced(clean, monkeypatch):
    dirty = dotted(clean, 40, side=4)
    double = Page(np.kron(dirty, np.ones((2, 2), np.uint8)), dpi=(600.0, 600.0))
    monkeypatch.setattr(signs, "MOST_PIXELS", dirty.size)
    nothing = PageText("")
    assert (
        signs_of(double, nothing, "", None).specks
        == signs_of(Page(dirty, dpi=(300.0, 300.0)), nothing, "", None).specks
    )
