"""Dry dirt on batches: dust, smudges, grains."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import dirt
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

SMUDGES = 5
"""Most smudges of a window."""
GRAINS = 160
"""Most grains of a window."""
HAIRS, POINTS = 3, 36
"""Most hairs of a window, and the dots one is drawn with."""
STAMP = 5
"""Px that a grain reaches from its middle; few reach further."""


class Dirt(BatchForm):
    """Dust everywhere, a smudge's middle anywhere in the window."""

    member = dirt.Dirt()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the dust's patches and one to five smudges."""
        drawn = {name: draw(name) for name in ("dust", "grain", "bare")}
        return drawn | {
            "cloud": draw.px("cloud"),
            "smudges": draw.whole("smudges"),
            "x": draw.uniform(each=SMUDGES),
            "y": draw.uniform(each=SMUDGES),
            "angle": draw.uniform(0, np.pi, SMUDGES),
            "slim": draw.uniform(0.12, 0.6, SMUDGES),
            "length": draw.px("length", SMUDGES),
            "dark": draw("smudge", SMUDGES),
            "grit": draw.to_px(0.9),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Let dust settle in clouds, rub the smudges, and grain both."""
        from docclean.corruptions.shared.clouds import clouds, streaky
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            along_and_across,
            each,
            enlarged,
            fading,
            grid,
        )

        step = 2
        y, x = grid(images, step)
        seed = params["seed"]
        dust = enlarged(clouds(seed, images, params["cloud"], 5, 0.65, step=4), y * x)
        dark = of_patch(params["dust"]) * ((dust - of_patch(params["bare"])) * 0.7).clamp(0, 1.3)
        length = params["length"][:, 0]
        # rubbed one way: the streaks of all smudges run along the first
        streaks = streaky(seed, images, 0.05 * length, 8 + 0 * length, 2, stream=1, step=step)
        streaks = (0.55 + 0.6 * streaks).clamp_(0, 1.6)
        names = "x y angle slim length dark"
        for rows, px, py, angle, slim, long, deep in each(
            params, names, params["smudges"], SMUDGES
        ):
            point = (px * images.shape[3], py * images.shape[2])
            along, across = along_and_across(y, x, point, angle)
            away = (along / of_patch(long / 4)) ** 2 + (across / of_patch(long * slim / 4)) ** 2
            dark[rows] += fading(away) * streaks[rows] * of_patch(deep)
        grain = clouds(seed, images, params["grit"], 2, 0.8, stream=2, step=step)
        dark = dark * (1 + of_patch(params["grain"]) * grain).clamp(min=0)
        return images * enlarged(1 - dark.clamp(max=0.7), images)


class Specks(BatchForm):
    """Grains and hairs anywhere in the window: small ovals, and rows of smaller ones."""

    member = dirt.Specks()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how many grains and hairs the window carries, their places, sizes and darkness."""
        wide = draw.px("size")[:, None] * draw.rng.lognormal(-0.1, 0.45, (len(draw), GRAINS))
        size, other = (wide * draw.rng.exponential(1, wide.shape) + 0.7 for _ in range(2))
        dark = draw("dark")[:, None]
        turns = draw.rng.normal(0, 0.35 * (14 / POINTS) ** 0.5, (len(draw), HAIRS, POINTS))
        heading = draw.uniform(0, 2 * np.pi, HAIRS)[:, :, None] + turns.cumsum(2)
        steps = draw.rng.gamma(3, 1 / 3, (len(draw), HAIRS)) * draw.px("hair")[:, None] / POINTS
        thick = draw.px("thick")[:, None]
        ways = {"x": np.cos(heading), "y": np.sin(heading)}
        hair = {
            f"hair_{axis}": (way * steps[:, :, None]).cumsum(2).reshape(len(draw), HAIRS * POINTS)
            for axis, way in ways.items()
        }
        tone = 0.9 * dark * np.clip(thick, 0.35, 1) * draw.uniform(0.35, 1, HAIRS)
        return hair | {
            "grains": draw("grains") / draw.to_px(100) ** 2,
            "hairs": draw("hairs") / draw.to_px(100) ** 2,
            "spread": draw.normal(),
            "more": draw.uniform(),
            "x": draw.uniform(each=GRAINS + HAIRS),
            "y": draw.uniform(each=GRAINS + HAIRS),
            "size": size,
            "other": other,
            "angle": draw.uniform(0, np.pi, GRAINS),
            "tone": dark * draw.uniform(0.5, 1, GRAINS),
            "hair_size": np.maximum(0.9, thick[:, 0] / 2),
            "hair_tone": np.repeat(tone, POINTS, 1),
            "light": draw.chance(0.2),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Stamp every grain on the few px around its middle; where they meet the darkest stays."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import first, slightly_blurred

        height, width = images.shape[-2:]
        area = params["grains"] * height * width
        count = (area + params["spread"] * area.sqrt() + 0.5).long().clamp(0, GRAINS)
        most = max(1, int(count.max())) if len(count) else 1
        y, x = params["y"] * height, params["x"] * width
        size, other, turn = (params[name][:, :most] for name in ("size", "other", "angle"))
        tone = params["tone"][:, :most] * first(count, most, images)
        mark = images.new_zeros(len(images), height * width)
        _stamp(mark, width, (y[:, :most], x[:, :most]), (size, other, turn), tone)
        hairs = (params["hairs"] * height * width + params["more"]).clamp(max=HAIRS).long()
        if len(hairs) and int(hairs.max()):
            places = [
                at[:, GRAINS:].repeat_interleave(POINTS, 1) + params[name]
                for at, name in ((y, "hair_y"), (x, "hair_x"))
            ]
            tone = params["hair_tone"] * first(hairs * POINTS, HAIRS * POINTS, images)
            size = params["hair_size"][:, None].expand_as(tone)
            _stamp(mark, width, (places[0], places[1]), (size, size, 0 * size), tone)
        mark = slightly_blurred(mark.view_as(images), mark.new_full((len(mark),), 0.5))
        light = of_patch(params["light"].to(images.dtype))
        return (images.minimum(1 - mark * (1 - light))).maximum(0.5 * mark * light)


def _stamp(
    mark: "Tensor",
    width: int,
    at: tuple["Tensor", "Tensor"],
    ovals: tuple["Tensor", "Tensor", "Tensor"],
    tone: "Tensor",
) -> None:
    """Print ovals on flat patches (N, H * W), in place: at y, x; their two radii and their turn."""
    import torch

    y, x = (places[..., None, None] for places in at)
    one, two, turn = (values[..., None, None] for values in ovals)
    offset = torch.arange(-STAMP, STAMP + 1, device=mark.device)
    rows, columns = y.long() + offset[:, None], x.long() + offset
    dy, dx, cos, sin = rows - y + 0.5, columns - x + 0.5, turn.cos(), turn.sin()
    away = (((dx * cos + dy * sin) / one) ** 2 + ((dy * cos - dx * sin) / two) ** 2).sqrt()
    cover = ((1 - away) * one.minimum(two) + 0.5).clamp(0, 1) * tone[..., None, None]
    height = mark.shape[1] // width
    cover = cover * ((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width))
    place = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    mark.scatter_reduce_(1, place.flatten(1), cover.flatten(1), "amax")
