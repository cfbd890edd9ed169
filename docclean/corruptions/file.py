"""What the file format does: JPEG, once or twice, grey or in colour."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.shared.albumentation import albumentation
from docclean.corruptions.shared.fields import to_image
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 16
"""Side in px of the squares a JPEG with halved colours is coded in."""
PAPERS = {
    "cream": (0.1, 0.3, 1.0),
    "pink": (0.1, 1.0, 0.7),
    "blue": (1.0, 0.5, 0.1),
    "green": (0.9, 0.1, 0.8),
}
"""Share of the tint that each kind of paper takes from red, green and blue."""
SENSORS = {
    "luma": (0.299, 0.587, 0.114),
    "mean": (1 / 3, 1 / 3, 1 / 3),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
}
"""How red, green and blue became one grey."""
TINTS = ("cream", "cream", "pink", "blue", "green")
GREYS = ("luma", "luma", "mean", "red", "green", "blue")
"""Papers and sensors by the codes that are drawn."""
TO_CODE = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
"""Red, green and blue as light and two colours around 0 (ITU-T T.871, 7)."""
TO_SHOW = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))
"""The way back."""


class Jpeg(BatchCorruption):
    """JPEG blocks and ringing, once or twice."""

    name = "jpeg"
    probability = 0.35
    ranges: ClassVar = {"quality": Range(95, 18, "quality of 100")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw two qualities, each with the place where its blocks begin, and whether both are."""
        return {
            "quality": _quality(draw, 2),
            "x": _place(draw, 2),
            "y": _place(draw, 2),
            "twice": draw.chance(0.2),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Code the grey plane, and that of those coded twice again."""
        import torch

        quality, x, y = (params[name].unbind(1) for name in ("quality", "x", "y"))
        once = _grey_jpeg(images, quality[0], x[0], y[0])
        index = torch.nonzero(params["twice"])[:, 0]
        if len(index):
            again = _grey_jpeg(once[index], quality[1][index], x[1][index], y[1][index])
            once = once.index_copy(0, index, again)
        return once

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Encode and decode by albumentations."""
        passes = list(zip(*(params[name] for name in ("quality", "x", "y")), strict=True))
        for quality, x, y in passes[: 1 + params["twice"]]:
            image = _page_jpeg(image, quality, x, y)
        return image


class ChromaJpeg(BatchCorruption):
    """Coloured paper and ink in a JPEG of halved colours, then turned to grey."""

    name = "chroma_jpeg"
    probability = 0.05
    ranges: ClassVar = {
        "quality": Range(75, 12, "quality of 100"),
        "paper": Range(0.03, 0.35, "grey"),
        "ink": Range(0.03, 0.4, "grey"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the colours of paper and ink, the quality, and how the colours become one grey."""
        paper, ink = draw("paper"), draw("ink")
        lost = np.array([PAPERS[name] for name in TINTS])[draw.code(TINTS)]
        return {
            "quality": _quality(draw),
            "paper": 1 - paper[:, None] * lost,
            "ink": ink[:, None] * draw.uniform(each=3),
            "grey": draw.code(GREYS),
            "x": _place(draw),
            "y": _place(draw),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Code a plane of light and, half as large, two of colour."""
        import torch
        from torch.nn.functional import avg_pool2d, conv2d, interpolate

        from docclean.corruptions.shared.jpeg import coded, cropped, padded

        x, y, quality = params["x"], params["y"], params["quality"]
        to_code, to_show = (torch.tensor(matrix).to(images) for matrix in (TO_CODE, TO_SHOW))
        paper, ink = (255 * params[name][..., None, None] for name in ("paper", "ink"))
        seen = padded(images, x, y, BLOCK)
        tinted = (ink + (paper - ink) * seen).round_()
        planes = conv2d(tinted, to_code[..., None, None]).round_()
        light, colour = planes[:, :1], avg_pool2d(planes[:, 1:], 2)
        colour = coded((colour + 128).round_(), quality, chroma=True) - 128
        colour = interpolate(colour, seen.shape[-2:], mode="bilinear", align_corners=False)
        light = coded(light, quality)
        planes = torch.cat([light, colour], 1)
        shown = conv2d(planes, to_show[..., None, None]).round_().clamp_(0, 255)
        weights = torch.tensor([SENSORS[name] for name in GREYS]).to(images)[params["grey"]]
        grey = (shown * weights[..., None, None]).sum(1, keepdim=True) / 255
        return cropped(grey, x, y, (images.shape[-2], images.shape[-1]))

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Tint, then encode and decode by albumentations."""
        grey = np.arange(256, dtype=np.float32)[:, None, None]
        paper, ink, weights = (
            np.asarray(colour[::-1], np.float32)  # albumentations codes as OpenCV: blue first
            for colour in (params["paper"], params["ink"], SENSORS[GREYS[params["grey"]]])
        )
        table = to_image(255 * ink + (paper - ink) * grey).reshape(1, 256, 3)
        tinted = np.asarray(cv2.LUT(cv2.merge([image] * 3), table), np.uint8)
        decoded = _page_jpeg(tinted, params["quality"], params["x"], params["y"])
        return np.asarray(cv2.transform(decoded, weights[None]), np.uint8).reshape(image.shape)


def _quality(draw: Draws, each: int = 0) -> Numbers:
    return np.clip(draw("quality", each), 1, 100).astype(np.int64)


def _place(draw: Draws, each: int = 0) -> Numbers:
    """Draw where blocks begin: a piece is cut from its page anywhere, not where a block starts."""
    return draw.uniform(0, BLOCK, each).astype(np.int64)


def _page_jpeg(image: Image, quality: int, x: int, y: int) -> Image:
    """Return the page as a JPEG of this quality shows it, its blocks moved by (x, y)."""
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, y, 0, x, 0, cv2.BORDER_REPLICATE)
    decoded = albumentation("ImageCompression", quality_range=(quality, quality))(image=padded)
    shown = np.asarray(decoded["image"], np.uint8).reshape(padded.shape)
    return np.ascontiguousarray(shown[y : y + height, x : x + width])


def _grey_jpeg(images: "Tensor", quality: "Tensor", x: "Tensor", y: "Tensor") -> "Tensor":
    """Return what `_page_jpeg` does, for (N, 1, H, W) of a quality and a place each."""
    from docclean.corruptions.shared.jpeg import SIDE, coded, cropped, padded

    x, y = x % SIDE, y % SIDE
    shown = coded((255 * padded(images, x, y, SIDE)).round_(), quality)
    return cropped(shown, x, y, (images.shape[-2], images.shape[-1])) / 255
