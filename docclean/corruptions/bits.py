"""One bit per pixel: thresholds, screens, the fax."""

from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Draw, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.lens import INTERPOLATIONS, resize_batch
from docclean.corruptions.sensor import batch_grain, page_grain
from docclean.corruptions.shared.fields import Field
from docclean.corruptions.tone import batch_levels, page_levels
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

GRAIN = 2.0
"""Size in px of the noise that makes a threshold's edges ragged."""


class Threshold(BatchCorruption):
    """A 1-bit scan: every grey becomes black or white, dirt with the ink."""

    name = "threshold"
    probability = 0.06
    ranges: ClassVar = {
        "level": Range(0.42, 0.6, "share of the page's contrast", by_severity=False),
        "noise": Range(0.0, 0.08, "share of the page's contrast"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the level between ink and paper, and the noise before."""
        return {"level": draw("level"), "noise": draw("noise"), "seed": draw.seed()}

    def run(self, image: "Tensor", params: Params) -> Any:
        """Compare each pixel with the level."""
        ink, paper, blank = batch_levels(image)
        noise = params["noise"] * (paper - ink).masked_fill(blank, 0)
        noisy = image + noise * batch_grain(image, GRAIN)
        return (noisy > ink + (paper - ink) * params["level"]).to(image.dtype)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Compare each pixel with the level."""
        ink, paper, blank = page_levels(image)
        noisy = image.astype(np.float32) / 255
        if not blank:
            noise = np.float32(params["noise"] * (paper - ink))
            noisy += noise * page_grain(params["seed"], image.shape, GRAIN)
        return _lighter(noisy, ink + (paper - ink) * params["level"])


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

    def draw(self, draw: Draw) -> Params:
        """Draw the window, how far below its mean ink begins, and the noise before."""
        return {
            "window": 2 * (draw.whole("window") // 2) + 1,
            "offset": draw("offset"),
            "noise": draw("noise"),
            "k": draw("k"),
            "seed": draw.seed(),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Compare with the mean that kornia.filters.box_blur finds, after Niblack and Sauvola."""
        from kornia.filters import box_blur

        ink, paper, blank = batch_levels(image)
        offset = params["offset"] * (paper - ink)
        noise = params["noise"] * offset * batch_grain(image, GRAIN)
        noisy = image + noise.masked_fill(blank, 0)
        window = (params["window"],) * 2
        mean = box_blur(noisy, window, "replicate")
        spread = (box_blur(noisy**2, window, "replicate") - mean**2).clamp(min=0).sqrt()
        return (noisy > _local_level(mean, spread, params["k"], offset)).to(image.dtype)

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
        return _lighter(noisy, _local_level(mean, spread, np.float32(params["k"]), offset))


class Dither(BatchCorruption):
    """Greys made of dots: a screen of Bayer's or of noise."""

    name = "dither"
    probability = 0.02
    ranges: ClassVar = {
        "tint": Range(0.0, 0.1, "share of dots in the paper"),
        "lift": Range(0.0, 0.12, "share of holes in the ink"),
        "cell": Range(1.0, 1.7, "px", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the screen, the size of its dots, and how grey paper and ink are."""
        screen, cell = draw.choice("4", "8", "8", "noise"), max(1, draw.whole("cell"))
        return {
            "screen": screen,
            "cell": 1 if screen == "noise" else cell,  # coarser noise would read as full stops
            "tint": draw("tint"),
            "lift": draw("lift"),
            "seed": draw.seed(),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Compare each pixel with its place's level in the screen."""
        import torch

        ink, paper, blank = batch_levels(image)
        tint = torch.full_like(ink, params["tint"]).masked_fill(blank, 0)
        grey = ((image - ink) / (paper - ink)).clamp(0, 1)
        screen = torch.from_numpy(_screen(image.shape[-2:], params)).to(image)
        return (params["lift"] + grey * (1 - params["lift"] - tint) > screen).to(image.dtype)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Compare each pixel with its place's level in the screen."""
        ink, paper, blank = page_levels(image)
        tint = 0.0 if blank else params["tint"]
        grey = np.clip((np.linspace(0, 1, 256) - ink) / (paper - ink), 0, 1)
        table = (params["lift"] + grey * (1 - params["lift"] - tint)).astype(np.float32)
        return _lighter(table.take(image), _screen(image.shape, params))


class Fax(BatchCorruption):
    """Sent as a fax: fewer rows than columns, one bit, and errors on the line."""

    name = "fax"
    probability = 0.03
    ranges: ClassVar = {
        "columns": Range(1.0, 0.75, "share"),
        "standard": Range(0.62, 0.75, "rows over columns", by_severity=False),
        "level": Range(0.48, 0.62, "share of the page's contrast", by_severity=False),
        "errors": Range(0.0, 25.0, "per thousand rows"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the resolution (fine or standard), the level and the line's errors."""
        columns, standard = draw("columns"), draw("standard")
        return {
            "columns": columns,
            "rows": columns * (0.96 if draw.chance(0.4) else standard),
            "level": draw("level"),
            "errors": draw("errors"),
            "up": draw.choice("nearest", "nearest", "linear"),
            "seed": draw.seed(),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Reduce, threshold, lose some of it, and enlarge."""
        ink, paper, _ = batch_levels(image)
        height, width = image.shape[-2:]
        sent = resize_batch(image, _sent_size(height, width, params), "area")
        bits = (sent > ink + (paper - ink) * params["level"]).to(image.dtype)
        return resize_batch(_with_errors(bits, params, 1), (height, width), params["up"])

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Reduce, threshold, lose some of it, and enlarge."""
        ink, paper, _ = page_levels(image)
        height, width = image.shape
        rows, columns = _sent_size(height, width, params)
        sent = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        level = 255 * (ink + (paper - ink) * params["level"])
        bits = _with_errors(_lighter(sent.astype(np.float32), level), params, 255)
        up = INTERPOLATIONS[params["up"]]
        return np.asarray(cv2.resize(bits, (width, height), interpolation=up), np.uint8)


def _lighter(values: NDArray[Any], level: Any) -> Image:
    """Return 255 where a value is above the level, else 0."""
    return np.asarray((values > level).view(np.uint8) * np.uint8(255))


def _local_level(mean: Any, spread: Any, k: Any, offset: Any) -> Any:
    """Return the level at every pixel: lower where the surroundings are flat (Sauvola's k)."""
    return mean * (1 - k * (1 - 2 * spread)) - offset


def _screen(shape: tuple[int, ...], params: Params) -> Field:
    """Return the level at every pixel, between 0 and 1."""
    height, width = shape
    if params["screen"] == "noise":
        rng = np.random.default_rng(params["seed"])
        codes = rng.integers(0, 256, (height, width), np.uint8)
        return (codes.astype(np.float32) + np.float32(0.5)) / np.float32(256)
    side, cell = int(params["screen"]), params["cell"]
    rows, columns = np.arange(height) // cell, np.arange(width) // cell
    return np.asarray(_bayer(side)[(rows % side)[:, None], columns % side])


def _bayer(side: int) -> Field:
    """Return Bayer's matrix, a power of two on a side, its levels between 0 and 1."""
    order = np.zeros((1, 1), np.float32)
    while len(order) < side:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return np.asarray((order + 0.5) / side**2, np.float32)


def _sent_size(height: int, width: int, params: Params) -> tuple[int, int]:
    return max(1, round(height * params["rows"])), max(1, round(width * params["columns"]))


def _with_errors(page: Any, params: Params, white: int) -> Any:
    """Spoil rows in place, from where the error fell: arrays and tensors are indexed alike."""
    rng = np.random.default_rng(params["seed"])
    height, width = page.shape[-2:]
    for _ in range(rng.poisson(params["errors"] * height / 1000)):
        row, start = int(rng.integers(height)), int(rng.integers(width))
        kind, reach, slip = rng.random(), int(rng.integers(1, 3)), int(rng.integers(2, 13))
        rows = slice(row, row + reach)
        if kind < 0.4:  # the decoder shows the row before again
            page[..., rows, :] = page[..., max(0, row - 1) : max(1, row), :]
        elif kind < 0.75:  # a run of the wrong length moves the rest of the row
            rest = page[..., rows, start : max(start, width - slip)] * 1  # a copy: they overlap
            page[..., rows, start + slip :] = rest
        else:
            page[..., rows, start:] = white
    return page
