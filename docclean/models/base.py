"""What an architecture promises: grey patches in, clean grey patches out, and its sizes."""

from abc import abstractmethod
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import UsageError
from docclean.recipe import Model


class Architecture(nn.Module):
    """A denoising network built from a recipe's [model] section.

    Attributes:
        stride: sides of an input must be multiples of it, in px.
        reach: how far from a pixel its value can depend on the input, in px of the input; a
            tile's halo at least this wide makes tiling exact.
        scale: sides of the output over sides of the input; 2 is super-resolution.
        closed: whether its weights are solved for, by `absorb`, and not descended to.
        reduces: whether `on_bytes` takes a reduced picture of the tiles too, to see that alone.
    """

    name: ClassVar[str]
    closed: ClassVar[bool] = False
    reduces: ClassVar[bool] = False
    stride: int
    reach: int
    scale: int = 1

    @classmethod
    @abstractmethod
    def build(cls, model: Model) -> "Architecture":
        """Build the network a recipe describes, with random weights.

        Raises:
            UsageError: the section asks for sizes this network cannot have.
        """

    @abstractmethod
    def logits(self, image: Tensor) -> Tensor:
        """Return the page before the sigmoid.

        Args:
            image: float (N, 1, H, W) in 0 black .. 1 white, sides multiples of the stride.

        Returns:
            Float (N, 1, scale * H, scale * W).
        """

    def forward(self, image: Tensor) -> Tensor:
        """Return the cleaned page, 0 black .. 1 white; shapes as of `logits`."""
        return self.logits(image).sigmoid()

    def on_bytes(self, tiles: Tensor) -> Tensor:
        """Return cleaned tiles, uint8 (N, H, W) -> (N, scale * H, scale * W): what is exported."""
        return to_bytes(self(tiles.unsqueeze(1).float() / 255)).squeeze(1)

    def taught(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of a training, and what it adds to its loss, a scalar; here 0."""
        return self.logits(image), image.new_zeros(())

    def absorb(self, clean: Tensor) -> None:
        """Solve for the weights again, with a batch of clean pages more: where it is `closed`.

        Args:
            clean: float (N, 1, H, W) in 0..1.
        """
        raise NotImplementedError(f"{self.name} learns by descent")

    @abstractmethod
    def macs_per_pixel(self) -> float:
        """Return multiply-adds of `logits` per input pixel."""


def padded(image: Tensor, stride: int) -> Tensor:
    """Return images whose sides are multiples of `stride`; their last row and column go on."""
    high, wide = (-side % stride for side in image.shape[-2:])
    return F.pad(image, (0, wide, 0, high), mode="replicate") if high or wide else image


def to_bytes(page: Tensor) -> Tensor:
    """Return greys 0..1 as uint8, rounded."""
    return (page * 255 + 0.5).to(torch.uint8)


class Autoencoder(Architecture):
    """A network in two halves that meet in a code only: `logits` is `decode(encode(image))`."""

    def __init__(self, model: Model) -> None:
        """Take the options both halves share.

        Raises:
            UsageError: the scale is neither 1 nor 2.
        """
        super().__init__()
        if model.scale not in (1, 2):
            raise UsageError(f"[model] scale must be 1 or 2, not {model.scale}")
        self.widths = level_widths(model)
        self.scale, self.sparsity = model.scale, model.sparsity

    @classmethod
    def build(cls, model: Model) -> Self:
        """Build from a recipe's [model] section."""
        return cls(model)

    @abstractmethod
    def encode(self, image: Tensor) -> Tensor:
        """Return the code of a page, float (N, 1, H, W) in 0..1 -> (N, channels, h, w)."""

    @abstractmethod
    def decode(self, code: Tensor) -> Tensor:
        """Return the logits of a code, (N, channels, h, w) -> (N, 1, scale * H, scale * W)."""

    def logits(self, image: Tensor) -> Tensor:
        """(N, 1, H, W) in 0..1 -> (N, 1, scale * H, scale * W) before the sigmoid."""
        return self.decode(self.encode(image))

    def taught(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits, and `sparsity` times the mean absolute value of the code (L1)."""
        code = self.encode(image)
        penalty = self.sparsity * code.abs().mean() if self.sparsity else image.new_zeros(())
        return self.decode(code), penalty


def level_widths(model: Model) -> tuple[int, ...]:
    """Return the channels of `depth` levels, finest first; past the widths the last repeats.

    Raises:
        UsageError: there are no widths.
    """
    if not model.widths:
        raise UsageError("[model] widths must name at least one level, as in [16, 32]")
    depth = model.depth or len(model.widths)
    return (*model.widths, *model.widths[-1:] * depth)[:depth]


def draw_for_relu(network: nn.Module) -> None:
    """Draw weights that keep the variance through ReLUs: 2 / inputs of a unit (He et al. 2015)."""
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d):
            kernel, stride = module.kernel_size, module.stride
            inputs = module.in_channels * kernel[0] * kernel[1] / (stride[0] * stride[1])
        elif isinstance(module, nn.Conv2d | nn.Linear):
            inputs = module.weight[0].numel()
        else:
            continue
        nn.init.normal_(module.weight, std=(2 / inputs) ** 0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def weight_count(layer: nn.Module) -> int:
    """Return the weights of a layer without its biases: its multiply-adds per position."""
    return sum(value.numel() for value in layer.parameters() if value.dim() > 1)
