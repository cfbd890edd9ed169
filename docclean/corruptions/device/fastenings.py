"""What holds sheets together, on batches: tape."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import fastenings
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor


class Tape(BatchForm):
    """The strip's middle lies in the window."""

    member = fastenings.Tape()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the strip's place, direction and age."""
        turn = np.choose(draw.code(range(4)), [0, 0, np.pi / 2, draw.uniform(0, np.pi)])
        return {
            "x": draw.uniform(0.2, 0.8),
            "y": draw.uniform(0.1, 0.9),
            "turn": turn + draw.uniform(-0.08, 0.08),
            "yellow": draw("yellow"),
            "gloss": draw("gloss"),
            "edge": draw("edge"),
            "width": draw.px("width"),
            "length": draw.px("length"),
            "mm": draw.to_px(1),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken under the strip, draw its edges, and lay the gloss over paper and ink."""
        from docclean.corruptions.shared.clouds import clouds, waves
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            along_and_across,
            enlarged,
            fading,
            grid,
            looked_up,
            profile,
            share,
        )  # fmt: skip

        y, x = grid(images)
        height, width = images.shape[-2:]
        mm, seed = params["mm"], params["seed"]
        half = params["width"].clamp(max=0.45 * min(height, width)).clamp(min=1) / 2
        long = half.maximum(params["length"] / 2)
        point = (params["x"] * width, params["y"] * height)
        along, across = along_and_across(y, x, point, params["turn"])
        at, wide = profile(images), half[:, None]
        teeth = (1.4 * mm).clamp(min=2)[:, None]  # the dispenser's blade
        saw = ((at / teeth) % 1 - 0.5).abs() * teeth * 0.7
        rim = fading((wide - at.abs()).clamp(min=0) / (0.35 * mm).clamp(min=0.8)[:, None])
        # streaks run along the strip: noise across it, faded along
        streaks = waves(seed, 64, half.new_full(half.shape, 6.4), 4, 0.55)
        place = ((at / wide + 1) * 31.5).clamp(0, 63).long()
        shine = (streaks.gather(1, place) - 0.5).clamp(0, 2)
        saw, rim, shine = looked_up(across, saw, params["edge"][:, None] * rim, shine)
        cover = share((of_patch(half) - across.abs()).minimum(of_patch(long) - along.abs() - saw))
        blotch = enlarged(clouds(seed, images, 9 * mm, 3, stream=1, step=4), images)
        dark = of_patch(params["yellow"]) * (0.8 + 0.1 * blotch).clamp(0.1, 1.3)
        values = images * (1 - (dark + rim).clamp(0, 0.7) * cover)
        shine = shine * (0.6 + 0.6 * blotch.roll(7, 2)).clamp(0, 1.2) + 0.15
        return values + (1 - values) * (of_patch(params["gloss"]) * shine).clamp(0, 0.5) * cover
