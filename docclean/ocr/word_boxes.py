"""Boxes of the words of a line, from where along the line its letters were read, and its ink."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.threshold import histogram, otsu
from docclean.ocr.engine import Word
from docclean.page import Image

Span = tuple[float, float]
REACH = 1.5
"""Letters that the ink of a line goes on beyond the middle of its first and last one, at most."""


@dataclass(frozen=True, eq=False)
class ReadLine:
    """One line as a recogniser read it.

    Attributes:
        quad: (4, 2) its corners on the page from the upper left one of the writing clockwise, px.
        strip: (h, w) uint8, the line cut out and made level.
        text: what it says.
        places: of every letter that is no space where its middle lies, 0 (start) .. 1 (end).
        confidences: 0..1, of every letter of `text`, spaces among them.
    """

    quad: NDArray[np.float64]
    strip: Image
    text: str
    places: Sequence[float]
    confidences: Sequence[float]


def words_of(line: ReadLine) -> tuple[Word, ...]:
    """Return the words of a line, parted by its spaces, in the order of its text.

    A word's confidence is the mean of its letters'. Its box reaches to the gaps in the ink between
    it and its neighbours.
    """
    texts, spans, confidences = [], [], []
    letters = iter(line.places)
    place = 0
    for text in line.text.split():
        place = line.text.index(text, place)
        places = [at for _, at in zip(text, letters, strict=False)]
        sure = line.confidences[place : place + len(text)]
        place += len(text)
        texts.append(text)
        spans.append((places[0], places[-1]))
        confidences.append(100 * sum(sure) / len(sure))
    boxes = _boxes(line, spans)
    return tuple(
        Word(text, *box, round(confidence, 2))
        for text, box, confidence in zip(texts, boxes, confidences, strict=True)
    )


def _boxes(line: ReadLine, spans: Sequence[Span]) -> list[tuple[int, int, int, int]]:
    """Return a box (left, top, width, height) on the page for each word.

    Args:
        line: the line.
        spans: of each word where the middles of its first and its last letter lie, 0..1.
    """
    if not spans:
        return []
    height, width = line.strip.shape
    ink = line.strip <= otsu(histogram(line.strip))
    if ink.mean() > 0.5:  # light letters on dark ground
        ink = ~ink
    columns: NDArray[np.bool_] = np.any(ink, axis=0)
    across = _across(columns, [(a * width, b * width) for a, b in spans], _letter(line) * width)
    boxes = []
    for left, right in across:
        top, bottom = _upright(ink[:, int(left) : max(int(left) + 1, round(right))])
        boxes.append(
            _on_page(line.quad, (left / width, right / width), (top / height, bottom / height))
        )
    return boxes


def _letter(line: ReadLine) -> float:
    """Return the usual width of a letter as a share of the line's."""
    steps = np.diff(line.places)
    steps = steps[steps > 0]
    height, width = line.strip.shape
    return float(np.median(steps)) if len(steps) else min(1.0, height / width) / 2


def _across(ink: NDArray[np.bool_], spans: Sequence[Span], letter: float) -> list[Span]:
    """Return where each word begins and ends, px.

    Args:
        ink: (w,) whether a column holds ink.
        spans: of each word the middles of its first and its last letter, px.
        letter: usual width of a letter, px.
    """
    width = len(ink)
    starts, ends = [_inked(ink, spans[0][0] - REACH * letter, spans[0][0])[0]], []
    for (_, before), (after, _) in pairwise(spans):
        end, start = _blank(ink, before, after)
        ends.append(end)
        starts.append(start)
    ends.append(_inked(ink, spans[-1][1], spans[-1][1] + REACH * letter)[1])
    return [
        (max(0.0, min(a, first)), min(float(width), max(b, last + 1)))
        for a, b, (first, last) in zip(starts, ends, spans, strict=True)
    ]


def _inked(ink: NDArray[np.bool_], start: float, end: float) -> Span:
    """Return where the ink between two places begins and ends; the places where there is none."""
    first, last = max(0, int(start)), min(len(ink), int(np.ceil(end)))
    found = np.flatnonzero(ink[first:last])
    return (first + float(found[0]), first + float(found[-1]) + 1) if len(found) else (first, last)


def _blank(ink: NDArray[np.bool_], start: float, end: float) -> Span:
    """Return the widest stretch without ink between two places, else their middle."""
    first, last = int(start), max(int(start) + 1, int(np.ceil(end)))
    marked = np.concatenate(([True], ink[first:last], [True]))
    edges = np.flatnonzero(marked)
    gaps = np.diff(edges)
    widest = int(np.argmax(gaps))
    if gaps[widest] < 2:
        middle = (start + end) / 2
        return middle, middle
    return first + float(edges[widest]), first + float(edges[widest + 1]) - 1


def _upright(ink: NDArray[np.bool_]) -> tuple[int, int]:
    """Return where a word's ink begins and ends from top to bottom, px.

    Ink that touches the edge and is parted from the word belongs to the line above or below.
    """
    rows: NDArray[np.bool_] = np.any(ink, axis=1)
    height = len(rows)
    middle = height // 2
    blank = np.flatnonzero(~rows)
    above, below = blank[blank < middle], blank[blank > middle]
    top = int(above[0]) if rows[0] and len(above) else 0
    bottom = int(below[-1]) + 1 if rows[-1] and len(below) else height
    found = np.flatnonzero(rows[top:bottom])
    return (top + int(found[0]), top + int(found[-1]) + 1) if len(found) else (0, height)


def _on_page(quad: NDArray[np.float64], across: Span, down: Span) -> tuple[int, int, int, int]:
    """Return the upright box on the page of a part of a line, shares of its width and height."""
    top, bottom = (quad[0], quad[1]), (quad[3], quad[2])
    corners = []
    for x in across:
        upper, lower = (a + x * (b - a) for a, b in (top, bottom))
        corners += [upper + y * (lower - upper) for y in down]
    low, high = np.floor(np.min(corners, 0)), np.ceil(np.max(corners, 0))
    left, top_ = (int(value) for value in low)
    return left, top_, max(1, int(high[0]) - left), max(1, int(high[1]) - top_)
