"""The light a page lies in, on batches: each patch sees its own part of a sheet's field."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import light
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

STEP = 4
"""Px of the grid that light is reckoned on: it changes slowly."""


NOTE = 0.45
"""Size of a note, in shares of A4, that a shadow or a glare with a rim falls on."""
MOST = 7
"""Limbs of a shadow."""
ROW = (-1.5, -0.5, 0.5, 1.5)
"""Fingers beside each other."""
KINDS = ("hand", "hand", "phone", "head", "edge")
HAND: tuple[light.Limb, ...] = (
    ((0, 0.55), (0, 0.75), 0.36),
    ((0, 0.7), (0.1, 2.5), 0.26),
    ((0.32, 0.36), (0.12, 0.68), 0.095),
    *(
        ((0.17 * finger, length), (0.1 * finger, 0.55), 0.085)
        for finger, length in zip(ROW, (0.1, 0.0, 0.03, 0.16), strict=True)
    ),
)


def _limbs(limbs: tuple[light.Limb, ...]) -> list[list[float]]:
    """Return MOST limbs: both ends, aside and ahead, and the thickness; the last one repeats."""
    rows = [[*start, *end, thick] for start, end, thick in limbs]
    return rows + rows[-1:] * (MOST - len(rows))


LIMBS = np.array([_limbs((light.LIMBS | {"hand": HAND})[kind]) for kind in KINDS])
"""(kinds, MOST, 5)."""


class UnevenLight(BatchForm):
    """The window sees its part of the sheet's slope; a shadow's edge crosses the window itself."""

    member = light.UnevenLight()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw a slope of light, clouds of it, and perhaps one shadow with an edge."""
        return draw.window() | {
            "angle": draw.uniform(0, 2 * np.pi),
            "slope": draw("slope"),
            "clouds": draw("clouds"),
            "shadow": draw("shadow") * draw.chance(0.4),
            "edge": draw.px("edge"),
            "x": draw.uniform(),
            "y": draw.uniform(),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Multiply the patches by the light that fell on them."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import along_and_across, enlarged, grid, on_sheet

        down, right = on_sheet(images, params, STEP)
        angle, tall = params["angle"], params["tall"]
        aspect = of_patch(params["wide"] / tall)
        across = (right - of_patch(params["x"])) * of_patch(angle.sin()) * aspect
        across = across - (down - of_patch(params["y"])) * of_patch(angle.cos())
        lit = 1 - of_patch(params["slope"]) * (0.5 + across).clamp(0, 1)
        cloudy = clouds(params["seed"], images, 0.5 * tall, 1, step=STEP).clamp(-1, 1)
        lit = lit - of_patch(0.5 * params["clouds"]) * cloudy
        y, x = grid(images, STEP)
        point = (params["x"] * images.shape[3], params["y"] * images.shape[2])
        edge = along_and_across(y, x, point, angle + 1)[1]
        sway = clouds(params["seed"], images, 0.2 * tall, 1, stream=1, step=STEP)
        edge = edge + sway * of_patch(0.014 * tall)
        shadow = (edge / of_patch(params["edge"].clamp(min=0.8))).sigmoid()
        lit = lit * (1 - of_patch(params["shadow"]) * shadow)
        return images * enlarged(lit.clamp(0.12, 1), images)


class Illumination(BatchForm):
    """albumentations' three lamps by their formulas, as the window of a sheet sees them.

    kornia's lamps (RandomLinearIllumination and its kin) draw from torch's own generator and light
    a patch as if it were the sheet.
    """

    member = light.Illumination()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the lamp's kind, strength, size and place."""
        return draw.window() | {
            "mode": draw.code(("linear", "corner", "gaussian")),
            "intensity": draw("intensity"),
            "spot": draw("spot"),
            "angle": draw.uniform(0, 2 * np.pi),
            "x": draw.uniform(),
            "y": draw.uniform(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Multiply by a slope, by a lift away from a corner, or by a spot's shade."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, fading, on_sheet

        y, x = on_sheet(images, params, STEP)
        angle, mode = params["angle"], params["mode"]
        slope = (x - 0.5) * of_patch(angle.cos()) + (y - 0.5) * of_patch(angle.sin())
        corner_x, corner_y = (of_patch((params[name] > 0.5).to(x.dtype)) for name in "xy")
        corner = ((x - corner_x) ** 2 + (y - corner_y) ** 2).sqrt() / 2**0.5
        near = (x - of_patch(params["x"])) ** 2 + (y - of_patch(params["y"])) ** 2
        spot = -fading(near / of_patch(2 * params["spot"] ** 2))
        lamps = (
            2 * slope / (angle.cos().abs() + angle.sin().abs()).view(-1, 1, 1, 1),
            corner,
            spot,
        )
        pattern = x.new_zeros(())
        for place, lamp in enumerate(lamps):
            pattern = pattern + lamp * of_patch((mode == place).to(x.dtype))
        return images * enlarged(1 + of_patch(params["intensity"]) * pattern, images)


class CastShadow(BatchForm):
    """The shadow lies on a note of half a sheet's size: so a window in three sees its rim."""

    member = light.CastShadow()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw whose shadow it is, how large, how dark and from which side it reaches in."""
        kinds = draw.code(KINDS)
        limbs, hand = LIMBS[kinds], (kinds < 2)[:, None]
        spread, reach = draw.uniform(0.5, 2, len(ROW)), draw.uniform(-0.04, 0.06, len(ROW))
        limbs[:, -len(ROW) :, 0] += hand * 0.07 * np.array(ROW) * (spread - 1)
        limbs[:, -len(ROW) :, 1] += hand * reach
        limbs[:, :, [0, 2]] *= np.where(draw.chance(0.5), 1, -1)[:, None, None]
        names = ("aside", "ahead", "aside_end", "ahead_end", "thick")
        return draw.window(NOTE) | dict(zip(names, np.moveaxis(limbs, 2, 0), strict=True)) | {
            "depth": draw("depth"),
            "size": np.maximum(0.01, draw("size")),
            "edge": np.maximum(0.001, draw("edge")),
            "x": draw.uniform(0.2, 0.8),
            "reach": draw.uniform(0.35, 0.75),
            "turn": draw.uniform(-0.5, 0.5),
            "side": np.array([0, 1, 2, 2, 3])[draw.code(range(5))],
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken by the distance from the nearest limb, softer nearer to the lamp."""
        import torch

        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, on_sheet

        y, x = on_sheet(images, params, 2 * STEP)
        aspect = params["wide"] / params["tall"]
        side = [of_patch((params["side"] == turn).to(x.dtype)) for turn in range(4)]
        upright = side[0] + side[2]
        down = side[0] * y + side[2] * (1 - y) + side[1] * (1 - x) + side[3] * x
        right = side[0] * x + side[2] * (1 - x) + side[1] * y + side[3] * (1 - y)
        tall = upright + (1 - upright) * of_patch(aspect)  # in shares of the longer side
        wide = upright * of_patch(aspect) + (1 - upright)
        turn = params["turn"]
        across = (right - of_patch(params["x"])) * wide
        below = (down - of_patch(params["reach"])) * tall
        sin, cos, size = of_patch(turn.sin()), of_patch(turn.cos()), of_patch(params["size"])
        aside, ahead = (across * cos + below * sin) / size, (below * cos - across * sin) / size
        distance = torch.full_like(aside, 9.0)
        for limb in range(MOST):
            start, end, thick = (
                [of_patch(params[name][:, limb]) for name in names.split()]
                for names in ("aside ahead", "aside_end ahead_end", "thick")
            )
            way = [end[0] - start[0], end[1] - start[1]]
            gone = (aside - start[0]) * way[0] + (ahead - start[1]) * way[1]
            gone = (gone / (way[0] ** 2 + way[1] ** 2).clamp(min=1e-6)).clamp(0, 1)
            away = (aside - start[0] - gone * way[0]) ** 2 + (ahead - start[1] - gone * way[1]) ** 2
            distance = distance.minimum(away.sqrt() - thick[0] / 2)
        soft = of_patch(params["edge"]) * (0.4 + 1.2 * (1 - down)) / 0.6
        dark = (-distance * size / soft).mul(1.7).sigmoid()
        return images * enlarged(1 - of_patch(params["depth"]) * dark, images)


class Vignetting(BatchForm):
    """A window near a corner sees the fall, one in the middle next to none."""

    member = light.Vignetting()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how dark the corners are, how late it sets in, and the middle."""
        return draw.window() | {
            "depth": draw("depth"),
            "fall": draw("fall"),
            "x": draw.uniform(0.38, 0.62),
            "y": draw.uniform(0.38, 0.62),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken by a power of the distance from the middle."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, on_sheet

        y, x = on_sheet(images, params, STEP)
        squared = (x - of_patch(params["x"])) ** 2 + (y - of_patch(params["y"])) ** 2
        far_x, far_y = (params[name].maximum(1 - params[name]) for name in "xy")
        fall = (squared / of_patch(far_x**2 + far_y**2)) ** of_patch(params["fall"] / 2)
        return images * enlarged(1 - of_patch(params["depth"]) * fall, images)


class Glare(BatchForm):
    """The spot lies on a note of half a sheet's size: so a window in two sees its rim."""

    member = light.Glare()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the bright spot's form, place, size and strength, and the dimming around it."""
        return draw.window(NOTE) | {
            "kind": np.array([0, 0, 1, 2])[draw.code(range(4))],
            "wash": draw("wash"),
            "size": np.maximum(0.01, draw("size")),
            "soft": draw("soft"),
            "dim": draw("dim"),
            "x": draw.uniform(0.15, 0.85),
            "y": draw.uniform(0.15, 0.85),
            "angle": draw.uniform(0, np.pi),
            "aspect": draw.uniform(0.5, 1.0),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lift every grey toward white by the mirrored light; the camera darkens all the rest."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, fading, on_sheet

        y, x = on_sheet(images, params, STEP)
        size, aspect = of_patch(params["size"]), of_patch(params["aspect"])
        right = (x - of_patch(params["x"])) * of_patch(params["wide"] / params["tall"])
        down = y - of_patch(params["y"])
        sin, cos = of_patch(params["angle"].sin()), of_patch(params["angle"].cos())
        bend = clouds(params["seed"], images, 0.4 * params["tall"], 1, step=STEP) * 0.12
        one = (right * sin - down * cos) / size + bend
        two = (right * cos + down * sin) / size + bend
        tube = (3 * one.abs()).maximum(two.abs() / 2.5)
        window = one.abs().maximum(two.abs() * aspect)
        spot = (one**2 + (two * aspect) ** 2).sqrt()
        kinds = [of_patch((params["kind"] == kind).to(x.dtype)) for kind in range(3)]
        distance = kinds[0] * spot + kinds[1] * tube + kinds[2] * window
        edge = of_patch(params["soft"].maximum(0.01 / params["size"]))
        ramp = ((1 + edge - distance) / (2 * edge)).clamp(0, 1)
        light = (ramp * ramp * (3 - 2 * ramp)).maximum(0.35 * fading(distance))
        dim = enlarged(1 - of_patch(params["dim"]) * (1 - light), images)
        dimmed = images * dim
        return dimmed + (1 - dimmed) * enlarged(of_patch(params["wash"]) * light, images)
