"""The shipped network: a U-Net that learns where the paper ends and lets the strokes through.

It does not paint the page. It predicts, at half resolution, a slope and a threshold for the input
itself and, at full resolution, a small residual: `logit = slope * (x - threshold) + residual`.
Hairlines reach the output directly; the features only decide what is paper. `x` is the page with
its local contrast normalised (paper 1, the darkest ink nearby 0): without that, crossbars of faint
letters on dark paper fall under the threshold that suits black ink on white.
"""

import math

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
        """Return the reach in px: the farthest pixel any of 32 neighbouring outputs sees.

        Spans of indices are followed from an output back to the input, along one axis.
        """
        return max(max(o - low, high - o) for o in range(32) for low, high in [_seen_by(o)])

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


Span = tuple[int, int]
"""First and last index along one axis."""


def _seen_by(output: int) -> Span:
    """Return the pixels that output pixel `output` depends on, as `logits` computes it."""
    affine = _bilinear((output, output), 2)
    y1 = _wider(_both(affine, (output // 2, output // 2)), 2)  # head, decode1
    y2 = _wider(_halved(y1), 2)
    y3 = _wider(_halved(y2), 2)
    x4 = _wider(_halved(y3), 2)
    x3 = _wider(_both(y3, _doubled(x4)), 2)
    x2 = _wider(_both(y2, _doubled(x3)), 2)
    x1 = _wider(_both(y1, _doubled(x2)), 2)  # fine, stem
    pixels = _both((output, output), (2 * x1[0], 2 * x1[1] + 1))
    levels = _both(x4, _both((y1[0] // 8, y1[1] // 8), _bilinear(pixels, 16)))
    wide = _wider(levels, 1)
    return _both(pixels, (16 * wide[0], 16 * wide[1] + 15))


def _wider(span: Span, convolutions: int) -> Span:
    return span[0] - convolutions, span[1] + convolutions


def _halved(span: Span) -> Span:
    """Undo nearest up-sampling."""
    return span[0] // 2, span[1] // 2


def _doubled(span: Span) -> Span:
    """Undo a 3x3 convolution of stride 2."""
    return 2 * span[0] - 1, 2 * span[1] + 1


def _bilinear(span: Span, scale: int) -> Span:
    """Undo bilinear up-sampling: source (o + 1/2) / scale - 1/2, and its right neighbour."""
    first, last = (math.floor((index + 0.5) / scale - 0.5) for index in span)
    return first, last + 1


def _both(one: Span, other: Span) -> Span:
    return min(one[0], other[0]), max(one[1], other[1])
