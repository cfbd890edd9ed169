"""Ink that moves after it was laid down, on batches: fingers, water, rollers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import smears
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

MARKS = 3
"""Most smears or drops of a patch."""
DRAGS = 6
"""Halvings of a smear's length: 64 px."""


class InkSmear(BatchForm):
    """One hand's drag, in up to three places of the window; all of a patch have one direction."""

    member = smears.InkSmear()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw where, how far, which way and how strong."""
        return {
            "marks": draw.whole("marks"),
            "radius": np.maximum(1, draw.px("radius", MARKS)),
            "strength": draw("strength", MARKS),
            "x": draw.uniform(each=MARKS),
            "y": draw.uniform(each=MARKS),
            "length": draw.px("length"),
            "angle": draw.uniform(-0.7, 0.7),
            "patch": draw.to_px(4),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Drag the ink once at two thirds of the dots, and lay it where each mark is."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import each, enlarged, grid

        step = 1.5
        y, x = grid(images, step)
        trace = _dragged(1 - images, params["length"], params["angle"], step)
        near = trace.new_zeros(trace.shape)
        names = "radius strength x y"
        for rows, radius, strength, at_x, at_y in each(params, names, params["marks"], MARKS):
            across = ((x - of_patch(at_x * images.shape[3])) / of_patch(radius)) ** 2
            down = ((y - of_patch(at_y * images.shape[2])) * 1.8 / of_patch(radius)) ** 2
            inside = (1.3 - (across + down).sqrt()).clamp(0, 1)
            near[rows] = (inside * of_patch(1.6 * strength)).maximum(near[rows])
        uneven = clouds(params["seed"], images, params["patch"], 3, step=4)
        uneven = enlarged((0.7 + 0.5 * uneven).clamp(0, 1), near)
        return images.minimum(1 - enlarged(trace * near * uneven, images))


def _dragged(ink: "Tensor", length: "Tensor", angle: "Tensor", step: float) -> "Tensor":
    """Return the mean along a line of `length` px; each halving is one mean of shifted copies."""
    import torch
    from torch.nn.functional import grid_sample, interpolate

    few = [max(1, round(side / step)) for side in ink.shape[-2:]]
    ink = interpolate(ink, few, mode="bilinear", align_corners=False)
    places = [(2 * torch.arange(side, device=ink.device) + 1.0) / side - 1 for side in few]
    # a place as one complex number: to add pairs to pairs takes five times as long
    y, x = (place.to(ink.dtype) for place in places)
    base = torch.complex(x.expand(few[0], -1), y[:, None].expand(-1, few[1]))
    way = torch.complex(angle.cos() / few[1], angle.sin() / few[0]) * (length / step)
    for halving in range(DRAGS):
        at = torch.view_as_real(base + (way * 2.0**-halving)[:, None, None])
        moved = grid_sample(ink, at, padding_mode="border", align_corners=False)
        ink = (ink + moved).mul_(0.5)
    return ink


class WetSmudge(BatchForm):
    """Drops of one water in the window: they share how far ink runs and how much of it goes."""

    member = smears.WetSmudge()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the drops; a small piece of a sheet is not drowned."""
        return {
            "drops": draw.whole("drops"),
            "radius": np.maximum(1, draw.px("radius", MARKS)),
            "x": draw.uniform(each=MARKS),
            "y": draw.uniform(each=MARKS),
            "run": draw.px("run"),
            "cloud": draw("cloud"),
            "washed": draw("washed"),
            "tide": draw("tide"),
            "rim": draw.to_px(0.5),
            "soft": draw.to_px(0.05),
            "patch": draw.to_px(2),
            "room": draw.to_px(28) ** 2,
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Blur the ink inside the drops, weaken the strokes, darken the drops' edges."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            bump,
            each,
            enlarged,
            grid,
            shrunk,
            slightly_blurred,
            softened,
        )  # fmt: skip

        step = 3
        y, x = grid(images, step)
        room = 1 + images.shape[-1] * images.shape[-2] // params["room"]
        drops = params["drops"].to(room).minimum(room)
        noise = clouds(params["seed"], images, params["radius"][:, 0], 4, step=step)
        edge, rim = noise.new_full(noise.shape, -9.0), noise.new_zeros(noise.shape)
        for rows, radius, at_x, at_y in each(params, "radius x y", drops, MARKS):
            across = (x - of_patch(at_x * images.shape[3])) / of_patch(radius)
            down = (y - of_patch(at_y * images.shape[2])) / of_patch(radius)
            inner = 1 - (across**2 + down**2).sqrt() + 0.22 * noise[rows]
            tide = bump((inner - 0.05) * of_patch(radius / params["rim"][rows]))
            rim[rows], edge[rows] = tide.maximum(rim[rows]), inner.maximum(edge[rows])
        wet = (edge * 5 + 0.5).clamp(0, 1)
        ink = 1 - images
        few, run = shrunk(ink, step), params["run"] / step
        cloud = softened(few, run) + 0.5 * softened(few, run / 3)
        uneven = clouds(params["seed"], images, params["patch"], 1, stream=1, step=step)
        uneven = (1 + 0.3 * uneven).clamp(0.4, 1.6)
        tide = enlarged(rim * uneven * (0.16 + 1.5 * cloud) * of_patch(params["tide"]), images)
        spread = enlarged(
            (wet * uneven * of_patch(params["cloud"]) * cloud).clamp(max=0.59), images
        )
        wet = enlarged(wet, images)
        strokes = ink.lerp(slightly_blurred(ink, params["soft"].clamp(min=0.5)), wet)
        ran = (strokes * (1 - of_patch(params["washed"]) * wet)).maximum(spread)
        return 1 - (ran + tide).minimum(ink.clamp(min=0.63))


class RollerSmear(BatchForm):
    """The window's own ink again further on, as if the text before it were the text after it."""

    member = smears.RollerSmear()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the roller's girth, what it leaves and which way the sheet went."""
        return {
            "turn": draw.px("turn"),
            "strength": draw("strength"),
            "fuzz": np.maximum(0.6, draw.px("fuzz")),
            "slip": draw.px("slip"),
            "patchy": draw("patchy"),
            "across": draw.chance(0.15),
            "patch": draw.to_px(14),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Print the ink again by two matrices: what lies how many turns back, and the fuzz."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, level, shrunk

        step = 2
        ink = 1 - images
        few = shrunk(ink, step)
        across = params["across"].to(images.dtype)
        down = _again(few.shape[2], params, step, 1 - across)
        over = _again(few.shape[3], params, step, across)
        patchy = of_patch(params["patchy"]) * clouds(
            params["seed"], images, params["patch"], 2, step=6
        )
        patchy = enlarged((1 + patchy).clamp(0.1, 1.8), few)
        ghost = (down @ few @ over.transpose(-1, -2)) * patchy
        ghost = enlarged(ghost, images).minimum(0.5 * level(ink))
        return 1 - ink.maximum(ghost + 0.25 * ink.minimum(ghost))


def _again(side: int, params: Mapping[str, "Tensor"], step: float, printed: "Tensor") -> "Tensor":
    """Return (N, 1, side, side): the ghosts along a side where `printed` (N,) is 1, else fuzz."""
    import torch

    from docclean.corruptions.shared.tensors import of_patch
    from docclean.corruptions.shared.windows import bump

    at = torch.arange(side, device=printed.device, dtype=printed.dtype)
    behind = (at[:, None] - at)[None, None]
    fuzz = of_patch(params["fuzz"] / step)
    slip = of_patch(params["slip"] / step * printed / 12**0.5)  # of a box's width
    wide = (fuzz**2 + slip**2).sqrt().clamp(min=0.4)
    turn = torch.round(of_patch(params["turn"] / step * printed))

    def ghost(turns: int) -> "Tensor":
        away = torch.remainder(behind - turns * turn + side / 2, side) - side / 2
        kernel = bump(0.5**0.5 * away / wide)
        return kernel / kernel.sum(-1, keepdim=True)

    weaker = of_patch(params["strength"] * printed + (1 - printed))
    return weaker * (ghost(1) + of_patch(0.45 * printed) * ghost(2))
