"""Corruptions of whole batches of patches through kornia, on any device torch has."""

from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from docclean.corruptions.base import Corruption, Params, spread

if TYPE_CHECKING:
    from torch import Tensor


class BatchCorruption(Corruption):
    """A corruption of float patches (N, 1, H, W), 0..1, by one kornia module.

    One set of parameters serves the whole batch; which patches of a batch it touches is the
    caller's choice. kornia draws its own noise, so it is seeded apart from torch's global state.
    """

    stage = "batch"

    def apply(self, image: "Tensor", params: Params) -> "Tensor":
        """Return the corrupted batch, clamped to 0..1, same shape, dtype and device."""
        import torch

        module = _module(self.name)
        devices = [image.device] if image.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            torch.manual_seed(params["seed"])
            corrupted: Tensor = self.run(module, image, params).clamp(0, 1)
            return corrupted

    @abstractmethod
    def run(self, module: Any, image: "Tensor", params: Params) -> Any:
        """Call the kornia module with the drawn parameters."""


class Blur(BatchCorruption):
    """Out of focus: a Gaussian of up to 1.8 px."""

    name = "blur"
    probability = 0.2

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the blur's standard deviation in px."""
        return {"sigma": spread(rng, 0.3, 1.8, severity), "seed": int(rng.integers(2**31))}

    def run(self, module: Any, image: "Tensor", params: Params) -> Any:
        """kornia.filters.gaussian_blur2d with a kernel of three deviations each side."""
        size = 2 * int(np.ceil(3 * params["sigma"])) + 1
        return module.gaussian_blur2d(image, (size, size), (params["sigma"],) * 2, "replicate")


class MotionBlur(BatchCorruption):
    """The sheet moved under the lens."""

    name = "motion_blur"
    probability = 0.05

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the length in px (odd) and the direction in degrees."""
        return {
            "length": 2 * int(spread(rng, 1, 3.5, severity)) + 1,
            "angle": float(rng.uniform(0, 360)),
            "seed": int(rng.integers(2**31)),
        }

    def run(self, module: Any, image: "Tensor", params: Params) -> Any:
        """kornia.filters.motion_blur."""
        return module.motion_blur(image, params["length"], params["angle"], 0.0, "replicate")


class SaltAndPepper(BatchCorruption):
    """Single pixels gone white or black."""

    name = "salt_and_pepper"
    probability = 0.08

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the share of pixels hit and how many of them are salt."""
        return {
            "share": spread(rng, 0.002, 0.1, severity**2),
            "salt": float(rng.uniform(0.2, 0.8)),
            "seed": int(rng.integers(2**31)),
        }

    def run(self, module: Any, image: "Tensor", params: Params) -> Any:
        """kornia.augmentation.RandomSaltAndPepperNoise."""
        return module(amount=(params["share"],) * 2, salt_vs_pepper=(params["salt"],) * 2, p=1.0)(
            image
        )


class GaussianNoise(BatchCorruption):
    """Read-out noise: the same everywhere, independent in every pixel."""

    name = "gaussian_noise"
    probability = 0.2

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the standard deviation, 0..1 grey."""
        return {
            "deviation": spread(rng, 0.005, 0.12, severity**1.5),
            "seed": int(rng.integers(2**31)),
        }

    def run(self, module: Any, image: "Tensor", params: Params) -> Any:
        """kornia.augmentation.RandomGaussianNoise."""
        return module(mean=0.0, std=params["deviation"], p=1.0)(image)


@lru_cache(maxsize=8)
def _module(name: str) -> Any:
    """Import what a member calls; kornia takes seconds to import, so only where it is used."""
    import kornia

    return {
        "blur": kornia.filters,
        "motion_blur": kornia.filters,
        "salt_and_pepper": kornia.augmentation.RandomSaltAndPepperNoise,
        "gaussian_noise": kornia.augmentation.RandomGaussianNoise,
    }[name]
