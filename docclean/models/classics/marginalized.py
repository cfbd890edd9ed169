"""The marginalized denoising auto-encoder: one linear map, solved for in closed form.

Chen, Xu, Weinberger and Sha 2012 (Marginalized denoising autoencoders for domain adaptation): the
map W that takes infinitely many corrupted copies of the data back to it is E[x y'] E[y y']^-1, y
the corrupted x with a 1 for the bias. Both expectations follow from the mean and the scatter of the
clean data alone. The paper blanks pixels; here `marginal` of them become 0 or 1 (salt and pepper,
half of each), so that E[y_i | x_i] = (1 - p) x_i + p / 2 and, the noise being apart in each pixel,
E[y_i y_j] is the product of both but for i = j, where E[y_i^2] = (1 - p) x_i^2 + p / 2.
"""

import torch
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.classics.blockwise import BlockAutoencoder
from docclean.recipe import Model

LEAST = 1e-3
"""Greys are kept this far from 0 and 1 before the logit."""
RIDGE = 1e-4
"""Added to the diagonal: pixels that never change would make the matrix singular."""


class MarginalizedAutoencoder(BlockAutoencoder):
    """A linear map of a block; option: `marginal`. Its code is the block it restores."""

    name = "marginalized"
    closed = True

    def __init__(self, model: Model) -> None:
        """Begin with no data and the map that changes nothing.

        Raises:
            UsageError: the share of struck pixels leaves nothing to learn.
        """
        super().__init__(model)
        if model.scale != 1 or not 0 < model.marginal < 1:
            raise UsageError(
                f"[model] {'scale' if model.scale != 1 else 'marginal'}: marginalized keeps the "
                "size, and takes a marginal between 0 and 1, such as 0.2"
            )
        size = self.side**2
        self.marginal = model.marginal
        # solved for, so no gradient moves it; a parameter all the same, as it is what is learned
        self.map = nn.Linear(size, size).requires_grad_(False)
        with torch.no_grad():
            self.map.weight.copy_(torch.eye(size))
            self.map.bias.zero_()
        self.seen: Tensor
        self.scatter: Tensor
        self.register_buffer("seen", torch.zeros((), dtype=torch.float64))
        self.register_buffer("scatter", torch.zeros(size + 1, size + 1, dtype=torch.float64))

    @torch.no_grad()
    def absorb(self, clean: Tensor) -> None:
        """Add a batch's scatter and solve again; clean float (N, 1, H, W) in 0..1."""
        block = self.blocks(clean).flatten(1).double()
        block = torch.cat((block, torch.ones_like(block[:, :1])), 1)
        self.scatter += block.T @ block
        self.seen += len(block)
        solved = self._solved().to(self.map.weight.dtype)
        self.map.weight.copy_(solved[:, :-1])
        self.map.bias.copy_(solved[:, -1])

    def _solved(self) -> Tensor:
        """Return E[x y'] E[y y']^-1, (size, size + 1)."""
        size, share = self.side**2, self.marginal
        scatter = self.scatter / self.seen
        # y = keep * x + half on average; the 1 of the bias is never struck
        keep = torch.full_like(scatter[0], 1 - share)
        half = torch.full_like(keep, share / 2)
        keep[size], half[size] = 1, 0
        mean = scatter[size]
        crossed = scatter * keep + mean[:, None] * half
        both = keep[:, None] * crossed + half[:, None] * (keep * mean + half)
        squares = keep * scatter.diagonal() + half
        both.diagonal().copy_(squares + RIDGE)
        solved: Tensor = torch.linalg.solve(both, crossed[:size].T)
        return solved.T

    def encode_block(self, block: Tensor) -> Tensor:
        """(B, 1, side, side) -> (B, side * side): the restored block, near 0..1."""
        code: Tensor = self.map(block.flatten(1))
        return code

    def decode_block(self, code: Tensor) -> Tensor:
        """(B, side * side) -> logits (B, 1, side, side), so that their sigmoid is the block."""
        paper = (1 - code).clamp(LEAST, 1 - LEAST)
        return (paper.log() - torch.log1p(-paper)).view(-1, 1, self.side, self.side)

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel: one row of the map."""
        return float(self.side**2)
