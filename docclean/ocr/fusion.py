"""Several readings of one page made one: words matched by place, each place votes.

Tesseract, unsure of a word, is unsure in another way on another picture of the same page. Where
two looks read the same it is right; where they differ the surer one mostly is (ROVER, Fiscus 1997,
votes so among recognisers of speech). A mark that is read as a word is seldom read twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.ocr.engine import PageText, Word
from docclean.ocr.markup import Line, paragraphs_of

ACROSS = 0.5
"""Share of the narrower of two words that lies over the other where they stand at one place."""
UPRIGHT = 0.4
"""Share of the height of both words together that they have in common there."""
UNSURE = 50.0
"""Confidence below which a word that one look alone has seen is dropped, 0..100."""

Boxes = NDArray[np.float64]
"""Left, top, right and bottom of words, (N, 4), px."""


@dataclass(frozen=True)
class _Seen:
    """One word of one look: which look, the number of its word and of its line there."""

    look: int
    number: int
    line: int
    word: Word


def fused(looks: Sequence[PageText], unsure: float = UNSURE) -> PageText:
    """Return the words of several looks at one page, voted on; its lines are the best look's.

    Words stand at one place where their boxes overlap; one word of a look may stand where another
    look has two, or none. What most looks read wins, each counting by its confidence squared; of
    a word that one look has split, the parts together. A place that one look alone has seen keeps
    its word where that is sure enough.

    Args:
        looks: with words, whose boxes are all in px of the same page.
        unsure: confidence below which a word that one look alone has seen is dropped, 0..100.
    """
    lined = [_lines(look) for look in looks]
    seen = [list(_seen(number, lines)) for number, lines in enumerate(lined)]
    best = max(range(len(looks)), key=lambda number: _worth(looks[number].words))
    places = _places(seen)
    chosen = [_voted(place, unsure if len(looks) > 1 else 0.0) for place in places]
    seconds = sum(look.seconds for look in looks)
    rows = _ordered(seen, best, places, looks[best])
    return _told(
        [[[w for p in row for w in chosen[p]] for row in rows_] for rows_ in rows], seconds
    )


def without_unsure(look: PageText, unsure: float = UNSURE) -> PageText:
    """Return one look without its words of low confidence: what dropping alone gains."""
    kept = [
        [[word for word in line if word.confidence >= unsure] for line in paragraph]
        for paragraph in paragraphs_of(look)
    ]
    return _told(kept, look.seconds)


def _worth(words: Sequence[Word]) -> float:
    """Return how much a look has read: its letters, each by its word's confidence squared."""
    return sum(len(word.text) * _vote(word) for word in words)


def _vote(word: Word) -> float:
    return (max(0.0, word.confidence) / 100) ** 2


def _lines(look: PageText) -> list[Line]:
    return [line for paragraph in paragraphs_of(look) for line in paragraph]


def _seen(look: int, lines: Sequence[Line]) -> Iterator[_Seen]:
    number = 0
    for place, line in enumerate(lines):
        for word in line:
            yield _Seen(look, number, place, word)
            number += 1


# --- what stands where ----------------------------------------------------------------------------


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
            for a, b in zip(*_overlapping(boxes[first], boxes[second]), strict=True):
                one, other = find(int(starts[first] + a)), find(int(starts[second] + b))
                root[max(one, other)] = min(one, other)
    places: dict[int, list[_Seen]] = {}
    for number, word in enumerate(every):
        places.setdefault(find(number), []).append(word)
    return list(places.values())


def _boxes(look: Sequence[_Seen]) -> Boxes:
    sides = [
        (
            one.word.left,
            one.word.top,
            one.word.left + one.word.width,
            one.word.top + one.word.height,
        )
        for one in look
    ]
    return np.array(sides, np.float64).reshape(-1, 4)


def _overlapping(one: Boxes, other: Boxes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the numbers of the words of two looks that stand at one place."""
    a, b = one[:, None], other[None]
    wide = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    tall = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    narrower = np.minimum(a[..., 2] - a[..., 0], b[..., 2] - b[..., 0])
    both = np.maximum(a[..., 3], b[..., 3]) - np.minimum(a[..., 1], b[..., 1])
    met = (wide > ACROSS * narrower) & (tall > UPRIGHT * both)
    return np.nonzero(met)  # type: ignore[return-value]


# --- what is read there ---------------------------------------------------------------------------


def _voted(place: Sequence[_Seen], unsure: float) -> list[Word]:
    """Return the words of a place: those of the look whose reading has most votes; [] for none."""
    sides: dict[int, list[Word]] = {}
    for one in place:
        sides.setdefault(one.look, []).append(one.word)
    if len(sides) == 1:
        return [word for words in sides.values() for word in words if word.confidence >= unsure]
    votes: dict[tuple[str, ...], float] = {}
    for words in sides.values():
        told = tuple(word.text for word in words)
        votes[told] = votes.get(told, 0.0) + _mean_vote(words)
    won = max(votes, key=lambda told: votes[told])
    able = [words for words in sides.values() if tuple(w.text for w in words) == won]
    return max(able, key=_mean_vote)


def _mean_vote(words: Sequence[Word]) -> float:
    """Return the vote of the words of one look at one place, letter by letter."""
    return _worth(words) / max(1, sum(len(word.text) for word in words))


# --- in what order --------------------------------------------------------------------------------

Row = list[int]
"""A line of the page to be: numbers of places from left to right."""


def _ordered(
    seen: Sequence[Sequence[_Seen]], best: int, places: Sequence[Sequence[_Seen]], look: PageText
) -> list[list[Row]]:
    """Return the places by paragraph and line: those of the best look, and between them the others.

    A place that the best look has not seen comes beside its neighbour on the line of the look that
    has; a line of which the best look has seen nothing comes after the one before it.
    """
    at = {(one.look, one.number): number for number, place in enumerate(places) for one in place}
    lines: list[list[Row]] = [_rows(look_, at) for look_ in seen]
    page, mine = [], iter(lines[best])
    for paragraph in paragraphs_of(look):
        page.append([next(mine) for _ in paragraph])
    home: dict[int, Row] = {}
    for row in lines[best]:
        row[:] = [place for place in row if home.setdefault(place, row) is row]
    for number, rows in enumerate(lines):
        last: Row = []
        for row in rows if number != best else ():
            last = _joined(row, home, page, last)
    return page


def _rows(look: Sequence[_Seen], at: dict[tuple[int, int], int]) -> list[Row]:
    """Return the places of each line of a look, each place once."""
    rows: dict[int, dict[int, None]] = {}
    for one in look:
        rows.setdefault(one.line, {})[at[one.look, one.number]] = None
    return [list(row) for row in rows.values()]


def _joined(row: Row, home: dict[int, Row], page: list[list[Row]], last: Row) -> Row:
    """Take a line of another look into the page; return the line that the next one comes after."""
    known = [place for place in row if place in home]
    if not known:
        home.update(dict.fromkeys(row, row))
        _insert(row, page, last)
        return row
    before: int | None = None
    for place in row:
        if place in home:
            before = place
            continue
        beside = known[0] if before is None else before
        there = home[beside]
        there.insert(there.index(beside) + (before is not None), place)
        home[place] = there
        if before is not None:
            before = place
    return home[known[-1]]


def _insert(row: Row, page: list[list[Row]], last: Row) -> None:
    """Put a line after another one, or first."""
    for paragraph in page:
        for number, one in enumerate(paragraph):
            if one is last:
                paragraph.insert(number + 1, row)
                return
    page.insert(0, [row])


def _told(page: Sequence[Sequence[Sequence[Word]]], seconds: float) -> PageText:
    """Return words by paragraph and line as a text with its words."""
    kept = [[line for line in paragraph if line] for paragraph in page]
    lines = [[" ".join(word.text for word in line) for line in paragraph] for paragraph in kept]
    text = "\n\n".join("\n".join(paragraph) for paragraph in lines if paragraph)
    words = tuple(word for paragraph in kept for line in paragraph for word in line)
    return PageText(text, words, seconds)
