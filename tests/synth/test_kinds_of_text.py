"""Kinds of text, and where their words come from."""

# ruff: noqa: F811  (fixtures come by import)

import re
from collections import Counter
from random import Random

import pytest
from voices import (
    BLOCKS,
    ENGLISH,
    LOCALES,
    _is_of,
    every_locale,
    everything,
    letters,
    without_faker,  # noqa: F401
    without_lists,  # noqa: F401
)

from docclean.errors import UnreadableInputError
from docclean.synth import TextSource
from docclean.synth.language import words
from docclean.synth.language.lists import LANGUAGES
from docclean.synth.language.voice import Voice

# --- kinds of text --------------------------------------------------------------------------------


@every_locale
def test_capitals_are_capitals_and_headings_are_short(locale):
    voice, rng = Voice(locale), Random(3)
    for _ in range(60):
        loud, heading = voice.capitals(rng), voice.heading(rng)
        assert loud == loud.upper() and 3 <= len(loud.split()) <= 9
        assert 2 <= len(heading.split()) <= 6 and heading[0] == heading[0].upper()
    headings = [voice.heading(rng) for _ in range(60)]
    assert 3 < sum(heading.isupper() for heading in headings) < 35


def test_capitals_follow_the_language():
    assert words.capitals("iğne ışık", "tr") == "İĞNE IŞIK"
    assert words.capitals("άνθρωπος προϊόν", "el") == "ΑΝΘΡΩΠΟΣ ΠΡΟΪΟΝ"
    assert words.capitals("straße", "de") == "STRASSE"
    assert words.capital("izmir", "tr") == "İzmir" and words.capital("άνω", "el") == "Άνω"


@every_locale
def test_numerals_are_dense_with_numbers(locale):
    voice, rng = Voice(locale), Random(4)
    made = [voice.numerals(rng) for _ in range(200)]
    assert all(sum(sign.isdigit() for sign in line) >= 5 for line in made)
    text = " ".join(made)
    digits = sum(sign.isnumeric() for sign in text)
    assert digits > 2 * len(letters(text))
    thousands, point = (re.escape(sign) for sign in LANGUAGES[voice.language].separators)
    for kind in (
        rf"\d{thousands}\d{{3}}{point}\d\d\b",
        r"\b\d+/\d+\b",
        r"[½¼¾]",
        r"\d\d\.\d\d\.\d{4}",
        r"\+\d\d ",
        r"\(0\d+\)",
        r"\b\d?\d:\d\d\b",
        r"\b\d{8,}\b",
    ):
        assert re.search(kind, text), kind


@every_locale
def test_punctuated_text_holds_every_mark(locale):
    voice = Voice(locale)
    text = voice.punctuated(Random(5), 150)
    language = LANGUAGES[voice.language]
    for mark in (*language.quotes, "(", ")", "[", "]", "–", ";", ":", "§", "…", "...", "/", "?!"):
        assert mark in text, mark
    assert sum(short in text for short in language.abbreviations) >= 8
    plain = voice.paragraph(Random(5), 150)
    assert _marks(text) > 1.5 * _marks(plain)


def _marks(text: str) -> float:
    return sum(not sign.isalnum() and not sign.isspace() for sign in text) / len(text)


@every_locale
def test_figures_are_short_and_hold_digits(locale):
    voice, rng = Voice(locale), Random(6)
    figures = [voice.figure(rng) for _ in range(80)]
    assert all(any(sign.isdigit() for sign in figure) and len(figure) < 32 for figure in figures)
    assert any(LANGUAGES[voice.language].currency in figure for figure in figures)


# --- sources --------------------------------------------------------------------------------------


def test_the_first_locale_is_drawn_half_of_the_time():
    source = TextSource(LOCALES)
    drawn = Counter(source.voice(Random(seed)).locale for seed in range(600))
    assert set(drawn) == set(LOCALES)
    assert drawn["en_US"] / 600 == pytest.approx(0.5 + 0.5 / len(LOCALES), abs=0.08)


def test_without_locales_the_measured_pages_keep_their_words():
    source, rng = TextSource(()), Random(20)
    # the curves of the benchmark hang on these: they may change only together
    assert source.line(rng) == "quail. five be must"
    assert source.figure(rng) == "8,798.88"
    assert source.paragraph(rng, 2) == (
        "The quick brown fox jumps over the lazy dog, while five wizards vex the jumping quail. "
        "The stain of a coffee cup, the shadow of a fold and the grain of old paper are gone, and "
        "every stroke of every letter is still there."
    )
    voice = source.voice(Random(1))
    assert (voice.locale, voice.script, voice.language) == ("", "latin", "en")


def test_without_locales_nothing_on_the_machine_matters(without_faker, without_lists):
    bare = everything(Voice(""), Random(9), 20)
    words.vocabulary.cache_clear()
    assert everything(Voice(""), Random(9), 20) == bare


def test_a_folder_of_text_is_quoted_beside_the_other_sources(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "book.txt").write_text("zyzzyva quixotry jabberwock " * 400, "utf-8")
    source, rng = TextSource(ENGLISH, tmp_path), Random(1)
    paragraphs = [source.paragraph(rng, 3) for _ in range(40)]
    quoted = [text for text in paragraphs if "jabberwock" in text]
    assert 8 < len(quoted) < 36
    assert set(" ".join(quoted).split()) == {"zyzzyva", "quixotry", "jabberwock"}


def test_a_book_is_quoted_in_its_own_script_only(tmp_path):
    (tmp_path / "greek.txt").write_text("άλφα βήτα γάμμα " * 400, "utf-8")
    (tmp_path / "russian.txt").write_text("аз буки веди " * 400, "utf-8")
    for locales in (LOCALES, ENGLISH, ()):
        source, scripts = TextSource(locales, tmp_path), Counter()
        for seed in range(80):
            rng = Random(seed)
            voice = source.voice(rng)
            text = voice.paragraph(rng, 2)
            scripts[voice.script] += 1
            assert all(_is_of(sign, voice.script) for sign in letters(text))
        assert min(scripts[name] for name in BLOCKS) >= 8


def test_the_script_of_a_text_is_that_of_most_of_its_letters():
    assert words.script_of("Το βιβλίο του John") == "greek"
    assert words.script_of("Новая книга (a book)") == "cyrillic"
    assert (
        words.script_of("un café noir") == words.script_of("") == words.script_of("12") == "latin"
    )


def test_a_tiny_or_empty_text_still_gives_words(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "tiny.txt").write_text("one")
    source = TextSource(ENGLISH, tmp_path)
    assert all(source.paragraph(Random(seed), 2).strip() for seed in range(20))


def test_a_folder_without_text_is_named(tmp_path):
    (tmp_path / "notes.md").write_text("no")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UnreadableInputError, match=r"no \.txt file") as caught:
            TextSource(ENGLISH, folder)
        assert str(folder) in str(caught.value)


def test_an_installed_list_is_read_in_its_encoding_evenly_and_in_its_script(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "WORD_LISTS", tmp_path)
    words.installed_words.cache_clear()
    (tmp_path / "swedish").write_bytes("gård\nsjö\n".encode("latin-1"))
    assert words.installed_words(LANGUAGES["sv"]) == ("gård", "sjö")
    many = [f"дума{'а' * (n % 7)}" for n in range(50_000)]
    (tmp_path / "bulgarian").write_text("\n".join(["word", *many]), "utf-8")
    found = words.installed_words(LANGUAGES["bg"])
    assert "word" not in found and 10_000 < len(found) <= words.MAX_WORDS
    assert words.installed_words(LANGUAGES["el"]) == ()
    words.installed_words.cache_clear()
