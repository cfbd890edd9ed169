"""What an architecture promises: grey patches in, clean grey patches out, and its sizes."""

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from docclean.recipe import Model


class Architecture(nn.Module):
    """A denoising network built from a recipe's [model] section.

    Attributes:
        stride: sides of an input must be multiples of it, in px.
        reach: how far from a pixel its value can depend on the input, in px; a tile's halo at
            least this wide makes tiling exact.
    """

    name: ClassVar[str]
    stride: int
    reach: int

    @classmethod
    @abstractmethod
    def build(cls, model: Model) -> "Architecture":
        """Build the network a recipe describes, with random weights."""

    @abstractmethod
    def logits(self, image: Tensor) -> Tensor:
        """Return the page before the sigmoid; float (N, 1, H, W) in 0..1 -> (N, 1, H, W)."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the cleaned page; float (N, 1, H, W), 0 black .. 1 white, both ways."""
        return self.logits(image).sigmoid()

    @abstractmethod
    def macs_per_pixel(self) -> float:
        """Return multiply-adds per input pixel."""
