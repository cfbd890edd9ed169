"""Pictures that lie in files: shuffled anew each epoch, dirtied as they are drawn."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docclean.corruptions.batches import corrupt_batch
from docclean.corruptions.chain import CLEAN
from docclean.errors import UnreadableInputError, UsageError
from docclean.page import Image
from docclean.recipe import Recipe
from docclean.training.blocks import Blocks
from docclean.training.parallel import Team
from docclean.training.sources.base import Source

STEPS = 16
"""Steps a block lasts: its noise is drawn at once."""
LOOKS = 25
"""Validations in a run at most: one an epoch, or every so many epochs."""


@dataclass(frozen=True)
class Pictures:
    """Grey pictures of one size, with their classes where these are known."""

    images: Image
    """uint8 (N, H, W)."""
    classes: NDArray[np.int64] | None = None
    """(N,)"""

    def first(self, count: int) -> "Pictures":
        """Return the first `count` of them, all for 0."""
        if not count:
            return self
        few = self.classes if self.classes is None else self.classes[:count]
        return Pictures(self.images[:count], few)


class PictureBlocks(Blocks):
    """Block `i` of a stream of pictures, or with `whole` the one block of all, in their order."""

    def __init__(self, pictures: Pictures, recipe: Recipe, seed: int, whole: bool = False) -> None:
        """Keep the pictures; nothing is drawn yet."""
        self._pictures, self._recipe, self.seed, self._whole = pictures, recipe, seed, whole
        self._count = len(pictures.images) if whole else STEPS * recipe.train.batch
        if pictures.classes is not None:
            # one of each class
            self.shown = tuple(int(at) for at in np.unique(pictures.classes, return_index=True)[1])

    def __len__(self) -> int:
        """Return the number of blocks in the whole schedule."""
        return 1 if self._whole else -(-self._recipe.train.steps // STEPS)

    @property
    def steps(self) -> int:
        """Return how many steps a block lasts."""
        return STEPS

    def __getitem__(self, block: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw the block's pictures and their noise."""
        recipe, rng = self._recipe, np.random.default_rng((self.seed, block))
        images = self._pictures.images[self._order(block)]
        clean = torch.from_numpy(images[:, None])
        dirty = clean.float() / 255
        if recipe.model.scale > 1:
            dirty = torch.nn.functional.avg_pool2d(dirty, recipe.model.scale)
        corrupt = recipe.corrupt
        severities = rng.random(len(images)) ** corrupt.severity_power
        severities[rng.random(len(images)) < corrupt.clean_share] = CLEAN
        dirty, _ = corrupt_batch(dirty, None, severities, rng, corrupt)
        dirty = (dirty * 255).round().to(torch.uint8)
        if recipe.data.invert:
            dirty, clean = 255 - dirty, 255 - clean
        facts = np.stack((severities, np.zeros_like(severities)), 1)
        return dirty, clean, torch.from_numpy(facts).float()

    def _order(self, block: int) -> NDArray[np.int64]:
        """Return which pictures a block holds: the stream is one shuffled epoch after another."""
        if self._whole:
            return np.arange(self._count)
        places = np.arange(block * self._count, (block + 1) * self._count)
        epochs, at = np.divmod(places, len(self._pictures.images))
        parts = [
            _shuffled(self.seed, int(epoch), len(self._pictures.images))[at[epochs == epoch]]
            for epoch in np.unique(epochs)
        ]
        return np.concatenate(parts)


@lru_cache(maxsize=2)
def _shuffled(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch, count)).permutation(count)


class PictureSource(Source):
    """Pictures from files; what each format brings is `read`."""

    def __init__(self, recipe: Recipe) -> None:
        """Read all pictures, and count the epochs in steps."""
        super().__init__(recipe)
        if recipe.mix or recipe.train.reads:
            raise UsageError("[mix] and [train] recogniser are of pages; leave them away")
        path = Path(recipe.data.path)
        if not recipe.data.path or not path.exists():
            origin = f"; it is had from {recipe.data.origin}" if recipe.data.origin else ""
            raise UnreadableInputError(
                f"{path}: the pictures of [data] path are missing{origin}"
                if recipe.data.path
                else f"[data] path must say where the pictures lie{origin}"
            )
        self._learned, self._held = (
            self.read(path, part).first(recipe.data.limit) for part in ("train", "test")
        )
        _check_sizes(self._learned, self._held, recipe)
        self.images = len(self._learned.images)
        self.recipe = _in_steps(recipe, self.images)

    @abstractmethod
    def read(self, path: Path, part: str) -> Pictures:
        """Return the pictures of a part, "train" or "test".

        Raises:
            UnreadableInputError: there are none, or they are damaged.
        """

    @property
    def classes(self) -> tuple[int, ...]:
        """Return the class of each validated picture."""
        found = self._held.classes
        return () if found is None else tuple(int(one) for one in found)

    def learning(self, out: Path, team: Team) -> Blocks:
        """Return the stream of a process; each shuffles for itself."""
        seed = self.recipe.train.seed + 1_000_000 * team.rank
        return PictureBlocks(self._learned, self.recipe, seed)

    def validation(self, out: Path) -> Blocks:
        """Return the pictures that are held out, with noise of one seed."""
        seed = self.recipe.train.seed + 10_000
        return PictureBlocks(self._held, self.recipe, seed, whole=True)


def _check_sizes(learned: Pictures, held: Pictures, recipe: Recipe) -> None:
    for pictures in (learned, held):
        sides = pictures.images.shape[1:]
        if not len(pictures.images):
            raise UnreadableInputError(f"{recipe.data.path}: holds no pictures")
        if sides != learned.images.shape[1:] or any(side % recipe.model.scale for side in sides):
            raise UsageError(
                f"{recipe.data.path}: pictures of {sides[1]} x {sides[0]} px do not go together "
                f"with others or with [model] scale {recipe.model.scale}"
            )


def _in_steps(recipe: Recipe, images: int) -> Recipe:
    """Return the recipe with its epochs counted in steps, and a validation every so many."""
    train = recipe.train
    if not train.epochs:
        return recipe
    epoch = -(-images // train.batch)
    often = epoch * -(-train.epochs // LOOKS)
    steps = -(-train.epochs * images // train.batch)
    changed = replace(train, steps=steps, validate_every=min(often, steps), workers=0)
    return replace(recipe, train=changed)
