"""The numbers of the field, against a plain second implementation and their own laws."""

import math
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docclean.scores.statistics import paired_gains, sign_test
from docclean.scores.text import (
    Score,
    TextRules,
    cer,
    macro,
    micro,
    normalise,
    score,
    wer,
    word_changes,
)


def bootstrap_gain(before, after, **options):
    """The fall of the CER, the first of the two gains."""
    return paired_gains(before, after, **options)[0]


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


def test_folding_takes_the_capitals_nfkc_brings():
    rules = TextRules("NFKC", True)
    assert normalise("ACME™ №5 ℌ", rules) == normalise("acmetm no5 h", rules)


def test_few_pages_have_no_interval():
    for pages in (1, 2):
        gain = bootstrap_gain([Score(3, 10)] * pages, [Score(1, 10)] * pages)
        assert gain.value == pytest.approx(0.2) and math.isnan(gain.low) and math.isnan(gain.high)


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


def test_equals_jiwer_on_a_thousand_random_strings():
    jiwer = pytest.importorskip("jiwer")
    rng = random.Random(1)
    for _ in range(1000):
        truth, read = ("".join(rng.choices("aábcd ,.ß\n", k=rng.randint(1, 60))) for _ in range(2))
        truth, read = "x" + normalise(truth), normalise(read)  # jiwer refuses an empty truth
        assert cer(truth, read) == pytest.approx(jiwer.cer(truth, read), abs=1e-12)
        assert wer(truth, read) == pytest.approx(jiwer.wer(truth, read), abs=1e-12)


def test_paired_gains_of_f1_and_cer():
    before = [Score(10, 100, 0, 20, 20, 10), Score(0, 50, 0, 10, 10, 10)] * 8
    after = [Score(5, 100, 0, 20, 20, 15), Score(0, 50, 0, 10, 10, 10)] * 8
    gain, words = paired_gains(before, after)
    assert gain.value == pytest.approx(micro(before).cer - micro(after).cer)
    assert words.value == pytest.approx(micro(after).f1 - micro(before).f1)
    assert 0 <= gain.low < gain.value < gain.high and 0 <= words.low < words.value < words.high
    backwards = paired_gains(after, before)
    assert backwards[0].value == -gain.value and backwards[0].high <= 0
    # blocks of rounds, for many pages: the same laws
    many = [Score(rng_edits % 7, 10) for rng_edits in range(3000)]
    gain, _ = paired_gains(many, [Score(0, 10)] * 3000, rounds=700)
    assert gain.low < gain.value < gain.high
    assert gain.value == pytest.approx(micro(many).cer)


def test_sign_test():
    assert sign_test(0, 0) == 1 == sign_test(4, 4)
    assert sign_test(10, 2) == sign_test(2, 10) == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert sign_test(6, 0) == pytest.approx(2 / 64)
    assert 0 < sign_test(5000, 4000) < 1e-20
