"""Sheets kept on the device: patches are cut and dirtied there, workers bring sheets alone."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import max_pool2d

from docclean.corruptions.batches import ON_DEVICE, corrupt_looks
from docclean.recipe import Recipe
from docclean.training.blocks import Blocks, loaded

STRIDE = 16
"""Px between the places of a sheet that are known to hold ink or not."""
TRIES = 3
"""Places drawn for a patch until one shows ink: blank paper teaches little."""


class Pool:
    """Sheets on a device, uint8, of which the oldest make room for new ones.

    Attributes:
        facts: float32 (S, 3): severity, place of the look in the mix, dots per inch.
    """

    def __init__(self, sheets: int, block: tuple[Tensor, Tensor, Tensor], patch: int) -> None:
        """Make room for `sheets` sheets like those of a block."""
        dirty, clean, facts = block
        self._patch, self._count = patch, sheets
        self._sides = [
            torch.empty((sheets, *side.shape[2:]), dtype=torch.uint8, device=dirty.device)
            for side in (dirty, clean)
        ]
        self._ink = self._seen(clean).new_empty((sheets, *self._seen(clean).shape[1:]))
        self.facts = np.zeros((sheets, facts.shape[1]), np.float32)

    def put(self, index: int, block: tuple[Tensor, Tensor, Tensor]) -> None:
        """Lay block `index` of the stream where the oldest block lies."""
        number = len(block[0])
        first = index * number % self._count
        here = slice(first, first + number)
        for side, brought in zip(self._sides, block[:2], strict=True):
            side[here] = brought[:, 0]
        self._ink[here] = self._seen(block[1])
        self.facts[here] = block[2].numpy()

    def _seen(self, clean: Tensor) -> Tensor:
        """Tell of places every `STRIDE` px whether a patch there shows ink, bool (N, h, w)."""
        dark = (clean < 128).to(torch.float16 if clean.is_cuda else torch.float32)
        return max_pool2d(dark, self._patch, STRIDE)[:, 0] > 0

    def _place(self, px: Tensor, dim: int) -> Tensor:
        """Return the known place nearest to px."""
        return ((px + STRIDE // 2) // STRIDE).clamp(max=self._ink.shape[dim] - 1)

    def cut(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
        """Cut patches from anywhere.

        Returns:
            dirty and clean, float (count, 1, patch, patch) in 0..1, and the sheet of each.
        """
        sheets = rng.integers(self._count, size=count)
        room = [side - self._patch + 1 for side in self._sides[0].shape[1:]]
        rows, columns = (rng.integers(side, size=(TRIES, count)) for side in room)
        device = self._ink.device
        of, down, across = (
            torch.from_numpy(values).to(device, non_blocking=True)
            for values in (sheets, rows, columns)
        )
        inked = torch.stack(
            [
                self._ink[of, self._place(one, 1), self._place(two, 2)]
                for one, two in zip(down, across, strict=True)
            ]
        )
        first = inked.float().argmax(0, keepdim=True)  # of equal ones the first
        top, left = (places.gather(0, first)[0] for places in (down, across))
        offset = torch.arange(self._patch, device=device)
        high = (top[:, None] + offset)[:, :, None]
        wide = (left[:, None] + offset)[:, None, :]
        dirty, clean = (side[of[:, None, None], high, wide][:, None] for side in self._sides)
        return dirty.float() / 255, clean.float() / 255, sheets


def pooled_batches(
    blocks: Blocks, step: int, recipe: Recipe, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (dirty, clean) float batches (N, 1, T, T) from `step` on, as an unbroken run would.

    A block of sheets comes every `blocks.steps` steps and stays until as many others have come as
    the pool holds: which sheets a step sees depends on its number alone.
    """
    train, each = recipe.train, blocks.steps
    held, first = blocks.held, step // blocks.steps
    pool: Pool | None = None
    came = loaded(blocks, first, (train.steps - 1) // each + held, train)
    for now in range(step, train.steps):
        wanted = held if pool is None else int(now % each == 0)
        for _ in range(wanted):
            index, block = next(came)
            there = tuple(part.to(device, non_blocking=True) for part in block[:2])
            brought = there[0], there[1], block[2]
            pool = pool or Pool(held * len(block[0]), brought, train.patch)
            pool.put(index, brought)
        assert pool is not None
        rng = np.random.default_rng((train.seed, blocks.seed, now))
        dirty, clean, sheets = pool.cut(train.batch, rng)
        yield corrupt_looks(dirty, clean, pool.facts[sheets], rng, recipe, ON_DEVICE)
