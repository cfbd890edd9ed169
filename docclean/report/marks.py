"""Which words changed between two readings of a page: what a report marks in the texts."""

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from docclean.scores.text import PLAIN, TextRules, normalise, word_changes

Marks = tuple[list[int], list[int]]
"""Which words of the text before were lost and which of the text after were gained, from 0."""


def mark_words(truth: str | None, before: str, after: str, rules: TextRules = PLAIN) -> Marks:
    """Return the places of the words that were lost in `before` and gained in `after`.

    Gained and lost is what `word_changes` says; without truth, the words only one of the texts
    has. Of several equal words those are marked that stand where the two texts differ. Places
    count the words of a text from 0.
    """
    first, second = _keys(before, rules), _keys(after, rules)
    if truth is None:
        one, other = Counter(first), Counter(second)
        gained, lost = other - one, one - other
    else:
        gained, lost = word_changes(truth, before, after, rules)
    if not gained and not lost:
        return [], []
    blocks = Levenshtein.opcodes(first, second)
    differ = [block for block in blocks if block.tag != "equal"]
    in_first = {n for block in differ for n in range(block.src_start, block.src_end)}
    in_second = {n for block in differ for n in range(block.dest_start, block.dest_end)}
    return _places(first, lost, in_first), _places(second, gained, in_second)


def _keys(text: str, rules: TextRules) -> list[str]:
    """Return what each word of a text counts as, one key a word."""
    words, keys = text.split(), normalise(text, rules).split()
    if len(words) == len(keys):
        return keys
    return [normalise(word, rules) for word in words]  # NFKC parts some words, such as '´a'


def _places(words: Sequence[str], wanted: Counter[str], first_in: set[int]) -> list[int]:
    """Return the places of as many words as are wanted, those in `first_in` before others."""
    left, places = wanted.copy(), []
    for place in sorted(range(len(words)), key=lambda place: place not in first_in):
        if left[words[place]] > 0:
            left[words[place]] -= 1
            places.append(place)
    return sorted(places)
