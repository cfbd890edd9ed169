"""What hands do to a sheet's edges: soiled and frayed sides, folded corners."""

from collections.abc import Iterator

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.cut import BED, Cut, Cutting, draw_bed, ragged
from docclean.corruptions.shared.fields import Field, fractal_noise, to_image
from docclean.page import Image


class WornEdges(Cutting):
    """Edges soiled and frayed by many hands: dark, nicked, with short tears."""

    name = "worn_edges"
    probability = 0.08
    ranges = BED | {
        "dark": Range(0.08, 0.75, "share"),
        "width": Range(1.0, 8.0, "mm"),
        "nicks": Range(0.1, 1.4, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw which sides, how dark, how far inward and how deep the nicks."""
        return draw_bed(draw) | {
            "sides": draw.choice([0], [0, 1], [0, 2], [0, 1, 2], [0, 1, 2, 3]),
            "dark": draw("dark"),
            "width": draw("width"),
            "nicks": draw("nicks"),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield the nicked band along each worn side."""
        for side in params["sides"]:
            across = side % 2  # 0: along the top or bottom, 1: along the left or right
            rng = np.random.default_rng([params["seed"], side])
            depth, length = shape[across], shape[1 - across]
            noise = np.clip(ragged(rng, length, dpi, 6) - 0.4, 0, 2)
            nicks = noise * min(to_px(params["nicks"], dpi), 0.03 * depth)
            band = min(depth, int(nicks.max() + to_px(2, dpi)) + 2)
            inside = np.arange(band, dtype=np.float32)[:, None] - nicks[None, :]
            inside = inside if side in (0, 1) else inside[::-1]
            near = slice(0, band) if side in (0, 1) else slice(depth - band, depth)
            bare = np.minimum(nicks, to_px(0.15, dpi))[None, :]
            if across:
                yield Cut(slice(0, length), near, inside.T, bare.T)
            else:
                yield Cut(near, slice(0, length), inside, bare)

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Soil the worn sides inward, then fray them."""
        page = np.rot90(image, params["quarter"]).copy()
        for side in params["sides"]:
            rng = np.random.default_rng([params["seed"], side, 1])
            turn = (0, 3, 2, 1)[side]  # a view of the page with this side at the top
            view = np.rot90(page, turn)
            width = max(1.0, min(to_px(params["width"], dpi), 0.12 * view.shape[0]))
            box = view[: int(3.2 * width) + 1]
            y = np.arange(box.shape[0], dtype=np.float32)[:, None]
            reach = width * np.clip(1 + 0.6 * ragged(rng, box.shape[1], dpi, 25), 0.2, 3)
            tone = 0.75 + 0.22 * fractal_noise(rng, box.shape, max(2.0, to_px(5, dpi)), 4, 0.65)
            dirt = (0.6 * np.exp(-y / reach) + 0.5 * np.exp(-3.5 * y / reach)) * tone
            for _ in range(rng.poisson(box.shape[1] / to_px(12, dpi))):
                down = width * rng.uniform(0.1, 0.6) * np.array([0, 0.3, 0.6, 1])
                aside = rng.uniform(0, box.shape[1]) + np.cumsum(rng.normal(0, 0.08 * width, 4))
                crack = np.round(np.stack([aside, down], 1) * 16).astype(np.int32)
                cv2.polylines(dirt, [crack], False, 0.9, 1, cv2.LINE_AA, 4)
            dirt *= 1 - np.square(y / box.shape[0])
            box[:] = to_image(box * (1 - np.clip(params["dark"] * dirt, 0, 0.7)))
        worn = np.ascontiguousarray(np.rot90(page, -params["quarter"]))
        return super().apply(worn, params, dpi)


class DogEar(PageCorruption):
    """A corner folded over: the blank back of the sheet with its shadow, the bed beyond."""

    name = "dog_ear"
    probability = 0.04
    ranges = BED | {"leg": Range(0.07, 0.32, "share"), "thickness": Range(0.4, 2.5, "mm")}
    longest = 45.0
    """Of a leg in mm, however large the sheet."""

    def draw(self, draw: Draw) -> Params:
        """Draw the corner, the fold's legs and how far the flap stands off."""
        return draw_bed(draw) | {
            "leg": draw("leg"),
            "aspect": draw.uniform(0.65, 1.5),
            "thickness": draw("thickness"),
        }

    def _fields(self, shape: tuple[int, int], params: Params, dpi: float) -> tuple[Field, ...]:
        """Return px inside the fold, px inside the flap, and where a point was before the fold."""
        leg = max(1.0, min(params["leg"] * min(shape), to_px(self.longest, dpi)))
        wide, tall = leg * params["aspect"] ** 0.5, leg / params["aspect"] ** 0.5
        reach = int(2 * leg + to_px(8, dpi)) + 2
        y = np.arange(min(shape[0], reach), dtype=np.float32)[:, None]
        x = np.arange(min(shape[1], reach), dtype=np.float32)[None, :]
        length = float(np.hypot(wide, tall))
        fold = (x * tall + y * wide - wide * tall) / np.float32(length)
        before_x = x - fold * np.float32(2 * tall / length)
        before_y = y - fold * np.float32(2 * wide / length)
        flap = np.minimum(np.minimum(before_x, before_y), fold + 1)
        return fold, flap, before_x, before_y

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Show the bed beyond the fold, lay the flap on the page, and its shadow beside it."""
        page = np.rot90(image, params["quarter"]).copy()
        fold, flap, before_x, before_y = self._fields(page.shape, params, dpi)
        box = page[: fold.shape[0], : fold.shape[1]]
        through = cv2.GaussianBlur(box, (0, 0), max(0.5, to_px(0.3, dpi)))
        back = cv2.remap(
            through, before_x, before_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)
        paper = np.float32(np.percentile(box, 85))
        soft = max(1.0, to_px(params["thickness"], dpi))
        # rounder at the fold, where the sheet bends away from the light
        curve = 0.95 - 0.3 * params["shadow"] * np.exp(-np.maximum(fold, 0) / (0.7 * soft))
        back = (paper + 0.14 * (back - paper)) * curve
        cast = params["shadow"] * np.exp(np.minimum(flap, 0) / soft)
        values = box * (1 - 0.8 * cast)
        values += (back - values) * np.clip(flap + 0.5, 0, 1)
        bed = np.float32(255 * params["bed"]) * (
            1 - params["shadow"] * np.exp(np.minimum(fold, 0) / soft)
        )
        values = bed + (values - bed) * np.clip(fold + 0.5, 0, 1)
        page[: fold.shape[0], : fold.shape[1]] = to_image(values)
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Take away the ink on the corner and under the flap."""
        page = np.rot90(image, params["quarter"]).copy()
        fold, flap, _, _ = self._fields(page.shape, params, dpi)
        box = page[: fold.shape[0], : fold.shape[1]]
        kept = np.clip(fold + 0.5, 0, 1) * np.clip(0.5 - flap, 0, 1)
        box[:] = to_image(255 - (255 - box.astype(np.float32)) * kept)
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))
