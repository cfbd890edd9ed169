"""What falls on paper or grows in it, on batches: coffee, water, grease, foxing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import stains
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

MARKS = 4
"""Most rings, pools or patches of a window."""
DROPS = 4
"""Most splashed drops of a window."""
SPOTS = 90
"""Most spots of foxing in a window."""


def _places(draw: Draws, inward: Numbers) -> dict[str, Numbers]:
    """Draw the points of a window that marks pass over, and how their middles lie from them."""
    each = inward.shape[1]
    return {
        "x": draw.uniform(each=each),
        "y": draw.uniform(each=each),
        "angle": draw.uniform(0, 2 * np.pi, each),
        "inward": inward,
    }


class Stain(BatchForm):
    """A ring's line, or a disc's inside, passes over any point of the window."""

    member = stains.Stain()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw one to four rings or blobs and the drops splashed around them."""
        kinds = draw.rng.integers(3, size=(len(draw), MARKS))
        places = _places(draw, np.where(kinds == 0, draw.uniform(each=MARKS), 1.0))
        drops = np.minimum(draw.whole("drops"), DROPS) * draw.chance(0.5)
        return places | {
            "marks": draw.whole("marks"),
            "kind": kinds,
            "radius": draw.px("radius", MARKS),
            "rim": draw.px("rim", MARKS),
            "depth": draw("depth", MARKS),
            "rough": draw("rough", MARKS),
            "squash": draw.uniform(0.6, 1.6, MARKS),
            "drops": drops,
            "drop_x": draw.uniform(each=DROPS),
            "drop_y": draw.uniform(each=DROPS),
            "drop_radius": draw.px("drop", DROPS),
            "drop_depth": draw("depth", DROPS),
            "drop_rim": draw.to_px(0.3),
            "patch": draw.to_px(6.8),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken discs and rings; the rim is darkest, the tone uneven."""
        from docclean.corruptions.shared.clouds import clouds, clouds_of_marks
        from docclean.corruptions.shared.windows import bump, enlarged, first, grid

        step = 2
        y, x = grid(images, step)
        tone = enlarged(clouds(params["seed"], images, params["patch"], 3, step=4), y * x)
        tone = (0.75 + 0.3 * tone).clamp(0.1, 1.3)
        radius, rim = (params[name][:, :, None, None] for name in ("radius", "rim"))
        inward = params["radius"] * params["inward"]
        right = params["x"] * images.shape[3] - inward * params["angle"].cos()
        down = params["y"] * images.shape[2] - inward * params["angle"].sin()
        lines = (y - down[:, :, None, None]) * params["squash"][:, :, None, None]
        wobbles = (params["radius"] * 0.5).clamp(min=8)
        wobble = clouds_of_marks(params["seed"], images, wobbles, 2, stream=1, step=8)
        wobble = wobble * radius * params["rough"][:, :, None, None] - radius
        away = ((x - right[:, :, None, None]).square() + lines.square()).sqrt_()
        away += enlarged(wobble, tone)
        line = 0.9 * bump(away / rim.clamp(min=0.8))
        # the foot of a wet cup: even, with two hard edges
        band = 0.8 * (0.5 - (away.abs() - rim) / 5).clamp_(0, 1)
        disc = (0.5 - away / 8).clamp_(0, 1) * (0.55 + 0.55 * line)
        there = first(params["marks"], MARKS, images) * params["depth"]
        dark = tone.new_zeros(away.shape)
        for kind, form in enumerate((disc, line, band)):
            dark.addcmul_(form, ((params["kind"] == kind) * there)[:, :, None, None])
        light = 1 - (dark * tone).clamp_(0, 0.8)
        light = light.prod(1, keepdim=True) * self._drops(params, tone, images)
        return images * enlarged(light, images)

    def _drops(self, params: Mapping[str, "Tensor"], tone: "Tensor", like: "Tensor") -> "Tensor":
        """Return the light that the splashed drops leave."""
        from docclean.corruptions.shared.windows import bump, first, grid

        y, x = grid(like, 2)
        places = params["drop_x"] * like.shape[3], params["drop_y"] * like.shape[2]
        columns, lines = x - places[0][:, :, None, None], y - places[1][:, :, None, None]
        radius, rim = params["drop_radius"], params["drop_rim"].clamp(min=0.8)
        away = (columns.square() + lines.square()).sqrt_() - radius[:, :, None, None]
        dark = (0.5 - away / 8).clamp_(0, 1) * (0.55 + 0.5 * bump(away / rim.view(-1, 1, 1, 1)))
        there = first(params["drops"], DROPS, like) * params["drop_depth"]
        return (1 - (dark * tone * there[:, :, None, None]).clamp_(0, 0.8)).prod(1, keepdim=True)


class WaterStain(BatchForm):
    """A tide-line passes over any point of the window."""

    member = stains.WaterStain()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw a pool or a front from one side, and how often it was wet."""
        lengths = {name: np.maximum(0.5, draw.px(name)) for name in ("radius", "rough", "width")}
        drawn = {name: draw(name) for name in ("rim", "tint", "wash")}
        return lengths | drawn | {
            "x": draw.uniform(),
            "y": draw.uniform(),
            "angle": draw.uniform(0, 2 * np.pi),
            "flat": np.where(draw.chance(0.5), 20.0, 1.0),
            "count": draw.whole("tides"),
            "weight": draw.uniform(0.3, 1.0, MARKS),
            "sharp": draw.to_px(0.25),
            "blob": draw.to_px(28),
            "patch": draw.to_px(9),
            "seed": draw.seed(),
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Tint what was wet, darken its fronts, sharp outside and fading inward."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import each, enlarged, fading, grid

        step = 2
        y, x = grid(images, step)
        rough = params["rough"]
        noise = enlarged(clouds(params["seed"], images, params["blob"], 5, 0.5, step=4), y * x)
        radius = params["radius"] * params["flat"]
        columns = x - of_patch(params["x"] * images.shape[3] - radius * params["angle"].cos())
        lines = y - of_patch(params["y"] * images.shape[2] - radius * params["angle"].sin())
        distance = (columns**2 + lines**2).sqrt() - of_patch(radius) + noise * of_patch(0.6 * rough)
        rims, outside = noise.new_zeros(noise.shape), noise.new_zeros(len(images))
        for rows, weight in each(params, "weight", params["count"], MARKS):
            front = distance[rows] + of_patch(outside[rows])
            rise = front.clamp(min=0) / of_patch(params["sharp"][rows].clamp(min=0.7))
            tide = fading(rise * rise - front.clamp(max=0) / of_patch(params["width"][rows]))
            rims[rows] = (of_patch(weight) * tide).maximum(rims[rows])
            outside[rows] += rough[rows] * (0.6 + weight)
        uneven = clouds(params["seed"], images, params["patch"], 3, 0.7, stream=1, step=4)
        rims = rims * enlarged((0.75 + 0.35 * uneven).clamp(0.15, 1.4), rims)
        wet = (0.5 - distance / 3).clamp(0, 1)
        dark = of_patch(params["rim"]) * rims
        dark = dark + of_patch(params["tint"]) * wet * (0.8 + 0.4 * noise).clamp(0, 1.5)
        lit = images * enlarged(1 - dark.clamp(0, 0.75), images)
        washed = wet * of_patch(params["wash"]) * (1 - rims)
        return lit + (1 - lit) * enlarged(washed.clamp(0, 0.3), images)


class Grease(BatchForm):
    """A patch lies over any point of the window; through it shows the window's own print."""

    member = stains.Grease()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw one to five patches and how much of the back they let through."""
        places = _places(draw, draw.uniform(0, 0.7, MARKS))
        lengths = {name: np.maximum(0.5, draw.px(name, MARKS)) for name in ("radius", "soft")}
        drawn = {name: draw(name, MARKS) for name in ("dark", "rough")}
        return places | lengths | drawn | {
            "patches": draw.whole("patches"),
            "seen": draw("seen"),
            "shift": draw.uniform(),
            "blur": np.maximum(0.5, draw.to_px(0.3)),
            "patch": draw.to_px(4),
            "seed": draw.seed(),
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken the patches and let the mirrored print shine through them."""
        import torch

        from docclean.corruptions.shared.clouds import clouds, clouds_of_marks
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import each, enlarged, grid, slightly_blurred

        step, height = 4, images.shape[2]
        y, x = grid(images, step)
        wobbles = (params["radius"] * 0.8).clamp(min=4.0)
        wobble = clouds_of_marks(params["seed"], images, wobbles, 3, step=step)
        greasy = wobble.new_zeros(len(images), 1, *wobble.shape[2:])
        dark = greasy.clone()
        names = "x y angle inward radius soft dark rough"
        for place, (rows, px, py, angle, inward, radius, soft, deep, rough) in enumerate(
            each(params, names, params["patches"], MARKS)
        ):
            columns = x - of_patch(px * images.shape[3] - radius * inward * angle.cos())
            lines = y - of_patch(py * height - radius * inward * angle.sin())
            sway = wobble[rows, place : place + 1] * of_patch(0.5 * radius * rough)
            away = (columns**2 + lines**2).sqrt() - of_patch(radius) + sway
            inside = (-away / of_patch(soft)).sigmoid()
            greasy[rows] = inside.maximum(greasy[rows])
            dark[rows] = (of_patch(deep) * inside).maximum(dark[rows])
        uneven = clouds(params["seed"], images, params["patch"], 1, stream=1, step=step)
        dark = dark * (0.9 + 0.12 * uneven).clamp(0.5, 1.2)
        row = (
            torch.arange(height, device=images.device) - (params["shift"][:, None] * height).long()
        )
        back = (
            (1 - images).flip(3).gather(2, (row % height).view(-1, 1, height, 1).expand_as(images))
        )
        seen = enlarged(greasy * of_patch(params["seen"]), images)
        seen = seen * slightly_blurred(back, params["blur"])
        return images * enlarged(1 - dark, images) * (1 - seen)


class Foxing(BatchForm):
    """Spots anywhere in the window, most of them around two of its points."""

    member = stains.Foxing()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how many spots, how large, how dark, and where."""
        spots = draw("spots") / draw.to_px(100) ** 2
        near = draw.rng.integers(2, size=(len(draw), SPOTS))
        kinds = draw.rng.choice([0.5, 1, 1.8, 3.2], (len(draw), SPOTS), p=(0.5, 0.3, 0.15, 0.05))
        lone = draw.uniform(each=SPOTS) < 0.4
        places = {}
        for axis in "xy":
            centre = np.take_along_axis(draw.uniform(each=2), near, 1)
            places[axis] = np.where(lone, draw.uniform(each=SPOTS), centre)
            places[f"{axis}_off"] = (
                np.where(lone, 0, draw.normal(SPOTS)) * draw.px("cluster")[:, None]
            )
        return places | {
            "spots": spots,
            "spread": draw.normal(),
            "size": draw.px("size")[:, None] * kinds,
            "halo": draw("halo")[:, None] * (kinds > 1.5),
            "dark": draw("dark"),
            "strength": draw.uniform(0.2, 1, SPOTS),
            "patch": draw.to_px(1.2),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Add the spots as two matrices: each is a product of its row and its column."""
        import torch

        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import bump, enlarged, grid

        step = 2
        y, x = grid(images, step)
        area = params["spots"] * images.shape[2] * images.shape[3]
        count = 6 + area + params["spread"] * area.sqrt()
        there = torch.arange(SPOTS, device=images.device) < count[:, None]
        strength = params["strength"] * there

        def strewn(wide: "Tensor", strong: "Tensor") -> "Tensor":
            sides = []
            for axis, places, side in (("y", y, images.shape[2]), ("x", x, images.shape[3])):
                at = (params[axis] * side + params[f"{axis}_off"]) % side
                sides.append(bump(0.5**0.5 * (places.flatten() - at[..., None]) / wide[..., None]))
            return (sides[0].transpose(1, 2) @ (sides[1] * strong[..., None]))[:, None]

        wide = params["size"].clamp(min=0.45 * step)
        peak = (params["size"] / (0.45 * step)).clamp(max=1)
        spots = strewn(wide, strength * peak)
        blotchy = clouds(params["seed"], images, params["patch"], 2, step=step)
        dark = of_patch(params["dark"]) * (spots * (0.8 + 0.5 * blotchy).clamp(0, 1.5)).clamp(max=1)
        dark = dark + strewn(3 * wide, strength * params["halo"]).clamp(max=0.15)
        return images * enlarged(1 - dark.clamp(max=0.75), images)
