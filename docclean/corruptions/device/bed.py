"""What the scanner's bed adds, on batches: black borders, the sheet's edge, a gutter."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import bed
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.device.cut import BEYOND, Sides, cut
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor


class BlackBorder(Sides):
    """Bars along one side of the window, two, three or all."""

    member = bed.BlackBorder()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw which sides, how deep and slanted each bar is, and how ragged all are."""
        few = np.where(np.arange(4) == 0, 1, draw.uniform(0.2, 0.7, 4))
        sides = np.array(BARS)[draw.code(BARS)]
        turned = (np.arange(4) - np.array([0, 1, 1, 2, 3, 3])[draw.code(range(6))][:, None]) % 4
        return {
            "sides": np.take_along_axis(sides, turned, 1).astype(np.float32),
            "depth": draw("depth", 4) * np.take_along_axis(few, turned, 1),
            "slant": draw.uniform(-0.9, 0.9, 4),
            "rough": draw.px("rough") * draw.chance(0.7),
            "spray": draw("spray"),
            "bed": draw("bed"),
            "shadow": np.zeros(len(draw)),
            "wave": draw.to_px(14),
            "fleck": draw.to_px(0.5),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lay the bars over the sheet."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import share

        inside, _ = self.inside(images, params)
        ground = of_patch(params["bed"])
        return ground + (images - ground) * share(inside)

    def inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> tuple["Tensor", "Tensor"]:
        """Measure from every side that is cut."""
        from docclean.corruptions.shared.clouds import grain, waves
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import grid

        y, x = grid(images)
        height, width = images.shape[-2:]
        inside = images.new_full((), BEYOND)
        base = (params["depth"] * min(height, width)).clamp(min=1)
        noise = waves(params["seed"], max(height, width), params["wave"], 5, 0.65)
        for side, depth in enumerate((y, width - 1 - x, height - 1 - y, x)):
            shape = (-1, 1, 1, width) if side % 2 == 0 else (-1, 1, height, 1)
            long = width if side % 2 == 0 else height
            place = (x if side % 2 == 0 else y) / long - 0.5
            # one noise for all sides, read from another end
            rough = noise.roll(side * 61, 1)[:, :long].reshape(shape)
            ragged = of_patch(params["rough"].minimum(0.6 * base[:, side]))
            edge = of_patch(base[:, side]) * (1 + of_patch(params["slant"][:, side]) * place)
            missing = of_patch(BEYOND * (1 - params["sides"][:, side]))
            inside = (depth - edge - ragged * rough + missing).minimum(inside)
        # toner sprayed inward, and white flecks within the black
        flecks = grain(params["seed"], images, params["fleck"].clamp(min=1.5))
        spray = params["spray"] * 0.4 * params["rough"].minimum(0.6 * base.amax(1))
        return inside + of_patch(spray) * flecks, inside.new_zeros(())


BARS = (
    (1, 0, 0, 0), (1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 0, 1), (1, 1, 1, 1),
)  # fmt: skip
"""Sides with a bar, from the deepest on."""


class FeedShadow(Sides):
    """The sheet's edge runs along one side of the window."""

    member = bed.FeedShadow()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the side, the edge's place and slant, the line and the shadow."""
        drawn = {name: draw(name) for name in ("dark", "shadow", "depth", "bed")}
        return drawn | {
            "line": np.maximum(0.6, draw.px("line")),
            "reach": np.maximum(1, draw.px("reach")),
            "quarter": draw.code(range(4)),
            "slant": draw.uniform(-0.012, 0.012),
            "wave": draw.to_px(15),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lay the lid beyond the edge, the shadow on it, and the line between."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.windows import bump, enlarged, fading, looked_up, profile

        inside, _ = self.inside(images, params)
        noise = clouds(params["seed"], images, params["wave"], 3, step=4)
        noise = enlarged((0.8 + 0.3 * noise).clamp(0.1, 1.15), images)
        at = profile(images)
        line = params["dark"][:, None] * bump(at / params["line"][:, None])
        beyond = (at < 0).to(at.dtype)
        reach = params["reach"][:, None] * (0.25 + 0.75 * beyond)
        soft = 1 - 0.8 * params["shadow"][:, None] * fading(at.abs() / reach)
        dark, light = looked_up(inside, line, soft)
        lid = cut(images, inside, None, {**params, "shadow": 0 * params["shadow"]})
        return lid * (1 - (dark * noise).clamp(0, 0.95)) * light

    def inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> tuple["Tensor", "Tensor"]:
        """Measure from every side that is cut."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import from_side, grid

        y, x = grid(images)
        depth, along, (_, long) = from_side(y, x, images, params["quarter"])
        edge = of_patch(params["depth"] * min(images.shape[-2:]))
        edge = edge + of_patch(params["slant"]) * (along - of_patch(long / 2))
        return depth - edge, edge.new_zeros(())


class Gutter(BatchForm):
    """The spine runs along one side of the window."""

    member = bed.Gutter()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the side, the depth and the reach of the shadow, and its slant."""
        return {
            "quarter": np.array([1, 1, 1, 3, 3, 3, 0, 2])[draw.code(range(8))],
            "dark": draw("dark"),
            "width": draw.px("width"),
            "slant": draw.uniform(-0.03, 0.03),
            "core": draw.uniform(0.15, 0.6),
            "wave": draw.to_px(60),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken by a soft and a steep fall from the spine."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, fading, from_side, grid

        step = 2
        y, x = grid(images, step)
        depth, along, (deep, long) = from_side(y, x, images, params["quarter"])
        reach = of_patch(params["width"].minimum(0.5 * deep).clamp(min=1))
        sway = enlarged(clouds(params["seed"], images, params["wave"], 2, step=8), y * x)
        lean = of_patch(params["slant"]) * (along - of_patch(long / 2))
        away = depth + lean + 0.03 * reach * sway
        far = (1 - away / (1.6 * reach)).clamp(0, 1) ** 2
        near = fading(away.clamp(min=0) / (0.16 * reach))
        fall = far + (near - far) * of_patch(params["core"])
        return images * enlarged((1 - of_patch(params["dark"]) * fall).clamp(min=0.13), images)
