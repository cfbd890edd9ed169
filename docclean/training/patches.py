"""Clean pages kept ready, cut into sheets, corrupted, cut into aligned (dirty, clean) patches."""

import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

import cv2
import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from docclean.clean.type_size import resized
from docclean.corruptions.batches import corrupt_looks
from docclean.corruptions.chain import STAGES, dirty_sheet
from docclean.page import Image
from docclean.pairs.folder import write_png
from docclean.recipe import Look, Recipe, Train
from docclean.synth import TextSource, draw_page
from docclean.training.blocks import Blocks, reduced
from docclean.training.schedule import severity_share, softened
from docclean.training.sheets import area_reduced, cut_sheet, scan_factor

BLOCK = 16
"""Sheets shuffled together; one block makes BLOCK * patches_per_sheet patches."""
GOLDEN = 0.6180339887
"""The golden ratio's fraction: its multiples fill 0..1 evenly, however many are taken."""
MAX_PAGE = 5_000_000
"""A cached page is cut below this many pixels: enough text, and memory stays small."""


def cached_pages(recipe: Recipe, folder: Path, workers: int = 2) -> list[Path]:
    """Typeset the recipe's clean pages into `folder` once; later calls find them there.

    Page `i` is of the look `page_look(recipe, i)`; its PNG states its dpi.
    """
    seed = recipe.train.seed
    told = [recipe.synth, seed, [(look.name, look.share, look.synth) for look in recipe.mix]]
    key = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
    home = folder / f"pages-{key}"
    home.mkdir(parents=True, exist_ok=True)
    paths = [home / f"{index:05}.png" for index in range(recipe.synth.pages)]
    jobs = [(recipe, index, path) for index, path in enumerate(paths) if not path.exists()]
    if jobs:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for done, _ in enumerate(pool.map(_typeset_one, jobs, chunksize=8), 1):
                if done % 100 == 0 or done == len(jobs):
                    sys.stderr.write(f"typeset {done} of {len(jobs)} pages\n")
    return paths


def page_look(recipe: Recipe, index: int) -> Look:
    """Return the look of cached page `index`: every stretch of pages mixes them by their shares."""
    return recipe.look((index * GOLDEN) % 1.0)


def _typeset_one(job: tuple[Recipe, int, Path]) -> None:
    recipe, index, path = job
    synth = page_look(recipe, index).synth
    text = TextSource(synth.locales, Path(synth.text_folder) if synth.text_folder else None)
    page = draw_page(Random(f"{recipe.train.seed}-{index}"), text, synth, MAX_PAGE).page
    write_png(path, page, compress_level=3)


class PatchBlocks(Blocks):
    """Block `i` of a stream of patches: the same seed and index give the same patches.

    An item is (dirty, clean, facts): two uint8 (BLOCK * patches_per_sheet, 1, T, T), patches
    shuffled over the block's sheets, and float (BLOCK * patches_per_sheet, 2): the severity of the
    sheet each was cut from and the place of its look in the recipe's mix. The clean side is
    [model] scale times as large; the page is then reduced between the two stages, as a coarse
    scanner sees a whole page and adds its own noise to few pixels.
    """

    def __init__(
        self,
        recipe: Recipe,
        pages: list[Path],
        seed: int,
        blocks: int,
        batch_on_device: bool = False,
        rising: bool = False,
    ) -> None:
        """Keep the recipe; pages are read when a worker first needs them.

        With `batch_on_device` the batch stage is left to the caller, who runs it on a GPU. With
        `rising` the severities follow the recipe's curriculum.
        """
        self._recipe, self._paths, self.seed, self._blocks = recipe, pages, seed, blocks
        self.batch_on_device, self._rising = batch_on_device, rising
        later = batch_on_device or recipe.model.scale > 1
        self._stages: tuple[str, ...] = ("sheet", "page") if later else STAGES
        self._looks = [look.name for look in recipe.looks()]
        self._pages: dict[Path, tuple[Image, float]] = {}

    def __len__(self) -> int:
        """Return the number of blocks in the whole schedule."""
        return self._blocks

    @property
    def steps(self) -> int:
        """Return how many steps a block lasts."""
        return steps_a_block(self._recipe.train)

    def _page(self, path: Path) -> tuple[Image, float]:
        """Return a cached page and its dpi."""
        if path not in self._pages:
            with Pillow.open(path) as picture:
                self._pages[path] = np.asarray(picture), round(float(picture.info["dpi"][0]))
        return self._pages[path]

    def __getitem__(self, block: int) -> tuple[Tensor, Tensor, Tensor]:
        """Make one block of patches, on one thread: its process is one of several."""
        threads = torch.get_num_threads(), cv2.getNumThreads()
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        try:
            return self._make(block)
        finally:
            torch.set_num_threads(threads[0])
            cv2.setNumThreads(threads[1])

    def _make(self, block: int) -> tuple[Tensor, Tensor, Tensor]:
        train, scale = self._recipe.train, self._recipe.model.scale
        rng = np.random.default_rng((self.seed, block))
        share = severity_share(block * steps_a_block(train), train) if self._rising else 1.0
        dirty, clean, facts = [], [], []
        for _ in range(BLOCK):
            before, after, severity, look, _ = self._sheet(rng, share)
            for _ in range(train.patches_per_sheet):
                row, column = _place(rng, after, train.patch, scale)
                dirty.append(before[row : row + train.patch, column : column + train.patch])
                high, wide = (slice(scale * at, scale * (at + train.patch)) for at in (row, column))
                clean.append(after[high, wide])
                facts.append((severity, look))
        order = rng.permutation(len(dirty))
        patches = [torch.from_numpy(np.stack(side)[order][:, None]) for side in (dirty, clean)]
        told = torch.tensor(facts)[order]
        if scale > 1 and not self.batch_on_device:
            patches[0] = self._photographed(patches[0], patches[1], told, rng)
        return patches[0], patches[1], told

    def _sheet(
        self, rng: np.random.Generator, share: float
    ) -> tuple[Image, Image, float, int, float]:
        """Return a sheet dirty and clean, its severity, its look's place in the mix, its dpi."""
        path = self._paths[int(rng.integers(len(self._paths)))]
        page, dpi = self._page(path)
        train = self._recipe.train
        factor = scan_factor(rng, dpi, train.enlarge_share)
        sheet, scale = cut_sheet(rng, page, round(train.sheet / factor))
        look = page_look(self._recipe, int(path.stem))
        corrupt = softened(look.corrupt, share)
        before, after, chain = dirty_sheet(sheet, rng, corrupt, dpi * scale, self._stages)
        if factor > 1:
            before, after = (resized(side, (train.sheet, train.sheet)) for side in (before, after))
        if self._recipe.model.scale > 1:
            before = area_reduced(before, self._recipe.model.scale)
        dots = dpi * scale * factor
        return before, after, chain.severity, self._looks.index(look.name), dots

    def _photographed(
        self, dirty: Tensor, clean: Tensor, facts: Tensor, rng: np.random.Generator
    ) -> Tensor:
        """Return the dirty patches after the batch stage, uint8 as they came."""
        seen, true = dirty.float() / 255, clean.float() / 255
        after, _ = corrupt_looks(seen, reduced(true, dirty), facts.numpy(), rng, self._recipe)
        return (after * 255).round().clamp(0, 255).to(torch.uint8)


class SheetBlocks(PatchBlocks):
    """Block `i` of a stream of whole sheets, dirtied by what only a whole sheet can suffer.

    An item is (dirty, clean, facts): two uint8 (BLOCK, 1, S, S) and float (BLOCK, 3): the severity
    of each sheet, the place of its look in the recipe's mix, and its dots per inch.
    """

    def __init__(
        self, recipe: Recipe, pages: list[Path], seed: int, blocks: int, rising: bool = False
    ) -> None:
        """Keep the recipe; a device keeps `[train] pool` sheets."""
        super().__init__(recipe, pages, seed, blocks, batch_on_device=True, rising=rising)
        self._stages = ("sheet",)
        self.held = recipe.train.pool // BLOCK

    def _make(self, block: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((self.seed, block))
        train = self._recipe.train
        share = severity_share(block * self.steps, train) if self._rising else 1.0
        sheets = [self._sheet(rng, share) for _ in range(BLOCK)]
        sides = [
            torch.from_numpy(np.stack([sheet[side] for sheet in sheets])[:, None])
            for side in (0, 1)
        ]
        facts = torch.tensor([sheet[2:] for sheet in sheets], dtype=torch.float32)
        return sides[0], sides[1], facts


def steps_a_block(train: Train) -> int:
    """Return how many steps one block of patches lasts."""
    return BLOCK * train.patches_per_sheet // train.batch


def _place(rng: np.random.Generator, clean: Image, patch: int, scale: int = 1) -> tuple[int, int]:
    """Draw a patch's corner, three times over if it shows no ink: blank paper teaches little.

    Corner and side are px of the dirty side, of which the clean one has `scale` times as many.
    """
    row = column = 0
    for _ in range(3):
        row, column = (int(rng.integers(side // scale - patch + 1)) for side in clean.shape[:2])
        high, wide = (slice(scale * at, scale * (at + patch)) for at in (row, column))
        if clean[high, wide].min() < 128:
            break
    return row, column
