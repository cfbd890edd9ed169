"""Several readings of one page made one: words matched by place, each place votes.

Tesseract, unsure of a word, is unsure in another way on another picture of the same page: where two
looks read the same they are right, and where they differ the surer one mostly is (so ROVER votes
among recognisers of speech, Fiscus 1997). A mark that is read as a word is seldom read twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from docclean.ocr.engine import PageText, Word
from docclean.ocr.markup import paragraphs_of

ACROSS = 0.5
"""Share of the narrower of two words that lies over the other where they stand at one place."""
UPRIGHT = 0.4
"""Share of the height of both words together that they have in common there."""
ALONE = 75.0
"""Confidence below which a word that one look alone has seen is dropped, 0..100, where the others
read as much: on the validation halves of the public sets three of four such words were none."""
UNSURE, UNSURE_SHORT = 25.0, 55.0
"""Confidence below which any word, and one of at most `SHORT` letters, is dropped. Long ones have
most of their letters right even where the word is wrong; short ones mostly are marks."""
NO_SAY = 2 / 3
"""Share of what the first look has read below which another one has no say: it lost the page."""
AS_MUCH = 0.8
"""Share of what one look has read with which another one has read as much."""
SHORT = 2
"""Letters and digits of a short word."""
BETTER = 1.05
"""How much more than the first look another one reads where the page takes its order of lines."""
SUREST = 0.995
"""Share of sureness beyond which none is told apart."""
BLOCK = 256
"""Words held against those of another look at a time: a newspaper has some thousands."""

Boxes = NDArray[np.float64]
"""Left, top, right and bottom of words, (N, 4), px."""
Row = list[int]
"""A line of the page to be: numbers of places from left to right."""


@dataclass(frozen=True)
class _Seen:
    """One word of one look: which look, and the number of its line there."""

    look: int
    line: int
    word: Word


def fused(looks: Sequence[PageText]) -> PageText:
    """Return the words of several looks at one page, voted on, in the lines of the first look.

    Words stand at one place where their boxes overlap; where one look has a word, another may have
    two, or none. Each reading of a place counts by the odds that its words are right, as their
    confidence tells them, times the odds of its look on the whole page. Words that are too unsure
    are dropped: see `ALONE` and `UNSURE`. A look that reads much more than the first gives the
    order of lines; one that reads much less has no say. A look that is the only one stays as it is.

    Args:
        looks: with words, whose boxes are all in px of the same page.
    """
    if len(looks) == 1:
        return looks[0]
    seconds = sum(look.seconds for look in looks)
    looks = [look for look in looks if _worth(look) >= NO_SAY * _worth(looks[0])]
    seen = [list(_seen(number, look)) for number, look in enumerate(looks)]
    weights, worth = [_odds(look.words) for look in looks], [_worth(look) for look in looks]
    places = _places(seen)
    chosen = [_voted(place, weights, worth) for place in places]
    most = max(range(len(looks)), key=lambda number: worth[number])
    best = most if worth[most] > BETTER * worth[0] else 0
    page = _ordered(seen, best, places, looks[best])
    told = [[[word for at in row for word in chosen[at]] for row in rows] for rows in page]
    return text_of(told, seconds)


def without_unsure(look: PageText) -> PageText:
    """Return one look without its unsure words: what dropping alone gains, without any vote."""
    kept = [
        [[word for word in line if word.confidence >= _least(word, 0.0)] for line in paragraph]
        for paragraph in paragraphs_of(look)
    ]
    return text_of(kept, look.seconds)


def brought(look: PageText, scale: float) -> PageText:
    """Return a look with its boxes multiplied: in px of a page that is `scale` times as large."""
    if scale == 1:
        return look
    words = (
        replace(
            word,
            left=round(scale * word.left),
            top=round(scale * word.top),
            width=max(1, round(scale * word.width)),
            height=max(1, round(scale * word.height)),
        )
        for word in look.words
    )
    return replace(look, words=tuple(words))


def _seen(look: int, found: PageText) -> Iterator[_Seen]:
    lines = [line for paragraph in paragraphs_of(found) for line in paragraph]
    return (_Seen(look, number, word) for number, line in enumerate(lines) for word in line)


def _worth(look: PageText) -> float:
    """Return how much a look has read: its letters, by the square of their mean sureness."""
    return _letters(look.words) * _sureness(look.words) ** 2


def _letters(words: Sequence[Word]) -> int:
    return sum(len(word.text) for word in words)


def _sureness(words: Sequence[Word]) -> float:
    """Return the mean confidence of words, letter by letter, 0..1."""
    sure = sum(len(word.text) * max(0.0, word.confidence) for word in words)
    return sure / 100 / max(1, _letters(words))


def _odds(words: Sequence[Word]) -> float:
    """Return the odds that words are right."""
    sure = min(SUREST, max(1 - SUREST, _sureness(words)))
    return sure / (1 - sure)


# --- what stands where, and what is read there ----------------------------------------------------


def _places(seen: Sequence[Sequence[_Seen]]) -> list[list[_Seen]]:
    """Return the words of all looks by the place they stand at."""
    every = [one for look in seen for one in look]
    root = list(range(len(every)))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    starts = np.cumsum([0, *map(len, seen)])
    boxes = [_boxes(look) for look in seen]
    for first in range(len(seen)):
        for second in range(first + 1, len(seen)):
            for a, b in _meetings(boxes[first], boxes[second]):
                one, other = find(int(starts[first]) + a), find(int(starts[second]) + b)
                root[max(one, other)] = min(one, other)
    places: dict[int, list[_Seen]] = {}
    for number, word in enumerate(every):
        places.setdefault(find(number), []).append(word)
    return list(places.values())


def _boxes(look: Sequence[_Seen]) -> Boxes:
    words = [one.word for one in look]
    sides = [(w.left, w.top, w.left + w.width, w.top + w.height) for w in words]
    return np.array(sides, np.float64).reshape(-1, 4)


def _meetings(one: Boxes, other: Boxes) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the words of two looks that stand at one place."""
    for start in range(0, len(one), BLOCK):
        a, b = one[start : start + BLOCK, None], other[None]
        wide = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
        tall = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
        narrower = np.minimum(a[..., 2] - a[..., 0], b[..., 2] - b[..., 0])
        both = np.maximum(a[..., 3], b[..., 3]) - np.minimum(a[..., 1], b[..., 1])
        for row, column in np.argwhere((wide > ACROSS * narrower) & (tall > UPRIGHT * both)):
            yield start + int(row), int(column)


def _voted(place: Sequence[_Seen], weights: Sequence[float], worth: Sequence[float]) -> list[Word]:
    """Return the words of a place as the looks vote, without those that are too unsure.

    Args:
        place: the words that stand there.
        weights: of each look the odds that its words are right.
        worth: of each look how much it has read.
    """
    sides: dict[int, list[Word]] = {}
    for one in place:
        sides.setdefault(one.look, []).append(one.word)
    votes: dict[tuple[str, ...], float] = {}
    for look, words in sides.items():
        told = tuple(word.text for word in words)
        votes[told] = votes.get(told, 0.0) + _odds(words) * weights[look]
    won = max(votes, key=lambda told: votes[told])
    agreed = [words for words in sides.values() if tuple(word.text for word in words) == won]
    doubt = _doubt(next(iter(sides)), worth) if len(sides) == 1 else 0.0
    return [word for word in max(agreed, key=_sureness) if word.confidence >= _least(word, doubt)]


def _doubt(look: int, worth: Sequence[float]) -> float:
    """Return how much it tells that the other looks have not seen a word, 0..1.

    A look that has read little tells little.
    """
    others = max((one for number, one in enumerate(worth) if number != look), default=0.0)
    return min(1.0, others / max(AS_MUCH * worth[look], 1.0))


def _least(word: Word, doubt: float) -> float:
    """Return the confidence that a word needs to stay; `doubt` is 0 where all have seen it."""
    letters = sum(letter.isalnum() for letter in word.text)
    least = UNSURE_SHORT if letters <= SHORT else UNSURE
    return max(least, UNSURE + doubt * (ALONE - UNSURE))


# --- in what order --------------------------------------------------------------------------------


def _ordered(
    seen: Sequence[Sequence[_Seen]], best: int, places: Sequence[Sequence[_Seen]], look: PageText
) -> list[list[Row]]:
    """Return the places by paragraph and line: those of the best look, and between them the others.

    A place that the best look has not seen comes beside its neighbour on the line of the look that
    has; a line of which the best look has seen nothing comes after the one before it.
    """
    at = {id(one): number for number, place in enumerate(places) for one in place}
    lines = [_rows(one, at) for one in seen]
    home: dict[int, Row] = {}
    for row in lines[best]:
        row[:] = [place for place in row if home.setdefault(place, row) is row]
    mine = iter(lines[best])
    page = [[next(mine) for _ in paragraph] for paragraph in paragraphs_of(look)]
    for number, rows in enumerate(lines):
        last: Row | None = None
        for row in rows if number != best else ():
            last = _joined(row, home, page, last)
    return page


def _rows(look: Sequence[_Seen], at: dict[int, int]) -> list[Row]:
    """Return the places of each line of a look, each place once."""
    rows: dict[int, dict[int, None]] = {}
    for one in look:
        rows.setdefault(one.line, {})[at[id(one)]] = None
    return [list(row) for row in rows.values()]


def _joined(row: Row, home: dict[int, Row], page: list[list[Row]], last: Row | None) -> Row:
    """Take a line of another look into the page; return the line that the next one comes after."""
    known = [place for place in row if place in home]
    if not known:
        home.update(dict.fromkeys(row, row))
        _insert(row, page, last)
        return row
    before: int | None = None
    for place in row:
        if place not in home:
            beside = known[0] if before is None else before
            there = home[beside]
            there.insert(there.index(beside) + (before is not None), place)
            home[place] = there
            if before is None:
                continue
        before = place
    return home[known[-1]]


def _insert(row: Row, page: list[list[Row]], last: Row | None) -> None:
    """Put a line after another one, or first."""
    for paragraph in page:
        for number, one in enumerate(paragraph):
            if one is last:
                paragraph.insert(number + 1, row)
                return
    page.insert(0, [row])


def text_of(page: Sequence[Sequence[Sequence[Word]]], seconds: float) -> PageText:
    """Return words by paragraph and line as a text with its words."""
    kept = [[line for line in paragraph if line] for paragraph in page]
    lines = [[" ".join(word.text for word in line) for line in paragraph] for paragraph in kept]
    text = "\n\n".join("\n".join(paragraph) for paragraph in lines if paragraph)
    words = tuple(word for paragraph in kept for line in paragraph for word in line)
    return PageText(text, words, seconds)
