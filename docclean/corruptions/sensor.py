"""Noise of the sensor: photons, grain, read-out, dead pixels."""

from collections.abc import Mapping
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.lens import gaussian_side
from docclean.corruptions.shared.fields import Field, to_image
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

GAMMA = 2.2
"""Of the curve between the light that fell on the sensor and the grey that is stored."""
PER_FWHM = 2.355
"""A Gaussian's width at half its height, in standard deviations."""


class SensorNoise(BatchCorruption):
    """Shot noise: photons counted one by one, so that light itself is noisy and black is not."""

    name = "sensor_noise"
    probability = 0.2
    ranges: ClassVar = {"scale": Range(0.01, 0.16, "light of one photon, white being 1")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the light that one photon brings."""
        return {"scale": draw("scale"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Add the normal limit of Poisson's noise to the light, not to the grey."""
        from docclean.corruptions.shared.tensors import of_patch

        light = images**GAMMA
        noisy = light + (light * of_patch(params["scale"])).sqrt() * _noise(images, params)
        return noisy.clamp(min=0) ** (1 / GAMMA)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Look every grey and a random number up in a table."""
        light = np.linspace(0, 1, 256, dtype=np.float32)[:, None] ** np.float32(GAMMA)
        noisy = light + np.sqrt(light * np.float32(params["scale"])) * _every_normal(256)
        greys = np.maximum(noisy, 0) ** np.float32(1 / GAMMA)
        return _by_grey(image, params["seed"], to_image(greys * 255))


class CorrelatedNoise(BatchCorruption):
    """Noise that demosaicing and a camera's own smoothing made into grain."""

    name = "correlated_noise"
    probability = 0.1
    ranges: ClassVar = {
        "deviation": Range(0.008, 0.11, "grey"),
        "grain": Range(1.5, 4.0, "px", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the noise's strength and the size of its grains."""
        return {"deviation": draw("deviation"), "grain": draw("grain"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Add noise that was blurred."""
        from docclean.corruptions.shared.tensors import of_patch

        grain = batch_grain(images, params["seed"], params["grain"])
        return images + of_patch(params["deviation"]) * grain

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Add noise that OpenCV has blurred."""
        noise = page_grain(params["seed"], image.shape, params["grain"])
        return _added(image, noise * np.float32(255 * params["deviation"]))


class GaussianNoise(BatchCorruption):
    """Read-out noise: the same everywhere, independent in every pixel."""

    name = "gaussian_noise"
    probability = 0.12
    ranges: ClassVar = {
        "deviation": Range(0.005, 0.12, "grey", power=1.5),
        "mean": Range(0.0, 0.0, "grey", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the standard deviation and the mean: (0.5, 0.5) is the noise of the textbooks."""
        return {"deviation": draw("deviation"), "mean": draw("mean"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Add noise of each patch's own seed."""
        from docclean.corruptions.shared.tensors import of_patch

        noise = of_patch(params["deviation"]) * _noise(images, params)
        return images + noise + of_patch(params["mean"])

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Add noise looked up in a table of the normal distribution's quantiles."""
        noise = 255 * (_every_normal(2**16) * params["deviation"] + params["mean"])
        table = np.rint(noise).astype(np.int16)
        return _added(image, table.take(_codes(params["seed"], image.shape)))


class Speckle(BatchCorruption):
    """Noise that multiplies: strong on paper, none in ink."""

    name = "speckle"
    probability = 0.03
    ranges: ClassVar = {"deviation": Range(0.02, 0.22, "share")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the deviation of the factor every pixel is multiplied by."""
        return {"deviation": draw("deviation"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Multiply by noise around 1."""
        from docclean.corruptions.shared.tensors import of_patch

        return images * (1 + of_patch(params["deviation"]) * _noise(images, params))

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Look every grey and a random number up in a table."""
        factors = 1 + np.float32(params["deviation"]) * _every_normal(256)
        table = np.arange(256, dtype=np.float32)[:, None] * factors
        return _by_grey(image, params["seed"], to_image(table))


class SaltAndPepper(BatchCorruption):
    """Single pixels gone white or black."""

    name = "salt_and_pepper"
    probability = 0.06
    ranges: ClassVar = {
        "share": Range(0.002, 0.1, "share", power=2),
        "salt": Range(0.2, 0.8, "share", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the share of pixels hit and how many of them are salt."""
        return {"share": draw("share"), "salt": draw("salt"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Set the pixels that drew a number low or high enough."""
        from docclean.corruptions.shared.tensors import of_patch, uniform

        drawn = uniform(params["seed"], (images.shape[-2], images.shape[-1])).to(images.dtype)
        salt = of_patch(params["share"] * params["salt"])
        peppered = images.masked_fill(drawn < of_patch(params["share"]) - salt, 0)
        return peppered.masked_fill(drawn >= 1 - salt, 1)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Set the pixels that drew a number low or high enough."""
        codes = _codes(params["seed"], image.shape)
        hit = params["share"] * 2**16
        page = image.copy()
        page[codes < round(hit * (1 - params["salt"]))] = 0
        page[codes >= 2**16 - round(hit * params["salt"])] = 255
        return page


def page_grain(seed: int, shape: tuple[int, ...], grain: float) -> Field:
    """Return (H, W) noise of mean 0 and deviation 1 whose grains span `grain` px."""
    sigma = grain / PER_FWHM
    white = _every_normal(2**16).take(_codes(seed, shape))
    side = gaussian_side(sigma)
    blurred = cv2.GaussianBlur(white, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32) / _kept(sigma)


def batch_grain(like: "Tensor", seeds: "Tensor", grain: "Tensor") -> "Tensor":
    """Return the noise of `page_grain` for a batch (N, 1, H, W), of `grain` (N,) px each."""
    import torch

    from docclean.corruptions.shared.tensors import gaussian_kernels, normal, of_patch, separable

    sigma = grain / PER_FWHM
    kernels = gaussian_kernels(sigma, max(1, int(torch.ceil(3 * sigma.max()))))
    white = normal(seeds, (like.shape[-2], like.shape[-1])).to(like.dtype)
    return separable(white, kernels, kernels) / of_patch(kernels.square().sum(1))


def _noise(images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
    """Return independent noise of mean 0 and deviation 1 from the patches' seeds."""
    from docclean.corruptions.shared.tensors import normal

    return normal(params["seed"], (images.shape[-2], images.shape[-1])).to(images.dtype)


def _kept(sigma: float) -> np.float32:
    """Return the deviation that white noise of deviation 1 keeps when blurred in two directions."""
    return np.float32(np.square(cv2.getGaussianKernel(gaussian_side(sigma), sigma)).sum())


@lru_cache(maxsize=2)
def _every_normal(count: int) -> Field:
    """Return `count` equally likely values of a normal distribution, of deviation 1 exactly.

    To look random bits up here takes a third of the time numpy needs for normal numbers.
    """
    values = np.array([NormalDist().inv_cdf((k + 0.5) / count) for k in range(count)], np.float32)
    values /= values.std()
    values.setflags(write=False)
    return values


def _codes(seed: int, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return equally likely 16-bit numbers."""
    raw = np.random.default_rng(seed).bytes(2 * int(np.prod(shape)))
    return np.frombuffer(raw, np.uint16).reshape(shape)


def _by_grey(image: Image, seed: int, table: NDArray[np.uint8]) -> Image:
    """Replace every grey by one of the 256 equally likely ones in its row of the table."""
    raw = np.random.default_rng(seed).bytes(image.size)
    column = np.frombuffer(raw, np.uint8).reshape(image.shape)
    return np.asarray(table.take((image.astype(np.uint16) << 8) | column))


def _added(image: Image, noise: NDArray[Any]) -> Image:
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)
