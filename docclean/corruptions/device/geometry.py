"""How the sheet lay and was fed, on batches: both sides move by the same grid."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import geometry
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor


class Skew(BatchForm):
    """The window is turned about its own middle; what came from beyond it is mirrored."""

    member = geometry.Skew()
    side_by_side = True

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the angle and its sense."""
        return {"angle": draw("angle") * np.where(draw.chance(0.5), 1, -1)}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Fetch every px from where it was before."""
        import torch

        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import fetched, grid

        y, x = grid(images)
        middle_y, middle_x = (images.shape[2] - 1) / 2, (images.shape[3] - 1) / 2
        turn = of_patch(torch.deg2rad(params["angle"]))
        y, x, cos, sin = y - middle_y, x - middle_x, turn.cos(), turn.sin()
        return fetched(
            images, cos * x - sin * y + middle_x, sin * x + cos * y + middle_y, "bicubic"
        )


class Perspective(BatchForm):
    """The window's corners move as the sheet's do in the page form, by kornia's transform."""

    member = geometry.Perspective()
    side_by_side = True

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how far each corner is moved, in shares of the window's width and height."""
        return {name: draw("shift", 4) * draw.uniform(-1, 1, 4) for name in ("right", "down")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Map the corners to the moved ones."""
        import torch
        from kornia.geometry import get_perspective_transform

        from docclean.corruptions.shared.windows import fetched, grid

        height, width = images.shape[-2:]
        corners = (
            torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]]).to(images).expand(len(images), -1, -1)
        )
        size = corners.new_tensor([width, height])
        moved = corners + torch.stack([params["right"], params["down"]], -1)
        turn = get_perspective_transform(corners * size, moved * size)[:, :, :, None, None, None]
        y, x = grid(images)
        right, down, depth = (
            turn[:, row, 0] * x + turn[:, row, 1] * y + turn[:, row, 2] for row in range(3)
        )
        return fetched(images, right / depth, down / depth, "bicubic")


class Warp(BatchForm):
    """The window is a piece of a curled sheet; a bend keeps the slope the page form allows it."""

    member = geometry.Warp()
    side_by_side = True

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how far lines bend at a side, and the height and length of the waves."""
        return {
            "curl": draw.px("curl") * np.where(draw.chance(0.5), 1, -1) * draw.chance(0.6),
            "waves": draw.px("waves"),
            "length": np.maximum(2, draw.px("length")),
            "right": draw.chance(0.5),
            "fan": draw.uniform(-1, 1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Bend the lines at one side and shift all by a smooth field."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import fetched, grid

        y, x = grid(images)
        height, width = images.shape[-2:]
        right, down = (
            clouds(params["seed"], images, params["length"], 1, stream=way) for way in range(2)
        )
        wave, most = of_patch(params["waves"]), 0.05 * width
        share = x / max(1, width - 1)
        from_right = of_patch(params["right"].to(images.dtype))
        near = (from_right * share + (1 - from_right) * (1 - share)) ** 4
        fan = 1 + of_patch(params["fan"]) * (y / max(1, height - 1) - 0.5)
        bend = of_patch(params["curl"].clamp(-most, most)) * near * fan
        across = x + right.clamp(-2, 2) * wave
        return fetched(images, across, y + down.clamp(-2, 2) * wave + bend, "bicubic")


class FeedStretch(BatchForm):
    """Rows, or columns, of the window taken at an uneven pace; its ends stay where they are."""

    member = geometry.FeedStretch()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how much the speed differs and over what length it changes."""
        return {
            "stretch": draw("stretch"),
            "length": np.maximum(2, draw.px("length")),
            "sideways": draw.chance(0.15),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Look rows up, and columns: the one or the other at an even pace."""
        sideways = params["sideways"].to(images.dtype)
        down = _paced(images.shape[2], params, 1 - sideways)
        across = _paced(images.shape[3], params, sideways)
        return down @ images @ across.transpose(-1, -2)


def _paced(side: int, params: Mapping[str, "Tensor"], share: "Tensor") -> "Tensor":
    """Return (N, 1, side, side): which row stands where, evenly where `share` (N,) is 0."""
    from docclean.corruptions.shared.clouds import waves
    from docclean.corruptions.shared.tensors import interpolated

    noise = waves(params["seed"], side, params["length"], 1, 1.0)
    pace = 1 + (share * params["stretch"])[:, None] * noise.clamp(-2, 2)
    way = pace.cumsum(1) - pace[:, :1]
    way = way * (side - 1) / way[:, -1:].clamp(min=1e-6)
    return interpolated(way.clamp(0, side - 1), side, "linear")[:, None]


class Inverted(BatchForm):
    """White letters on a black ground: the whole window."""

    member = geometry.Inverted()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how black the ground is."""
        return {"ground": draw("ground")}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Turn white to the ground's grey and black to white."""
        from docclean.corruptions.shared.tensors import of_patch

        return 1 - images * (1 - of_patch(params["ground"]))
