"""What the scanner's bed adds: black borders, the sheet's edge, the next page, a gutter."""

from collections.abc import Iterator

import numpy as np

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.cut import Cut, Cutting
from docclean.corruptions.shared.fields import fractal_noise, shade, to_image
from docclean.page import Image


class BlackBorder(Cutting):
    """Black bars beside the page, ragged as on microfilm and copied books, or straight."""

    name = "black_border"
    probability = 0.08
    ranges = {
        "depth": Range(0.006, 0.1, "share"),
        "rough": Range(0.05, 2.5, "mm"),
        "bed": Range(0.35, 0.0, "grey"),
        "spray": Range(0.0, 1.0, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw which sides, how deep and slanted each bar is, and how ragged all are."""
        sides = draw.choice([0], [0], [0, 1], [0, 2], [0, 1, 3], [0, 1, 2, 3])
        return {
            "bars": [
                {
                    "side": side,
                    "depth": draw("depth") * (1 if side == 0 else draw.uniform(0.2, 0.7)),
                    "slant": draw.uniform(-0.9, 0.9),
                }
                for side in sides
            ],
            "rough": draw("rough") * draw.chance(0.7),
            "spray": draw("spray"),
            "bed": draw("bed"),
            "shadow": 0.0,
            "quarter": draw.choice(0, 1, 1, 2, 3, 3),
            "seed": draw.seed(),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield a bar along each drawn side."""
        for bar in params["bars"]:
            rng = np.random.default_rng([params["seed"], bar["side"]])
            across = bar["side"] % 2
            depth, length = shape[across], shape[1 - across]
            base = max(1.0, bar["depth"] * min(shape))
            slope = 1 + bar["slant"] * (np.arange(length, dtype=np.float32) / length - 0.5)
            rough = min(to_px(params["rough"], dpi), 0.6 * base)
            noise = fractal_noise(rng, (1, length), max(2.0, to_px(14, dpi)), 7, 0.65)[0]
            edge = base * slope + rough * noise
            band = min(depth, int(max(0, edge.max()) + 2 * rough + to_px(1, dpi)) + 3)
            inside = np.arange(band, dtype=np.float32)[:, None] - edge[None, :]
            if rough:  # toner sprayed inward, and white flecks within the black
                flecks = fractal_noise(rng, inside.shape, max(1.5, to_px(0.5, dpi)), 3, 0.7)
                inside = inside + params["spray"] * 0.4 * rough * flecks
            first = bar["side"] < 2
            inside = inside if first else inside[::-1]
            near = slice(0, band) if first else slice(depth - band, depth)
            if across:
                yield Cut(slice(0, length), near, np.ascontiguousarray(inside.T), 0.0)
            else:
                yield Cut(near, slice(0, length), np.ascontiguousarray(inside), 0.0)


class FeedShadow(Cutting):
    """The sheet's own edge in the picture: a dark line, its soft shadow, the pale lid beyond."""

    name = "feed_shadow"
    probability = 0.08
    ranges = {
        "dark": Range(0.15, 0.85, "share"),
        "line": Range(0.15, 0.6, "mm"),
        "shadow": Range(0.1, 0.7, "share"),
        "reach": Range(0.6, 4.0, "mm"),
        "depth": Range(0.004, 0.05, "share", by_severity=False),
        "bed": Range(0.98, 0.8, "grey"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the side, the edge's place and slant, the line and the shadow."""
        return draw.all() | {
            "quarter": draw.choice(0, 1, 2, 3),
            "slant": draw.uniform(-0.012, 0.012),
            "seed": draw.seed(),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield the strip beyond the sheet's edge."""
        columns = np.arange(shape[1], dtype=np.float32)
        edge = params["depth"] * min(shape) + params["slant"] * (columns - shape[1] / 2)
        band = min(shape[0], int(max(0, edge.max()) + to_px(2, dpi)) + 3)
        inside = np.arange(band, dtype=np.float32)[:, None] - edge[None, :]
        yield Cut(slice(0, band), slice(0, shape[1]), inside, 0.0)

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay the lid beyond the edge, the shadow on it, and the line between."""
        page = np.rot90(super().apply(image, {**params, "shadow": 0.0}, dpi), params["quarter"])
        page = page.copy()
        rng = np.random.default_rng(params["seed"])
        for cut in self.cuts((page.shape[0], page.shape[1]), params, dpi):
            box = page[cut.rows, cut.columns]
            width = max(0.6, to_px(params["line"], dpi))
            noise = fractal_noise(rng, (1, box.shape[1]), max(2.0, to_px(15, dpi)), 5)
            line = np.exp(-np.square(cut.inside / width)) * np.clip(0.8 + 0.3 * noise, 0.1, 1.15)
            reach = max(1.0, to_px(params["reach"], dpi))
            soft = np.exp(-np.abs(cut.inside) / np.where(cut.inside < 0, reach, 0.25 * reach))
            light = 1 - np.clip(params["dark"] * line, 0, 0.95)
            box[:] = to_image(box * light * (1 - 0.8 * params["shadow"] * soft))
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))


class NextPage(PageCorruption):
    """A strip of the neighbouring page, its lines cut off, beyond the gutter."""

    name = "next_page"
    probability = 0.06
    ranges = {
        "depth": Range(0.025, 0.14, "share"),
        "dark": Range(0.2, 0.85, "share"),
        "gutter": Range(0.8, 7.0, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the side, the strip's width, what it shows, and the gutter's shadow."""
        return draw.all() | {
            "right": draw.chance(0.5),
            "source": draw.uniform(0.25, 0.6),
            "lift": draw.uniform(-0.5, 0.5),
            "slant": draw.uniform(-0.01, 0.01),
            "margin": draw.uniform(0.0, 0.5),
        }

    def _strip(self, shape: tuple[int, int], params: Params) -> tuple[slice, np.ndarray]:
        """Return the columns touched and the signed px from the gutter line, outward negative."""
        height, width = shape
        depth = params["depth"] * width
        edge = depth + params["slant"] * (np.arange(height, dtype=np.float32) - height / 2)
        band = min(width, int(edge.max() + 1 + 0.12 * width) + 2)
        inside = np.arange(band, dtype=np.float32)[None, :] - edge[:, None]
        if params["right"]:
            return slice(width - band, width), inside[:, ::-1]
        return slice(0, band), inside

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Put a shifted strip of the page itself beyond the gutter, and shade both sides of it."""
        page = image.copy()
        height, width = page.shape
        columns, inside = self._strip((height, width), params)
        box = page[:, columns]
        band = box.shape[1]
        start = int(params["source"] * max(0, width - band))
        other = np.roll(image[:, start : start + band], int(params["lift"] * height), 0)
        other = other.astype(np.float32)
        # next to the gutter lies the neighbour's own blank margin
        margin = np.clip(-inside / max(1.0, params["margin"] * params["depth"] * width) - 1, 0, 1)
        paper = np.float32(np.percentile(other, 80)) if other.size else np.float32(255)
        other = np.minimum(other, paper) * margin + paper * (1 - margin)
        values = other + (box - other) * np.clip(inside + 0.5, 0, 1)
        soft = max(1.0, min(to_px(params["gutter"], dpi), 0.08 * width))
        fall = np.exp(-np.abs(inside) / np.where(inside < 0, 0.6 * soft, soft))
        fall *= np.clip(1.5 * (1 - inside / max(1.0, float(inside.max()))), 0, 1)
        line = np.exp(-np.square(inside / max(0.8, to_px(0.25, dpi))))
        light = 1 - params["dark"] * np.clip(0.55 * fall + 0.5 * line, 0, 1)
        box[:] = to_image(values * light)
        return page

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Leave the strip white: no stroke of the page itself is to be seen there."""
        page = image.copy()
        columns, inside = self._strip((page.shape[0], page.shape[1]), params)
        kept = np.clip(inside + 0.5, 0, 1).astype(np.float32)
        page[:, columns] = to_image(255 - (255 - page[:, columns].astype(np.float32)) * kept)
        return page


class Gutter(PageCorruption):
    """The shadow of a book's spine: darker and darker toward one side, the letters still there."""

    name = "gutter"
    probability = 0.1
    ranges = {
        "dark": Range(0.15, 0.85, "share"),
        "width": Range(6.0, 35.0, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the side, the depth and the reach of the shadow, and its slant."""
        return {
            "quarter": draw.choice(1, 1, 1, 3, 3, 3, 0, 2),
            "dark": draw("dark"),
            "width": draw("width"),
            "slant": draw.uniform(-0.03, 0.03),
            "core": draw.uniform(0.15, 0.6),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken by a soft and a steep fall from the spine."""
        rng = np.random.default_rng(params["seed"])
        page = np.rot90(image, params["quarter"]).copy()
        height, width = page.shape
        reach = max(1.0, min(to_px(params["width"], dpi), 0.5 * height))
        box = page[: int(reach * 1.6) + 1]
        sway = fractal_noise(rng, (1, width), max(2.0, to_px(60, dpi)), 2)
        lean = params["slant"] * (np.arange(width, dtype=np.float32)[None, :] - width / 2)
        y = np.arange(box.shape[0], dtype=np.float32)[:, None] + lean + 0.03 * reach * sway
        far = np.square(np.clip(1 - y / (1.6 * reach), 0, 1))
        near = np.exp(-np.maximum(y, 0) / (0.16 * reach))
        light = 1 - params["dark"] * (far * (1 - params["core"]) + near * params["core"])
        box[:] = shade(box, np.maximum(light, 0.13).astype(np.float32))
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))
