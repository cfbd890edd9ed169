"""Sent as a fax: few rows, one bit a pixel, a noisy line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.bits import lighter
from docclean.corruptions.draws import Draws, Numbers
from docclean.corruptions.lens import INTERPOLATIONS
from docclean.corruptions.tone import batch_levels, page_levels
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

UP = ("nearest", "nearest", "linear")
"""How a fax is enlarged, by the codes that are drawn."""
REPEATED, MOVED = 0.4, 0.35
"""Shares of the line's errors that show a row again, and that move the rest of it."""


class Fax(BatchCorruption):
    """Sent as a fax: fewer rows than columns, one bit, and errors on the line."""

    name = "fax"
    probability = 0.03
    ranges: ClassVar = {
        "columns": Range(1.0, 0.75, "share"),
        "standard": Range(0.62, 0.75, "rows over columns", by_severity=False),
        "level": Range(0.48, 0.62, "share of the page's contrast", by_severity=False),
        "errors": Range(0.0, 25.0, "per thousand rows"),
    }

    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the resolution (fine or standard), the level and the line's errors."""
        columns, standard = draw("columns"), draw("standard")
        return {
            "columns": columns,
            "rows": columns * np.where(draw.chance(0.4), 0.96, standard),
            "level": draw("level"),
            "errors": draw("errors"),
            "up": draw.code(UP),
            "seed": draw.seed(),
        }

    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Reduce, threshold, lose some of it, and enlarge: matrices of each patch's own."""
        import torch

        from docclean.corruptions.shared.resizing import KINDS, as_codes, resizing
        from docclean.corruptions.shared.tensors import of_patch

        ink, paper, _ = batch_levels(images)
        sizes = [
            (params[name] * side).round().clamp(min=1)
            for name, side in zip(("rows", "columns"), images.shape[-2:], strict=True)
        ]
        area, up = torch.full_like(params["up"], KINDS.index("area")), as_codes(params["up"], UP)
        down, across = (
            resizing(small, side, area)[:, None]
            for small, side in zip(sizes, images.shape[-2:], strict=True)
        )
        sent = down @ images @ across.transpose(2, 3)
        bits = (sent > ink + (paper - ink) * of_patch(params["level"])).to(images.dtype)
        bits = _with_errors(bits, sizes[1].long(), params)
        high, wide = (
            resizing(small, side, up, back=True)[:, None]
            for small, side in zip(sizes, images.shape[-2:], strict=True)
        )
        return high @ bits @ wide.transpose(2, 3)

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Reduce, threshold, lose some of it, and enlarge."""
        ink, paper, _ = page_levels(image)
        height, width = image.shape
        rows, columns = (
            max(1, round(side * params[name]))
            for name, side in (("rows", height), ("columns", width))
        )
        sent = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        level = 255 * (ink + (paper - ink) * params["level"])
        bits = _spoilt(lighter(sent.astype(np.float32), level), params)
        up = INTERPOLATIONS[UP[params["up"]]]
        return np.asarray(cv2.resize(bits, (width, height), interpolation=up), np.uint8)


def _line_errors(
    seeds: "Tensor", errors: "Tensor", rows: int
) -> tuple["Tensor", "Tensor", "Tensor", "Tensor"]:
    """Return what the line did to each row of a fax, (N, rows) each.

    Args:
        seeds: (N,).
        errors: (N,), in a thousand rows.
        rows: px.

    Returns:
        the row that is shown, whether it ends in white, where what is wrong begins as a share of
        the row (1 where nothing is), and by how many px the rest slips to the right.
    """
    import torch

    from docclean.corruptions.shared.tensors import uniform

    hit, start, kind, reach, slip = (
        uniform(seeds, (1, rows), stream)[:, 0, 0].to(errors.dtype) for stream in range(5)
    )
    at = torch.arange(rows, device=seeds.device).expand(hit.shape)
    began = torch.where(hit < errors[:, None] / 1000, at, -2)
    before = began.roll(1, 1)
    before[:, :1] = -2
    long = (before >= 0) & (reach.gather(1, before.clamp(min=0)) < 0.5)
    event = torch.where(began < 0, torch.where(long, before, began), began)
    spoilt, of = event >= 0, event.clamp(min=0)
    start, kind, slip = (part.gather(1, of) for part in (start, kind, slip))
    again = spoilt & (kind < REPEATED)  # the decoder shows the row before again
    shown = torch.where(again, 0, at).cummax(1).values
    moved = spoilt & ~again & (kind < REPEATED + MOVED)  # a run of the wrong length
    white = spoilt & ~again & ~moved
    slips = torch.where(moved, 2 + (11 * slip).long(), 0)
    return shown, white, torch.where(moved | white, start, 1.0), slips


def _with_errors(bits: "Tensor", widths: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
    """Spoil rows of a batch (N, 1, R, C) whose patches are `widths` (N,) px wide."""
    import torch

    height, width = bits.shape[-2:]
    shown, *told = _line_errors(params["seed"], params["errors"], height)
    white, begins, slips = (part.gather(1, shown)[:, None, :, None] for part in told)
    first = (begins * widths.view(-1, 1, 1, 1)).floor()
    columns = torch.arange(width, device=bits.device)
    source = torch.where(columns >= first + slips, columns - slips, columns)
    flat = shown[:, None, :, None] * width + source
    page = bits.flatten(2).gather(2, flat.flatten(2)).view(bits.shape)
    return torch.where(white & (columns >= first), 1.0, page)


def _spoilt(page: Image, params: Params) -> Image:
    """Spoil the same rows of one page, 0 or 255."""
    import torch

    errors = torch.tensor([params["errors"]], dtype=torch.float32)
    parts = _line_errors(torch.tensor([params["seed"]]), errors, len(page))
    shown, white, begins, slips = (part[0].numpy() for part in parts)
    width = page.shape[1]
    spoilt = page.copy()
    for row in np.flatnonzero(begins < 1):
        start = int(begins[row] * np.float32(width))
        if white[row]:
            spoilt[row, start:] = 255
        else:
            spoilt[row, start + slips[row] :] = page[row, start : max(start, width - slips[row])]
    return np.asarray(spoilt[shown])
