"""Reading the sensor out line by line: bands, streaks, lost rows, interference."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.shared.fields import Field, shade, to_image
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor


MOST_BRIGHT, MOST_DARK = 0.4, 0.7
"""Tone of all streaks together where they brighten and where they darken."""
LOST = ("repeat", "repeat", "white", "dim", "slip")
"""What stands in the place of lost rows, by the codes that are drawn."""
DIM = 0.65
"""Share of its light that a dim row keeps."""


class Banding(BatchCorruption):
    """A flickering lamp or an uneven motor: the light swells and fades along the sheet."""

    name = "banding"
    probability = 0.04
    ranges: ClassVar = {
        "depth": Range(0.03, 0.28, "share"),
        "period": Range(8, 120, "px", by_severity=False),
        "drift": Range(0.0, 3.0, "radians", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw how deep and how far apart the bands are, and how they lose step."""
        return {
            "depth": draw("depth"),
            "period": draw("period"),
            "drift": draw("drift"),
            "phase": draw.uniform(0, 2 * np.pi),
            "overtone": draw.uniform(0, 0.6),
            "vertical": draw.chance(0.2),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Multiply every row (or column) by its light."""
        import torch

        vertical = params["vertical"].view(-1, 1)
        for dim, here in ((2, ~vertical), (3, vertical)):
            at = torch.arange(images.shape[dim], device=images.device, dtype=images.dtype)[None]
            one = {name: value.view(-1, 1) for name, value in params.items()}
            turns = at * (2 * torch.pi / one["period"])
            turns = turns + one["drift"] * torch.sin(turns * 0.13 + one["phase"])
            wave = torch.sin(turns + one["phase"]) + one["overtone"] * torch.sin(2 * turns)
            light = 1 - one["depth"] * (0.5 - 0.5 * wave / (1 + one["overtone"]))
            images = images * _along(torch.where(here, light, 1.0), dim)
        return images

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Multiply every row (or column) by its light."""
        return shade(image, self._light(image.shape, params))

    def _light(self, shape: tuple[int, ...], params: Params) -> Field:
        side = shape[1] if params["vertical"] else shape[0]
        turns = np.arange(side, dtype=np.float32) * np.float32(2 * np.pi / params["period"])
        turns += np.float32(params["drift"]) * np.sin(turns * 0.13 + params["phase"])
        wave = np.sin(turns + params["phase"]) + params["overtone"] * np.sin(2 * turns)
        wave /= 1 + params["overtone"]
        return _across(1 - params["depth"] * (0.5 - 0.5 * wave), params["vertical"])


class Streaks(BatchCorruption):
    """Lines a dirty sensor or drum draws along the whole page."""

    name = "streaks"
    probability = 0.06
    ranges: ClassVar = {
        "tone": Range(0.05, 0.5, "grey"),
        "width": Range(0.5, 3.0, "px", by_severity=False),
        "count": Range(1, 6, "streaks", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the lines' places, widths and tones, and which of them are there at all."""
        count = np.maximum(1, draw.whole("count"))
        each = int(count.max())
        there = np.arange(each) < count[:, None]
        return {
            "place": draw.uniform(each=each),
            "width": draw("width", each),
            "tone": draw("tone", each) * there,
            "vertical": draw.chance(0.8),
            "bright": draw.chance(0.2),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Darken (or brighten) whole columns or rows."""
        import torch

        from docclean.corruptions.shared.tensors import of_patch

        vertical, bright = params["vertical"].view(-1, 1), params["bright"].view(-1, 1)
        place, width, tone = (params[name][..., None] for name in ("place", "width", "tone"))
        most = torch.where(bright, MOST_BRIGHT, MOST_DARK).to(images.dtype)
        for dim, here in ((2, ~vertical), (3, vertical)):
            side = images.shape[dim]
            at = torch.arange(side, device=images.device, dtype=images.dtype)
            lines = tone * torch.exp(-(((at - place * side) / width) ** 2))
            kept = _along(1 - torch.where(here, torch.minimum(lines.sum(1), most), 0.0), dim)
            images = torch.where(of_patch(bright), 1 - (1 - images) * kept, images * kept)
        return images

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Darken (or brighten) whole columns or rows."""
        tone = self._tone(image.shape, params)
        if params["bright"]:
            values = image.astype(np.float32)
            return to_image(values + (255 - values) * tone)
        return shade(image, 1 - tone)

    def _tone(self, shape: tuple[int, ...], params: Params) -> Field:
        side = shape[1] if params["vertical"] else shape[0]
        profile = np.zeros(side, np.float32)
        lines = zip(params["place"], params["width"], params["tone"], strict=True)
        for place, width, tone in lines:
            profile += tone * np.exp(-np.square((np.arange(side) - place * side) / width))
        most = MOST_BRIGHT if params["bright"] else MOST_DARK
        return _across(np.minimum(profile, most), params["vertical"])


class MissingRows(BatchCorruption):
    """Scan lines that were lost: the one before stands there again, or none, or a slipped one."""

    name = "missing_rows"
    probability = 0.02
    ranges: ClassVar = {
        "share": Range(0.006, 0.06, "share of the rows"),
        # more would take whole strokes of small print, which the clean side keeps
        "run": Range(1.0, 2.4, "px", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the share of rows lost, how many at once, and what stands in their place."""
        kind, run = draw.code(LOST), np.maximum(1, draw.whole("run"))
        alone = kind == LOST.index("white")  # a bar of an e is no higher than two
        return {
            "share": draw("share"),
            "run": np.where(alone, 1, run),
            "kind": kind,
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Look every pixel up in the row, and from the column, that stands there now."""
        import torch

        from docclean.corruptions.shared.tensors import of_patch

        height, width = images.shape[-2:]
        rows, lost, slips = (part[..., None] for part in lost_rows(params, (height, width)))
        columns = torch.arange(width, device=images.device)
        moved = torch.where(columns >= slips, columns - slips, columns)
        flat = (rows * width + moved).flatten(2)
        page = images.flatten(2).gather(2, flat).view(images.shape)
        kind = of_patch(params["kind"])
        page = torch.where(lost & (kind == LOST.index("white")), 1.0, page)
        return torch.where(lost & (kind == LOST.index("dim")), DIM * page, page)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Replace the lost rows, the same ones."""
        import torch

        one = {name: torch.tensor([value]) for name, value in params.items()}
        rows, lost, slips = (part[0, 0].numpy() for part in lost_rows(one, image.shape))
        page, kind = image[rows], LOST[params["kind"]]
        if kind == "white":
            page[lost] = 255
        elif kind == "dim":
            page[lost] = np.rint(page[lost] * np.float32(DIM))
        for row in np.flatnonzero(slips):
            page[row, slips[row] :] = image[row, : image.shape[1] - slips[row]]
        return np.asarray(page, np.uint8)


def lost_rows(
    params: Mapping[str, "Tensor"], shape: tuple[int, ...]
) -> tuple["Tensor", "Tensor", "Tensor"]:
    """Return what becomes of each row, as (N, 1, H) three times.

    Args:
        params: of `MissingRows`, (N,) each.
        shape: height and width of the patches.

    Returns:
        the row that stands there, whether it is lost, and by how many px it slips to the right.
    """
    import torch

    from docclean.corruptions.shared.tensors import uniform

    height, width = shape
    run, kind = (params[name].view(-1, 1, 1) for name in ("run", "kind"))
    count = (params["share"].view(-1, 1, 1) * height / run).round().clamp(1, height).long()
    drawn, slip = (uniform(params["seed"], (1, height), stream)[:, 0] for stream in (0, 1))
    last = drawn.sort(2).values.gather(2, count - 1)
    at = torch.arange(height, device=drawn.device).expand(drawn.shape)
    start = torch.where(drawn <= last, at, -height).cummax(2).values
    lost = at - start < run
    whole = torch.where(lost, 0, at).cummax(2).values
    slips = 1 + (slip * max(1, width // 8)).long().gather(2, start.clamp(min=0))
    slips = torch.where(lost & (kind == LOST.index("slip")), slips, 0)
    return torch.where(kind == LOST.index("repeat"), whole, at), lost, slips


class Moire(BatchCorruption):
    """A halftone's or a display's screen against the sensor's own: faint slow waves."""

    name = "moire"
    probability = 0.03
    ranges: ClassVar = {
        "depth": Range(0.03, 0.22, "share"),
        "period": Range(7, 60, "px", by_severity=False),
        "bend": Range(0.0, 4.0, "periods", by_severity=False),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the waves' depth, their distance, their direction and how the lens bends them."""
        return {
            "depth": draw("depth"),
            "period": draw("period"),
            "bend": draw("bend"),
            "angle": draw.uniform(0, np.pi),
            "second": draw.uniform(0, 1),
            "x": draw.uniform(),
            "y": draw.uniform(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Multiply by the waves: two products of a row and a column each, as `_light` has it."""
        import torch

        one = {name: value.view(-1, 1) for name, value in params.items()}
        sides = images.shape[-2:]
        curve = one["bend"] / max(sides) ** 2
        down: list[Tensor] = []
        across: list[Tensor] = []
        for turn, weight in ((0.0, torch.ones_like(one["second"])), (1.4, one["second"])):
            angle = one["angle"] + turn
            for side, middle, slope, parts in (
                (sides[0], one["y"], torch.sin(angle), down),
                (sides[1], one["x"], torch.cos(angle), across),
            ):
                at = torch.arange(side, device=images.device, dtype=images.dtype) - middle * side
                phase = 2 * torch.pi * (at * slope / one["period"] + curve * at**2)
                parts += [torch.cos(phase), torch.sin(phase)]
            down[-2:] = weight * down[-2], -weight * down[-1]
        wave = torch.stack(down, 2) @ torch.stack(across, 1)
        depth = 0.5 * params["depth"]
        wave = wave * (depth / (1 + params["second"])).view(-1, 1, 1) + (1 - depth).view(-1, 1, 1)
        return images * wave[:, None]

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Multiply by the waves."""
        return shade(image, self._light(image.shape, params))

    def _light(self, shape: tuple[int, ...], params: Params) -> Field:
        """Return the light; a cosine of f(x) + g(y) is two products of a row and a column."""
        height, width = shape
        x = np.arange(width) - params["x"] * width
        y = np.arange(height) - params["y"] * height
        curve = params["bend"] / max(shape) ** 2
        wave = np.zeros((height, width), np.float32)
        for angle, weight in ((params["angle"], 1.0), (params["angle"] + 1.4, params["second"])):
            across = np.exp(2j * np.pi * (x * np.cos(angle) / params["period"] + curve * x**2))
            down = np.exp(2j * np.pi * (y * np.sin(angle) / params["period"] + curve * y**2))
            rows = np.stack([down.real, -down.imag], 1).astype(np.float32) * np.float32(weight)
            wave += rows @ np.stack([across.real, across.imag]).astype(np.float32)
        wave *= np.float32(0.5 * params["depth"] / (1 + params["second"]))
        return np.asarray(wave + np.float32(1 - 0.5 * params["depth"]))


def _across(profile: Any, vertical: bool) -> Field:
    """Return a profile as one row (of columns' values) or one column (of rows' values)."""
    values = np.asarray(profile, np.float32)
    return values[None, :] if vertical else values[:, None]


def _along(profile: "Tensor", dim: int) -> "Tensor":
    """Return (N, side) as what each row (dim 2) or column (dim 3) of a batch is multiplied by."""
    return profile[:, None, :, None] if dim == 2 else profile[:, None, None, :]
