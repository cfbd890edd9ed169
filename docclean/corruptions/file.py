"""What the file format does: JPEG, once or twice, grey or in colour."""

from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Draw, Params, Range
from docclean.corruptions.batch import BatchCorruption
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


class Jpeg(BatchCorruption):
    """JPEG blocks and ringing, once or twice."""

    name = "jpeg"
    probability = 0.35
    ranges: ClassVar = {"quality": Range(95, 18, "quality of 100")}

    def draw(self, draw: Draw) -> Params:
        """Draw one or two qualities, each with the place where its blocks begin."""
        passes = 2 if draw.chance(0.2) else 1
        return {"passes": [[_quality(draw), _place(draw), _place(draw)] for _ in range(passes)]}

    def run(self, image: "Tensor", params: Params) -> Any:
        """kornia.enhance.jpeg_codec_differentiable on three equal channels."""
        for quality, x, y in params["passes"]:
            image = _batch_jpeg(image.expand(-1, 3, -1, -1), quality, x, y).mean(1, keepdim=True)
        return image

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Encode and decode by albumentations."""
        for quality, x, y in params["passes"]:
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

    def draw(self, draw: Draw) -> Params:
        """Draw the colours of paper and ink, the quality, and how the colours become one grey."""
        paper, ink = draw("paper"), draw("ink")
        lost = PAPERS[draw.choice("cream", "cream", "pink", "blue", "green")]
        return {
            "quality": _quality(draw),
            "paper": [1 - paper * share for share in lost],
            "ink": [ink * draw.uniform(0, 1) for _ in range(3)],
            "grey": draw.choice("luma", "luma", "mean", "red", "green", "blue"),
            "x": _place(draw),
            "y": _place(draw),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """kornia.enhance.jpeg_codec_differentiable on the tinted page."""
        import torch

        paper, ink, weights = (
            torch.tensor(colour, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
            for colour in (params["paper"], params["ink"], SENSORS[params["grey"]])
        )
        tinted = ink + (paper - ink) * image
        decoded = _batch_jpeg(tinted, params["quality"], params["x"], params["y"])
        return (decoded * weights).sum(1, keepdim=True)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Tint, then encode and decode by albumentations."""
        grey = np.arange(256, dtype=np.float32)[:, None, None]
        paper, ink, weights = (
            np.asarray(colour[::-1], np.float32)  # albumentations codes as OpenCV: blue first
            for colour in (params["paper"], params["ink"], SENSORS[params["grey"]])
        )
        table = to_image(255 * ink + (paper - ink) * grey).reshape(1, 256, 3)
        tinted = np.asarray(cv2.LUT(cv2.merge([image] * 3), table), np.uint8)
        decoded = _page_jpeg(tinted, params["quality"], params["x"], params["y"])
        return np.asarray(cv2.transform(decoded, weights[None]), np.uint8).reshape(image.shape)


def _quality(draw: Draw) -> int:
    return int(np.clip(draw("quality"), 1, 100))


def _place(draw: Draw) -> int:
    """Draw where blocks begin: a piece is cut from its page anywhere, not where a block starts."""
    return int(draw.uniform(0, BLOCK))


def _page_jpeg(image: Image, quality: int, x: int, y: int) -> Image:
    """Return the page as a JPEG of this quality shows it, its blocks moved by (x, y)."""
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, y, 0, x, 0, cv2.BORDER_REPLICATE)
    decoded = albumentation("ImageCompression", quality_range=(quality, quality))(image=padded)
    shown = np.asarray(decoded["image"], np.uint8).reshape(padded.shape)
    return np.ascontiguousarray(shown[y : y + height, x : x + width])


def _batch_jpeg(image: "Tensor", quality: int, x: int, y: int) -> "Tensor":
    """Return what `_page_jpeg` does, for (N, 3, H, W) in red, green and blue."""
    import torch
    from kornia.enhance import jpeg_codec_differentiable
    from torch.nn.functional import pad

    height, width = image.shape[-2:]
    padding = (x, -(width + x) % BLOCK, y, -(height + y) % BLOCK)
    padded = pad(image, padding, mode="replicate")
    qualities = torch.full((len(image),), float(quality), dtype=image.dtype, device=image.device)
    decoded: Tensor = jpeg_codec_differentiable(padded, qualities)
    return decoded[..., y : y + height, x : x + width]
