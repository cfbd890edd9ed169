"""What paper itself is, on batches: grain, age, laid lines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import paper
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor


class PaperTexture(BatchForm):
    """Clouds and fibres on coarse grids, the grit from textures made once."""

    member = paper.PaperTexture()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the paper's grey and the strength and size of clouds, fibres and grain."""
        drawn = {name: draw(name) for name in ("grey", "clouds", "fibres", "grain")}
        lengths = {name: draw.px(name) for name in ("cloud", "fibre", "grit")}
        aspect = np.array(ASPECTS)[draw.code(ASPECTS)]
        return drawn | lengths | {"aspect": aspect, "seed": draw.seed()}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Shade the patches with the paper."""
        from docclean.corruptions.shared.clouds import clouds, grain, streaky
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged

        seed = params["seed"]
        cloudy = clouds(seed, images, params["cloud"], 3, step=4)
        fibres = streaky(seed, images, params["fibre"], params["aspect"], 2, stream=1, step=2)
        light = of_patch(params["fibres"]) * fibres
        light = light + enlarged(of_patch(params["clouds"]) * cloudy, light)
        grit = grain(seed, images, params["grit"]) * of_patch(params["grain"] * params["grey"])
        light = grit + enlarged((1 + light) * of_patch(params["grey"]), images)
        return images * light.clamp_(0.1, 1)


ASPECTS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Yellowing(BatchForm):
    """The window sees its part of a sheet that is brown toward its edges."""

    member = paper.Yellowing()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how brown, how far in, and which edges most."""
        sides = draw.uniform(each=4)
        sides[np.arange(len(draw)), draw.code(range(4))] = 1
        drawn = {name: draw(name) for name in ("edge", "tone", "reach", "blotches")}
        blotch = {"blotch": draw.px("blotch"), "seed": draw.seed()}
        return draw.window() | drawn | blotch | {"sides": sides}

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken toward the edges, unevenly."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, fading, on_sheet

        step = 4
        y, x = on_sheet(images, params, step)
        noise = clouds(params["seed"], images, params["blotch"], 4, 0.65, step=step)
        reach, brown = of_patch(params["reach"]), noise.new_zeros(())
        for side, inward in enumerate((x, 1 - x, y, 1 - y)):
            near = fading(inward.clamp(min=0) / reach)
            brown = brown + of_patch(params["sides"][:, side]) * near
        # what the page form adds to the way inward
        brown = brown * (-0.25 * noise).exp()
        blotchy = 1 + of_patch(params["blotches"]) * noise
        dark = (
            of_patch(params["edge"]) * brown.clamp(max=1.3) + of_patch(params["tone"])
        ) * blotchy
        return images * enlarged((1 - dark).clamp(0.25, 1), images)


class LaidPaper(BatchForm):
    """Wires everywhere, a chain in most windows."""

    member = paper.LaidPaper()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the mould and how the sheet lies in it."""
        drawn = {name: draw(name) for name in ("wires", "chains", "tone")}
        lengths = {name: np.maximum(0.7, draw.px(name)) for name in ("pitch", "spacing", "chain")}
        return drawn | lengths | {
            "angle": np.pi / 2 * draw.chance(0.5) + draw.uniform(-0.03, 0.03),
            "x": draw.uniform(),
            "y": draw.uniform(),
            "patch": draw.to_px(9),
            "seed": draw.seed(),
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Shade by the wires, thicker and thinner in places, and by the chains."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import along_and_across, bump, enlarged, grid

        y, x = grid(images)
        uneven = enlarged(clouds(params["seed"], images, params["patch"], 3, step=4), images)
        point = (params["x"] * images.shape[3], params["y"] * images.shape[2])
        along, across = along_and_across(y, x, point, params["angle"])
        wobble = uneven * of_patch(0.12 * params["pitch"])
        turns = 2 * np.pi / params["pitch"].clamp(min=3)
        wires = ((across + wobble) * of_patch(turns)).sin() * 0.5 + 0.5
        away = (along + wobble) / of_patch(params["spacing"])
        away = (away - away.round()) * of_patch(params["spacing"] / params["chain"].clamp(min=0.7))
        dark = of_patch(params["wires"]) * wires * (0.8 + 0.35 * uneven).clamp(0.1, 1.6)
        dark = dark + of_patch(params["chains"]) * bump(away)
        return images * (1 - dark - of_patch(params["tone"]))
