"""What tears and pierces a sheet, on batches; the clean side loses the ink that was there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import damage
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.device.cut import BEYOND, Sides, cut, kept
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

WORMS = 5
"""Most holes of worms in a window."""


class Tear(Sides):
    """One side of the window is torn, one of its corners, or a tear runs into it."""

    member = damage.Tear()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw what is torn, how deep, how ragged, and the rim's width."""
        return {
            "kind": np.array([0, 1, 2, 2])[draw.code(range(4))],
            "depth": draw("depth"),
            "rough": draw.px("rough"),
            "rim": draw.px("rim"),
            "bed": draw("bed"),
            "shadow": draw("shadow"),
            "quarter": draw.code(range(4)),
            "slope": draw.uniform(-0.6, 0.6),
            "place": draw.uniform(0.1, 0.9),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Show the bed beyond the torn line, and the white fibres along it."""
        inside, bare = self.inside(images, params)
        return cut(images, inside, bare, params)

    def inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> tuple["Tensor", "Tensor"]:
        """Measure from a ragged line along the side, across its corner, or down a wedge."""
        from docclean.corruptions.shared.clouds import clouds, grain
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, from_side, grid

        y, x = grid(images)
        down, along, (_, wide) = from_side(y, x, images, params["quarter"])
        seed, mm, slope = params["seed"], params["mm"], of_patch(params["slope"])
        deep = params["depth"] * min(images.shape[-2:])
        rough = of_patch(params["rough"].minimum(0.4 * deep))
        ragged = rough * enlarged(clouds(seed, images, 12 * mm, 5, 0.6, step=3), images)
        deep, wide = of_patch(deep), of_patch(wide)
        side = deep * (0.75 + slope * (along / wide - 0.5)) + ragged
        corner = (0.8 + 0.5 * slope) * (3.2 * deep - along) + ragged
        path = of_patch(params["place"]) * wide + slope * down + 1.5 * ragged
        gape = 0.16 * deep * (1 - down / (4 * deep).clamp(min=1))
        rip = (along - path).abs() - gape.minimum(4 * gape)
        kinds = [of_patch((params["kind"] == kind).to(images.dtype)) for kind in range(3)]
        inside = kinds[0] * (down - side) + kinds[1] * (down - corner) + kinds[2] * rip
        inside = inside + of_patch(0.12 * mm) * grain(seed, images, 0.7 * mm, 1)
        rim = 0.6 + 0.55 * clouds(seed, images, 4 * mm, 4, 0.65, stream=1, step=3)
        bare = enlarged(rim.clamp(0, 2.5) * of_patch(params["rim"]), images)
        lip = (path - along + 0.5).clamp(0, 1)  # fibres show on one lip of a rip only
        return inside, bare * (1 - kinds[2] * (1 - lip))


class Hole(BatchForm):
    """A hole's middle lies in the window; a worm's channel is straight where the page's winds."""

    member = damage.Hole()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the kind, the size and the places."""
        code = draw.code(("torn", "burnt", "worm", "worm"))
        worms = code > 1
        place = {axis: draw.uniform(0.1, 0.9)[:, None] for axis in "xy"}
        near = {axis: 0.25 * draw.normal(WORMS) * worms[:, None] for axis in "xy"}
        count = 2 + draw.rng.poisson(draw("worms") / draw.to_px(100) ** 2 * TYPICAL**2)
        steps = np.array([0, 0, 0, 5, 13])[draw.rng.integers(5, size=(len(draw), WORMS))]
        return {axis: place[axis] + near[axis] for axis in "xy"} | {
            "count": np.where(worms, np.minimum(count, WORMS), 1),
            "radius": draw.px("radius"),
            "bore": np.where(worms[:, None], draw.uniform(0.08, 0.2, WORMS), 1),
            "way": 0.6 * steps * worms[:, None],
            "angle": draw.uniform(0, 2 * np.pi, WORMS),
            "rough": np.array([0.2, 0.15, 0.12, 0.12])[code],
            "rim": np.array([0.5, 0.7, 0, 0])[code] * draw.to_px(1),
            "burnt": (code == 1).astype(np.float32),
            "bed": draw("bed"),
            "shadow": draw("shadow"),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Show the bed through the holes."""
        inside, bare = self._inside(images, params)
        return cut(images, inside, bare, params)

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Take the ink of the holes and their rims away."""
        inside, bare = self._inside(images, params)
        return kept(images, inside - bare)

    def _inside(
        self, images: "Tensor", params: Mapping[str, "Tensor"]
    ) -> tuple["Tensor", "Tensor"]:
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import along_and_across, each, enlarged, grid

        y, x = grid(images)
        radius = params["radius"].clamp(max=0.16 * min(images.shape[-2:])).clamp(min=1)
        noise = clouds(params["seed"], images, (0.9 * radius).clamp(min=1.5), 4, step=3)
        noise = of_patch(params["rough"]) * enlarged(noise, images)
        inside = images.new_full(images.shape, BEYOND)
        for rows, px, py, bore, way, angle in each(
            params, "x y bore way angle", params["count"], WORMS
        ):
            wide = (radius[rows] * bore).clamp(min=0.8)
            point = (px * images.shape[3], py * images.shape[2])
            along, across = along_and_across(y, x, point, angle)
            past = (along - along.clamp(min=0).minimum(of_patch(way * wide))).square()
            away = (past + across * across).sqrt() - of_patch(wide) * (1 + noise[rows])
            inside[rows] = away.minimum(inside[rows])
        rim = 0.5 + 0.6 * clouds(params["seed"], images, radius.clamp(min=1.5), 4, 0.6, 1, 3)
        return inside, enlarged(rim.clamp(0, 2.5) * of_patch(params["rim"]), images)


TYPICAL = 192
"""Side in px of the windows that worms are counted for."""


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
        return cut(images, inside, None, params)

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Take the disc's ink away."""
        return kept(images, self._inside(images, params))

    def _inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, from_side, grid

        y, x = grid(images)
        depth, along, (deep, long) = from_side(y, x, images, params["quarter"])
        least = min(images.shape[-2:])
        radius = (params["diameter"].clamp(max=0.25 * least) / 2).clamp(min=0.8)
        down = radius.maximum(params["margin"].minimum(0.2 * deep))
        across = along - of_patch(params["place"] * long)
        away = (across**2 + (depth - of_patch(down)) ** 2).sqrt()
        noise = clouds(params["seed"], images, (0.9 * radius).clamp(min=1.5), 3, step=3)
        return away - of_patch(radius) * (1 + of_patch(params["torn"]) * enlarged(noise, images))
