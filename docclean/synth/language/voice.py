"""One voice: the words, figures and headings of one page, all of one language and script."""

from collections.abc import Callable, Sequence
from random import Random

from docclean.synth.language import numerals
from docclean.synth.language.lists import Script
from docclean.synth.language.words import (
    capital,
    capitals,
    faker,
    fits,
    has_own,
    installed_words,
    language_of,
    vocabulary,
)

_SAMPLE = (
    "A scanned page comes in dirty and leaves clean. The stain of a coffee cup, the shadow of a "
    "fold and the grain of old paper are gone, and every stroke of every letter is still there. "
    "Invoice No. 4711 of 12 March 1938 amounts to 1,250.80 and falls due within thirty days. "
    "Please quote the reference above in all letters; cheques should be crossed and made payable "
    "to the firm. We remain, dear Sir, yours faithfully. The quick brown fox jumps over the lazy "
    "dog, while five wizards vex the jumping quail. Section 7: what is faint must not be lost."
)


class Voice:
    """Writes in one language; the same `Random` state writes the same words.

    Without a locale `paragraph`, `line` and `figure` draw from one built-in English passage in
    a fixed order of draws: the measured pages hang on it.
    """

    def __init__(self, locale: str, books: tuple[str, ...] = ()) -> None:
        """Take a Faker locale, or "", and whole texts in its script to quote from."""
        self.locale = locale
        self._language = language_of(locale)
        self._books = books

    @property
    def script(self) -> Script:
        """Which letters it writes with."""
        return self._language.script

    @property
    def language(self) -> str:
        """ISO 639-1 code, as fontconfig and typst know it."""
        return self._language.code

    def paragraph(self, rng: Random, sentences: int) -> str:
        """Return running text of about `sentences` sentences."""
        kinds: list[Callable[[Random, int], str]] = [self._spoken, self._spoken]
        if self.locale:
            kinds.append(self._listed)
        if self._books:
            kinds += [self._quoted] * 3
        return rng.choice(kinds)(rng, sentences) or self._spoken(rng, sentences)

    def line(self, rng: Random) -> str:
        """Return one short line: a name, a street, a date, a reference, a company, an e-mail."""
        if not self.locale:
            return " ".join(rng.sample(_SAMPLE.split(), 4))
        return (rng.random() < 0.6 and self._faked(rng)) or self._own_line(rng)

    def figure(self, rng: Random) -> str:
        """Return a price, a quantity, a date or a percentage."""
        drawn = (
            f"{rng.uniform(1, 9999):,.2f}",
            f"{rng.randrange(1, 500)}",
            f"${rng.uniform(1, 999):.2f}",
            f"{rng.randrange(1, 29):02}.{rng.randrange(1, 13):02}.{rng.randrange(1890, 2027)}",
            f"{rng.uniform(0, 100):.1f} %",
            f"No. {rng.randrange(1000, 99999)}",
        )
        if not self.locale:
            return rng.choice(drawn)
        makers = (numerals.amount, numerals.price, numerals.price, numerals.reference)
        return rng.choice(
            (*drawn[1:5:2], drawn[4], *(make(rng, self._language) for make in makers))
        )

    def heading(self, rng: Random) -> str:
        """Return 2 to 6 words without a full stop, sometimes all in capitals."""
        words = [self._word(rng) for _ in range(rng.randint(2, 6))]
        style = rng.randrange(4)
        if style == 0:
            return capitals(" ".join(words), self.language)
        if style == 1:
            return " ".join(capital(word, self.language) for word in words)
        return capital(" ".join(words), self.language)

    def capitals(self, rng: Random) -> str:
        """Return 3 to 9 words, all in capitals."""
        words = [self._word(rng) for _ in range(rng.randint(3, 9))]
        return capitals(" ".join(words), self.language)

    def numerals(self, rng: Random) -> str:
        """Return a line dense with numbers: accounts, sums, dates, telephones, fractions."""
        makers = [rng.choice(numerals.MAKERS) for _ in range(rng.randint(3, 6))]
        return " ".join(make(rng, self._language) for make in makers)

    def punctuated(self, rng: Random, sentences: int) -> str:
        """Return text full of quotes, brackets, dashes, slashes, section signs and ellipses."""
        return " ".join(self._dressed(rng) for _ in range(sentences))

    def _dressed(self, rng: Random) -> str:
        opened, closed = self._language.quotes
        other, word, twin = self._phrase(rng), self._word(rng), self._word(rng)
        first = capital(self._phrase(rng), self.language)
        answer = capital(self._phrase(rng), self.language)
        short, number = rng.choice(self._language.abbreviations), rng.randrange(1, 400)
        return rng.choice(
            (
                f"{opened}{first}{rng.choice('?!.')}{closed}",
                f"{opened}{first},{closed} {other}.",
                f"– {first}{rng.choice('?!')} – {answer}…",
                f"{first} ({other}); {word}/{twin}.",
                f"{first} – {other} – {word}.",
                f"{first}: {opened}{word}{closed}, {short} {other}.",
                f"§ {number}. {first}; {other} [{number % 60}].",
                f"{first}, {short} {word}-{twin}…",
                f"{first}... {answer}{rng.choice(('?!', '!!', '?', '*'))}",
            )
        )

    def _word(self, rng: Random) -> str:
        """Return a word; every second one is common, as in real text."""
        common = rng.random() < 0.5
        return rng.choice(self._language.common if common else vocabulary(self.locale))

    def _title(self, rng: Random) -> str:
        words = [self._word(rng) for _ in range(6)]
        return capital(next((word for word in words if len(word) > 3), words[0]), self.language)

    def _phrase(self, rng: Random) -> str:
        return " ".join(self._word(rng) for _ in range(rng.randint(2, 5)))

    def _faked(self, rng: Random) -> str:
        """Return a name, street, town, company or e-mail of Faker's; "" where it has none."""
        fake = faker(self.locale)
        provider, maker = rng.choice(
            (
                ("person", "name"),
                ("person", "name"),
                ("address", "street_address"),
                ("address", "city"),
                ("company", "company"),
                ("internet", "email"),
            )
        )
        mail = provider == "internet"  # in ASCII in every language
        if fake is None or not (mail or has_own(self.locale, provider)):
            return ""
        fake.seed_instance(rng.getrandbits(32))
        made = " ".join(str(getattr(fake, maker)()).split())
        return made if mail or fits(made, self.script) else ""

    def _own_line(self, rng: Random) -> str:
        language, word = self._language, self._title(rng)
        number = rng.randrange(1, 240)
        return rng.choice(
            (
                f"{word} {self._title(rng)}",
                language.street.format(w=word, n=number),
                language.firm.format(w=word),
                numerals.reference(rng, language),
                numerals.date(rng, language),
                self._sentence(rng, [self._word(rng) for _ in range(5)]),
                f"{rng.choice(('info', 'office', 'mail', 'post'))}{number}@example.org",
            )
        )

    def _spoken(self, rng: Random, sentences: int) -> str:
        passage = self._language.passage if self.locale else _SAMPLE
        if not self.locale or (passage and rng.random() < 0.2):
            parts = passage.rstrip(".").split(". ")
            return ". ".join(rng.choice(parts) for _ in range(sentences)) + "."
        counts = [rng.randint(4, 14) for _ in range(sentences)]
        return " ".join(
            self._sentence(rng, [self._word(rng) for _ in range(count)]) for count in counts
        )

    def _listed(self, rng: Random, sentences: int) -> str:
        """Return made-up sentences from the installed word list, or nothing without one."""
        words = installed_words(self._language)
        if not words:
            return ""
        counts = [rng.randint(5, 14) for _ in range(sentences)]
        return " ".join(self._sentence(rng, rng.choices(words, k=count)) for count in counts)

    def _quoted(self, rng: Random, sentences: int) -> str:
        book = rng.choice(self._books)
        start = rng.randrange(max(1, len(book) - 4000))
        words = book[start : start + 160 * sentences].split()
        return " ".join(words[1:-1])  # the ends are cut words

    def _sentence(self, rng: Random, words: Sequence[str]) -> str:
        body = "".join(word + rng.choice((" ", " ", " ", " ", " ", " ", ", ")) for word in words)
        return capital(body.rstrip(" ,"), self.language) + rng.choice("......?!")
