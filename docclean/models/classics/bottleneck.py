"""A dense bottleneck: strided convolutions, `latent` numbers for a whole patch, and back.

Patches have a fixed side. A page is cut into such blocks inside the network and joined again, so
any multiple of the side is accepted. `logits` takes the blocks side by side: what a training sees.
`forward`, what cleans a page, lays four such grids over it, half a block apart, and blends them
with windows that sum to 1: a block knows nothing of its neighbours, and its borders would show.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.base import Autoencoder, draw_for_relu, weight_count
from docclean.models.blocks import conv
from docclean.recipe import Model


class BottleneckAutoencoder(Autoencoder):
    """A dense code; options: `side`, `latent`, `widths`, `depth`, `sparsity`, `scale`."""

    name = "bottleneck"

    def __init__(self, model: Model) -> None:
        """Build `depth` strided levels each way around two dense layers.

        Raises:
            UsageError: the side cannot be halved so often, or another size cannot be.
        """
        super().__init__(model)
        shrink = 2 ** len(self.widths)
        if not model.side or model.side % shrink:
            raise UsageError(
                f"[model] side must be a multiple of {shrink} with {len(self.widths)} levels, "
                f"not {model.side}; {-(-max(1, model.side) // shrink) * shrink} would work"
            )
        if not model.latent:
            raise UsageError("[model] latent must be at least 1")
        self.side = self.stride = model.side
        self.reach = model.side - 1
        """From one corner of a block to the other."""
        self._start = (self.widths[-1], model.side // shrink, model.side // shrink)
        size = self._start[0] * self._start[1] * self._start[2]
        back = (*reversed(self.widths), *[self.widths[0]] * (self.scale - 1), 1)
        self.encoder = nn.ModuleList(conv(*ends, 2) for ends in pairwise((1, *self.widths)))
        self.squeeze, self.spread = nn.Linear(size, model.latent), nn.Linear(model.latent, size)
        self.decoder = nn.ModuleList(nn.ConvTranspose2d(*ends, 4, 2, 1) for ends in pairwise(back))
        draw_for_relu(self)
        self.window: Tensor
        self.register_buffer("window", _window(self.side * self.scale), persistent=False)

    def encode(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1 -> code (N, latent, H / side, W / side), one column for each block.

        With `sparsity` the code passes a ReLU: its zeros are exact.
        """
        blocks = F.pixel_unshuffle(image, self.side)
        rows, columns = blocks.shape[2], blocks.shape[3]
        # paper is 0, as the convolutions' padding is
        features = 1 - blocks.permute(0, 2, 3, 1).reshape(-1, 1, self.side, self.side)
        for layer in self.encoder:
            features = F.relu(layer(features))
        code: Tensor = self.squeeze(features.flatten(1))
        code = F.relu(code) if self.sparsity else code
        return code.view(-1, rows, columns, code.shape[1]).permute(0, 3, 1, 2)

    def decode(self, code: Tensor) -> Tensor:
        """(N, latent, h, w) -> logits (N, 1, scale * side * h, scale * side * w)."""
        rows, columns = code.shape[2], code.shape[3]
        latent = code.permute(0, 2, 3, 1).reshape(-1, code.shape[1])
        features = F.relu(self.spread(latent)).view(-1, *self._start)
        for layer in self.decoder[:-1]:
            features = F.relu(layer(features))
        page: Tensor = self.decoder[-1](features)
        side = self.side * self.scale
        blocks = page.reshape(-1, rows, columns, side * side).permute(0, 3, 1, 2)
        return F.pixel_shuffle(blocks, side)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) -> the cleaned page (N, 1, scale * H, scale * W), blocks overlapping."""
        half = self.side // 2
        shifts = ((0, 0), (0, half), (half, 0), (half, half))
        return torch.stack([self._shifted(image, *shift) for shift in shifts]).sum(0)

    def _shifted(self, image: Tensor, down: int, right: int) -> Tensor:
        """Return the share of the page that the grid moved by `down` and `right` px gives."""
        if down or right:
            image = F.pad(image, (right, right, down, down), mode="replicate")
        side, down, right = self.side * self.scale, down * self.scale, right * self.scale
        blocks = F.pixel_unshuffle(self.logits(image).sigmoid(), side)
        page = F.pixel_shuffle(blocks * self.window, side)
        return page[:, :, down : page.shape[2] - down, right : page.shape[3] - right]

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of `logits`.

        `forward` takes four times as many on a large page, and up to nine times on a single patch.
        """
        down = sum(
            weight_count(layer) / 4.0 ** (1 + level) for level, layer in enumerate(self.encoder)
        )
        dense = weight_count(self.squeeze) + weight_count(self.spread)
        # each place of a transposed convolution's input takes all of its weights
        up = sum(
            weight_count(layer) / 4.0 ** (len(self.encoder) - step)
            for step, layer in enumerate(self.decoder)
        )
        return float(down + dense / self.side**2 + up)


def _window(side: int) -> Tensor:
    """Return a block's weights in the blend, (1, side * side, 1, 1), highest in its middle.

    A tent along both axes; with three others, half a block away each, it sums to 1 everywhere.
    """
    place = torch.arange(side) + 0.5
    tent = 1 - (place - side / 2).abs() / (side / 2)
    return (tent[:, None] * tent).view(1, side * side, 1, 1)
