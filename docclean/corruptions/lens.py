"""What the lens does: softness, the wrong distance, a moving sheet, too few dots."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.shared.fields import Field
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor


SOFT = {"blur": (0.6, 1.0), "defocus": (0.5, 1.1)}
"""Share of a softness that stays on the clean twin, and its most in px: letters taught crisper
than they came lose what is faint in them, the crossbars first."""


class Blur(BatchCorruption):
    """A soft lens: a Gaussian of up to 1.8 px; the clean twin keeps what does not hide letters."""

    name = "blur"
    probability = 0.2
    ranges: ClassVar = {"sigma": Range(0.3, 1.8, "px")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the blur's standard deviation."""
        return {"sigma": draw("sigma")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Blur with kernels of three deviations each side."""
        from docclean.corruptions.shared.tensors import blurred

        return blurred(images, params["sigma"])

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Blur by a part of it."""
        share, most = SOFT[self.name]
        return self.run(images, {"sigma": (share * params["sigma"]).clamp(max=most)})

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Blur with the same kernel."""
        side, sigma = gaussian_side(params["sigma"]), params["sigma"]
        blurred = cv2.GaussianBlur(image, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, np.uint8)

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Blur by a part of it."""
        share, most = SOFT[self.name]
        return self.on_page(image, {"sigma": min(most, share * params["sigma"])}, dpi)


class Defocus(BatchCorruption):
    """The sheet lay out of focus: every point becomes a disc."""

    name = "defocus"
    probability = 0.06
    ranges: ClassVar = {"radius": Range(0.7, 3.2, "px")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the disc's radius."""
        return {"radius": draw("radius")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """kornia.filters.filter2d with a disc for each patch."""
        from kornia.filters import filter2d

        return filter2d(images, _discs(params["radius"]), "replicate")

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Spread every point by a part of it."""
        share, most = SOFT[self.name]
        return self.run(images, {"radius": (share * params["radius"]).clamp(max=most)})

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Filter with the same disc."""
        return _filtered(image, _disc(params["radius"]))

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Spread every point by a part of it."""
        share, most = SOFT[self.name]
        return self.on_page(image, {"radius": min(most, share * params["radius"])}, dpi)


class MotionBlur(BatchCorruption):
    """The sheet moved under the lens."""

    name = "motion_blur"
    probability = 0.05
    ranges: ClassVar = {"length": Range(3.0, 8.0, "px")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the length (made odd) and the direction."""
        length = 2 * ((draw("length") - 1) / 2).astype(int) + 1
        return {"length": np.maximum(3, length), "angle": draw.uniform(0, 360)}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """kornia.filters.filter2d with a turned line for each patch."""
        from kornia.filters import filter2d

        return filter2d(images, _turned_lines(params["length"], params["angle"]), "replicate")

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Filter with the same turned line."""
        return _filtered(image, _turned_line(params["length"], params["angle"]))


class LowResolution(BatchCorruption):
    """Scanned with too few dots and enlarged again."""

    name = "low_resolution"
    probability = 0.1
    ranges: ClassVar = {"share": Range(0.95, 0.5, "share")}

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the share of dots kept, how they were thrown away and how enlarged."""
        return {"share": draw("share"), "down": draw.code(DOWN), "up": draw.code(UP)}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Shrink and enlarge back to the same size: two matrices for each patch."""
        from docclean.corruptions.shared.resizing import as_codes, resizing

        down, up = as_codes(params["down"], DOWN), as_codes(params["up"], UP)
        made = {
            side: (resizing(small, side, up, back=True) @ resizing(small, side, down))[:, None]
            for side in set(images.shape[-2:])
            for small in [(params["share"] * side).round().clamp(min=1)]
        }
        rows, columns = (made[side] for side in images.shape[-2:])
        return rows @ images @ columns.transpose(2, 3)

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lose half as many dots."""
        return self.run(images, {**params, "share": params["share"].sqrt()})

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Shrink and enlarge by OpenCV's interpolations of the same names."""
        height, width = image.shape
        small = _fewer(width, params["share"]), _fewer(height, params["share"])
        reduced = cv2.resize(image, small, interpolation=INTERPOLATIONS[DOWN[params["down"]]])
        up = INTERPOLATIONS[UP[params["up"]]]
        return np.asarray(cv2.resize(reduced, (width, height), interpolation=up), np.uint8)

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Lose half as many dots: shares multiply, so half of a loss is its square root."""
        return self.on_page(image, {**params, "share": params["share"] ** 0.5}, dpi)


DOWN = ("area", "area", "linear")
UP = ("linear", "cubic", "cubic", "nearest")
"""How dots are thrown away and made up again, by the codes that are drawn."""
INTERPOLATIONS = {
    "area": cv2.INTER_AREA,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "nearest": cv2.INTER_NEAREST,
}
"""OpenCV's code of each interpolation a corruption draws by name."""


def gaussian_side(sigma: float) -> int:
    """Return the side of a Gaussian's kernel that reaches three deviations each way."""
    return 2 * int(np.ceil(3 * sigma)) + 1


def _fewer(side: int, share: float) -> int:
    return max(1, round(side * share))


def _disc(radius: float) -> Field:
    """Return a disc of sum 1 whose rim is smooth, so that fractions of a px count."""
    reach = int(np.ceil(radius))
    offset = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(offset[:, None], offset[None, :])
    disc = np.clip(np.float32(radius + 0.5) - distance, 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)


def _discs(radius: "Tensor") -> "Tensor":
    """Return `_disc` of each radius (N,) as (N, k, k)."""
    import torch

    reach = int(torch.ceil(radius.max()))
    offset = torch.arange(-reach, reach + 1, device=radius.device, dtype=radius.dtype)
    distance = torch.hypot(offset[:, None], offset[None, :])
    discs = (radius.view(-1, 1, 1) + 0.5 - distance).clamp(0, 1)
    return discs / discs.sum((1, 2), keepdim=True)


def _turned_lines(length: "Tensor", angle: "Tensor") -> "Tensor":
    """Return `_turned_line` of each length and angle (N,) as (N, k, k), k the longest.

    A line turned and looked up between its pixels: what lies less than 1 px beside it gets a
    share, and it fades within the last px of its ends.
    """
    import torch

    half = (length.to(angle) - 1).view(-1, 1, 1) / 2
    reach = int(half.max())
    turn = torch.deg2rad(angle).view(-1, 1, 1)
    offset = torch.arange(-reach, reach + 1, device=angle.device, dtype=angle.dtype)
    x, y = offset[None, None, :], offset[None, :, None]
    along = x * turn.cos() - y * turn.sin()
    beside = x * turn.sin() + y * turn.cos()
    lines = (1 - beside.abs()).clamp(0, 1) * (half + 1 - along.abs()).clamp(0, 1)
    lines = lines * ((x.abs() <= half) & (y.abs() <= half))
    return lines / lines.sum((1, 2), keepdim=True)


def _turned_line(length: int, angle: float) -> Field:
    """Return a line of sum 1 through the middle of a square, turned anticlockwise."""
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    middle = (length // 2, length // 2)
    turned = cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, angle, 1.0), (length, length))
    return np.asarray(turned / turned.sum(), np.float32)


def _filtered(image: Image, kernel: Field) -> Image:
    return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)
