"""What the scanner's software does to greys: curves, stretches, sharpening, few levels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.lens import gaussian_side
from docclean.corruptions.shared.fields import Field, to_image
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

INK, PAPER = 0.01, 0.8
"""Shares of a page's pixels that are darker than what counts as its ink, as its paper."""
BLANK = 30
"""Grey levels between ink and paper below which there is nothing but paper."""
DARK = 100
"""Grey that no blank paper falls below: an even piece as dark is ink, a photo, a negative."""


class Contrast(BatchCorruption):
    """A scanner's tone curve: gamma, washed-out blacks, grey whites."""

    name = "contrast"
    probability = 0.5
    ranges: ClassVar = {
        "gamma": Range(0.15, 0.35, "deviation of the logarithm"),
        "black": Range(0.14, 0.33, "grey"),
        "white": Range(0.08, 0.31, "grey"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw gamma, black level and white level, each up to what the severity allows."""
        return {
            "gamma": np.exp(draw.normal() * draw("gamma")),
            "black": draw.uniform(0, draw("black")),
            "white": 1 - draw.uniform(0, draw("white")),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """kornia.enhance.adjust_gamma between the two levels."""
        from kornia.enhance import adjust_gamma

        from docclean.corruptions.shared.tensors import of_patch

        black, span = (of_patch(params["black"]), of_patch(params["white"] - params["black"]))
        curved: Tensor = adjust_gamma(images, params["gamma"])
        return black + span * curved

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Look every grey up in the curve."""
        span = params["white"] - params["black"]
        return _looked_up(image, params["black"] + span * _greys() ** params["gamma"])


class AutoContrast(BatchCorruption):
    """Levels stretched too far: whites blown, blacks crushed, grain and grey strokes with them."""

    name = "auto_contrast"
    probability = 0.08
    ranges: ClassVar = {
        "crush": Range(0.04, 0.4, "share of the page's contrast"),
        "blow": Range(0.04, 0.4, "share of the page's contrast"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how much is lost at the dark and at the light end."""
        return {"crush": draw("crush"), "blow": draw("blow")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Stretch what lies between the two ends."""
        from docclean.corruptions.shared.tensors import of_patch

        ink, paper, _ = batch_levels(images)
        low = ink + of_patch(params["crush"]) * (paper - ink)
        high = paper - of_patch(params["blow"]) * (paper - ink)
        return (images - low) / (high - low)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Look every grey up in the stretch."""
        ink, paper, _ = page_levels(image)
        low = ink + params["crush"] * (paper - ink)
        high = paper - params["blow"] * (paper - ink)
        return _looked_up(image, (_greys() - low) / (high - low))


class Halo(BatchCorruption):
    """Over-sharpened: grey paper with a white rim round every letter."""

    name = "halo"
    probability = 0.06
    ranges: ClassVar = {
        "amount": Range(0.6, 4.0, "share"),
        "radius": Range(0.8, 2.5, "px", by_severity=False),
        # the rim is whiter than paper only where paper is not white already
        "headroom": Range(0.03, 0.16, "grey"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the sharpening's strength and radius, and how far paper stays below white."""
        return {"amount": draw("amount"), "radius": draw("radius"), "headroom": draw("headroom")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Add what a blur of its own takes away from each patch, many times over."""
        from docclean.corruptions.shared.tensors import blurred, of_patch

        page = images * of_patch(1 - params["headroom"])
        return page + of_patch(params["amount"]) * (page - blurred(page, params["radius"]))

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Take the blurred page away from a multiple of the page."""
        side, sigma = gaussian_side(params["radius"]), params["radius"]
        page = _looked_up(image, _greys() * (1 - params["headroom"]))
        soft = cv2.GaussianBlur(page, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
        sharp = cv2.addWeighted(page, 1 + params["amount"], soft, -params["amount"], 0)
        return np.asarray(sharp, np.uint8)


class Quantization(BatchCorruption):
    """A file of few greys: 4 to 32 of them."""

    name = "quantization"
    probability = 0.03
    ranges: ClassVar = {"greys": Range(32, 4, "greys")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the number of greys."""
        return {"greys": np.maximum(2, draw.whole("greys"))}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Round to the nearest grey there is."""
        from docclean.corruptions.shared.tensors import of_patch

        steps = of_patch(params["greys"].to(images.dtype) - 1)
        return (images * steps).round() / steps

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Look the nearest grey there is up."""
        steps = params["greys"] - 1
        return _looked_up(image, np.rint(_greys() * steps) / steps)


def page_levels(image: Image) -> tuple[float, float, bool]:
    """Return the greys of a page's ink and paper, 0..1, and whether it is blank.

    A blank page has no ink to measure: black stands for it, so that the paper stays white.
    """
    counts = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().cumsum()
    ink, paper = (int((counts < share * image.size).sum()) for share in (INK, PAPER))
    if paper - ink < BLANK:
        return 0.0, paper / 255 if paper >= DARK else 1.0, True
    return ink / 255, paper / 255, False


def batch_levels(images: "Tensor") -> tuple["Tensor", "Tensor", "Tensor"]:
    """Return what `page_levels` does for every page of a batch, as (N, 1, 1, 1)."""
    import torch

    number = len(images)
    codes = (images.clamp(0, 1) * 255 + 0.5).int().flatten(1)
    codes += 256 * torch.arange(number, device=images.device, dtype=torch.int32)[:, None]
    counts = torch.bincount(codes.flatten(), minlength=256 * number).view(number, 256).cumsum(1)
    pixels = images.shape[-2] * images.shape[-1]
    ink, paper = ((counts < share * pixels).sum(1).view(-1, 1, 1, 1) for share in (INK, PAPER))
    blank = paper - ink < BLANK
    ink, paper = ink.masked_fill(blank, 0), paper.masked_fill(blank & (paper < DARK), 255)
    return ink.to(images.dtype) / 255, paper.to(images.dtype) / 255, blank


def _greys() -> Field:
    return np.linspace(0, 1, 256, dtype=np.float32)


def _looked_up(image: Image, curve: Any) -> Image:
    """Replace every grey by the curve's value for it, 0..1."""
    return np.asarray(cv2.LUT(image, to_image(np.asarray(curve, np.float32) * 255)), np.uint8)
