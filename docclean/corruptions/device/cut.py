"""Where a sheet is gone, on batches: the bed shows there, and the clean side loses its ink."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from docclean.corruptions.batch import BatchForm

if TYPE_CHECKING:
    from torch import Tensor

BEYOND = 1e4
"""Px within the sheet of what no side cuts."""
THROW = 1.2
"""Millimetres that a sheet's shadow falls to the left and up."""


def cut(
    images: "Tensor", inside: "Tensor", bare: "Tensor | None", params: Mapping[str, "Tensor"]
) -> "Tensor":
    """Return the patches with the bed where the sheet is gone.

    Args:
        images: (N, 1, H, W).
        inside: how many px within the sheet, negative beyond it.
        bare: width in px of the rim whose printed surface is gone too; None where it ends clean.
        params: the bed's grey `bed`, how dark the sheet's shadow on it is, `shadow`, `mm`, the px
            of a millimetre, and perhaps `burnt`, 1 where the rim is black, (N,) each.
    """
    from docclean.corruptions.shared.tensors import of_patch
    from docclean.corruptions.shared.windows import bump, share

    mm, sheet = of_patch(params["mm"]), images
    if bare is not None:
        within = inside - bare
        burnt = of_patch(params["burnt"]) if "burnt" in params else 0
        rim = RIM_LIGHT + burnt * (CHAR - RIM_LIGHT)
        step = bump(within / (0.12 * mm).clamp(min=0.7)) * (bare > 0.3)
        sheet = (rim + (images - rim) * share(within)) * (1 - 0.22 * (1 - burnt) * step)
        if "burnt" in params:
            toast = (1.3 - within / (3.5 * mm).clamp(min=1)).clamp(0, 1)
            sheet = sheet * (1 - 0.75 * burnt * toast * toast)
    # half of the way that the shadow is thrown lies beyond the edge
    cast = (inside / (THROW * mm).clamp(min=2) + 0.75).clamp(0, 1)
    ground = of_patch(params["bed"]) * (1 - of_patch(params["shadow"]) * cast)
    return ground + (sheet - ground) * share(inside)


def kept(images: "Tensor", inside: "Tensor") -> "Tensor":
    """Return clean twins without the ink that was on the lost piece."""
    from docclean.corruptions.shared.windows import share

    return 1 - (1 - images) * share(inside)


RIM_LIGHT = 0.97
"""Grey of torn fibres."""
CHAR = 0.07
"""Grey of burnt ones."""


class Sides(BatchForm):
    """What cuts along sides of the window, which then lies at the sheet's rim."""

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Take the ink beyond the edges away."""
        inside, bare = self.inside(images, params)
        return kept(images, inside - bare)

    @abstractmethod
    def inside(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> tuple["Tensor", "Tensor"]:
        """Return how many px within the sheet each lies, and the width in px of the bare rim."""
