"""Shared by the tests beside: what they are made of."""

import sys
import unicodedata
from random import Random

import pytest

from docclean.recipe import Synth
from docclean.synth.language import words
from docclean.synth.language.voice import Voice

LOCALES = Synth().locales
ENGLISH = ("en_US",)
BLOCKS = {"latin": "LATIN", "greek": "GREEK", "cyrillic": "CYRILLIC"}
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


def _is_of(sign: str, script: str) -> bool:
    return unicodedata.name(sign).startswith(BLOCKS[script])
