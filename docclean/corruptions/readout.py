"""Reading the sensor out line by line: bands, streaks, lost rows, interference."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from docclean.corruptions.base import DPI, Draw, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.shared.fields import Field, shade, to_image
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor


class Banding(BatchCorruption):
    """A flickering lamp or an uneven motor: the light swells and fades along the sheet."""

    name = "banding"
    probability = 0.04
    ranges: ClassVar = {
        "depth": Range(0.03, 0.28, "share"),
        "period": Range(8, 120, "px", by_severity=False),
        "drift": Range(0.0, 3.0, "radians", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how deep and how far apart the bands are, and how they lose step."""
        return {
            "depth": draw("depth"),
            "period": draw("period"),
            "drift": draw("drift"),
            "phase": draw.uniform(0, 2 * np.pi),
            "overtone": draw.uniform(0, 0.6),
            "vertical": draw.chance(0.2),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Multiply every row (or column) by its light."""
        return image * _like(image, self._light(image.shape[-2:], params))

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

    def draw(self, draw: Draw) -> Params:
        """Draw the lines' places, widths and tones."""
        return {
            "lines": [
                (draw.uniform(), draw("width"), draw("tone"))
                for _ in range(max(1, draw.whole("count")))
            ],
            "vertical": draw.chance(0.8),
            "bright": draw.chance(0.2),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Darken (or brighten) whole columns or rows."""
        tone = _like(image, self._tone(image.shape[-2:], params))
        return image + (1 - image) * tone if params["bright"] else image * (1 - tone)

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
        for place, width, tone in params["lines"]:
            profile += tone * np.exp(-np.square((np.arange(side) - place * side) / width))
        return _across(np.minimum(profile, 0.4 if params["bright"] else 0.7), params["vertical"])


class MissingRows(BatchCorruption):
    """Scan lines that were lost: the one before stands there again, or none, or a slipped one."""

    name = "missing_rows"
    probability = 0.02
    ranges: ClassVar = {
        "share": Range(0.006, 0.06, "share of the rows"),
        # more would take whole strokes of small print, which the clean side keeps
        "run": Range(1.0, 2.4, "px", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the share of rows lost, how many at once, and what stands in their place."""
        kind, run = draw.choice("repeat", "repeat", "white", "dim", "slip"), draw.whole("run")
        return {
            "share": draw("share"),
            "run": 1 if kind == "white" else max(1, run),  # a bar of an e is no higher than two
            "kind": kind,
            "seed": draw.seed(),
        }

    def run(self, image: "Tensor", params: Params) -> Any:
        """Replace the lost rows."""
        return self._replace(image.clone(), params, white=1)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Replace the lost rows."""
        return np.asarray(self._replace(image.copy(), params, white=255), np.uint8)

    def _replace(self, page: Any, params: Params, white: int) -> Any:
        """Replace rows in place: arrays and tensors are indexed alike."""
        rng = np.random.default_rng(params["seed"])
        height, width = page.shape[-2:]
        count = max(1, round(params["share"] * height / params["run"]))
        for top in rng.integers(0, height, count).tolist():
            rows = slice(top, top + params["run"])
            if params["kind"] == "repeat":
                page[..., rows, :] = page[..., max(0, top - 1) : max(1, top), :]
            elif params["kind"] == "white":
                page[..., rows, :] = white
            elif params["kind"] == "dim":
                page[..., rows, :] = page[..., rows, :] * 0.65
            else:
                slip = int(rng.integers(1, 1 + max(1, width // 8)))
                before = page[..., rows, : width - slip] * 1  # a copy: the two overlap
                page[..., rows, slip:] = before
        return page


class Moire(BatchCorruption):
    """A halftone's or a display's screen against the sensor's own: faint slow waves."""

    name = "moire"
    probability = 0.03
    ranges: ClassVar = {
        "depth": Range(0.03, 0.22, "share"),
        "period": Range(7, 60, "px", by_severity=False),
        "bend": Range(0.0, 4.0, "periods", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
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

    def run(self, image: "Tensor", params: Params) -> Any:
        """Multiply by the waves."""
        return image * _like(image, self._light(image.shape[-2:], params))

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


def _like(image: "Tensor", field: Field) -> "Tensor":
    import torch

    return torch.from_numpy(field).to(image)
