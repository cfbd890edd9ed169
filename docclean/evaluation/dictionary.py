"""The words of a language, as Tesseract itself knows them, and how many of a reading's are real.

Tesseract's own dictionary helps it to choose between two readings of a blurred word, so what it
reads looks a little more like a dictionary than the page does. That would be unfair between two
engines; here the same engine with the same dictionary reads the page before and after cleaning.
"""

import logging
import os
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

SECONDS = 30.0
"""After which a program that unpacks words is given up; it takes half a second at most."""

PARTS = (("lstm-word-dawg", "lstm-unicharset"), ("word-dawg", "unicharset"))
"""A pack's word graph and the alphabet it is written in: of the LSTM engine, of the old one."""

LEAST_LETTERS = 3
"""Shorter words prove nothing: nearly every two letters are a word of Tesseract's.

Three random letters still are one in 15 % (deu) to 64 % (eng) of cases, four in 2 % to 8 %; yet on
217 benchmark pages words from three, four and five letters on ranked the pages by their CER alike.
"""

WORD_LISTS = Path("/usr/share/dict")
"""Where Unix keeps word lists, one word a line."""

LISTS = {
    "cat": ("catalan",),
    "dan": ("danish",),
    "deu": ("ngerman", "ogerman"),
    "eng": ("american-english", "british-english"),
    "fao": ("faroese",),
    "fra": ("french",),
    "glg": ("galician-minimos",),
    "ita": ("italian",),
    "nld": ("dutch",),
    "nor": ("bokmaal", "nynorsk"),
    "pol": ("polish",),
    "por": ("portuguese", "brazilian"),
    "spa": ("spanish",),
    "swe": ("swedish",),
    "ukr": ("ukrainian",),
}
"""Names of the word lists of each language, as Debian packs them."""


@cache
def dictionary(lang: str) -> frozenset[str] | None:
    """Return the words of a language, casefolded, or None where none are found.

    Unpacking takes 0.2 s (deu, fra) to 0.7 s (ces, eng), once a process. Where a program or a
    pack is missing the system's word lists stand in; nothing missing is an error.

    Args:
        lang: language packs joined by '+', such as 'eng' or 'deu+fra'.
    """
    words: set[str] = set()
    for name in lang.split("+"):
        found = _pack_words(name) or _listed_words(name)
        log.debug("dictionary of %s: %d words", name, len(found))
        words |= found
    return frozenset(words) or None


def known_share(words: Iterable[str], dictionary: frozenset[str] | None) -> float | None:
    """Return the share of the words that are in the dictionary, 0..1.

    A word counts from three letters on, without the punctuation around it; a number is none, but a
    letter read as a digit makes a word an unknown one. 'well-known' and "l'homme" are known where
    every part of three letters is.

    Args:
        words: as they were read.
        dictionary: casefolded words.

    Returns:
        None without a dictionary, and where no word counts.
    """
    if dictionary is None:
        return None
    plain = [word for word in map(_plain, words) if _letters(word) >= LEAST_LETTERS]
    if not plain:
        return None
    return sum(_is_known(word, dictionary) for word in plain) / len(plain)


def _is_known(word: str, words: frozenset[str]) -> bool:
    if word in words:
        return True
    parts = [part for part in re.split(r"['/-]", word) if _letters(part) >= LEAST_LETTERS]
    return bool(parts) and all(part in words for part in parts)


def _plain(word: str) -> str:
    """Fold case, ligatures and the kinds of apostrophe and hyphen; strip what is no letter."""
    word = unicodedata.normalize("NFC", word.casefold())
    word = re.sub("[\u2018\u2019\u02bc]", "'", word)
    word = re.sub("[\u2010\u2011\u2013\u2014]", "-", word)
    return re.sub(r"^[\W_]+|[\W_]+$", "", word)


def _letters(word: str) -> int:
    return sum(map(str.isalpha, word))


def _pack_words(name: str) -> set[str]:
    """Return the words of one of Tesseract's language packs; none where that does not work."""
    try:
        pack = _pack(name)
        if pack is None:
            return set()
        with tempfile.TemporaryDirectory(prefix="docclean-") as folder:
            for part, alphabet in PARTS:
                graph, letters = Path(folder, f"a.{part}"), Path(folder, f"a.{alphabet}")
                _run("combine_tessdata", "-e", pack, graph, letters)
                if graph.is_file() and letters.is_file():
                    text = Path(folder, "words.txt")
                    _run("dawg2wordlist", letters, graph, text)
                    return _lines(text)
    except (OSError, subprocess.SubprocessError) as error:
        log.debug("no words from Tesseract's pack %s: %s", name, error)
    return set()


def _pack(name: str) -> Path | None:
    """Return the file of a language pack, where Tesseract says that it looks for it."""
    listed = _run("tesseract", "--list-langs")
    folders = re.findall(r'available languages in "(.+)"', listed)
    if prefix := os.environ.get("TESSDATA_PREFIX"):
        folders += [prefix, str(Path(prefix, "tessdata"))]
    packs = (Path(folder, f"{name}.traineddata") for folder in folders)
    return next((pack for pack in packs if pack.is_file()), None)


def _run(program: str, *arguments: str | Path) -> str:
    """Run a program to its end and return what it printed; a part it lacks is no failure."""
    done = subprocess.run(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")


def _listed_words(name: str) -> set[str]:
    """Return the words of the system's lists of one language; none where there are none."""
    words: set[str] = set()
    for path in (WORD_LISTS / listed for listed in LISTS.get(name, ())):
        try:
            words |= _lines(path)
        except OSError as error:
            log.debug("no word list %s: %s", path, error)
    return words


def _lines(path: Path) -> set[str]:
    """Return the lines of a file, casefolded and composed as words are that were read."""
    text = path.read_text("utf-8", "replace").casefold()
    return set(unicodedata.normalize("NFC", text).split())
