"""Lines of text cut from synthetic pages: dirty, clean, where the line stands, what it says."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from docclean.corruptions.shared.legible import is_legible
from docclean.page import Image
from docclean.pairs.make import Pair
from docclean.synth import Word

ABOVE, BELOW = 1.72, 0.68
"""A line reaches this far above and below its baseline, in x-heights: accents and tails."""
ASIDE = 0.3
"""White kept before and behind a line, in x-heights."""
WIDEST, HIGHEST = 448, 112
"""Largest line in px of the page; longer lines are cut between words."""
MARGIN = 48
"""Context around a line in px: a cleaning network needs to see the paper."""
WINDOW = (128, 512)
"""Height and width in px of a line with its context, as `line_batch` cuts it."""
Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in px, right and bottom excluded."""


@dataclass(frozen=True)
class Line:
    """One line of a page twice, aligned to the pixel, at the page's own resolution."""

    dirty: Image
    """uint8 (h, w), with context around the line."""
    clean: Image
    box: Box
    """The line itself, in px of the two crops."""
    text: str


@dataclass(frozen=True)
class _Measured:
    """A word and the type it is set in: px of the page."""

    word: Word
    x_height: float
    baseline: float


def cut_lines(pair: Pair, margin: int = MARGIN) -> list[Line]:
    """Return the lines of a page that can be read on both sides, in black on light paper.

    Words follow each other in the order of the true text; a line ends where the next word stands
    elsewhere, where print lies between the two, and before it is `WIDEST` px wide.

    Args:
        pair: the page.
        margin: context in px around each line, less at the page's edge.
    """
    dirty, clean = pair.dirty.grey(), pair.clean.grey()
    found = (_cut(words, dirty, clean, margin) for words in _lines(pair.words, clean))
    return [line for line in found if line is not None]


def _lines(words: Sequence[Word], clean: Image) -> Iterator[list[_Measured]]:
    line: list[_Measured] = []
    for word in words:
        one = _measure(word)
        if line and not (one and _follows(line, one, clean)):
            yield line
            line = []
        if one:
            line.append(one)
    if line:
        yield line


def _measure(word: Word) -> _Measured | None:
    """Return a word's x-height and baseline, told by which of its letters rise and hang.

    None where the box cannot hold the text: a word broken over two lines, or set upright.
    """
    rise = max(_rise(sign) for sign in word.text)
    fall = max(_fall(sign) for sign in word.text)
    if rise < 1:
        return None
    x_height = (word.bottom - word.top - 1) / (rise + fall)  # boxes are half a pixel wider
    if x_height < 3:
        return None
    width = (word.right - word.left) / (x_height * len(word.text))
    if not 0.35 < width < 2.2:
        return None
    return _Measured(word, x_height, word.bottom - 0.5 - fall * x_height)


def _rise(sign: str) -> float:
    """Return about how far a sign reaches above the baseline, in x-heights."""
    base, *marks = list(unicodedata.normalize("NFD", sign))
    over = 0.4 if any(unicodedata.combining(mark) == 230 for mark in marks) else 0.0
    if base in "acegmnopqrsuvwxyzıæœ":
        return 1.0 + over
    if base.isalnum():
        return 1.42 + (over if base.isupper() else 0.0)
    return 0.0 if base in ".,;:-–—_…" else 1.45


def _fall(sign: str) -> float:
    """Return about how far a sign hangs below the baseline, in x-heights."""
    base, *marks = list(unicodedata.normalize("NFD", sign))
    if base in "gpqyj" or any(unicodedata.combining(mark) in (202, 220) for mark in marks):
        return 0.42
    return 0.3 if base in ",;Q()[]§" else 0.0


def _follows(line: Sequence[_Measured], one: _Measured, clean: Image) -> bool:
    """Tell whether a word goes on with the line: beside it, as large, nothing between."""
    first, last = line[0], line[-1]
    size = last.x_height
    gap = one.word.left - last.word.right
    if not (-0.2 * size <= gap <= 2.5 * size and 0.7 < one.x_height / size < 1.4):
        return False
    if abs(one.baseline - first.baseline) > 0.35 * size:
        return False
    if one.word.right - first.word.left + 2 * ASIDE * size + 2 > WIDEST:
        return False
    top, bottom = round(last.baseline - size), round(last.baseline)
    between = clean[max(0, top) : bottom, max(0, last.word.right) : one.word.left]
    return not between.size or float(between.mean()) > 215


def _cut(line: Sequence[_Measured], dirty: Image, clean: Image, margin: int) -> Line | None:
    text = unicodedata.normalize("NFC", " ".join(one.word.text for one in line))
    size = float(np.median([one.x_height for one in line]))
    baseline = float(np.median([one.baseline for one in line]))
    top, bottom = round(baseline - ABOVE * size), round(baseline + BELOW * size)
    left = round(line[0].word.left - ASIDE * size)
    right = round(line[-1].word.right + ASIDE * size)
    height, width = clean.shape
    if min(left, top) < 0 or right > width or bottom > height:
        return None
    if right - left > WIDEST or bottom - top > HIGHEST:
        return None
    box = np.s_[top:bottom, left:right]
    if np.percentile(clean[box], 75) < 200 or not is_legible(dirty[box], clean[box]):
        return None
    x0, y0 = max(0, left - margin), max(0, top - margin)
    crop = np.s_[y0 : bottom + margin, x0 : right + margin]
    place = (left - x0, top - y0, right - x0, bottom - y0)
    return Line(dirty[crop].copy(), clean[crop].copy(), place, text)


class LineBatch(NamedTuple):
    """Lines in windows of one size.

    A tuple of bytes, because Fabric looks into tuples and rounds what floats it finds to bfloat16.
    """

    dirty: Tensor
    """uint8 (N, 1, H, W), as `clean`."""
    clean: Tensor
    boxes: list[Box]
    """Where each line stands in its window."""
    texts: list[str]


def line_batch(lines: Sequence[Line], window: tuple[int, int] = WINDOW) -> LineBatch:
    """Return lines in the middle of windows (H, W), as a cleaning network takes them.

    Paper goes on beyond a crop's edge as its last pixels.
    """
    rows = [_centred(line, window) for line in lines]
    dirty, clean = (
        torch.from_numpy(np.stack(side)[:, None])
        for side in ([row[0] for row in rows], [row[1] for row in rows])
    )
    return LineBatch(dirty, clean, [row[2] for row in rows], [line.text for line in lines])


def _centred(line: Line, window: tuple[int, int]) -> tuple[Image, Image, Box]:
    left, top, right, bottom = line.box
    x = (left + right - window[1]) // 2
    y = (top + bottom - window[0]) // 2
    height, width = line.clean.shape
    pad = (
        (max(0, -y), max(0, y + window[0] - height)),
        (max(0, -x), max(0, x + window[1] - width)),
    )
    box = np.s_[max(0, y) : max(0, y) + window[0], max(0, x) : max(0, x) + window[1]]
    dirty, clean = (np.pad(side, pad, "edge")[box] for side in (line.dirty, line.clean))
    return dirty, clean, (left - x, top - y, right - x, bottom - y)
