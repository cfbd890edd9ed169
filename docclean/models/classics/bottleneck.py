"""A dense bottleneck: strided convolutions, `latent` numbers for a whole block, and back."""

from functools import partial
from itertools import pairwise

from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.models.base import draw_for_relu, weight_count
from docclean.models.blocks import conv
from docclean.models.classics.blockwise import BlockAutoencoder
from docclean.recipe import Model


class BottleneckAutoencoder(BlockAutoencoder):
    """A dense code; options: `latent`, `convs`, `leak`, `norm` beside those of all blocks."""

    name = "bottleneck"

    def __init__(self, model: Model) -> None:
        """Build `depth` strided levels each way around two dense layers.

        Raises:
            UsageError: the side cannot be halved so often, or another size cannot be.
        """
        super().__init__(model)
        shrink = 2 ** len(self.widths)
        if model.side % shrink:
            raise UsageError(
                f"[model] side must be a multiple of {shrink} with {len(self.widths)} levels, "
                f"not {model.side}; {-(-model.side // shrink) * shrink} would work"
            )
        if not model.latent or not model.convs:
            lacking = (
                "convs must name a number, as in [1]"
                if model.latent
                else "latent must be at least 1"
            )
            raise UsageError(f"[model] {lacking}")
        self._start = (self.widths[-1], model.side // shrink, model.side // shrink)
        size = self._start[0] * self._start[1] * self._start[2]
        back = (*reversed(self.widths), *[self.widths[0]] * (self.scale - 1), 1)
        self.encoder = nn.ModuleList(conv(*ends, 2) for ends in pairwise((1, *self.widths)))
        self.encoder_bends = nn.ModuleList(_bend(width, model) for width in self.widths)
        extra = [count - 1 for count in (*model.convs, *model.convs[-1:] * len(self.widths))]
        extra = extra[: len(self.widths)]
        self.encoder_more = nn.ModuleList(map(partial(_more, model), self.widths, extra))
        self.squeeze, self.spread = nn.Linear(size, model.latent), nn.Linear(model.latent, size)
        self.spread_bend = _bend(0, model)
        extra = [*reversed(extra), *extra[:1] * (self.scale - 1)]
        self.decoder_more = nn.ModuleList(map(partial(_more, model), back[:-1], extra))
        self.decoder = nn.ModuleList(nn.ConvTranspose2d(*ends, 4, 2, 1) for ends in pairwise(back))
        self.decoder_bends = nn.ModuleList(_bend(width, model) for width in back[1:-1])
        draw_for_relu(self)

    def encode_block(self, block: Tensor) -> Tensor:
        """(B, 1, side, side) -> (B, latent); with `sparsity` through a ReLU: zeros are exact."""
        levels = zip(self.encoder, self.encoder_bends, self.encoder_more, strict=True)
        for layer, bend, more in levels:
            block = more(bend(layer(block)))
        code: Tensor = self.squeeze(block.flatten(1))
        return code.relu() if self.sparsity else code

    def decode_block(self, code: Tensor) -> Tensor:
        """(B, latent) -> (B, 1, scale * side, scale * side) before the sigmoid."""
        block = self.spread_bend(self.spread(code)).view(-1, *self._start)
        bends = (*self.decoder_bends, nn.Identity())  # the page itself is not bent
        for more, layer, bend in zip(self.decoder_more, self.decoder, bends, strict=True):
            block = bend(layer(more(block)))
        page: Tensor = block
        return page

    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel of `logits`.

        `forward` takes four times as many on a large page, and up to nine times on a single patch.
        """
        down = sum(
            (weight_count(layer) + weight_count(more)) / 4.0 ** (1 + level)
            for level, (layer, more) in enumerate(zip(self.encoder, self.encoder_more, strict=True))
        )
        dense = weight_count(self.squeeze) + weight_count(self.spread)
        # each place of a transposed convolution's input takes all of its weights
        up = sum(
            (weight_count(layer) + weight_count(more)) / 4.0 ** (len(self.encoder) - step)
            for step, (layer, more) in enumerate(zip(self.decoder, self.decoder_more, strict=True))
        )
        return float(down + dense / self.side**2 + up)


def _bend(width: int, model: Model) -> nn.Module:
    """Return what follows a layer: a ReLU, leaky by `leak`, and with `norm` its normalisation."""
    bend = nn.LeakyReLU(model.leak) if model.leak else nn.ReLU()
    return nn.Sequential(bend, nn.BatchNorm2d(width)) if model.norm and width else bend


def _more(model: Model, width: int, count: int) -> nn.Module:
    """Return `count` convolutions of a level, beside its strided one."""
    layers = [(conv(width, width), _bend(width, model)) for _ in range(count)]
    return nn.Sequential(*(layer for pair in layers for layer in pair))
