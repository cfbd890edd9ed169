"""What is measured of a corruption, ours or a library's: how real, how fast, where, how large."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import cv2
import numpy as np
from realism import cut_crops, probe, statistics

from docclean.corruptions import CORRUPTIONS, Corruption, Params
from docclean.corruptions.chain import draw_chain
from docclean.page import Image
from docclean.recipe import Corrupt, Recipe
from docclean.synth import TextSource, draw_page, typeset
from docclean.training.sheets import area_reduced

SETS = 3
"""Independent sets of pieces: how far they lie apart is the noise."""
SIDE = 320
"""Of a piece in px; the probe sees 256 x 256 of it."""
TURNS = 5
SLOW = 1000
"""Milliseconds a page beyond which one turn tells enough."""
DRAWS = 6
"""Of a profile."""
FEWEST = 20
"""Pieces of a set that must still hold ink; else nothing is left of the pages."""
Step = tuple[Corruption, Params]


@dataclass(frozen=True)
class Piece:
    """A piece of a clean page, the chain it goes through, and what is there before each step."""

    steps: Sequence[Step]
    severity: float
    dpi: float
    seed: int
    states: Sequence[Image]

    def through(self, member: Corruption, params: Params, name: str) -> tuple[Image, float]:
        """Return the piece with a step in the place of `name`, and what that changed, in greys."""
        order = CORRUPTIONS.names()
        place = sum(order.index(one.name) < order.index(name) for one, _ in self.steps)
        before = self.states[place]
        image = member.on_page(before, params, self.dpi)
        change = _change(image, before)
        for one, drawn in self.steps[place:]:
            if one.name != name:
                image = one.on_page(image, drawn, self.dpi)
        return image, change


@dataclass
class Figures:
    """What is measured of one side of a pair."""

    areas: list[float] = field(default_factory=list)
    """AUC of the probe, a set each."""
    changes: list[float] = field(default_factory=list)
    """Mean change of a piece's pixels in greys."""
    milliseconds: float = float("inf")
    on_ink: float = float("nan")
    """Share of the change that falls on letters and their edges."""
    by_dpi: float = float("nan")
    """Change of a page at 300 dpi, reduced to 100, over that of the page at 100 dpi, both as root
    mean squares: a third where single pixels are struck. nan: no change."""


def pieces(group: int, count: int) -> Iterator[Piece]:
    """Yield pieces of set pages that hold ink, each with a chain of its own."""
    recipe, text = Recipe(), TextSource(("en_US", "de_DE"))
    made = number = 0
    while made < count:
        number += 1
        rng = np.random.default_rng((group, number))
        page = draw_page(Random(f"{group}-{number // 4}"), text, recipe.synth).page
        assert page.dpi is not None
        if min(page.pixels.shape) <= SIDE:
            continue
        row, column = (int(rng.integers(side - SIDE)) for side in page.pixels.shape)
        piece = np.ascontiguousarray(page.pixels[row : row + SIDE, column : column + SIDE])
        if (piece < 128).mean() < 0.02:
            continue
        chain = draw_chain(rng, Corrupt(clean_share=0.0))
        states = [piece]
        for member, params in chain.steps:
            states.append(member.on_page(states[-1], params, page.dpi[0]))
        made += 1
        yield Piece(chain.steps, chain.severity, page.dpi[0], number, states)


def realism(
    member: Corruption, name: str, groups: Sequence[Sequence[Piece]], real: list[np.ndarray]
) -> Figures:
    """Return the probe's AUC of each set with a step in the place of `name`, and the changes."""
    figures = Figures()
    for group in groups:
        seen = []
        for piece in group:
            params = member.sample(np.random.default_rng(piece.seed), piece.severity)
            image, change = piece.through(member, params, name)
            figures.changes.append(change)
            crops = cut_crops(image, np.random.default_rng(piece.seed), 1)
            seen += [np.array([statistics(crop) for crop in crops])] if crops else []
        figures.areas.append(probe(real, seen)[0] if len(seen) >= FEWEST else 1.0)
    return figures


def take_turns(sides: Sequence[tuple[Corruption, Figures]], page: Image) -> None:
    """Time the members on a page at 150 dpi, in turns; the least time counts."""
    for turn in range(TURNS):
        if turn and max(figures.milliseconds for _, figures in sides) > SLOW:
            return
        for member, figures in sides:
            params = member.sample(np.random.default_rng(turn), 0.5)
            began = time.perf_counter()
            member.on_page(page, params, 150)
            spent = 1000 * (time.perf_counter() - began)
            figures.milliseconds = min(figures.milliseconds, spent)


def specimen() -> Image:
    """Return a piece of text of 3 x 3 inches at 300 dpi."""
    page = typeset(Random(2), TextSource(()), 300, "article").page.pixels
    row, column = (int(side[0]) for side in np.nonzero(page < 128))
    return np.ascontiguousarray(page[row + 600 : row + 1500, column : column + 900])


def profile(member: Corruption, fine: Image, figures: Figures) -> None:
    """Measure where the change falls, and whether it is as large at 100 dpi as at 300."""
    coarse = area_reduced(fine, 3)
    letters = cv2.erode(fine, np.ones((5, 5), np.uint8)) < 128
    on_ink = total = large = small = 0.0
    for seed in range(DRAWS):
        params = member.sample(np.random.default_rng(seed), 0.5)
        dirty = member.on_page(fine, params, 300)
        away = np.abs(dirty.astype(float) - fine)
        on_ink, total = on_ink + away[letters].sum(), total + away.sum()
        large += _deviation(area_reduced(dirty, 3), coarse)
        small += _deviation(member.on_page(coarse, params, 100), coarse)
    figures.on_ink = float(on_ink / max(total, 1e-9))
    figures.by_dpi = float(large / small) if small else float("nan")


def _deviation(image: Image, before: Image) -> float:
    return float(np.sqrt(np.square(image.astype(float) - before).mean()))


def _change(image: Image, before: Image) -> float:
    return float(np.abs(image.astype(float) - before).mean())
