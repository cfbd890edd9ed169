"""The few pieces networks are made of; all keep tiling exact (no global pooling)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """Return a 3x3 convolution with zero padding of 1 px."""
    return nn.Conv2d(inputs, outputs, 3, stride, 1)


class Residual(nn.Module):
    """x + conv(relu(conv(x))), then ReLU."""

    def __init__(self, width: int) -> None:
        """Build both convolutions, `width` channels in and out."""
        super().__init__()
        self.first, self.second = conv(width, width), conv(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """(N, width, h, w) -> the same shape."""
        return F.relu(features + self.second(F.relu(self.first(features))))


def local_levels(image: Tensor) -> Tensor:
    """Return (N, 3, H/16, W/16): lightest, darkest and mean grey of the 48 px around each cell.

    They tell the network what paper and ink look like *here*, so that a page whose only ink is
    faint is not mistaken for a page whose back shows through.
    """
    lightest = F.max_pool2d(F.avg_pool2d(image, 2), 8)
    darkest = F.max_pool2d(-F.avg_pool2d(image, 2), 8)
    mean = F.avg_pool2d(image, 16)
    wide = F.max_pool2d(lightest, 3, 1, 1)
    deep = -F.max_pool2d(darkest, 3, 1, 1)
    return torch.cat((wide, deep, mean), 1)


LEAST_CONTRAST = 0.2
"""Paper minus ink that is normalised at most to 1: blank paper keeps its noise small."""


def even_contrast(image: Tensor, levels: Tensor) -> Tensor:
    """Return the page with paper near 1 and the darkest ink nearby near 0, (N, 1, H, W).

    Args:
        image: (N, 1, H, W) in 0..1.
        levels: what `local_levels` says of it.
    """
    wide = F.interpolate(levels[:, :2], scale_factor=16.0, mode="bilinear", align_corners=False)
    lightest, darkest = wide[:, :1], wide[:, 1:]
    return 1 - (lightest - image) / (lightest - darkest).clamp(min=LEAST_CONTRAST)
