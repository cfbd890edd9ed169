"""Real patches to measure on: pages of a recipe, cut, after what a sheet suffers."""

import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docclean.corruptions.base import DPI
from docclean.corruptions.chain import dirty_sheet
from docclean.recipe import Recipe
from docclean.synth import TextSource, draw_page
from docclean.training.patches import MAX_PAGE, page_look
from docclean.training.sheets import cut_sheet


@dataclass(frozen=True)
class Patches:
    """What a batch begins with.

    Attributes:
        dirty: float (N, 1, T, T), 0..1, after the page stage.
        clean: their clean twins.
        facts: (N, 3), as `batches.corrupt_looks` takes them.
        plain: uint8 (N, T, T), cut before anything happened.
        page_stage: seconds that the page stage took a patch.
    """

    dirty: Tensor
    clean: Tensor
    facts: NDArray[np.float32]
    plain: NDArray[np.uint8]
    page_stage: float

    def first(self, count: int) -> "Patches":
        """Return so many of them, again from the first where there are not enough."""
        at = np.arange(count) % len(self.plain)
        return Patches(
            self.dirty[at], self.clean[at], self.facts[at], self.plain[at], self.page_stage
        )


def made_patches(recipe: Recipe, sheets: int, seed: int = 7) -> Patches:
    """Set a page of each look in turn and dirty a sheet of it; cut [train] patches_per_sheet."""
    looks = [look.name for look in recipe.looks()]
    rng, train = np.random.default_rng(seed), recipe.train
    sides: list[list[NDArray[np.uint8]]] = [[], [], []]
    facts, spent = [], 0.0
    for number in range(sheets):
        look = page_look(recipe, number)
        synth = look.synth
        text = TextSource(synth.locales, Path(synth.text_folder) if synth.text_folder else None)
        page = draw_page(Random(f"{seed}-{number}"), text, synth, MAX_PAGE).page
        sheet, scale = cut_sheet(rng, page.pixels, train.sheet)
        dpi = (page.dpi or (DPI, DPI))[0] * scale
        began = time.process_time()
        dirty, clean, chain = dirty_sheet(sheet, rng, look.corrupt, dpi, ("sheet", "page"))
        spent += time.process_time() - began
        for _ in range(train.patches_per_sheet):
            row, column = (int(rng.integers(train.sheet - train.patch + 1)) for _ in range(2))
            for kept, side in zip(sides, (dirty, clean, sheet), strict=True):
                kept.append(side[row : row + train.patch, column : column + train.patch])
            facts.append((chain.severity, looks.index(look.name), dpi))
    before, after = (torch.from_numpy(np.stack(side))[:, None].float() / 255 for side in sides[:2])
    each = spent / max(1, len(facts))
    return Patches(before, after, np.array(facts, np.float32), np.stack(sides[2]), each)
