"""The first auto-encoder of every textbook: dense layers down to a code, and back.

With `contraction` it is a contractive one (Rifai et al. 2011): the code passes a sigmoid, and how
much it moves with its input, the Jacobian's squared norm, is a part of the loss.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.base import draw_for_relu, weight_count
from docclean.models.classics.blockwise import BlockAutoencoder
from docclean.recipe import Model


class DenseAutoencoder(BlockAutoencoder):
    """Dense layers; options: `contraction`, `frozen`. The last of `widths` is the code's length."""

    name = "dense"

    def __init__(self, model: Model) -> None:
        """Build `depth` dense layers each way; outer layers have the same names at any depth.

        Raises:
            UsageError: a contraction of several layers, or more layers frozen than there are.
        """
        super().__init__(model)
        if model.contraction and len(self.widths) > 1:
            raise UsageError("[model] contraction is of one level; give a single one in widths")
        if model.frozen >= len(self.widths):
            raise UsageError(
                f"[model] frozen must be below {len(self.widths)}, the levels there are"
            )
        self.contraction = model.contraction
        sizes = (self.side**2, *self.widths)
        out = ((self.side * self.scale) ** 2, *self.widths)
        self.encoder = nn.ModuleList(nn.Linear(*ends) for ends in pairwise(sizes))
        self.decoder = nn.ModuleList(nn.Linear(far, near) for near, far in pairwise(out))
        draw_for_relu(self)
        for layer in (*self.encoder[: model.frozen], *self.decoder[: model.frozen]):
            layer.requires_grad_(False)

    def encode_block(self, block: Tensor) -> Tensor:
        """(B, 1, side, side) -> (B, widths[-1]), not below 0."""
        numbers = block.flatten(1)
        for layer in self.encoder[:-1]:
            numbers = layer(numbers).relu()
        code: Tensor = self.encoder[-1](numbers)
        return code.sigmoid() if self.contraction else code.relu()

    def decode_block(self, code: Tensor) -> Tensor:
        """(B, widths[-1]) -> (B, 1, scale * side, scale * side) before the sigmoid."""
        for layer in list(self.decoder)[:0:-1]:
            code = layer(code).relu()
        side = self.side * self.scale
        page: Tensor = self.decoder[0](code)
        return page.view(-1, 1, side, side)

    def taught(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """As of every auto-encoder; with `contraction` the Jacobian's squared norm is added.

        Of h = sigmoid(W x): sum over j of (h_j (1 - h_j))^2 |W_j|^2, the mean over blocks.
        """
        if not self.contraction:
            return super().taught(image)
        code = self.encode(image)
        slope = (code * (1 - code)).square()
        weight = self.encoder[0].weight
        assert isinstance(weight, Tensor)
        lengths = weight.square().sum(1).view(1, -1, 1, 1)
        return self.decode(code), self.contraction * (slope * lengths).sum(1).mean()

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of `logits`."""
        return float((weight_count(self.encoder) + weight_count(self.decoder)) / self.side**2)


class VariationalAutoencoder(BlockAutoencoder):
    """A code with a distribution (Kingma and Welling 2014); options: `latent`, `divergence`.

    A block's code is drawn from a normal distribution whose mean and logarithm of the variance
    the encoder tells; its divergence from the standard one is a part of the loss, so that
    decoding standard normal numbers gives new pictures.
    """

    name = "variational"

    def __init__(self, model: Model) -> None:
        """Build dense layers of `widths` each way around `latent` means and variances.

        Raises:
            UsageError: there is no latent number.
        """
        super().__init__(model)
        if not model.latent:
            raise UsageError("[model] latent must be at least 1")
        self.latent, self.divergence = model.latent, model.divergence
        sizes = (self.side**2, *self.widths)
        back = (model.latent, *reversed(self.widths), (self.side * self.scale) ** 2)
        self.encoder = nn.ModuleList(nn.Linear(*ends) for ends in pairwise(sizes))
        self.squeeze = nn.Linear(self.widths[-1], 2 * model.latent)
        self.decoder = nn.ModuleList(nn.Linear(*ends) for ends in pairwise(back))
        draw_for_relu(self)

    def _told(self, block: Tensor) -> Tensor:
        """(B, 1, side, side) -> (B, 2 * latent): means, then logarithms of variances."""
        numbers = block.flatten(1)
        for layer in self.encoder:
            numbers = layer(numbers).relu()
        told: Tensor = self.squeeze(numbers)
        return told

    def encode_block(self, block: Tensor) -> Tensor:
        """(B, 1, side, side) -> the means (B, latent)."""
        return self._told(block)[:, : self.latent]

    def decode_block(self, code: Tensor) -> Tensor:
        """(B, latent) -> (B, 1, scale * side, scale * side) before the sigmoid."""
        for layer in self.decoder[:-1]:
            code = layer(code).relu()
        side = self.side * self.scale
        page: Tensor = self.decoder[-1](code)
        return page.view(-1, 1, side, side)

    def taught(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of drawn codes, and `divergence` times the divergence per pixel.

        The reconstruction is a mean over pixels, so the divergence is one too.
        """
        told = self._told(self.blocks(image)).float()
        mean, spread = told[:, : self.latent], told[:, self.latent :].clamp(-20, 20)
        code = mean + torch.randn_like(mean) * (spread / 2).exp()
        apart = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()
        logits = self.decode(self.joined(code, image))
        return logits, self.divergence * apart / self.side**2

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of `logits`; half of `squeeze` is not used there."""
        layers = (self.encoder, self.squeeze, self.decoder)
        return float(sum(weight_count(layer) for layer in layers) / self.side**2)
