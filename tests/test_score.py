"""The numbers of the field, against a plain second implementation and their own laws."""

import math
import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docclean.score import (
    Score,
    TextRules,
    bootstrap_gain,
    cer,
    macro,
    micro,
    normalise,
    rmse,
    score,
    wer,
    word_changes,
)

texts = st.text(max_size=30)
plain = st.text("abc de", max_size=20)


def plain_levenshtein(a, b):
    """Edit distance by the textbook's table, one row at a time."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        above, row = row, [i]
        for j, right in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (left != right)))
    return row[-1]


def test_agrees_with_a_plain_implementation():
    rng = random.Random(0)
    for _ in range(1000):
        a, b = ("".join(rng.choices("abcé ß.", k=rng.randint(0, 40))) for _ in range(2))
        na, nb = normalise(a), normalise(b)
        counts = score(a, b)
        assert counts.char_edits == plain_levenshtein(na, nb)
        assert counts.word_edits == plain_levenshtein(na.split(), nb.split())


@given(texts)
def test_a_perfect_reading(text):
    counts = score(text, text)
    assert (counts.cer, counts.wer) == (0, 0)
    assert (counts.recall, counts.precision, counts.f1) == (1, 1, 1)


@given(texts, texts)
def test_symmetric_and_zero_only_for_equal_texts(a, b):
    assert score(a, b).char_edits == score(b, a).char_edits
    assert (score(a, b).char_edits == 0) == (normalise(a) == normalise(b))


@given(plain, plain, plain)
def test_triangle(a, b, c):
    assert score(a, c).char_edits <= score(a, b).char_edits + score(b, c).char_edits
    assert score(a, c).word_edits <= score(a, b).word_edits + score(b, c).word_edits


@given(texts, texts)
def test_rates_stay_in_their_bounds(a, b):
    counts = score(a, b)
    assert 0 <= counts.recall <= 1 and 0 <= counts.precision <= 1
    assert min(counts.recall, counts.precision) <= counts.f1 + 1e-12
    assert counts.f1 <= max(counts.recall, counts.precision) + 1e-12


@given(st.lists(st.text("abcd", min_size=1, max_size=4), max_size=8), st.randoms())
def test_word_rates_forget_the_order(words, rng):
    mixed = list(words)
    rng.shuffle(mixed)
    assert score(" ".join(words), " ".join(mixed)).f1 == 1


def test_known_values():
    counts = score("the cat sat", "the bat sat on")
    assert counts.cer == pytest.approx(4 / 11)
    assert counts.wer == pytest.approx(2 / 3)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.precision == pytest.approx(2 / 4)
    assert counts.f1 == pytest.approx(4 / 7)
    assert cer("ab", "") == 1 and wer("a b", "a") == 0.5


def test_empty_texts():
    assert score("", "") == Score()
    nothing_to_read = score("", "dirt")
    assert (nothing_to_read.cer, nothing_to_read.wer) == (1, 1)
    assert (nothing_to_read.recall, nothing_to_read.precision, nothing_to_read.f1) == (1, 0, 0)
    nothing_read = score("word", " \n ")
    assert (nothing_read.cer, nothing_read.wer) == (1, 1)
    assert (nothing_read.recall, nothing_read.precision, nothing_read.f1) == (0, 1, 0)


def test_normalisation_and_its_options():
    decomposed = unicodedata.normalize("NFD", "é")
    assert cer("é", decomposed) == 0
    assert cer("a b", " a\n\t b ") == 0
    assert cer("STRASSE", "straße", TextRules(fold_case=True)) == 0
    assert cer("A", "a") == 1
    assert cer("fi", "ﬁ", TextRules(form="NFKC")) == 0 and cer("fi", "ﬁ") > 0


def test_micro_weighs_characters_and_macro_weighs_pages():
    pages = [score("a" * 90, "a" * 90), score("a" * 10, "b" * 10)]
    assert micro(pages).cer == pytest.approx(0.1)
    assert macro(pages).cer == pytest.approx(0.5)
    assert math.isnan(macro([]).cer)
    assert sum(pages, Score()).chars == 100


def test_words_gained_and_lost():
    gained, lost = word_changes("to be or not to be", "to or not", "to be to be")
    assert gained == {"to": 1, "be": 2}
    assert lost == {"or": 1, "not": 1}


def test_bootstrap_is_repeatable_and_paired():
    rng = random.Random(1)
    before = [score("a" * 100, "b" * rng.randint(5, 90) + "a" * 50) for _ in range(30)]
    same = bootstrap_gain(before, before)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    # Every page wins one character, whatever its level: only a paired interval can see that
    after = [Score(one.char_edits - 1, one.chars) for one in before]
    gain = bootstrap_gain(before, after)
    assert [gain.value, gain.low, gain.high] == pytest.approx([0.01] * 3)
    noisy = [Score(rng.randint(0, 50), 100) for _ in before]
    assert bootstrap_gain(before, noisy) == bootstrap_gain(before, noisy)
    other = bootstrap_gain(before, noisy, seed=1)
    assert other != bootstrap_gain(before, noisy) and other.low < other.value < other.high


def test_bootstrap_refuses_pages_that_do_not_pair():
    with pytest.raises(ValueError, match="1 readings before"):
        bootstrap_gain([Score()], [])
    assert math.isnan(bootstrap_gain([], []).value)


def test_rmse():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (2, 700, 33), dtype=np.uint8)
    exact = np.sqrt(((a / 255.0 - b / 255.0) ** 2).mean())
    assert rmse(a, b) == pytest.approx(exact) == rmse(b, a)
    assert rmse(a, a) == 0
    assert rmse(np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)) == 1
    with pytest.raises(ValueError, match="different shape"):
        rmse(a, b[:5])
