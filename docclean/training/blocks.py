"""What a run learns from, whatever it is: blocks of (dirty, clean) images, split into batches."""

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from docclean.corruptions.batches import corrupt_looks
from docclean.recipe import Recipe, Train


class Blocks(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Block `i` of a stream: the same seed and index give the same images.

    An item is (dirty, clean, facts): two uint8 (N, 1, h, w), the clean side [model] scale times as
    large, and float (N, 2): the severity of each image's dirt and the place of its look in the
    recipe's mix.

    Attributes:
        seed: of the stream.
        batch_on_device: whether the batch stage of the dirt is left to `batches`.
        held: blocks that a device keeps, sheets to cut patches from (`pool`); 0: blocks are
            patches.
        shown: which images of a block stand in a grid.
    """

    seed: int
    batch_on_device: bool = False
    held: int = 0
    shown: tuple[int, ...] = tuple(range(8))

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of blocks in the whole schedule."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Return how many steps a block lasts."""


def reduced(clean: Tensor, dirty: Tensor) -> Tensor:
    """Return the clean side at the size of the dirty one, averaged; both (N, 1, H, W)."""
    factor = clean.shape[-1] // dirty.shape[-1]
    return torch.nn.functional.avg_pool2d(clean, factor) if factor > 1 else clean


def batches(
    blocks: Blocks, step: int, recipe: Recipe, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (dirty, clean) float batches (N, 1, T, T) from `step` on, as an unbroken run would."""
    train = recipe.train
    each = blocks.steps
    first, skip = divmod(step, each)
    for index, block in loaded(blocks, first, -(-train.steps // each), train):
        parts = [torch.split(part, train.batch) for part in block]
        for turn in range(skip, each):
            before, after = (part[turn].to(device).float() / 255 for part in parts[:2])
            if blocks.batch_on_device:
                rng = np.random.default_rng((train.seed, blocks.seed, index, turn))
                facts = parts[2][turn].numpy()
                twins = reduced(after, before)
                before, twins = corrupt_looks(before, twins, facts, rng, recipe)
                after = twins if twins.shape == after.shape else after
            yield before, after
        skip = 0


def loaded(
    blocks: Blocks, first: int, end: int, train: Train
) -> Iterator[tuple[int, tuple[Tensor, Tensor, Tensor]]]:
    """Yield blocks `first` to `end` with their numbers, made by the recipe's workers."""
    loader = DataLoader(
        Subset(blocks, range(first, end)),
        batch_size=None,
        num_workers=train.workers,
        multiprocessing_context="spawn" if train.workers else None,
        prefetch_factor=2 if train.workers else None,
    )
    return enumerate(loader, first)
