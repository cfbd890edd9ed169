"""Lines of text cut from synthetic pages: dirty, clean, where the line stands, what it says."""

import hashlib
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docclean.corruptions.legible import is_legible
from docclean.page import Image
from docclean.pairs import Pair, make_pair
from docclean.recipe import Recipe
from docclean.synth import TextSource, Word
from docclean.synth.words import language_of

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
SHARD = 20
"""Pages whose lines share a file."""

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


@dataclass(frozen=True)
class LineSet:
    """Many lines in two long arrays: no object a line, so that a file loads at once."""

    dirty: Image
    """uint8 (pixels,): all dirty crops, row by row, one after the other."""
    clean: Image
    shapes: NDArray[np.int32]
    """(lines, 2): height and width of each crop."""
    boxes: NDArray[np.int32]
    """(lines, 4): as `Line.box`."""
    texts: tuple[str, ...]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "LineSet":
        """Return the lines as one set."""
        empty = [np.zeros(0, np.uint8)]
        return cls(
            np.concatenate([line.dirty.ravel() for line in lines] or empty),
            np.concatenate([line.clean.ravel() for line in lines] or empty),
            np.array([line.clean.shape for line in lines], np.int32).reshape(-1, 2),
            np.array([line.box for line in lines], np.int32).reshape(-1, 4),
            tuple(line.text for line in lines),
        )

    def lines(self) -> list[Line]:
        """Return the lines; their pixels stay those of the set."""
        ends = np.cumsum(self.shapes.astype(np.int64).prod(1))
        found = []
        for shape, box, end, text in zip(self.shapes, self.boxes, ends, self.texts, strict=True):
            height, width = (int(side) for side in shape)
            part = slice(int(end) - height * width, int(end))
            dirty, clean = (side[part].reshape(height, width) for side in (self.dirty, self.clean))
            left, top, right, bottom = (int(value) for value in box)
            found.append(Line(dirty, clean, (left, top, right, bottom), text))
        return found

    def save(self, path: Path) -> None:
        """Write the set aside, then rename."""
        aside = path.with_suffix(f".{os.getpid()}.tmp")
        with aside.open("wb") as file:
            np.savez_compressed(
                file,
                dirty=self.dirty,
                clean=self.clean,
                shapes=self.shapes,
                boxes=self.boxes,
                texts=np.array(self.texts, np.str_),
            )
        aside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "LineSet":
        """Read what `save` wrote."""
        with np.load(path) as file:
            names = ("dirty", "clean", "shapes", "boxes")
            dirty, clean, shapes, boxes = (file[name] for name in names)
            return cls(dirty, clean, shapes, boxes, tuple(file["texts"].tolist()))


def in_latin(recipe: Recipe, dpi_range: tuple[int, int] | None = None) -> Recipe:
    """Return the recipe with its Latin locales only, and every look's dpi in `dpi_range`."""
    locales = recipe.synth.locales
    synth = replace(
        recipe.synth,
        locales=tuple(name for name in locales if language_of(name).script == "latin"),
        dpi_range=dpi_range or recipe.synth.dpi_range,
    )
    looks = tuple(
        replace(look, synth=replace(look.synth, dpi_range=dpi_range or look.synth.dpi_range))
        for look in recipe.mix
    )
    return replace(recipe, synth=synth, mix=looks)


def cached_lines(
    recipe: Recipe,
    folder: Path,
    pages: int,
    seed: int,
    margin: int = MARGIN,
    workers: int = 1,
) -> list[Line]:
    """Make pages and cut their lines once; later calls read them from `folder`.

    Args:
        recipe: its [synth], [corrupt] and [mix] say how pages look.
        folder: one .npz file for every `SHARD` pages; a stopped run goes on.
        pages: page i of a seed is the same in every call.
        seed: of the pages; take another one for lines to be held out.
        margin: as `cut_lines` takes it.
        workers: processes that make pages; 0 makes them in this one.
    """
    told = [recipe.synth, recipe.corrupt, recipe.mix, seed, margin]
    home = folder / f"lines-{hashlib.sha256(repr(told).encode()).hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    spans = [(start, min(start + SHARD, pages)) for start in range(0, pages, SHARD)]
    paths = [home / f"{start:05}-{end:05}.npz" for start, end in spans]
    jobs = [
        (recipe, seed, span, margin, path)
        for span, path in zip(spans, paths, strict=True)
        if not path.exists()
    ]
    if workers:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            _tell(pool.map(_make_shard, jobs))
    else:
        _tell(map(_make_shard, jobs))
    return [line for path in paths for line in LineSet.load(path).lines()]


def _tell(made: Iterator[tuple[Path, int]]) -> None:
    for path, count in made:
        sys.stderr.write(f"{path.name}: {count} lines\n")


def _make_shard(job: tuple[Recipe, int, tuple[int, int], int, Path]) -> tuple[Path, int]:
    recipe, seed, (start, end), margin, path = job
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    folder = Path(recipe.synth.text_folder) if recipe.synth.text_folder else None
    text = TextSource(recipe.synth.locales, folder)
    pairs = (make_pair(seed, index, text, recipe) for index in range(start, end))
    lines = [line for pair in pairs for line in cut_lines(pair, margin)]
    LineSet.of(lines).save(path)
    return path, len(lines)


def line_batch(
    lines: Sequence[Line], window: tuple[int, int] = WINDOW
) -> tuple[Tensor, Tensor, list[Box], list[str]]:
    """Return lines in the middle of windows of one size, as a cleaning network takes them.

    Paper goes on beyond a crop's edge as its last pixels.

    Returns:
        dirty, clean: float (N, 1, H, W) in 0..1; the lines' boxes in the windows; their texts.
    """
    rows = [_centred(line, window) for line in lines]
    dirty, clean = (
        torch.from_numpy(np.stack(side)[:, None]).float() / 255
        for side in ([row[0] for row in rows], [row[1] for row in rows])
    )
    return dirty, clean, [row[2] for row in rows], [line.text for line in lines]


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
