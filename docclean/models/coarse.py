"""The shipped network's faster sibling: its finest level stands for 4 x 4 px, not for 2 x 2.

What the network does at half resolution is a third of its multiply-adds and half of its time: few
channels, much memory. Here nothing is done there: the sixteen pixels of a square, seen three ways,
are mixed into the first level by one matrix, and the residual of all sixteen comes out of another.
The levels below are the sibling's own, and may start from its weights. The page's own greys still
reach the output directly.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.blocks import CELL, CLOSING, FAR, blocks, closing, conv
from docclean.models.dae import (
    START_SHARE,
    LocalAffineAutoencoder,
    Span,
    bilinear,
    both,
    doubled,
    halved,
    wider,
)
from docclean.recipe import Model

LEVELS = 3


class CoarseAffineAutoencoder(LocalAffineAutoencoder):
    """Encoder and decoder over 1/4, 1/8 and 1/16 of the page, with skips that add."""

    name = "coarse"
    unit = 4
    paper = staticmethod(closing)

    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...] = (0, 1, 1, 0, 0)) -> None:
        """Build.

        Args:
            widths: channels of the three levels, finest first.
            depths: as of `dae`.
        """
        nn.Module.__init__(self)
        second, third, last = widths
        self.widths, self.depths, self.has_fine = widths, depths, False
        self.stem, self.encode2 = nn.Conv2d(3 * 16, second, 1), blocks(second, depths[0])
        self.down3, self.encode3 = conv(second, third, 2), blocks(third, depths[1])
        self.down4 = conv(third, last, 2)
        self.level4, self.level2 = nn.Conv2d(4, last, 1), nn.Conv2d(4, second, 1)
        self.encode4 = blocks(last, depths[2])
        self.up3, self.decode3 = nn.Conv2d(last, third, 1), blocks(third, depths[3])
        self.up2, self.decode2 = nn.Conv2d(third, second, 1), blocks(second, depths[4])
        self.head = nn.Conv2d(second, 16 + 4, 1)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([0.0] * 18 + [START_SHARE] * 2))  # type: ignore[union-attr]
        self.reach = self._reach()

    @classmethod
    def build(cls, model: Model) -> "CoarseAffineAutoencoder":
        """Build from a recipe's [model] section.

        Raises:
            UsageError: a larger output is asked for, or another number of levels.
        """
        if model.scale != 1:
            raise UsageError('[model] scale: coarse keeps a page\'s size; name = "conv" doubles it')
        if len(model.widths) != LEVELS:
            raise UsageError(f"[model] widths: coarse has {LEVELS} levels, not {len(model.widths)}")
        return cls(tuple(model.widths), tuple(model.depths))

    def _head(self, seen: Tensor, levels: Tensor) -> Tensor:
        """(N, 48, H/4, W/4) -> (N, 20, H/4, W/4): residuals, stretch, shift, wide, keep."""
        x2 = self.encode2(F.relu(self.stem(seen)))
        x3 = self.encode3(F.relu(self.down3(x2)))
        x4 = self.encode4(F.relu(self.down4(x3) + self.level4(levels)))
        y3 = self.decode3(F.relu(x3 + F.interpolate(self.up3(x4), scale_factor=2.0)))
        here = F.interpolate(self.up2(y3), scale_factor=2.0)
        here = here + F.interpolate(self.level2(levels), scale_factor=4.0)
        head: Tensor = self.head(self.decode2(F.relu(x2 + here)))
        return head

    def _seen_by(self, output: int) -> Span:
        """Return the pixels that output pixel `output` depends on, as `logits` computes it."""
        deep = [max(1, 2 * depth) for depth in self.depths]
        y2 = wider((output // 4, output // 4), deep[4])
        y3 = wider(halved(y2), deep[3])
        x4 = wider(halved(y3), deep[2])
        x3 = wider(both(y3, doubled(x4)), deep[1])
        seen = wider(both(y2, doubled(x3)), deep[0])
        cells = both(bilinear(seen, CELL // 4), both(x4, (y2[0] // 4, y2[1] // 4)))
        cells = wider(cells, FAR // 2)
        paper = wider(seen, 2 * (CLOSING // 2))
        return both((4 * paper[0], 4 * paper[1] + 3), (CELL * cells[0], CELL * cells[1] + CELL - 1))
