"""How well a text was read: numbers only, no pages and no programs.

CER and WER are edit distance (Levenshtein 1966: insert, delete, replace, each costs one) divided
by the length of the truth. Word precision and recall forget the order, because OCR of columns and
tables often reads every word and only in another order.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class TextRules:
    """What counts as the same text. White space is always folded to single spaces.

    Attributes:
        form: Unicode normal form; NFC joins a letter and its accent, NFKC also takes 'ﬁ' for 'fi'.
        fold_case: whether 'A' and 'a' are the same letter.
    """

    form: Literal["NFC", "NFKC"] = "NFC"
    fold_case: bool = False


PLAIN = TextRules()
"""The rules used where none are given: NFC, white space folded, case kept."""


def normalise(text: str, rules: TextRules = PLAIN) -> str:
    """Return the text in the form that is compared."""
    text = unicodedata.normalize(rules.form, text)
    if rules.fold_case:  # NFKC brings capitals forth ('™'), and folding may part what NFC joined
        text = unicodedata.normalize(rules.form, text.casefold())
    return " ".join(text.split())


@dataclass(frozen=True)
class Score:
    """Counts of one reading, or of several added up.

    Attributes:
        char_edits: edit distance in characters.
        chars: characters of the truth.
        word_edits: edit distance in words.
        words: words of the truth.
        words_read: words of the reading.
        words_found: words of the truth found in the reading, wherever they stand (multiset).
    """

    char_edits: int = 0
    chars: int = 0
    word_edits: int = 0
    words: int = 0
    words_read: int = 0
    words_found: int = 0

    def __add__(self, other: "Score") -> "Score":
        """Add the counts: the sum's rates are micro averages."""
        return Score(
            self.char_edits + other.char_edits,
            self.chars + other.chars,
            self.word_edits + other.word_edits,
            self.words + other.words,
            self.words_read + other.words_read,
            self.words_found + other.words_found,
        )

    @property
    def cer(self) -> float:
        """Character error rate, 0 for a perfect reading; may exceed 1."""
        return _error_rate(self.char_edits, self.chars)

    @property
    def wer(self) -> float:
        """Word error rate, 0 for a perfect reading; may exceed 1."""
        return _error_rate(self.word_edits, self.words)

    @property
    def recall(self) -> float:
        """Share of the truth's words that were found, 0..1; 1 where there were none to find."""
        return self.words_found / self.words if self.words else 1.0

    @property
    def precision(self) -> float:
        """Share of the read words that are true, 0..1; 1 where nothing was read."""
        return self.words_found / self.words_read if self.words_read else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1; 1 where both texts are empty."""
        both = self.words + self.words_read
        return 2 * self.words_found / both if both else 1.0


@dataclass(frozen=True)
class Rates:
    """The rates of a folder as plain numbers."""

    cer: float
    wer: float
    recall: float
    precision: float
    f1: float


def score(truth: str, read: str, rules: TextRules = PLAIN) -> Score:
    """Compare what was read with the truth."""
    truth, read = normalise(truth, rules), normalise(read, rules)
    true_words, read_words = truth.split(), read.split()
    return Score(
        char_edits=Levenshtein.distance(truth, read),
        chars=len(truth),
        word_edits=Levenshtein.distance(true_words, read_words),
        words=len(true_words),
        words_read=len(read_words),
        words_found=(Counter(true_words) & Counter(read_words)).total(),
    )


def cer(truth: str, read: str, rules: TextRules = PLAIN) -> float:
    """Return the character error rate of `read`."""
    return score(truth, read, rules).cer


def wer(truth: str, read: str, rules: TextRules = PLAIN) -> float:
    """Return the word error rate of `read`."""
    return score(truth, read, rules).wer


def word_changes(
    truth: str, before: str, after: str, rules: TextRules = PLAIN
) -> tuple[Counter[str], Counter[str]]:
    """Return the truth's words found only in `after` (gained) and only in `before` (lost)."""
    words = Counter(normalise(truth, rules).split())
    found_before = words & Counter(normalise(before, rules).split())
    found_after = words & Counter(normalise(after, rules).split())
    return found_after - found_before, found_before - found_after


def micro(scores: Sequence[Score]) -> Rates:
    """Return the rates of all pages read as one long text: long pages weigh more."""
    total = sum(scores, Score())
    return Rates(total.cer, total.wer, total.recall, total.precision, total.f1)


def macro(scores: Sequence[Score]) -> Rates:
    """Return the mean of the pages' own rates: every page weighs the same; nan for no page."""
    if not scores:
        return Rates(*[math.nan] * 5)
    rows = [(one.cer, one.wer, one.recall, one.precision, one.f1) for one in scores]
    return Rates(*(math.fsum(column) / len(rows) for column in zip(*rows, strict=True)))


def _error_rate(edits: int, length: int) -> float:
    """Divide; against an empty truth a reading is either right (0) or wholly wrong (1)."""
    if length == 0:
        return float(edits > 0)
    return edits / length
