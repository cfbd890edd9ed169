"""Ink as it meets the paper, on batches."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import ink
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

REACH = 9
"""Most px that ink runs: 0.65 mm at 300 dots per inch and a little more."""


class InkBleed(BatchForm):
    """How far ink runs is read from how much of it a disc of that reach holds: no distances."""

    member = ink.InkBleed()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how far the ink runs and how dark it arrives."""
        return {
            "reach": np.maximum(1.2, draw.px("reach")),
            "strength": draw("strength"),
            "uneven": draw("uneven"),
            "soft": np.maximum(0.5, draw.to_px(0.05)),
            "fine": draw.to_px(0.1),
            "patch": draw.to_px(3),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Let the ink reach as far from each stroke as the fibres there carry it."""
        from docclean.corruptions.shared.clouds import clouds, grain
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, level, slightly_blurred

        own = 1 - images
        darkest = level(own)
        strokes = (own >= (0.5 * darkest).clamp(min=0.03)).to(images.dtype)
        away = _distance(strokes)
        seed, fine = params["seed"], params["fine"]
        fibres = grain(seed, images, 1.5 * fine)
        uneven = clouds(seed, images, params["patch"], 1, stream=1, step=6)
        carried = 0.45 + 0.4 * fibres + enlarged(of_patch(params["uneven"]) * uneven, images)
        reach = of_patch(params["reach"]) * carried.clamp_(0.1, 1.3)
        fringe = (1.2 - 1.2 * (away - 0.5).clamp_(min=0) / reach).clamp_(0, 1)
        fringe = slightly_blurred(fringe * of_patch(params["strength"]) * darkest, params["soft"])
        return images.minimum(1 - fringe)


def _distance(strokes: "Tensor") -> "Tensor":
    """Return about how many px each is from a stroke (N, 1, H, W) of 0 and 1, up to `REACH`.

    A narrow Gaussian of the strokes falls as exp(-d² / 2) with the distance d in px from the
    nearest; its logarithm reads the distance back, far beyond where an eye sees anything of it.
    """
    import torch

    from docclean.corruptions.shared.tensors import separable

    at = torch.arange(-REACH, REACH + 1, device=strokes.device, dtype=strokes.dtype)
    kernel = (-0.5 * at**2).exp().expand(len(strokes), -1)
    spread = separable(strokes, kernel, kernel) / AT_STROKE
    return spread.clamp_(1e-35, 1).log_().mul_(-2).sqrt_()


AT_STROKE = 2.9
"""What that Gaussian leaves of ink at the edge of a stroke."""
