"""Networks of blocks: a page is cut into squares of a fixed side, each coded on its own.

Any multiple of the side is accepted: blocks are cut out inside the network and joined again.
`logits` takes them side by side: what a training sees. `forward`, what cleans a page, lays four
such grids over it, half a block apart, and blends them with windows that sum to 1: a block knows
nothing of its neighbours, and its borders would show. Without `overlap` one grid is all.
"""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor

from docclean.errors import UsageError
from docclean.models.base import Autoencoder
from docclean.recipe import Model


class BlockAutoencoder(Autoencoder):
    """What all of them share; options: `side`, `overlap` beside the common ones."""

    def __init__(self, model: Model) -> None:
        """Take the side and lay out the windows.

        Raises:
            UsageError: there is no side, or the widths or the scale cannot be.
        """
        super().__init__(model)
        if not model.side:
            raise UsageError("[model] side must be at least 1, such as 32")
        self.side = self.stride = model.side
        self.reach = model.side - 1
        """From one corner of a block to the other."""
        self.overlap = model.overlap
        self.window: Tensor
        self.register_buffer("window", _window(self.side * self.scale), persistent=False)

    @abstractmethod
    def encode_block(self, block: Tensor) -> Tensor:
        """Return the codes of blocks, (B, 1, side, side), paper 0 and ink 1 -> (B, numbers)."""

    @abstractmethod
    def decode_block(self, code: Tensor) -> Tensor:
        """Return the logits of codes, paper high: (B, numbers) -> (B, 1, S, S), S scale * side."""

    def blocks(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1 -> (N * rows * columns, 1, side, side), row by row, paper 0."""
        cut = F.pixel_unshuffle(image, self.side).permute(0, 2, 3, 1)
        # paper is 0, as the convolutions' padding is
        return 1 - cut.reshape(-1, 1, self.side, self.side)

    def joined(self, numbers: Tensor, image: Tensor) -> Tensor:
        """(N * rows * columns, C) -> (N, C, rows, columns), as the blocks of `image` lie."""
        rows, columns = (side // self.side for side in image.shape[-2:])
        return numbers.view(-1, rows, columns, numbers.shape[1]).permute(0, 3, 1, 2)

    def encode(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1 -> code (N, numbers, H / side, W / side), a column for a block."""
        return self.joined(self.encode_block(self.blocks(image)), image)

    def decode(self, code: Tensor) -> Tensor:
        """(N, numbers, h, w) -> logits (N, 1, scale * side * h, scale * side * w)."""
        rows, columns = code.shape[2], code.shape[3]
        page = self.decode_block(code.permute(0, 2, 3, 1).reshape(-1, code.shape[1]))
        side = self.side * self.scale
        laid = page.reshape(-1, rows, columns, side * side).permute(0, 3, 1, 2)
        return F.pixel_shuffle(laid, side)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) -> the cleaned page (N, 1, scale * H, scale * W), blocks overlapping."""
        if not self.overlap:
            return super().forward(image)
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


def _window(side: int) -> Tensor:
    """Return a block's weights in the blend, (1, side * side, 1, 1), highest in its middle.

    A tent along both axes; with three others, half a block away each, it sums to 1 everywhere.
    """
    place = torch.arange(side) + 0.5
    tent = 1 - (place - side / 2).abs() / (side / 2)
    return (tent[:, None] * tent).view(1, side * side, 1, 1)
