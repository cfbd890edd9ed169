"""The sheet under the print, on batches: its other side, coloured stock."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import stock
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

STEP = 2
"""Px of the grid the other side is drawn on: it is blurred anyway."""


class BleedThrough(BatchForm):
    """The window's own print, mirrored and shifted, is its other side's.

    A sheet's two sides bear the same kind of print, and mirrored it is no text of this side: what
    a network must tell apart is how dark, how soft and how turned it is. So a row needs no other.
    """

    member = stock.BleedThrough()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how strongly, how blurred and from where the other side shows."""
        return {
            "alpha": draw("alpha"),
            "blur": np.maximum(0.6, draw.px("blur")),
            "patchy": draw("patchy"),
            "soaked": draw("soaked"),
            "dx": draw.uniform(-stock.SHIFT, stock.SHIFT),
            "dy": draw.uniform(-stock.SHIFT, stock.SHIFT),
            "upright": np.where(draw.chance(0.5), -1.0, 1.0),
            "patch": draw.to_px(20),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken the paper with the other side, which stays fainter than this side's ink."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, level

        back = _other_side(images, params, images.new_full((len(images),), -1))
        patchy = of_patch(params["patchy"]) * clouds(
            params["seed"], images, params["patch"], 3, step=4
        )
        back = back * enlarged((1 + patchy).clamp(0.2, 1.6), back)
        own = 1 - images
        dark = level(own)
        shown = (back * of_patch(params["alpha"]) * dark).minimum((0.55 * dark).clamp(min=0.015))
        shown = enlarged(shown, images)
        return 1 - own.maximum(shown) - of_patch(params["soaked"]) * own.minimum(shown)


class ShowThrough(BatchForm):
    """The back, or the next sheet: the window's own print, as for bleed-through."""

    member = stock.ShowThrough()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw which sheet shows, how far it is shifted and how strongly it shows."""
        behind = draw.code(("back", "back", "turned back", "next sheet"))
        return {
            "alpha": draw("alpha"),
            "veil": draw("veil"),
            "blur": np.maximum(0.8, draw.px("blur")),
            "dx": draw.uniform(-stock.SHIFT, stock.SHIFT),
            "dy": draw.uniform(-stock.SHIFT, stock.SHIFT),
            "zoom": draw.uniform(0.8, 1.3),
            "upright": np.where(behind == 2, -1.0, 1.0),
            "mirrored": np.where(behind < 2, -1.0, 1.0),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lay the sheet behind under the page and dull the paper with it."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, level

        shares = of_patch(params["alpha"]) * level(1 - images)
        zoom = params["mirrored"] / params["zoom"]
        shown = shares * _other_side(images, params, zoom)
        light = of_patch(1 - params["veil"]) * (1 - shown)
        return images * enlarged(light, images)


def _other_side(images: "Tensor", params: Mapping[str, "Tensor"], across: "Tensor") -> "Tensor":
    """Return the ink of the other side on a grid of STEP px, blurred, its own strokes near 1.

    Args:
        images: (N, 1, H, W).
        params: `dx`, `dy` (shares of the window), `upright` (-1: head down), `blur` in px.
        across: px of the print for each px to the right (N,), negative where mirrored.
    """
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    from docclean.corruptions.shared.windows import level, shrunk, softened

    ink = shrunk(1 - images, STEP)
    zero = params["dx"].new_zeros(len(ink))
    tall = params["upright"] * across.abs()
    rows = [across, zero, 2 * params["dx"], zero, tall, 2 * params["dy"]]
    turn = torch.stack(rows, -1).view(-1, 2, 3)
    places = affine_grid(turn, [len(ink), 1, *ink.shape[2:]], align_corners=False)
    ink = grid_sample(ink, places, padding_mode="reflection", align_corners=False)
    ink = softened(ink, params["blur"] / STEP)
    # blur thins a stroke away; but where there is hardly any ink, none is invented
    strongest = level(ink).maximum(0.3 * level(1 - images)).clamp(min=0.03)
    return (ink / strongest).clamp(max=1.25)


class ColouredStock(BatchForm):
    """An even tone over the whole window."""

    member = stock.ColouredStock()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the paper's grey, its mottling and how the ink stands on it."""
        drawn = {name: draw(name) for name in ("grey", "mottle", "lift")}
        return drawn | {"grain": draw.px("grain"), "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Print the ink on the grey stock."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged

        mottle = clouds(params["seed"], images, params["grain"].clamp(min=1.5), 2, 0.7, step=2)
        tone = of_patch(params["grey"]) * (1 + of_patch(params["mottle"]) * mottle)
        lift = of_patch(params["lift"])
        return enlarged(tone.clamp(0.3, 1), images) * (lift + (1 - lift) * images)
