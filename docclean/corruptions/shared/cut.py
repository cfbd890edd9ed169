"""Where a sheet is gone: what torn, pierced, worn and framed ones share."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, to_image
from docclean.page import Image


@dataclass(frozen=True)
class Cut:
    """A place where the sheet is gone, within a box of the page."""

    rows: slice
    columns: slice
    inside: Field
    """How many px within the sheet; negative beyond it."""
    bare: Field | float
    """Width in px of the rim whose printed surface is gone too."""


class Cutting(PageCorruption):
    """Takes pieces of the sheet away: the scanner's bed shows there, and the clean side is white.

    Parameters of all: `quarter` (turns of the page that bring the cut side to the top), `bed`
    (the bed's grey), `shadow` (how dark the sheet's shadow on it is) and `seed`.
    """

    rim_light = 0.97
    """Grey of the bare rim: torn fibres are white, burnt ones black."""

    @abstractmethod
    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield where the sheet is gone."""

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Show the bed with the sheet's shadow on it, and the rim."""
        page = np.rot90(image, params["quarter"]).copy()
        rng = np.random.default_rng(params["seed"] + 1)
        throw = max(2, round(to_px(1.2, dpi)))
        for cut in self.cuts((page.shape[0], page.shape[1]), params, dpi):
            box = page[cut.rows, cut.columns].astype(np.float32)
            burnt = params.get("burnt", False)
            fibre = 1 + 0.035 * fractal_noise(rng, box.shape[:2], to_px(0.6, dpi), 3)
            rim = np.float32(255 * (0.07 if burnt else self.rim_light)) * fibre
            step = np.exp(-np.square((cut.inside - cut.bare) / max(0.7, to_px(0.12, dpi))))
            covered = np.clip(cut.inside - cut.bare + 0.5, 0, 1)
            box = rim + (box - rim) * covered
            if burnt:
                toast = np.clip(1.3 - (cut.inside - cut.bare) / max(1.0, to_px(3.5, dpi)), 0, 1)
                box *= 1 - 0.75 * np.square(toast)
            else:
                box *= 1 - np.where(np.asarray(cut.bare) > 0.3, 0.22, 0.0) * step
            sheet = np.clip(cut.inside + 0.5, 0, 1).astype(np.float32)
            cast = cv2.blur(sheet, (throw, throw), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
            bed = 255 * params["bed"] * (1 - params["shadow"] * cast) * (0.5 + 0.5 * fibre)
            page[cut.rows, cut.columns] = to_image(bed + (box - bed) * sheet)
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Take away the ink that was on the lost piece and its rim."""
        page = np.rot90(image, params["quarter"]).copy()
        for cut in self.cuts((page.shape[0], page.shape[1]), params, dpi):
            kept = np.clip(cut.inside - cut.bare + 0.5, 0, 1).astype(np.float32)
            page[cut.rows, cut.columns] = to_image(255 - (255 - page[cut.rows, cut.columns]) * kept)
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))


def draw_bed(draw: Draw) -> dict[str, Any]:
    """Draw what every cut needs."""
    return {
        "bed": draw("bed"),
        "shadow": draw("shadow"),
        "quarter": draw.choice(0, 1, 2, 3),
        "seed": draw.seed(),
    }


BED = {
    "bed": Range(0.97, 0.02, "grey", power=0.6),
    "shadow": Range(0.1, 0.6, "share"),
}


def ragged(rng: np.random.Generator, length: int, dpi: float, scale: float) -> Field:
    """Return (length,) noise of deviation about 1: a torn line's, from `scale` mm to fibres."""
    return np.asarray(fractal_noise(rng, (1, length), max(2.0, to_px(scale, dpi)), 7, 0.6)[0])
