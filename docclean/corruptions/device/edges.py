"""Where the sheet ends, on batches: its holes, sides and gutter; the clean side loses that ink."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import bed, damage, edges
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

BEYOND = 1e4
"""Px within the sheet of what no side cuts."""
THROW = 1.2
"""Millimetres that a sheet's shadow falls to the left and up."""


def _cut(
    images: "Tensor", inside: "Tensor", bare: "Tensor", params: Mapping[str, "Tensor"]
) -> "Tensor":
    """Return the patches with the bed where the sheet is gone.

    Args:
        images: (N, 1, H, W).
        inside: how many px within the sheet, negative beyond it.
        bare: width in px of the rim whose printed surface is gone too.
        params: the bed's grey `bed`, how dark the sheet's shadow on it is, `shadow`, and `mm`, the
            px of a millimetre, (N,) each.
    """
    from docclean.corruptions.shared.tensors import of_patch
    from docclean.corruptions.shared.windows import bump, share

    rim, mm = RIM_LIGHT, of_patch(params["mm"])
    covered = share(inside - bare)
    step = bump((inside - bare) / (0.12 * mm).clamp(min=0.7)) * (bare > 0.3)
    sheet = (rim + (images - rim) * covered) * (1 - 0.22 * step)
    # half of the way that the shadow is thrown lies beyond the edge
    cast = (inside / (THROW * mm).clamp(min=2) + 0.75).clamp(0, 1)
    ground = of_patch(params["bed"]) * (1 - of_patch(params["shadow"]) * cast)
    return ground + (sheet - ground) * share(inside)


def _kept(images: "Tensor", inside: "Tensor") -> "Tensor":
    """Return clean twins without the ink that was on the lost piece."""
    from docclean.corruptions.shared.windows import share

    return 1 - (1 - images) * share(inside)


RIM_LIGHT = 0.97
"""Grey of torn fibres."""


class PunchHole(BatchForm):
    """Holes of a file lie further apart than a window is wide: each shows one."""

    member = damage.PunchHole()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw its size and place; old ones are torn."""
        return {
            "quarter": np.array([1, 1, 1, 3, 3, 0])[draw.code(range(6))],
            "diameter": draw.px("diameter"),
            "margin": draw.px("margin"),
            "torn": draw("torn"),
            "bed": draw("bed"),
            "shadow": draw("shadow"),
            "place": draw.uniform(0.1, 0.9),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Show the bed through the disc."""
        inside = self._inside(images, params)
        return _cut(images, inside, inside.new_zeros(()), params)

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Take the disc's ink away."""
        return _kept(images, self._inside(images, params))

    def _inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import clouds, enlarged, from_side, grid

        y, x = grid(images)
        depth, along, (deep, long) = from_side(y, x, images, params["quarter"])
        least = min(images.shape[-2:])
        radius = (params["diameter"].clamp(max=0.25 * least) / 2).clamp(min=0.8)
        down = radius.maximum(params["margin"].minimum(0.2 * deep))
        across = along - of_patch(params["place"] * long)
        away = (across**2 + (depth - of_patch(down)) ** 2).sqrt()
        noise = clouds(params["seed"], images, (0.9 * radius).clamp(min=1.5), 3, step=3)
        return away - of_patch(radius) * (1 + of_patch(params["torn"]) * enlarged(noise, images))


class _Sides(BatchForm):
    """What cuts along sides of the window, which then lies at the sheet's rim."""

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Take the ink beyond the edges away."""
        inside, bare = self._inside(images, params)
        return _kept(images, inside - bare)

    def _inside(
        self, images: "Tensor", params: Mapping[str, "Tensor"]
    ) -> tuple["Tensor", "Tensor"]:
        raise NotImplementedError


class BlackBorder(_Sides):
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

        inside, _ = self._inside(images, params)
        ground = of_patch(params["bed"])
        return ground + (images - ground) * share(inside)

    def _inside(
        self, images: "Tensor", params: Mapping[str, "Tensor"]
    ) -> tuple["Tensor", "Tensor"]:
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import grain, grid, waves

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


class WornEdges(_Sides):
    """One side of the window or more, without the short tears of the page form."""

    member = edges.WornEdges()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw which sides, how dark, how far inward and how deep the nicks."""
        sides = np.array(WORN)[draw.code(WORN)]
        turned = (np.arange(4) - draw.code(range(4))[:, None]) % 4
        return {
            "sides": np.take_along_axis(sides, turned, 1).astype(np.float32),
            "dark": draw("dark"),
            "width": draw.px("width"),
            "nicks": draw.px("nicks"),
            "bed": draw("bed"),
            "shadow": draw("shadow"),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Soil the worn sides inward, then fray them."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import clouds, enlarged, grid

        step, (height, width) = 2, images.shape[-2:]
        y, x = grid(images, step)
        reach = params["width"].clamp(min=1, max=max(1.0, 0.12 * min(height, width)))
        uneven = clouds(params["seed"], images, 25 * params["mm"], 3, 0.6, stream=5, step=4)
        tone = clouds(params["seed"], images, 5 * params["mm"], 3, 0.65, stream=6, step=4)
        tone, wide = 0.75 + 0.22 * tone, (1 + 0.6 * uneven).clamp(0.2, 3)
        tone, wide = enlarged(tone, y * x), of_patch(reach) * enlarged(wide, y * x)
        light = tone.new_ones(tone.shape)
        for side, depth in enumerate((y, width - 1 - x, height - 1 - y, x)):
            near = (-depth / wide).exp()
            dirt = (0.6 * near + 0.5 * near**3.5) * tone
            dirt = dirt * (1 - (depth / of_patch(3.2 * reach)).clamp(max=1) ** 2)
            dark = params["dark"] * params["sides"][:, side]
            light = light * (1 - (of_patch(dark) * dirt).clamp(0, 0.7))
        inside, bare = self._inside(images, params)
        return _cut(images * enlarged(light, images), inside, bare, params)

    def _inside(
        self, images: "Tensor", params: Mapping[str, "Tensor"]
    ) -> tuple["Tensor", "Tensor"]:
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import grid, waves

        y, x = grid(images)
        height, width = images.shape[-2:]
        inside = images.new_full((), BEYOND)
        noise = waves(params["seed"], max(height, width), 6 * params["mm"], 5, 0.6)
        most = params["nicks"].minimum(params["nicks"].new_tensor(0.03 * min(height, width)))
        for side, depth in enumerate((y, width - 1 - x, height - 1 - y, x)):
            long = width if side % 2 == 0 else height
            shape = (-1, 1, 1, width) if side % 2 == 0 else (-1, 1, height, 1)
            # one noise for all sides, read from another end
            nicks = (noise.roll(side * 61, 1)[:, :long] - 0.4).clamp(0, 2) * most[:, None]
            missing = of_patch(BEYOND * (1 - params["sides"][:, side]))
            inside = (depth - nicks.reshape(shape) + missing).minimum(inside)
        return inside, of_patch((0.15 * params["mm"]).minimum(most))


WORN = ((1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 1, 0), (1, 1, 1, 1))


class FeedShadow(_Sides):
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
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import bump, clouds, enlarged, looked_up, profile

        inside, bare = self._inside(images, params)
        noise = clouds(params["seed"], images, params["wave"], 3, step=4)
        noise = enlarged((0.8 + 0.3 * noise).clamp(0.1, 1.15), images)
        at = profile(images)
        line = params["dark"][:, None] * bump(at / params["line"][:, None])
        beyond = (at < 0).to(at.dtype)
        reach = params["reach"][:, None] * (0.25 + 0.75 * beyond)
        soft = 1 - 0.8 * params["shadow"][:, None] * (-at.abs() / reach).exp()
        dark, light = looked_up(inside, line, soft)
        lid = _cut(images, inside, bare, {**params, "shadow": 0 * params["shadow"]})
        return lid * (1 - (dark * noise).clamp(0, 0.95)) * light

    def _inside(
        self, images: "Tensor", params: Mapping[str, "Tensor"]
    ) -> tuple["Tensor", "Tensor"]:
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
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import clouds, enlarged, from_side, grid

        step = 2
        y, x = grid(images, step)
        depth, along, (deep, long) = from_side(y, x, images, params["quarter"])
        reach = of_patch(params["width"].minimum(0.5 * deep).clamp(min=1))
        sway = enlarged(clouds(params["seed"], images, params["wave"], 2, step=8), y * x)
        lean = of_patch(params["slant"]) * (along - of_patch(long / 2))
        away = depth + lean + 0.03 * reach * sway
        far = (1 - away / (1.6 * reach)).clamp(0, 1) ** 2
        near = (-away.clamp(min=0) / (0.16 * reach)).exp()
        fall = far + (near - far) * of_patch(params["core"])
        return images * enlarged((1 - of_patch(params["dark"]) * fall).clamp(min=0.13), images)
