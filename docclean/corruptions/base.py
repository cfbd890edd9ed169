"""What a corruption is: parameters drawn apart from applying them, pure, repeatable."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from docclean.page import Image

Params = Mapping[str, Any]
"""Everything a corruption will do, drawn once; applying the same one twice gives equal pixels."""


class Corruption(ABC):
    """One thing a scan suffers.

    `sample` draws the parameters, `apply` uses them; `apply` never changes its input, and the
    same parameters give the same pixels.
    """

    name: ClassVar[str]
    stage: ClassVar[Literal["page", "batch"]] = "page"
    """page: uint8 (H, W) arrays on the CPU. batch: float (N, 1, H, W) tensors, 0..1, any device."""
    both_sides: ClassVar[bool] = False
    """Also drawn on the clean side, with the same parameters: it belongs to the print itself."""
    probability: ClassVar[float] = 0.1
    """How often it is drawn when the recipe says nothing."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw parameters for a severity of 0 (barely visible) to 1 (terrible)."""


class PageCorruption(Corruption):
    """A corruption of one page on the CPU."""

    @abstractmethod
    def apply(self, image: Image, params: Params) -> Image:
        """Return the corrupted page, uint8 (H, W); `image` itself stays as it is."""


def spread(rng: np.random.Generator, low: float, high: float, severity: float) -> float:
    """Draw between `low` and `high`, around the point that `severity` names."""
    position = float(np.clip(severity + rng.normal(0, 0.15), 0, 1))
    return low + (high - low) * position
