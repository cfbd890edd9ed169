"""The words a language offers here: Faker's, installed lists, common ones; and how it writes them.

Faker is optional and speaks only some languages: what it has not comes from `lists`.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from docclean.synth.language.lists import LANGUAGES, Language, Script

WORD_LISTS = Path("/usr/share/dict")
MAX_WORDS = 20_000
"""Words kept of an installed list, evenly spread: some hold a million."""


def language_of(locale: str) -> Language:
    """Return the language of a Faker locale; English where it is unknown."""
    return LANGUAGES.get(locale.partition("_")[0], LANGUAGES["en"])


def capital(text: str, language: str) -> str:
    """Return `text` with a capital at its front, as the language writes it."""
    front = "İ" if language == "tr" and text[:1] == "i" else text[:1].upper()
    return front + text[1:]


def capitals(text: str, language: str) -> str:
    """Return `text` in capitals: Turkish keeps the dot of i, Greek drops the accents."""
    if language == "tr":
        text = text.replace("i", "İ")
    if language == "el":
        bare = unicodedata.normalize("NFD", text).replace("\N{COMBINING ACUTE ACCENT}", "")
        text = unicodedata.normalize("NFC", bare)
    return text.upper()


def script_of(text: str) -> Script:
    """Return the script that most letters of `text` are of; Latin when in doubt."""
    counts: dict[Script, int] = {"latin": 0, "greek": 0, "cyrillic": 0}
    for sign in text[:20_000]:
        counts[_letter_script(sign)] += sign.isalpha()
    return max(counts, key=lambda script: counts[script])


def fits(text: str, script: Script) -> bool:
    """Say whether all letters are of one script and no sign is broken, as some of Faker's are."""
    if any(unicodedata.category(sign) in ("Sk", "Cc", "Co", "Cn") for sign in text):
        return False
    return all(_letter_script(sign) == script for sign in text if sign.isalpha())


def _letter_script(sign: str) -> Script:
    if "\u0370" <= sign <= "\u03ff" or "\u1f00" <= sign <= "\u1fff":
        return "greek"
    return "cyrillic" if "\u0400" <= sign <= "\u052f" else "latin"


@lru_cache(maxsize=64)
def faker(locale: str) -> Any:
    """Return a Faker of one locale, or None without a locale or where Faker is not installed."""
    if not locale:
        return None
    try:
        from faker import Faker
    except ModuleNotFoundError:
        return None
    try:
        return Faker(locale)
    except AttributeError:  # it has the language, but not this country
        return None


@lru_cache(maxsize=256)
def has_own(locale: str, provider: str) -> bool:
    """Say whether Faker's `provider` is of this locale: where it has none, it speaks English."""
    fake = faker(locale)
    modules = [item.__module__ for item in fake.factories[0].providers] if fake else []
    return f"faker.providers.{provider}.{locale}" in modules


@lru_cache(maxsize=64)
def vocabulary(locale: str) -> tuple[str, ...]:
    """Return a wide choice of words: Faker's, else the installed list, else the common ones.

    Without a locale only the common ones: those pages repeat on every machine.
    """
    language = language_of(locale)
    if not locale:
        return language.common
    if not has_own(locale, "lorem"):
        return installed_words(language) or language.common
    words = faker(locale).get_words_list()
    return tuple(word for word in words if fits(word, language.script) and " " not in word)


@lru_cache(maxsize=32)
def installed_words(language: Language) -> tuple[str, ...]:
    """Return up to `MAX_WORDS` words of the language's installed list; none without one."""
    path = WORD_LISTS / language.dictionary
    if not language.dictionary or not path.is_file():
        return ()
    stored = path.read_bytes()
    try:
        lines = stored.decode("utf-8").split()
    except UnicodeDecodeError:  # the Swedish list is older than UTF-8
        lines = stored.decode("latin-1").split()
    spread = lines[:: -(-len(lines) // MAX_WORDS) or 1]
    return tuple(word for word in spread if fits(word, language.script))
