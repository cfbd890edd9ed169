"""Words of pages: each language writes in its own letters, and a seed repeats them."""

# ruff: noqa: F811  (fixtures come by import)

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

from docclean.errors import UsageError
from docclean.synth import TextSource
from docclean.synth.language.lists import LANGUAGES
from docclean.synth.language.voice import Voice

ALPHABETS = {
    "latin": "abcdefghilmnoprstu",  # the others are foreign to one language or another
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзиклмнопрстуфхцчшюя",
}


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
