"""One bit per pixel: thresholds, screens."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.sensor import batch_grain, page_grain
from docclean.corruptions.shared.fields import Field
from docclean.corruptions.tone import batch_levels, page_levels
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

GRAIN = 2.0
"""Size in px of the noise that makes a threshold's edges ragged."""
SCREENS = ("4", "8", "8", "noise")
"""Screens of dots, Bayer's by their side in dots, by the codes that are drawn."""


class Threshold(BatchCorruption):
    """A 1-bit scan: every grey becomes black or white, dirt with the ink."""

    name = "threshold"
    probability = 0.06
    ranges: ClassVar = {
        "level": Range(0.42, 0.6, "share of the page's contrast", by_severity=False),
        "noise": Range(0.0, 0.08, "share of the page's contrast"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the level between ink and paper, and the noise before."""
        return {"level": draw("level"), "noise": draw("noise"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Compare each pixel with the level."""
        from docclean.corruptions.shared.tensors import of_patch

        ink, paper, blank = batch_levels(images)
        noise = of_patch(params["noise"]) * (paper - ink).masked_fill(blank, 0)
        noisy = images + noise * _grain(images, params)
        return (noisy > ink + (paper - ink) * of_patch(params["level"])).to(images.dtype)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Compare each pixel with the level."""
        ink, paper, blank = page_levels(image)
        noisy = image.astype(np.float32) / 255
        if not blank:
            noise = np.float32(params["noise"] * (paper - ink))
            noisy += noise * page_grain(params["seed"], image.shape, GRAIN)
        return lighter(noisy, ink + (paper - ink) * params["level"])


class LocalThreshold(BatchCorruption):
    """A clever 1-bit scan: each pixel against its surroundings, which finds flecks in paper."""

    name = "local_threshold"
    probability = 0.03
    ranges: ClassVar = {
        "window": Range(31, 121, "px", by_severity=False),
        "offset": Range(0.3, 0.1, "share of the page's contrast"),
        "noise": Range(0.1, 0.6, "share of the offset"),
        "k": Range(0.12, 0.0, "share"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the window, how far below its mean ink begins, and the noise before."""
        return {
            "window": 2 * (draw.whole("window") // 2) + 1,
            "offset": draw("offset"),
            "noise": draw("noise"),
            "k": draw("k"),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Compare with the mean of a window of each patch's own, after Niblack and Sauvola."""
        from docclean.corruptions.shared.tensors import of_patch, window_moments

        ink, paper, blank = batch_levels(images)
        offset = of_patch(params["offset"]) * (paper - ink)
        noise = of_patch(params["noise"]) * offset * _grain(images, params)
        noisy = images + noise.masked_fill(blank, 0)
        mean, spread = window_moments(noisy, params["window"] // 2)
        level: Tensor = _local_level(mean, spread, of_patch(params["k"]), offset)
        return (noisy > level).to(images.dtype)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Compare with the mean that OpenCV finds."""
        ink, paper, blank = page_levels(image)
        offset = np.float32(params["offset"] * (paper - ink))
        noisy = image.astype(np.float32) / 255
        if not blank:
            grain = page_grain(params["seed"], image.shape, GRAIN)
            noisy += np.float32(params["noise"] * offset) * grain
        window = (params["window"],) * 2
        mean = cv2.blur(noisy, window, borderType=cv2.BORDER_REPLICATE)
        square = cv2.sqrBoxFilter(noisy, -1, window, borderType=cv2.BORDER_REPLICATE)
        spread = np.sqrt(np.maximum(square - mean * mean, 0))
        return lighter(noisy, _local_level(mean, spread, np.float32(params["k"]), offset))


class Dither(BatchCorruption):
    """Greys made of dots: a screen of Bayer's or of noise."""

    name = "dither"
    probability = 0.02
    ranges: ClassVar = {
        "tint": Range(0.0, 0.1, "share of dots in the paper"),
        "lift": Range(0.0, 0.12, "share of holes in the ink"),
        "cell": Range(1.0, 1.7, "px", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the screen, the size of its dots, and how grey paper and ink are."""
        screen, cell = draw.code(SCREENS), np.maximum(1, draw.whole("cell"))
        noise = screen == SCREENS.index("noise")  # coarser noise would read as full stops
        return {
            "screen": screen,
            "cell": np.where(noise, 1, cell),
            "tint": draw("tint"),
            "lift": draw("lift"),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Compare each pixel with its place's level in the screen."""
        from docclean.corruptions.shared.tensors import of_patch

        ink, paper, blank = batch_levels(images)
        tint = of_patch(params["tint"]).masked_fill(blank, 0)
        lift = of_patch(params["lift"])
        grey = ((images - ink) / (paper - ink)).clamp(0, 1)
        return (lift + grey * (1 - lift - tint) > _screens(images, params)).to(images.dtype)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Compare each pixel with its place's level in the screen."""
        ink, paper, blank = page_levels(image)
        tint = 0.0 if blank else params["tint"]
        grey = np.clip((np.linspace(0, 1, 256) - ink) / (paper - ink), 0, 1)
        table = (params["lift"] + grey * (1 - params["lift"] - tint)).astype(np.float32)
        return lighter(table.take(image), _screen(image.shape, params))


def lighter(values: NDArray[Any], level: Any) -> Image:
    """Return 255 where a value is above the level, else 0."""
    return np.asarray((values > level).view(np.uint8) * np.uint8(255))


def _local_level(mean: Any, spread: Any, k: Any, offset: Any) -> Any:
    """Return the level at every pixel: lower where the surroundings are flat (Sauvola's k)."""
    return mean * (1 - k * (1 - 2 * spread)) - offset


def _screen(shape: tuple[int, ...], params: Params) -> Field:
    """Return the level at every pixel, between 0 and 1."""
    height, width = shape
    screen = SCREENS[params["screen"]]
    if screen == "noise":
        rng = np.random.default_rng(params["seed"])
        codes = rng.integers(0, 256, (height, width), np.uint8)
        return (codes.astype(np.float32) + np.float32(0.5)) / np.float32(256)
    side, cell = int(screen), params["cell"]
    rows, columns = np.arange(height) // cell, np.arange(width) // cell
    return np.asarray(_bayer(side)[(rows % side)[:, None], columns % side])


def _screens(like: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
    """Return what `_screen` does for a batch, (N, 1, H, W)."""
    import torch

    from docclean.corruptions.shared.tensors import hashed, of_patch

    height, width = like.shape[-2:]
    noise = ((hashed(params["seed"], (height, width)) & 255).to(like.dtype) + 0.5) / 256
    small = np.tile(_bayer(4), (2, 2))
    tiles = torch.from_numpy(np.stack([small, *[_bayer(8)] * 3])).to(like)
    down, across = (
        torch.div(
            torch.arange(side, device=like.device), params["cell"][:, None], rounding_mode="floor"
        )
        % 8
        for side in (height, width)
    )
    screen = params["screen"].view(-1, 1, 1)
    dots = tiles[screen, down[:, :, None], across[:, None, :]][:, None]
    return torch.where(of_patch(params["screen"]) == SCREENS.index("noise"), noise, dots)


def _bayer(side: int) -> Field:
    """Return Bayer's matrix, a power of two on a side, its levels between 0 and 1."""
    order = np.zeros((1, 1), np.float32)
    while len(order) < side:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return np.asarray((order + 0.5) / side**2, np.float32)


def _sent_size(height: int, width: int, params: Params) -> tuple[int, int]:
    return max(1, round(height * params["rows"])), max(1, round(width * params["columns"]))


def _grain(images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
    return batch_grain(images, params["seed"], images.new_full((len(images),), GRAIN))
