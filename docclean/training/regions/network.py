"""The network that draws the map of a page: a small U-Net over cells of 8 px."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.regions.kinds import MARKS

STRIDE = 32
"""Sides of a picture must be multiples of it, px."""
STEM, CELLS, COARSE = (20, 40), 56, 80
"""Channels at 1/2 and 1/4, at the cells' size (1/8), and at 1/16 and 1/32."""
FAR = 4
"""Blocks at 1/32 that look about the page."""


class Block(nn.Module):
    """Two convolutions beside the direct path."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        """Make a block; `dilation` spreads the first convolution's samples."""
        super().__init__()
        self.one = conv(channels, channels, dilation=dilation)
        self.two = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return F.relu(x + self.norm(self.two(self.one(x))))


class Wide(nn.Module):
    """A depthwise 7 x 7 convolution and two of 1 x 1 beside the direct path, which it begins as.

    At 1/32 one sees 112 px to each side. After ConvNeXt (Liu et al. 2022, arXiv:2201.03545).
    """

    def __init__(self, channels: int) -> None:
        """Make a block."""
        super().__init__()
        self.around = nn.Conv2d(channels, channels, 7, padding=3, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.more = nn.Conv2d(channels, 2 * channels, 1)
        self.less = nn.Conv2d(2 * channels, channels, 1)
        nn.init.zeros_(self.less.weight)
        nn.init.zeros_(self.less.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        more: Tensor = self.less(F.relu(self.more(self.norm(self.around(x)))))
        return x + more


def conv(inside: int, out: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Return a 3 x 3 convolution with normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, out, 3, stride, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class MapNet(nn.Module):
    """Tells of every cell which kinds it shows, and which way up the page stands.

    0.5 million weights; about 4 kMAC a pixel.
    """

    def __init__(self) -> None:
        """Make the network with random weights."""
        super().__init__()
        half, quarter = STEM
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2), conv(12, half), conv(half, quarter, 2), conv(quarter, CELLS, 2)
        )
        self.cells = Block(CELLS)
        self.down = conv(CELLS, COARSE, 2)
        self.coarse = Block(COARSE)
        self.far = nn.Sequential(conv(COARSE, COARSE, 2), *(Wide(COARSE) for _ in range(FAR)))
        self.up = nn.Conv2d(COARSE, CELLS, 1)
        self.merge = Block(CELLS)
        self.layers = nn.Conv2d(CELLS, len(MARKS), 1)
        self.upright = nn.Sequential(nn.Conv2d(CELLS, 32, 3, padding=1), nn.ReLU(inplace=True))
        self.turn = nn.Linear(32, 4)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the layers, (N, 9, H / 8, W / 8), and of the turn, (N, 4).

        Args:
            pictures: (N, 3, H, W) float, 0..1, sides multiples of `STRIDE`.
        """
        fine = self.cells(self.stem(pictures))
        coarse = self.coarse(self.down(fine))
        far = self.far(coarse)
        coarse = coarse + F.interpolate(far, size=coarse.shape[2:], mode="bilinear")
        fine = self.merge(
            fine + F.interpolate(self.up(coarse), size=fine.shape[2:], mode="bilinear")
        )
        layers = self.layers(fine)
        written = torch.sigmoid(layers[:, 1:2]) + torch.sigmoid(layers[:, 2:3])  # text, dark
        told = (self.upright(fine) * written).sum((2, 3)) / (written.sum((2, 3)) + 1)
        return layers, self.turn(told)
