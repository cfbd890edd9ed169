"""The shipped network: a U-Net that learns where the paper ends and lets the strokes through.

It does not paint the page. The page's own greys, set between the paper and the ink around them
(paper 1, ink 0), reach the output directly; at half resolution the network predicts how far to
stretch and shift them, where to take the paper from farther away (strokes wider than the closing)
and where to keep the page as it came (photos), and, at full resolution, a small residual on the
logit. Without any prediction the output is the page divided by
its background, edges of letters as soft or sharp as they were; the features only decide what is
paper.
"""

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.base import Architecture, to_bytes
from docclean.models.blocks import (
    CELL,
    CLOSING,
    FAR,
    blocks,
    conv,
    even_contrast,
    local_levels,
    paper_level,
)
from docclean.recipe import Model

LEAST = 0.003
"""Greys are kept this far from 0 and 1 before the logit: 0.8 grey levels of 255."""
PX = {
    **dict.fromkeys(("down2", "encode2", "decode2", "up1"), 4),
    **dict.fromkeys(("down3", "encode3", "decode3", "up2"), 8),
    **dict.fromkeys(("down4", "encode4", "level1", "level2", "level4", "up3"), 16),
}
"""Sides in px of what one place of a convolution's output stands for; the others': the finest."""
START_SHARE = -2.0
"""Logit, before training, of the share of wide contrast and of the page as it came: 0.12."""


class LocalAffineAutoencoder(Architecture):
    """Encoder and decoder over 1/2, 1/4, 1/8 and 1/16 of the page, with skips that add."""

    name = "dae"
    stride = 16
    reduces = True
    unit: ClassVar[int] = 2
    """Side in px of what one place of the finest level stands for."""

    def __init__(
        self,
        widths: tuple[int, ...],
        depths: tuple[int, ...] = (1, 1, 1, 1, 1),
        fine: int = 1,
    ) -> None:
        """Build.

        Args:
            widths: channels of the four levels, finest first.
            depths: residual blocks of the encoder at 1/4, 1/8, 1/16, of the decoder at 1/8, 1/4;
                0 is a single convolution.
            fine: whether half resolution has a second convolution before the encoder.
        """
        super().__init__()
        first, second, third, last = widths
        self.widths, self.depths, self.has_fine = widths, depths, bool(fine)
        self.stem = conv(3 * 4, first)
        self.fine = conv(first, first) if fine else None
        self.down2, self.encode2 = conv(first, second, 2), blocks(second, depths[0])
        self.down3, self.encode3 = conv(second, third, 2), blocks(third, depths[1])
        self.down4 = conv(third, last, 2)
        self.level4, self.level1 = nn.Conv2d(4, last, 1), nn.Conv2d(4, first, 1)
        self.encode4 = blocks(last, depths[2])
        self.up3, self.decode3 = nn.Conv2d(last, third, 1), blocks(third, depths[3])
        self.up2, self.decode2 = nn.Conv2d(third, second, 1), blocks(second, depths[4])
        self.up1, self.decode1 = nn.Conv2d(second, first, 1), conv(first, first)
        self.head = conv(first, 4 + 4)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            self.head.bias.copy_(torch.tensor([0.0] * 6 + [START_SHARE] * 2))  # type: ignore[union-attr]
        self.reach = self._reach()

    @classmethod
    def build(cls, model: Model) -> "LocalAffineAutoencoder":
        """Build from a recipe's [model] section.

        Raises:
            UsageError: a larger output is asked for.
        """
        if model.scale != 1:
            raise UsageError('[model] scale: dae keeps a page\'s size; name = "conv" doubles it')
        return cls(tuple(model.widths), tuple(model.depths), model.fine)

    def logits(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1, sides multiples of 16 -> (N, 1, H, W) before the sigmoid."""
        grey, residual = self._parts(F.pixel_unshuffle(image, self.unit))
        return F.pixel_shuffle(grey.log() - torch.log1p(-grey) + residual, self.unit)

    def forward(self, image: Tensor) -> Tensor:
        """Return sigmoid(logits), by the shorter way."""
        return F.pixel_shuffle(
            _painted(*self._parts(F.pixel_unshuffle(image, self.unit))), self.unit
        )

    def on_bytes(self, tiles: Tensor, seen: Tensor | None = None) -> Tensor:
        """As of every architecture; the network may see a reduced picture of what it cleans.

        What it predicts is then enlarged: the lines that stretch the greys, and the residual. The
        greys are the page's own, so that no stroke is lost to the reduction.

        Args:
            tiles: uint8 (N, H, W).
            seen: the tiles reduced, uint8 (N, h, w), sides multiples of 16; None: the tiles.
        """
        pixels = _pixels_apart(tiles if seen is None else seen, self.unit)
        head, far, near = self._predicted(pixels)
        page = tiles.unsqueeze(1).float() / 255
        size = (tiles.shape[-2], tiles.shape[-1])
        slope, moved = (F.interpolate(one, size) for one in _line(head, far, near))
        residual = F.pixel_shuffle(head[:, :-4], self.unit)
        if seen is not None:
            residual = F.interpolate(residual, size, mode="bilinear", align_corners=False)
        grey = (slope * page + moved).clamp(LEAST, 1 - LEAST)
        return to_bytes(_painted(grey, residual)).squeeze(1)

    def _parts(self, quarters: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stretched greys and the residual of their logits, (N, 4, H/2, W/2)."""
        head, far, near = self._predicted(quarters)
        slope, moved = _line(head, far, near)
        return (slope * quarters + moved).clamp(LEAST, 1 - LEAST), head[:, :-4]

    def _predicted(self, quarters: Tensor) -> tuple[Tensor, "Line", "Line"]:
        """Return what the network says, (N, 8, H/2, W/2), and the lines of far and near contrast.

        A page set between its paper and its ink is `slope * page + shift`, and so is every mixture
        of such pages: maps of one channel are mixed, and the page itself is touched once.
        """
        half = quarters.mean(1, keepdim=True)
        levels = local_levels(half, self.unit)
        light, dark = (_spread(levels[:, at : at + 1], CELL / self.unit) for at in (0, 3))
        far, near = even_contrast(light, dark), even_contrast(self.paper(half), dark)
        doubled = 2 * quarters
        seen = (doubled - 1, *(slope * doubled + (2 * shift - 1) for slope, shift in (far, near)))
        return self._head(torch.cat(seen, 1), levels), far, near

    paper = staticmethod(paper_level)
    """The paper's grey under the ink, at the resolution of the finest level."""

    def _head(self, seen: Tensor, levels: Tensor) -> Tensor:
        """(N, 12, H/2, W/2) -> (N, 8, H/2, W/2): residuals, stretch, shift, wide, keep."""
        x1 = F.relu(self.stem(seen))
        if self.fine is not None:
            x1 = F.relu(self.fine(x1))
        x2 = self.encode2(F.relu(self.down2(x1)))
        x3 = self.encode3(F.relu(self.down3(x2)))
        x4 = self.encode4(F.relu(self.down4(x3) + self.level4(levels)))
        y3 = self.decode3(F.relu(x3 + F.interpolate(self.up3(x4), scale_factor=2.0)))
        y2 = self.decode2(F.relu(x2 + F.interpolate(self.up2(y3), scale_factor=2.0)))
        here = self.up1(y2) + F.interpolate(self.level1(levels), scale_factor=4.0)
        y1 = F.relu(x1 + F.interpolate(here, scale_factor=2.0))
        head: Tensor = self.head(F.relu(self.decode1(y1)))
        return head

    def _reach(self) -> int:
        """Return the reach in px: the farthest pixel any of 32 neighbouring outputs sees.

        Spans of indices are followed from an output back to the input, along one axis.
        """
        spans = [(output, self._seen_by(output)) for output in range(32)]
        return max(max(output - low, high - output) for output, (low, high) in spans)

    def _seen_by(self, output: int) -> "Span":
        """Return the pixels that output pixel `output` depends on, as `logits` computes it."""
        deep = [max(1, 2 * depth) for depth in self.depths]  # convolutions of each block
        own = (output // 2, output // 2)
        y1 = wider(own, 2)  # head, decode1
        y2 = wider(halved(y1), deep[4])
        y3 = wider(halved(y2), deep[3])
        x4 = wider(halved(y3), deep[2])
        x3 = wider(both(y3, doubled(x4)), deep[1])
        x2 = wider(both(y2, doubled(x3)), deep[0])
        seen = wider(both(y1, doubled(x2)), 1 + self.has_fine)  # fine, stem
        cells = both(bilinear(seen, CELL // 2), both(x4, (y1[0] // 8, y1[1] // 8)))
        paper = wider(bilinear(seen, 2), 2 * (CLOSING // 2))
        pixels = both((2 * seen[0], 2 * seen[1] + 1), (4 * paper[0], 4 * paper[1] + 3))
        cells = wider(cells, FAR // 2)
        return both(pixels, (CELL * cells[0], CELL * cells[1] + CELL - 1))

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of the convolutions."""
        return sum(
            module.weight.numel() / PX.get(name.split(".")[0], self.unit) ** 2
            for name, module in self.named_modules()
            if isinstance(module, nn.Conv2d)
        )


Line = tuple[Tensor, Tensor]
"""Slope and shift of a line that greys are taken along, (N, 1, H/2, W/2) each."""


def _pixels_apart(tiles: Tensor, unit: int) -> Tensor:
    """Return the pixels of every square of `unit` px as channels, as floats in 0..1.

    uint8 (N, H, W) -> (N, unit², H / unit, W / unit).

    Strided cuts are what onnxruntime does fastest: `pixel_unshuffle` becomes a transposition.
    """
    rows = [tiles[:, at::unit] for at in range(unit)]
    parts = [row[:, :, at::unit] for row in rows for at in range(unit)]
    return torch.stack(parts, 1).float() / 255


def _line(head: Tensor, far: Line, near: Line) -> Line:
    """Return the line that the page's greys are taken along."""
    slope, shift = near
    stretch, moved, wide, keep = (
        head[:, at : at + 1] for at in range(head.shape[1] - 4, head.shape[1])
    )
    wide, keep = wide.sigmoid(), keep.sigmoid()
    slope, shift = slope + wide * (far[0] - slope), shift + wide * (far[1] - shift)
    slope, shift = slope + keep * (1 - slope), shift - keep * shift
    stretch = 1 + stretch
    return slope * stretch, (shift - 0.5) * stretch + (0.5 + moved)


def _painted(grey: Tensor, residual: Tensor) -> Tensor:
    """Return sigmoid(logit(grey) + residual), by one exponential: half the time of logarithms."""
    return grey / (grey + (1 - grey) * (-residual).exp())


def _spread(level: Tensor, times: float) -> Tensor:
    """Bring a level of cells to the finest level's resolution, (N, 1, h, w) -> e.g. 8h, 8w."""
    return F.interpolate(level, scale_factor=times, mode="bilinear", align_corners=False)


Span = tuple[int, int]
"""First and last index along one axis."""


def wider(span: Span, convolutions: int) -> Span:
    """Undo 3x3 convolutions of stride 1."""
    return span[0] - convolutions, span[1] + convolutions


def halved(span: Span) -> Span:
    """Undo nearest up-sampling."""
    return span[0] // 2, span[1] // 2


def doubled(span: Span) -> Span:
    """Undo a 3x3 convolution of stride 2."""
    return 2 * span[0] - 1, 2 * span[1] + 1


def bilinear(span: Span, scale: int) -> Span:
    """Undo bilinear up-sampling: source (o + 1/2) / scale - 1/2, and its right neighbour."""
    first, last = (math.floor((index + 0.5) / scale - 0.5) for index in span)
    return first, last + 1


def both(one: Span, other: Span) -> Span:
    """Return the span that holds both."""
    return min(one[0], other[0]), max(one[1], other[1])
