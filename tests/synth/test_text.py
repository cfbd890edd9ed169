"""Words of pages: each language writes in its own letters, and a seed repeats them."""

import re
import sys
import unicodedata
from collections import Counter
from random import Random

import pytest

from docclean.errors import UnreadableInputError, UsageError
from docclean.recipe import Synth
from docclean.synth import TextSource
from docclean.synth.language import words
from docclean.synth.language.lists import LANGUAGES
from docclean.synth.language.voice import Voice

LOCALES = Synth().locales
ENGLISH = ("en_US",)
BLOCKS = {"latin": "LATIN", "greek": "GREEK", "cyrillic": "CYRILLIC"}
ALPHABETS = {
    "latin": "abcdefghilmnoprstu",  # the others are foreign to one language or another
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзиклмнопрстуфхцчшюя",
}

every_locale = pytest.mark.parametrize("locale", LOCALES)


@pytest.fixture
def without_faker(monkeypatch):
    """A machine without the package Faker."""
    monkeypatch.setitem(sys.modules, "faker", None)
    _forget()
    yield
    _forget()


@pytest.fixture
def without_lists(monkeypatch, tmp_path):
    """A machine without word lists."""
    monkeypatch.setattr(words, "WORD_LISTS", tmp_path)
    _forget()
    yield
    _forget()


def _forget():
    for kept in (words.faker, words.has_own, words.vocabulary, words.installed_words):
        kept.cache_clear()


def everything(voice: Voice, rng: Random, times: int) -> list[str]:
    """Return pieces of every kind that a voice writes."""
    makers = (
        lambda: voice.paragraph(rng, 3),
        lambda: voice.line(rng),
        lambda: voice.figure(rng),
        lambda: voice.heading(rng),
        lambda: voice.capitals(rng),
        lambda: voice.numerals(rng),
        lambda: voice.punctuated(rng, 2),
    )
    return [make() for _ in range(times) for make in makers]


def letters(text: str) -> list[str]:
    return [sign for sign in text if sign.isalpha() and sign not in "ªº"]


# --- languages -----------------------------------------------------------------------------------


@every_locale
def test_a_locale_writes_in_its_script_with_all_of_its_letters(locale):
    voice = Voice(locale)
    pieces = everything(voice, Random(1), 60)
    plain = [piece for piece in pieces if "@" not in piece]  # an e-mail is Latin everywhere
    strange = {sign for sign in letters(" ".join(plain)) if not _is_of(sign, voice.script)}
    assert not strange
    seen = Counter(" ".join(pieces).lower())
    assert not [sign for sign in LANGUAGES[voice.language].letters if not seen[sign]]
    assert not [sign for sign in ALPHABETS[voice.script] if not seen[sign]]
    assert all(piece.strip() == piece and piece for piece in pieces)


def _is_of(sign: str, script: str) -> bool:
    return unicodedata.name(sign).startswith(BLOCKS[script])


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_common_words_hold_every_letter_of_the_language(language):
    text = " ".join(language.common)
    assert set(language.letters) <= set(text)
    assert set(ALPHABETS[language.script]) <= set(text)
    assert all(_is_of(sign, language.script) for sign in letters(text + language.passage))
    assert len(language.common) >= 110 and len(set(language.common)) == len(language.common)
    assert len(language.abbreviations) >= 10
    if language.script != "latin":
        assert language.passage.count(". ") >= 5


def test_the_recipe_names_three_scripts_and_every_language_here():
    assert {Voice(locale).script for locale in LOCALES} == set(BLOCKS)
    assert {Voice(locale).language for locale in LOCALES} == set(LANGUAGES)


@every_locale
def test_words_need_neither_faker_nor_lists(locale, without_faker, without_lists):
    voice = Voice(locale)
    pieces = everything(voice, Random(2), 12)
    plain = " ".join(piece for piece in pieces if "@" not in piece)
    assert all(_is_of(sign, voice.script) for sign in letters(plain))
    assert len(plain.split()) > 300
    assert everything(voice, Random(2), 12) == pieces


@every_locale
def test_a_seed_repeats_every_kind_of_text(locale):
    one, two = (everything(Voice(locale), Random(7), 6) for _ in range(2))
    assert one == two
    assert everything(Voice(locale), Random(8), 6) != one


def test_a_seed_repeats_its_words_on_another_day(monkeypatch):
    provider = pytest.importorskip("faker.providers.date_time")
    source = TextSource(ENGLISH)

    def lines(year: int) -> list[str]:
        class Then(provider.datetime):
            @classmethod
            def now(cls, tz=None):
                return cls(year, 5, 6, 7, 8, 9, tzinfo=tz)

        monkeypatch.setattr(provider, "datetime", Then)
        rng = Random(4)
        return [source.line(rng) for _ in range(60)]

    assert lines(2026) == lines(2031)


def test_an_unknown_language_is_an_error_that_names_the_known_ones():
    with pytest.raises(UsageError, match=r"'xx_XX'.* en, de, fr"):
        TextSource(("en_US", "xx_XX"))


# --- kinds of text -------------------------------------------------------------------------------


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


# --- sources -------------------------------------------------------------------------------------


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
