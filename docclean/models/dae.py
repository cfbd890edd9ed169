"""The shipped network: a U-Net that learns where the paper ends and lets the strokes through.

It does not paint the page. It predicts, at half resolution, a slope and a threshold for the input
itself and, at full resolution, a small residual: `logit = slope * (x - threshold) + residual`.
Hairlines reach the output directly; the features only decide what is paper. `x` is the page with
its local contrast normalised (paper 1, the darkest ink nearby 0): without that, crossbars of faint
letters on dark paper fall under the threshold that suits black ink on white.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.models.base import Architecture
from docclean.models.blocks import Residual, conv, even_contrast, local_levels
from docclean.recipe import Model

START_SLOPE, START_THRESHOLD = 12.0, 0.5
"""Before training the network is this soft threshold of its input."""


class LocalAffineAutoencoder(Architecture):
    """Encoder and decoder over 1/2, 1/4, 1/8 and 1/16 of the page, with skips that add."""

    name = "dae"
    stride = 16

    def __init__(self, widths: tuple[int, ...]) -> None:
        """Build for the channels of the four levels, finest first."""
        super().__init__()
        first, second, third, last = widths
        self.widths = widths
        self.stem = conv(4 + 4, first)
        self.fine = conv(first, first)
        self.down2, self.encode2 = conv(first, second, 2), Residual(second)
        self.down3, self.encode3 = conv(second, third, 2), Residual(third)
        self.down4 = conv(third, last, 2)
        self.level4, self.level1 = nn.Conv2d(3, last, 1), nn.Conv2d(3, first, 1)
        self.encode4 = Residual(last)
        self.up3, self.decode3 = nn.Conv2d(last, third, 1), Residual(third)
        self.up2, self.decode2 = nn.Conv2d(third, second, 1), Residual(second)
        self.up1, self.decode1 = nn.Conv2d(second, first, 1), conv(first, first)
        self.head = conv(first, 4 + 2)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]
        self.reach = self._reach()

    @classmethod
    def build(cls, model: Model) -> "LocalAffineAutoencoder":
        """Build from a recipe's [model] section."""
        return cls(tuple(model.widths))

    def logits(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1, sides multiples of 16 -> (N, 1, H, W) before the sigmoid."""
        levels = local_levels(image)
        even = even_contrast(image, levels)
        seen = torch.cat((F.pixel_unshuffle(image, 2), F.pixel_unshuffle(even, 2)), 1)
        x1 = F.relu(self.fine(F.relu(self.stem(seen * 2 - 1))))
        x2 = self.encode2(F.relu(self.down2(x1)))
        x3 = self.encode3(F.relu(self.down3(x2)))
        x4 = self.encode4(F.relu(self.down4(x3) + self.level4(levels)))
        y3 = self.decode3(F.relu(x3 + F.interpolate(self.up3(x4), scale_factor=2.0)))
        y2 = self.decode2(F.relu(x2 + F.interpolate(self.up2(y3), scale_factor=2.0)))
        here = F.interpolate(self.level1(levels), scale_factor=8.0)
        y1 = F.relu(x1 + F.interpolate(self.up1(y2), scale_factor=2.0) + here)
        y1 = F.relu(self.decode1(y1))
        head = self.head(y1)
        residual = F.pixel_shuffle(head[:, :4], 2)
        affine = F.interpolate(head[:, 4:], scale_factor=2.0, mode="bilinear", align_corners=False)
        slope = START_SLOPE * (1 + affine[:, :1])
        threshold = START_THRESHOLD + affine[:, 1:]
        return slope * (even - threshold) + residual

    def _reach(self) -> int:
        """Return the reach in px, summed along the widest path.

        A 3x3 convolution at 1/s of the resolution sees s px further, nearest up-sampling up to s
        px; the local levels, enlarged, see three cells of 16 px.
        """
        levels = 16 * 3
        encoder = (
            2 * 2 + 2 + 4 * 2 + 4 + 8 * 2 + 8
        )  # stem, fine, down2, encode2, down3, encode3, down4
        bottom = 16 * 2  # encode4
        decoder = (
            16 + 8 * 2 + 8 + 4 * 2 + 4 + 2 * 2 + 2
        )  # up, decode3, up, decode2, up, decode1, head, up
        return levels + encoder + bottom + decoder

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of the convolutions."""
        scale = {
            "down2": 4,
            "encode2": 4,
            "decode2": 4,
            "down3": 8,
            "encode3": 8,
            "decode3": 8,
            "down4": 16,
            "level4": 16,
            "level1": 16,
            "encode4": 16,
            "up3": 16,
            "up2": 8,
            "up1": 4,
        }
        return sum(
            module.weight.numel() / scale.get(name.split(".")[0], 2) ** 2
            for name, module in self.named_modules()
            if isinstance(module, nn.Conv2d)
        )
