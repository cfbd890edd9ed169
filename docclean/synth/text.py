"""Words for a page: Faker, the word lists installed on the machine, or any folder of text."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from random import Random

from docclean.errors import UnreadableInputError

LATEST = datetime(2026, 1, 1)
"""Dates are drawn up to here, not to today: else a seed says other words tomorrow."""
WORD_LISTS = Path("/usr/share/dict")
_SAMPLE = (
    "A scanned page comes in dirty and leaves clean. The stain of a coffee cup, the shadow of a "
    "fold and the grain of old paper are gone, and every stroke of every letter is still there. "
    "Invoice No. 4711 of 12 March 1938 amounts to 1,250.80 and falls due within thirty days. "
    "Please quote the reference above in all letters; cheques should be crossed and made payable "
    "to the firm. We remain, dear Sir, yours faithfully. The quick brown fox jumps over the lazy "
    "dog, while five wizards vex the jumping quail. Section 7: what is faint must not be lost."
)


class TextSource:
    """Draws sentences, lines and figures; the same `Random` state draws the same words."""

    def __init__(self, locales: tuple[str, ...], folder: Path | None = None) -> None:
        """Prepare the sources; without locales, or without Faker, a built-in passage stands in.

        Raises:
            UnreadableInputError: `folder` is given and holds no .txt file.
        """
        self._locales = locales
        self._books: list[str] = []
        if folder is not None:
            self._books = [
                path.read_text("utf-8", errors="replace") for path in sorted(folder.rglob("*.txt"))
            ]
            if not self._books:
                raise UnreadableInputError(f"{folder}: no .txt file here; name a folder of text")

    def paragraph(self, rng: Random, sentences: int) -> str:
        """Return running text of about `sentences` sentences."""
        kinds: list[Callable[[Random, int], str]] = [self._faked, self._faked]
        if self._locales:
            kinds.append(_listed)
        if self._books:
            kinds += [self._quoted] * 3
        return rng.choice(kinds)(rng, sentences) or self._faked(rng, sentences)

    def line(self, rng: Random) -> str:
        """Return one short line: a name, a street, a date, a reference."""
        fake = _faker(self._locale(rng))
        if fake is None:
            return " ".join(rng.sample(_SAMPLE.split(), 4))
        fake.seed_instance(rng.getrandbits(32))
        makers = (
            fake.name,
            fake.street_address,
            fake.city,
            fake.company,
            fake.email,
            lambda: fake.date(end_datetime=LATEST),
            lambda: fake.sentence(5),
            lambda: fake.bothify("Ref. ??-####/##").upper(),
        )
        return str(rng.choice(makers)())

    def figure(self, rng: Random) -> str:
        """Return a price, a quantity, a date or a percentage."""
        return rng.choice(
            (
                f"{rng.uniform(1, 9999):,.2f}",
                f"{rng.randrange(1, 500)}",
                f"${rng.uniform(1, 999):.2f}",
                f"{rng.randrange(1, 29):02}.{rng.randrange(1, 13):02}.{rng.randrange(1890, 2027)}",
                f"{rng.uniform(0, 100):.1f} %",
                f"No. {rng.randrange(1000, 99999)}",
            )
        )

    def _locale(self, rng: Random) -> str:
        if not self._locales:
            return ""
        return self._locales[0] if rng.random() < 0.5 else rng.choice(self._locales)

    def _faked(self, rng: Random, sentences: int) -> str:
        fake = _faker(self._locale(rng))
        if fake is None:
            parts = _SAMPLE.rstrip(".").split(". ")
            return ". ".join(rng.choice(parts) for _ in range(sentences)) + "."
        fake.seed_instance(rng.getrandbits(32))
        return str(fake.paragraph(nb_sentences=sentences, variable_nb_sentences=False))

    def _quoted(self, rng: Random, sentences: int) -> str:
        book = rng.choice(self._books)
        start = rng.randrange(max(1, len(book) - 4000))
        words = book[start : start + 160 * sentences].split()
        return " ".join(words[1:-1])  # the ends are cut words


@lru_cache(maxsize=16)
def _faker(locale: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Return a Faker of one locale, or None without a locale or where Faker is not installed."""
    if not locale:
        return None
    try:
        from faker import Faker
    except ModuleNotFoundError:
        return None
    return Faker(locale)


@lru_cache(maxsize=1)
def _word_lists() -> tuple[tuple[str, ...], ...]:
    lists = []
    for path in sorted(WORD_LISTS.glob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.lower().startswith("readme"):
            lists.append(tuple(path.read_text("utf-8", errors="ignore").split()))
    return tuple(words for words in lists if len(words) > 1000)


def _listed(rng: Random, sentences: int) -> str:
    """Return made-up sentences of words from one installed word list, or nothing without one."""
    lists = _word_lists()
    if not lists:
        return ""
    words = rng.choice(lists)
    made = []
    for _ in range(sentences):
        picked = [rng.choice(words) for _ in range(rng.randrange(5, 15))]
        body = "".join(word + rng.choice((" ", " ", " ", " ", ", ", "; ")) for word in picked)
        made.append(body.rstrip(" ,;").capitalize() + rng.choice(".....?!"))
    return " ".join(made)
