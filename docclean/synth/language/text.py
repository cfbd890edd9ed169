"""Where the words of pages come from: Faker, installed word lists, or any folder of text.

A page is written by one `Voice`: one language, so one script, from its heading to its last figure.
"""

from pathlib import Path
from random import Random

from docclean.errors import UnreadableInputError, UsageError
from docclean.synth.language.lists import LANGUAGES, Script
from docclean.synth.language.voice import Voice
from docclean.synth.language.words import language_of, script_of

_READERS = {"latin": "en_US", "greek": "el_GR", "cyrillic": "ru_RU"}
"""Who quotes a book in a script that none of the locales writes."""


class TextSource:
    """Draws voices, or single pieces of text; the same `Random` state draws the same words."""

    def __init__(self, locales: tuple[str, ...], folder: Path | None = None) -> None:
        """Prepare the sources; without locales, or without Faker, built-in words stand in.

        Raises:
            UnreadableInputError: `folder` is given and holds no .txt file.
            UsageError: nothing is known of a locale's language.
        """
        for locale in locales:
            if locale.partition("_")[0] not in LANGUAGES:
                raise UsageError(
                    f"no words for the locale '{locale}'; the languages are {', '.join(LANGUAGES)}"
                )
        self._locales = locales or ("",)
        self._books: list[tuple[Script, str]] = []
        if folder is not None:
            paths = sorted(folder.rglob("*.txt"))
            if not paths:
                raise UnreadableInputError(f"{folder}: no .txt file here; name a folder of text")
            texts = [path.read_text("utf-8", errors="replace") for path in paths]
            self._books = [(script_of(text), text) for text in texts]

    def voice(self, rng: Random) -> Voice:
        """Return the writer of one page; the first locale is drawn half of the time.

        With a folder of text every second page is in the script of one of its books.
        """
        locales = self._locales
        if self._books and rng.random() < 0.5:
            script = rng.choice(self._books)[0]
            fitting = tuple(name for name in locales if language_of(name).script == script)
            locales = fitting or (_READERS[script],)
        locale = locales[0]
        # one locale needs no draw: the pages of the benchmark hang on the order of draws
        if len(locales) > 1 and rng.random() >= 0.5:
            locale = rng.choice(locales)
        script = language_of(locale).script
        return Voice(locale, tuple(text for of, text in self._books if of == script))

    def paragraph(self, rng: Random, sentences: int) -> str:
        """Return running text of about `sentences` sentences."""
        return self.voice(rng).paragraph(rng, sentences)

    def line(self, rng: Random) -> str:
        """Return one short line: a name, a street, a date, a reference."""
        return self.voice(rng).line(rng)

    def figure(self, rng: Random) -> str:
        """Return a price, a quantity, a date or a percentage."""
        return self.voice(rng).figure(rng)
