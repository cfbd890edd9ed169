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


class Plain(nn.Module):
    """One convolution and ReLU: half the work of a `Residual`."""

    def __init__(self, width: int) -> None:
        """Build the convolution, `width` channels in and out."""
        super().__init__()
        self.only = conv(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """(N, width, h, w) -> the same shape."""
        return F.relu(self.only(features))


def blocks(width: int, depth: int) -> nn.Module:
    """Return `depth` residual blocks; depth 0 is one plain convolution."""
    if depth == 0:
        return Plain(width)
    if depth == 1:
        return Residual(width)
    return nn.Sequential(*(Residual(width) for _ in range(depth)))


CELL = 16
"""Side in px of the cells whose light is measured."""
FAR = 11
"""Cells a side around a cell, 176 px, in which the darkest is what ink looks like on this page:
some lines of text, so that show-through between two of them is not held for ink."""


def local_levels(half: Tensor, unit: int = 2) -> Tensor:
    """Return (N, 4, h, w) of cells: lightest and darkest of 48 px, mean of 16, darkest of 176 px.

    They tell the network what paper and ink look like *here*, so that a page whose only ink is
    faint is not mistaken for a page whose back shows through.

    Args:
        half: (N, 1, H / unit, W / unit), the page at a part of its resolution, 0..1.
        unit: px of the page for one of `half`.
    """
    lightest = F.max_pool2d(half, CELL // unit)
    darkest = F.max_pool2d(-half, CELL // unit)
    mean = F.avg_pool2d(half, CELL // unit)
    wide = F.max_pool2d(lightest, 3, 1, 1)
    deep = -F.max_pool2d(darkest, 3, 1, 1)
    far = -F.max_pool2d(darkest, FAR, 1, FAR // 2)
    return torch.cat((wide, deep, mean, far), 1)


CLOSING = 9
"""Window of the paper's closing in cells of 4 px: strokes narrower than it count as ink."""


def paper_level(half: Tensor) -> Tensor:
    """Return the paper's grey under the ink, (N, 1, h, w): a closing of 36 px of the page.

    Closing (lightest of the window, then darkest of the lightest) fills what is narrower than the
    window and follows every wider edge exactly: rims of stains and shadows stay where they are.

    Args:
        half: (N, 1, h, w), the page at half its resolution, 0..1.
    """
    closed = closing(F.avg_pool2d(half, 2))
    return F.interpolate(closed, scale_factor=2.0, mode="bilinear", align_corners=False)


def closing(half: Tensor) -> Tensor:
    """Return `paper_level` of a page at a quarter of its resolution, at that resolution."""
    lightest = F.max_pool2d(half, CLOSING, 1, CLOSING // 2)
    return -F.max_pool2d(-lightest, CLOSING, 1, CLOSING // 2)


LEAST_CONTRAST = 0.2
"""Paper minus ink that is normalised at most to 1: blank paper keeps its noise small."""


def even_contrast(paper: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    """Return slope and shift of the line that takes `paper` to 1 and `ink` to 0; one shape, 0..1.

    slope * page + shift is the page with even contrast.
    """
    slope = (paper - ink).clamp(min=LEAST_CONTRAST).reciprocal()
    return slope, 1 - paper * slope
