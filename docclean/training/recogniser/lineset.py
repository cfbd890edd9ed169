"""Lines kept in files, made once for a training, and those that each of its steps is shown."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from docclean.errors import UsageError
from docclean.files import replacing
from docclean.page import Image
from docclean.pairs.make import Pair, make_pair
from docclean.recipe import Recipe, Train
from docclean.synth import TextSource
from docclean.synth.language.words import language_of
from docclean.training.recogniser.lines import MARGIN, Line, LineBatch, cut_lines, line_batch

SHARD = 20
"""Pages whose lines share a file."""
SEED = 30_000_000
"""Added to a training's seed: its lines are of other pages than its patches."""
DPI = (190, 340)
"""Resolutions of a training's lines: type of the size that the cleaner brings pages to."""


@dataclass(frozen=True)
class Wanted:
    """Which lines of a page are kept, and how much of the page around them."""

    margin: int = MARGIN
    """Context in px."""
    lowest: int = 0
    """Least height of a line's box, px."""
    most: int = 10_000
    """Lines of one page, spread evenly over it."""

    def cut(self, pair: Pair) -> list[Line]:
        """Return the lines of a page that are wanted."""
        lines = [
            line
            for line in cut_lines(pair, self.margin)
            if line.box[3] - line.box[1] >= self.lowest
        ]
        step = max(1.0, len(lines) / self.most)
        return [lines[int(place * step)] for place in range(min(len(lines), self.most))]


LEARNT = Wanted(lowest=24, most=16)
"""What a training keeps: about 2 MB a page, which all stay in memory."""


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
        with replacing(path) as aside, aside.open("wb") as file:
            np.savez_compressed(
                file,
                dirty=self.dirty,
                clean=self.clean,
                shapes=self.shapes,
                boxes=self.boxes,
                texts=np.array(self.texts, np.str_),
            )

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
    wanted: Wanted = Wanted(),
    workers: int = 1,
) -> list[Line]:
    """Make pages and cut their lines once; later calls read them from `folder`.

    Args:
        recipe: its [synth], [corrupt] and [mix] say how pages look.
        folder: one .npz file for every `SHARD` pages; a stopped run goes on.
        pages: page i of a seed is the same in every call.
        seed: of the pages; take another one for lines to be held out.
        wanted: which lines.
        workers: processes that make pages; 0 makes them in this one.
    """
    told = [recipe.synth, recipe.corrupt, recipe.mix, seed, wanted]
    home = folder / f"lines-{hashlib.sha256(repr(told).encode()).hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    spans = [(start, min(start + SHARD, pages)) for start in range(0, pages, SHARD)]
    paths = [home / f"{start:05}-{end:05}.npz" for start, end in spans]
    jobs = [
        (recipe, seed, span, wanted, path)
        for span, path in zip(spans, paths, strict=True)
        if not path.exists()
    ]
    if workers and jobs:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            _tell(pool.map(_make_shard, jobs))
    else:
        _tell(map(_make_shard, jobs))
    return [line for path in paths for line in LineSet.load(path).lines()]


def _tell(made: Iterator[tuple[Path, int]]) -> None:
    for path, count in made:
        sys.stderr.write(f"{path.name}: {count} lines\n")


def _make_shard(job: tuple[Recipe, int, tuple[int, int], Wanted, Path]) -> tuple[Path, int]:
    recipe, seed, (start, end), wanted, path = job
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    folder = Path(recipe.synth.text_folder) if recipe.synth.text_folder else None
    text = TextSource(recipe.synth.locales, folder)
    pairs = (make_pair(seed, index, text, recipe) for index in range(start, end))
    lines = [line for pair in pairs for line in wanted.cut(pair)]
    LineSet.of(lines).save(path)
    return path, len(lines)


def training_lines(recipe: Recipe, folder: Path) -> list[Line]:
    """Return the lines a training shows its recogniser, none where its recipe has no such term.

    Raises:
        UsageError: the pages have no line that is large enough and can be read.
    """
    train = recipe.train
    if not train.reads:
        return []
    latin, workers = in_latin(recipe, DPI), max(1, train.workers)
    seed = SEED + train.seed
    lines = cached_lines(latin, folder, train.recogniser_pages, seed, LEARNT, workers)
    if not lines:
        raise UsageError(
            f"[train] recogniser_pages: no line of {train.recogniser_pages} pages is "
            f"{LEARNT.lowest} px high and legible; make more pages, or milder ones"
        )
    return lines


def draw_lines(lines: Sequence[Line], train: Train, step: int, rank: int) -> LineBatch:
    """Return the lines of a step and process: the same numbers draw the same lines."""
    rng = np.random.default_rng((train.seed, step, rank))
    count = min(train.recogniser_lines, len(lines))
    return line_batch([lines[place] for place in rng.choice(len(lines), count, replace=False)])
