"""What folding leaves, on batches: creases, a letter's folds, wrinkles, crumpled paper."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import folds
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.draws import Draws, Numbers

if TYPE_CHECKING:
    from torch import Tensor

LINES = 4
"""Most creases of a window."""
EDGES = 14
"""Most edges of crumpled paper in a window; three square centimetres hold fewer."""
NUMBERS = 64
"""More than the sites of a window."""
SITES = 6
"""Facets of wrinkled paper along each side of the piece that holds a window."""


class Crease(BatchForm):
    """Lines through any point of the window, at any angle."""

    member = folds.Crease()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw one to four fold lines, straight across or crossing."""
        turn = np.pi / 2 * draw.rng.integers(2, size=(len(draw), LINES))
        straight = turn + draw.uniform(-0.1, 0.1, LINES)
        askew = draw.uniform(each=LINES) > 0.6
        drawn = {name: draw(name, LINES) for name in ("dark", "light", "shadow", "broken")}
        lengths = {name: draw.px(name, LINES) for name in ("width", "wobble")}
        return drawn | lengths | {
            "soft": np.maximum(0.5, draw.px("soft", LINES)),
            "lines": draw.whole("lines"),
            "x": draw.uniform(each=LINES),
            "y": draw.uniform(each=LINES),
            "angle": np.where(askew, draw.uniform(0, np.pi, LINES), straight),
            "wave": draw.to_px(5),
            "seed": draw.seed(),
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Look a fold's shade up by the distance from its line, which noise bends and breaks."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            along_and_across,
            bump,
            each,
            fading,
            grid,
            looked_up,
            profile,
        )  # fmt: skip

        y, x = grid(images)
        wave = params["wave"]
        wobble = clouds(params["seed"], images, wave, 1)
        ragged = clouds(params["seed"], images, 0.8 * wave, 1, stream=1).abs_()
        light, glow = images.new_ones(images.shape), images.new_zeros(images.shape)
        names, at = "x y angle width soft wobble dark light shadow broken", profile(images)
        for rows, px, py, angle, width, soft, sway, dark, bright, shadow, broken in each(
            params, names, params["lines"], LINES
        ):
            point = (px * images.shape[3], py * images.shape[2])
            across = along_and_across(y, x, point, angle)[1] + wobble[rows] * of_patch(sway)
            along = (1 - ragged[rows] * of_patch(broken)).clamp_(min=0)
            wide = width.clamp(min=0.6)[:, None]
            scored = dark[:, None] * bump(at / wide - 1)
            lean = fading(at.clamp(min=0) / soft[:, None]) * (at > 0) * shadow[:, None]
            worn = bright[:, None] * bump(at / wide + 1)
            line, leaning, rubbed = looked_up(across, scored, lean, worn)
            light[rows] *= 1 - line * along - leaning
            glow[rows] = (rubbed * along).maximum(glow[rows])
        lit = images * light.clamp(min=0.15)
        # worn folds lighten ink too, but never rub a stroke out
        return lit + (1 - lit) * glow.clamp(max=0.45)


class Fold(BatchForm):
    """The fold, or the crossing of two, through the window: elsewhere a folded letter is flat."""

    member = folds.Fold()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw which panels lean away, how worn the folds are, and whether two meet here."""
        angle = np.pi / 2 * draw.chance(1 / 3) + draw.uniform(-0.02, 0.02)
        angle += np.pi * draw.chance(0.5)
        drawn = {name: draw(name, 2) for name in ("shade", "far", "line", "worn")}
        lengths = {name: draw.px(name, 2) for name in ("width", "ragged")}
        kinds = draw.code(KINDS)
        return drawn | lengths | {
            "soft": np.maximum(0.5, draw.px("soft", 2)),
            "folds": np.array([1, 2, 2])[kinds],
            "place": np.stack([draw.uniform(0.1, 0.6), draw.uniform(0.4, 0.9)], 1),
            "angle": np.stack([angle, angle + np.pi / 2 * (KINDS.index("quarters") == kinds)], 1),
            "tooth": draw.to_px(3),
            "thin": draw.to_px(1),
            "seed": draw.seed(),
        }  # fmt: skip

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Shade the leaning panel from the fold on, the other side faintly, and score the line."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            along_and_across,
            bump,
            each,
            enlarged,
            fading,
            grid,
            looked_up,
            profile,
            share,
        )  # fmt: skip

        y, x = grid(images)
        tooth = clouds(params["seed"], images, params["tooth"], 1)
        patches = (0.7 + 0.5 * tooth).clamp(0, 1.2)
        rubbed = clouds(params["seed"], images, params["thin"], 1, stream=1, step=3)
        rubbed = enlarged((0.5 + 0.7 * rubbed).clamp(0, 1), images)
        light, glow = images.new_ones(images.shape), images.new_zeros(images.shape)
        names, at = "place angle shade far line worn soft width ragged", profile(images)
        for rows, place, angle, dark, far, line, worn, soft, width, ragged in each(
            params, names, params["folds"], 2
        ):
            point = (place * images.shape[3], place * images.shape[2])
            across = along_and_across(y, x, point, angle)[1] + tooth[rows] * of_patch(ragged)
            wide, lean, fall = width.clamp(min=0.5)[:, None], share(at), soft[:, None]
            panels = dark[:, None] * lean * fading(at.clamp(min=0) / fall)
            panels = panels + far[:, None] * (1 - lean) * fading(-at.clamp(max=0) / (0.3 * fall))
            scored = line[:, None] * bump(at / wide)
            paint = worn[:, None] * bump((at + 2 * wide) / (1.5 * wide))
            shade, score, bare = looked_up(across, panels, scored, paint)
            light[rows] *= 1 - shade - score * patches[rows]
            glow[rows] = (bare * rubbed[rows]).maximum(glow[rows])
        lit = images * light.clamp(min=0.2)
        return lit + (1 - lit) * glow.clamp(max=0.4)


KINDS = ("half", "thirds", "quarters")
"""How a letter is folded."""


class Wrinkle(BatchForm):
    """Facets are the places nearest to strewn points, where the page form has triangles."""

    member = folds.Wrinkle()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the facets' size and contrast."""
        return {
            "scale": draw.px("scale"),
            "depth": draw("depth"),
            "ridges": draw("ridges"),
            "soft": draw.to_px(0.25),
            "light": draw.uniform(0, 2 * np.pi),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Shade large facets, small ones on them and soft bulges; darken or rub their edges."""
        from docclean.corruptions.shared.clouds import clouds
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import enlarged, slightly_blurred, softened

        step = 3
        scale, seed = params["scale"], params["seed"]
        slope = _facets(images, seed, 1.5 * scale, step, 0)
        fine = _facets(images, seed, 0.7 * scale, step, 1)
        sharp = slightly_blurred(0.6 * slope + 0.4 * fine, (params["soft"] / step).clamp(min=0.8))
        # paper bends: some folds are sharp, most turn softly
        soft = softened(sharp, 0.3 * scale / step / 6**0.5)
        partly = clouds(seed, images, scale, 1, stream=2, step=step)
        partly = (0.35 + 0.4 * partly).clamp(0, 0.9)
        bulges = clouds(seed, images, scale, 2, stream=3, step=step)
        tilt = soft + partly * (sharp - soft) + 0.35 * bulges
        turn = params["light"]
        down, across = (
            sharp.diff(dim=2, prepend=sharp[:, :, :1]),
            sharp.diff(dim=3, prepend=sharp[..., :1]),
        )
        ridge = (down * of_patch(turn.sin()) + across * of_patch(turn.cos())).tanh() * partly
        light = 1 - of_patch(params["depth"]) * (0.5 + 0.5 * tilt.tanh())
        light = (light - of_patch(params["ridges"]) * ridge).clamp(0.2, 1.15)
        return images * enlarged(light, images)


def _facets(like: "Tensor", seeds: "Tensor", size: "Tensor", step: int, stream: int) -> "Tensor":
    """Return (N, 1, h, w) of -1.6..1.6: how the facet of about `size` px leans at each px."""
    import torch

    from docclean.corruptions.shared.tensors import uniform
    from docclean.corruptions.shared.windows import grid

    y, x = grid(like, step)
    drawn = uniform(seeds, (4, SITES**2), 3 + stream)[:, 0].to(like.dtype)
    order = torch.arange(SITES**2, device=like.device)
    wide = size.clamp(min=max(like.shape[-2:]) / (SITES - 1))[:, None]
    middle = (SITES - 1) / 2
    down = (order // SITES - middle + 1.5 * (drawn[:, 0] - 0.5)) * wide + like.shape[2] / 2
    across = (order % SITES - middle + 1.5 * (drawn[:, 1] - 0.5)) * wide + like.shape[3] / 2
    # whole squares of the grid, and behind them the site: the least of them names the nearest
    squares = [
        ((places.flatten() - at[..., None]) / step).square().floor() * NUMBERS
        for places, at in ((y, down), (x, across))
    ]
    keys = (squares[0] + order[:, None])[..., None] + squares[1][..., None, :]
    site = keys.amin(1).flatten(1) % NUMBERS
    tone = 1.6 * (2.2 * (drawn[:, 2] - drawn[:, 3])).tanh()
    return tone.gather(1, site.long()).view(-1, 1, y.shape[2], x.shape[3])


class Crumple(BatchForm):
    """Edges through any point of the window and a little beyond it."""

    member = folds.Crumple()

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the edges of the window, their length, softness and depth."""
        return {
            "edges": draw("edges") / draw.to_px(100) ** 2,
            "length": np.maximum(1, draw.px("length")),
            "soft": np.maximum(0.5, draw.px("soft")),
            "depth": draw("depth"),
            "line": draw("line"),
            "veil": draw("veil"),
            "spread": draw.normal(),
            "x": draw.uniform(each=EDGES),
            "y": draw.uniform(each=EDGES),
            "angle": draw.uniform(0, np.pi, EDGES),
            "long": draw.uniform(0, 0.8, EDGES),
            "dark": draw.uniform(0.3, 1.5, EDGES),
            "bright": draw.uniform(0.3, 1.5, EDGES),
            "deep": draw.uniform(0.2, 1, EDGES),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Lay the edges over each other: each dark on one side, bright on the other."""
        from docclean.corruptions.shared.tensors import of_patch
        from docclean.corruptions.shared.windows import (
            along_and_across,
            bump,
            each,
            enlarged,
            fading,
            grid,
            looked_up,
            profile,
            share,
        )  # fmt: skip

        step = 2
        y, x = grid(images, step)
        area = images.shape[2] * images.shape[3]
        # white paper must darken a little for its bright facets to be seen at all
        light = of_patch(1 - params["veil"]).expand(-1, -1, y.shape[2], x.shape[3]).clone()
        count = 1.5 + params["edges"] * area + params["spread"] * (params["edges"] * area).sqrt()
        names, at = "x y angle long dark bright deep", profile(images)
        for rows, px, py, angle, long, dark, bright, deep in each(
            params, names, count.floor(), EDGES
        ):
            point = (px * images.shape[3], py * images.shape[2])
            length, soft = params["length"][rows], params["soft"][rows]
            half = length * (0.15 + 2.4 * long**4)
            along, across = along_and_across(y, x, point, angle)
            along = (along / of_patch(half)).square_()
            # a softness beyond the length would make a box of the edge
            dark, bright = ((part * soft).minimum(0.5 * half)[:, None] for part in (dark, bright))
            side = share(at)
            fade = (1.6 * side - 0.6) * fading(at.abs() / (bright + side * (dark - bright)))
            fade = fade + params["line"][rows, None] * bump(at)
            fade = fade * (deep * params["depth"][rows] * (0.35 + 0.65 * long))[:, None]
            (edge,) = looked_up(across / (1.15 - along / 2).clamp_(min=0.1), fade)
            light[rows] -= edge * bump(along)
        return images * enlarged(light.clamp_(0.25, 1.2), images)
