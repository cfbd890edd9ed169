"""What hands do to a sheet's sides, on batches; the clean side loses the ink that was there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import edges
from docclean.corruptions.device.cut import BEYOND, Sides, cut
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor


class WornEdges(Sides):
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
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, fading, grid

        step, (height, width) = 2, images.shape[-2:]
        y, x = grid(images, step)
        reach = params["width"].clamp(min=1, max=max(1.0, 0.12 * min(height, width)))
        uneven = clouds(params["seed"], images, 25 * params["mm"], 3, 0.6, stream=5, step=4)
        tone = clouds(params["seed"], images, 5 * params["mm"], 3, 0.65, stream=6, step=4)
        tone, wide = 0.75 + 0.22 * tone, (1 + 0.6 * uneven).clamp(0.2, 3)
        tone, wide = enlarged(tone, y * x), of_patch(reach) * enlarged(wide, y * x)
        light = tone.new_ones(tone.shape)
        for side, depth in enumerate((y, width - 1 - x, height - 1 - y, x)):
            near = fading(depth / wide)
            dirt = (0.6 * near + 0.5 * near * near * near * near.sqrt()) * tone
            dirt = dirt * (1 - (depth / of_patch(3.2 * reach)).clamp(max=1) ** 2)
            dark = params["dark"] * params["sides"][:, side]
            light = light * (1 - (of_patch(dark) * dirt).clamp(0, 0.7))
        inside, bare = self.inside(images, params)
        return cut(images * enlarged(light, images), inside, bare, params)

    def inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> tuple["Tensor", "Tensor"]:
        """Measure from every side that is cut."""
        from docclean.corruptions.shared.clouds import waves
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import grid

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
