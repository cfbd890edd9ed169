"""The classic convolutional autoencoder: convolve and pool down, up-sample and convolve back.

Each level is a 3x3 convolution with ReLU and a 2x2 max-pool; each way back a nearest up-sampling
and a convolution with ReLU. Nothing passes beside the code, so `encode` and `decode` work apart;
what the code does not hold is gone: few levels keep strokes, many levels forget them.
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from docclean.models.base import Autoencoder, draw_for_relu, weight_count
from docclean.models.blocks import conv
from docclean.recipe import Model


class ConvolutionalAutoencoder(Autoencoder):
    """Pool and up-sample; options: `widths`, `depth`, `sparsity`, `scale`."""

    name = "conv"

    def __init__(self, model: Model) -> None:
        """Build `depth` levels each way, one more on the way out with a scale of 2.

        Raises:
            UsageError: the widths or the scale cannot be.
        """
        super().__init__(model)
        finest = self.widths[0]
        back = (*reversed(self.widths), *[finest] * self.scale)
        self.encoder = nn.ModuleList(conv(*ends) for ends in pairwise((1, *self.widths)))
        self.decoder = nn.ModuleList(conv(*ends) for ends in pairwise(back))
        self.head = conv(finest, 1)
        draw_for_relu(self)
        self.stride = 2 ** len(self.widths)
        self.reach = self._reach()

    def encode(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1 -> code (N, widths[-1], H / stride, W / stride), not below 0."""
        features = 1 - image  # paper is 0, as the convolutions' padding is
        for layer in self.encoder:
            features = F.max_pool2d(F.relu(layer(features)), 2)
        return features

    def decode(self, code: Tensor) -> Tensor:
        """(N, widths[-1], h, w) -> logits (N, 1, scale * stride * h, scale * stride * w)."""
        for layer in self.decoder:
            code = F.relu(layer(F.interpolate(code, scale_factor=2.0)))
        page: Tensor = self.head(code)
        return page

    def _reach(self) -> int:
        """Return the farthest input pixel any output of one cell of the code sees, in px."""
        reach = 0
        for output in range(self.stride * self.scale):
            low, high = self._seen_by(output)
            place = output // self.scale
            reach = max(reach, place - low, high - place)
        return reach

    def _seen_by(self, output: int) -> tuple[int, int]:
        """Return the first and last input pixel that output `output` sees, along one axis."""
        low, high = output - 1, output + 1
        for _ in self.decoder:
            low, high = (low - 1) // 2, (high + 1) // 2
        for _ in self.encoder:
            low, high = 2 * low - 1, 2 * high + 2
        return low, high

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of the convolutions."""
        # a layer's resolution doubles with each step back; the last one has the output's
        depth, steps = len(self.encoder), len(self.decoder)
        area = 4.0 ** (steps - depth)
        down = sum(weight_count(layer) / 4.0**level for level, layer in enumerate(self.encoder))
        up = sum(
            weight_count(layer) * area / 4.0 ** (steps - 1 - step)
            for step, layer in enumerate(self.decoder)
        )
        return float(down + up + weight_count(self.head) * area)
