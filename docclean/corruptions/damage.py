"""What tears, pierces, wears and holds a sheet: tears, holes, worn edges, staples, tape, clips."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.fields import Field, fractal_noise, shade, to_image
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


def _bed(draw: Draw) -> dict[str, Any]:
    """Draw what every cut needs."""
    return {
        "bed": draw("bed"),
        "shadow": draw("shadow"),
        "quarter": draw.choice(0, 1, 2, 3),
        "seed": draw.seed(),
    }


_BED = {
    "bed": Range(0.97, 0.02, "grey", power=0.6),
    "shadow": Range(0.1, 0.6, "share"),
}


def _ragged(rng: np.random.Generator, length: int, dpi: float, scale: float) -> Field:
    """Return (length,) noise of deviation about 1: a torn line's, from `scale` mm to fibres."""
    return np.asarray(fractal_noise(rng, (1, length), max(2.0, to_px(scale, dpi)), 7, 0.6)[0])


class Tear(Cutting):
    """A side or a corner torn off, or a tear into the sheet, its rim of white fibres."""

    name = "tear"
    probability = 0.06
    ranges = _BED | {
        "depth": Range(0.01, 0.14, "share"),
        "rough": Range(0.3, 1.8, "mm"),
        "rim": Range(0.2, 1.3, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw what is torn, how deep, how ragged, and the rim's width."""
        return _bed(draw) | {
            "kind": draw.choice("side", "corner", "rip", "rip"),
            "depth": draw("depth"),
            "rough": draw("rough"),
            "rim": draw("rim"),
            "slope": draw.uniform(-0.6, 0.6),
            "place": draw.uniform(0.1, 0.9),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield a ragged band along the top, its corner, or a wedge into it."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape
        depth = params["depth"] * min(shape)
        rough = min(to_px(params["rough"], dpi), 0.4 * depth)
        columns = np.arange(width, dtype=np.float32)
        noise = rough * _ragged(rng, width, dpi, 12)
        if params["kind"] == "rip":
            reach = 4 * depth
        elif params["kind"] == "corner":
            leg = 3.2 * depth
            edge = leg * (0.8 + params["slope"] * 0.5) * (1 - columns / leg) + noise
            reach = max(1.0, float(edge.max()))
        else:
            edge = depth * (0.75 + params["slope"] * (columns / width - 0.5)) + noise
            reach = max(1.0, float(edge.max()))
        rows = min(height, int(reach + to_px(4, dpi)) + 1)
        left, right = 0, width
        y = np.arange(rows, dtype=np.float32)[:, None]
        if params["kind"] == "rip":
            wander = 1.5 * rough * _ragged(rng, rows, dpi, 10)[:, None]
            path = params["place"] * width + params["slope"] * y + wander - wander[0]
            gape = 0.16 * depth * (1 - y / max(1.0, reach))
            left = max(0, int(path.min() - depth - to_px(3, dpi)))
            right = min(width, int(path.max() + depth + to_px(3, dpi)) + 1)
            x = columns[None, left:right]
            inside = np.abs(x - path) - np.where(gape > 0, gape, 4 * gape)
            side = (x < path).astype(np.float32)  # fibres show on one lip only
        else:
            inside = y - edge[None, :]
            side = np.ones((1, 1), np.float32)
        inside = inside + to_px(0.12, dpi) * fractal_noise(rng, inside.shape, to_px(0.7, dpi), 3)
        rim = 0.6 + 0.55 * fractal_noise(rng, inside.shape, max(2.0, to_px(4, dpi)), 5, 0.65)
        bare = side * np.clip(rim, 0, 2.5) * to_px(params["rim"], dpi)
        if left < right:
            yield Cut(slice(0, rows), slice(left, right), inside.astype(np.float32), bare)


class Hole(Cutting):
    """A hole torn or burnt into the sheet, or the round holes and channels of worms."""

    name = "hole"
    probability = 0.04
    ranges = _BED | {
        "radius": Range(0.8, 7.0, "mm"),
        "worms": Range(2.0, 14.0, "per square decimetre"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the kind, the size and the places."""
        kind = draw.choice("torn", "burnt", "worm", "worm")
        return _bed(draw) | {
            "kind": kind,
            "burnt": kind == "burnt",
            "radius": draw("radius"),
            "worms": draw("worms"),
            "x": draw.uniform(0.1, 0.9),
            "y": draw.uniform(0.1, 0.9),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield one ragged hole, or the worms' many."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape
        middle = (params["x"] * width, params["y"] * height)
        radius = max(1.0, min(to_px(params["radius"], dpi), 0.16 * min(shape)))
        if params["kind"] != "worm":
            rough = 0.2 if params["kind"] == "torn" else 0.15
            rim = to_px(0.5 if params["kind"] == "torn" else 0.7, dpi)
            yield from _blob(rng, shape, np.array([middle]), radius, rough, rim, dpi)
            return
        square_decimetres = height * width / to_px(100, dpi) ** 2
        for _ in range(2 + rng.poisson(params["worms"] * square_decimetres)):
            # worms stay together
            x, y = middle + rng.normal(0, 0.25, 2) * (width, height)
            bore = max(0.8, radius * rng.uniform(0.08, 0.2))
            turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.4, 14))
            steps = np.stack([np.cos(turns), np.sin(turns)], 1)[: int(rng.choice((1, 1, 1, 6, 14)))]
            path = np.array([[x, y]]) + 0.8 * bore * np.cumsum(steps, 0)
            yield from _blob(rng, shape, path, bore, 0.12, 0.0, dpi)


def _blob(
    rng: np.random.Generator,
    shape: tuple[int, int],
    path: NDArray[np.float64],
    radius: float,
    rough: float,
    rim: float,
    dpi: float,
) -> Iterator[Cut]:
    """Yield a roundish hole, drawn along a path, unless it lies outside the page."""
    reach = int(radius * (1 + 2.5 * rough) + rim * 2 + to_px(4 if rim else 0.5, dpi)) + 2
    left, top = (max(0, int(low) - reach) for low in path.min(0))
    right, bottom = (
        min(side, int(high) + reach) for high, side in zip(path.max(0), shape[::-1], strict=True)
    )
    if top >= bottom or left >= right:
        return
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    x = np.arange(left, right, dtype=np.float32)[None, :]
    box = (bottom - top, right - left)
    noise = fractal_noise(rng, box, max(1.5, radius * 0.9), 6, 0.55) if rough else np.float32(0)
    squares = [np.square(x - np.float32(a)) + np.square(y - np.float32(b)) for a, b in path]
    inside = np.sqrt(np.minimum.reduce(squares)) - np.float32(radius) * (1 + rough * noise)
    bare: Field | float = 0.0
    if rim:
        bare = np.clip(0.5 + 0.6 * fractal_noise(rng, box, max(1.5, radius), 6, 0.6), 0, 2.5) * rim
    yield Cut(slice(top, bottom), slice(left, right), inside.astype(np.float32), bare)


class PunchHole(Cutting):
    """Holes of a file: round, equal, in a row along one side."""

    name = "punch_hole"
    probability = 0.08
    ranges = _BED | {
        "diameter": Range(4.0, 8.5, "mm"),
        "margin": Range(7.0, 14.0, "mm", by_severity=False),
        "torn": Range(0.0, 0.035, "share", power=1.5),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many, their distance, size and place; old ones are torn."""
        return _bed(draw) | {
            "quarter": draw.choice(1, 1, 1, 3, 3, 0),
            "count": draw.choice(2, 2, 3, 4),
            "pitch": draw.choice(80.0, 80.0, 70.0, 108.0),
            "diameter": draw("diameter"),
            "margin": draw("margin"),
            "torn": draw("torn"),
            "place": draw.uniform(0.1, 0.9),
            "shown": draw.uniform(),
        }

    def cuts(self, shape: tuple[int, int], params: Params, dpi: float) -> Iterator[Cut]:
        """Yield a row of discs: around the side's middle, or those that a piece shows."""
        rng = np.random.default_rng(params["seed"])
        count, pitch = params["count"], to_px(params["pitch"], dpi)
        radius = max(0.8, min(to_px(params["diameter"], dpi), 0.25 * min(shape)) / 2)
        y = max(radius, min(to_px(params["margin"], dpi), 0.2 * shape[0]))
        length = (count - 1) * pitch
        if length < 0.9 * shape[1]:
            first = (shape[1] - length) / 2 + (params["place"] - 0.5) * 0.05 * shape[1]
        else:
            first = params["place"] * shape[1] - int(params["shown"] * count) * pitch
        for hole in range(count):
            x = first + hole * pitch
            yield from _blob(rng, shape, np.array([[x, y]]), radius, params["torn"], 0.0, dpi)


class WornEdges(Cutting):
    """Edges soiled and frayed by many hands: dark, nicked, with short tears."""

    name = "worn_edges"
    probability = 0.08
    ranges = _BED | {
        "dark": Range(0.08, 0.75, "share"),
        "width": Range(1.0, 8.0, "mm"),
        "nicks": Range(0.1, 1.4, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw which sides, how dark, how far inward and how deep the nicks."""
        return _bed(draw) | {
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
            noise = np.clip(_ragged(rng, length, dpi, 6) - 0.4, 0, 2)
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
            reach = width * np.clip(1 + 0.6 * _ragged(rng, box.shape[1], dpi, 25), 0.2, 3)
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
    ranges = _BED | {"leg": Range(0.07, 0.32, "share"), "thickness": Range(0.4, 2.5, "mm")}
    longest = 45.0
    """Of a leg in mm, however large the sheet."""

    def draw(self, draw: Draw) -> Params:
        """Draw the corner, the fold's legs and how far the flap stands off."""
        return _bed(draw) | {
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


class Staple(PageCorruption):
    """A staple's wire with its shadow and rust, and the holes of older ones."""

    name = "staple"
    probability = 0.06
    ranges = {
        "length": Range(9.5, 13.0, "mm", by_severity=False),
        "wire": Range(0.35, 0.8, "mm"),
        "rust": Range(0.05, 0.8, "share"),
        "spread": Range(0.3, 2.2, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw one staple, or the holes of one, and perhaps more holes close by."""
        x, y = draw.choice(0.12, 0.88, 0.5), draw.choice(0.1, 0.1, 0.9, 0.5)
        turn = draw.choice(0.0, 0.0, np.pi / 4, -np.pi / 4, np.pi / 2) + draw.uniform(-0.15, 0.15)
        return {
            "marks": [
                {
                    "wire": draw.chance(0.65) if mark == 0 else False,
                    "x": x + draw.uniform(-0.08, 0.08),
                    "y": y + draw.uniform(-0.06, 0.06),
                    "turn": turn + draw.uniform(-0.3, 0.3) * mark,
                }
                for mark in range(draw.choice(1, 1, 2, 3))
            ],
            "length": draw("length"),
            "thick": draw("wire"),
            "rust": draw("rust"),
            "spread": draw("spread"),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw each in its box: rust, shadow, then the bright wire or the two holes."""
        rng = np.random.default_rng(params["seed"])
        page = image.copy()
        half, thick = to_px(params["length"], dpi) / 2, max(1.0, to_px(params["thick"], dpi))
        spread = max(0.8, to_px(params["spread"], dpi))
        reach = int(half + 4 * spread + thick) + 2
        for mark in params["marks"]:
            middle = mark["x"] * page.shape[1], mark["y"] * page.shape[0]
            top, left = max(0, int(middle[1]) - reach), max(0, int(middle[0]) - reach)
            box = page[top : int(middle[1]) + reach, left : int(middle[0]) + reach]
            y = np.arange(top, top + box.shape[0], dtype=np.float32)[:, None] - middle[1]
            x = np.arange(left, left + box.shape[1], dtype=np.float32)[None, :] - middle[0]
            cosine, sine = float(np.cos(mark["turn"])), float(np.sin(mark["turn"]))
            along, across = x * cosine + y * sine, y * cosine - x * sine
            noise = fractal_noise(rng, (box.shape[0], box.shape[1]), max(2.0, 2 * spread), 4, 0.5)
            bent = across + 0.12 * thick * np.cos(along / half * 3)
            wire = np.hypot(np.maximum(np.abs(along) - half, 0), bent) - thick / 2
            ends = np.hypot(np.abs(along) - half, across)
            source = np.minimum(np.maximum(wire, 0) * 1.6, ends) if mark["wire"] else ends
            halo = np.exp(-source / spread) * np.clip(0.7 + 0.3 * noise, 0, 1.4)
            values = box * (1 - np.clip(params["rust"] * halo, 0, 0.8))
            if mark["wire"]:
                cast = np.hypot(np.maximum(np.abs(along) - half, 0), across - 0.7 * thick)
                values *= 1 - 0.55 * np.exp(-np.square(cast / (0.9 * thick)))
                shine = np.exp(-np.square((bent + 0.12 * thick) / (0.24 * thick)))
                steel = 62 + 175 * shine * np.clip(0.75 + 0.3 * noise - params["rust"] * 0.5, 0, 1)
                values += (steel - values) * np.clip(0.5 - wire, 0, 1)
            else:
                slit = np.hypot((np.abs(along) - half) / 1.7, across) - 0.55 * thick
                lip = np.exp(-np.square((slit - 0.5 * thick) / (0.5 * thick)))
                values += (255 - values) * 0.35 * lip * (across < 0)
                values += (22 - values) * np.clip(0.5 - slit, 0, 1)
            box[:] = to_image(values)
        return page


class Tape(PageCorruption):
    """A strip of old adhesive tape: yellowed, hard-edged, with streaks of gloss and bubbles."""

    name = "tape"
    probability = 0.05
    ranges = {
        "yellow": Range(0.04, 0.45, "share"),
        "gloss": Range(0.03, 0.3, "share"),
        "edge": Range(0.04, 0.4, "share"),
        "width": Range(8.0, 25.0, "mm", by_severity=False),
        "length": Range(25.0, 110.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the strip's place, direction and age."""
        return {
            "x": draw.uniform(0.2, 0.8),
            "y": draw.uniform(0.1, 0.9),
            "turn": draw.choice(0.0, 0.0, np.pi / 2, draw.uniform(0, np.pi))
            + draw.uniform(-0.08, 0.08),
            "yellow": draw("yellow"),
            "gloss": draw("gloss"),
            "edge": draw("edge"),
            "width": draw("width"),
            "length": draw("length"),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Darken under the strip, draw its edges, and lay the gloss over paper and ink."""
        rng = np.random.default_rng(params["seed"])
        page = image.copy()
        wide = max(1.0, min(to_px(params["width"], dpi), 0.45 * min(page.shape)) / 2)
        long = max(wide, to_px(params["length"], dpi) / 2)
        turn, middle = params["turn"], (params["x"] * page.shape[1], params["y"] * page.shape[0])
        cosine, sine = np.cos(turn), np.sin(turn)
        reach_x = int(abs(cosine) * long + abs(sine) * wide) + 3
        reach_y = int(abs(sine) * long + abs(cosine) * wide) + 3
        top, left = max(0, int(middle[1]) - reach_y), max(0, int(middle[0]) - reach_x)
        box = page[top : int(middle[1]) + reach_y, left : int(middle[0]) + reach_x]
        y = np.arange(top, top + box.shape[0], dtype=np.float32)[:, None] - np.float32(middle[1])
        x = np.arange(left, left + box.shape[1], dtype=np.float32)[None, :] - np.float32(middle[0])
        along = x * np.float32(cosine) + y * np.float32(sine)
        across = y * np.float32(cosine) - x * np.float32(sine)
        teeth = max(2.0, to_px(1.4, dpi))  # the dispenser's blade
        saw = np.abs(np.mod(across / teeth, 1) - 0.5) * teeth * 0.7
        side = wide - np.abs(across)
        inside = np.minimum(side, long - np.abs(along) - saw)
        cover = np.clip(inside + 0.5, 0, 1)
        blotch = fractal_noise(rng, (box.shape[0], box.shape[1]), max(2.0, to_px(9, dpi)), 4)
        dark = params["yellow"] * np.clip(0.8 + 0.1 * blotch, 0.1, 1.3)
        rim = np.exp(-np.maximum(side, 0) / max(0.8, to_px(0.35, dpi)))
        values = box * (1 - np.clip(dark + params["edge"] * rim, 0, 0.7) * cover)
        length = int(2 * wide) + 2  # streaks run along the strip: noise read across, faded along
        streaks = np.clip(fractal_noise(rng, (1, length), max(1.5, wide / 5), 4)[0] - 0.5, 0, 2)
        shine = streaks[np.clip((across + wide).astype(np.intp), 0, length - 1)]
        shine = shine * np.clip(0.6 + 0.6 * np.roll(blotch, 7, 0), 0, 1.2) + 0.15
        values += (255 - values) * np.clip(params["gloss"] * shine, 0, 0.5) * cover
        box[:] = to_image(values)
        return page


class PaperClip(PageCorruption):
    """What a paper clip leaves: its outline in rust, pressed into the sheet."""

    name = "paper_clip"
    probability = 0.04
    ranges = {
        "rust": Range(0.08, 0.75, "share"),
        "relief": Range(0.04, 0.35, "share"),
        "wire": Range(0.6, 1.1, "mm", by_severity=False),
        "length": Range(26.0, 50.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the clip's size and place, near a side of the page."""
        return {
            "quarter": draw.choice(0, 0, 0, 1, 3, 2),
            "x": draw.uniform(0.15, 0.85),
            "y": draw.uniform(-0.15, 0.1),
            "turn": draw.uniform(-0.12, 0.12),
            "rust": draw("rust"),
            "relief": draw("relief"),
            "wire": draw("wire"),
            "length": draw("length"),
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Trace the wire's three loops; rust fills it unevenly, light falls across the groove."""
        rng = np.random.default_rng(params["seed"])
        page = np.rot90(image, params["quarter"]).copy()
        length = max(4.0, min(to_px(params["length"], dpi), 0.7 * page.shape[0]))
        middle = params["x"] * page.shape[1]
        left = max(0, int(middle - 0.4 * length))
        box = page[: int(length * 1.2) + 2, left : int(middle + 0.4 * length) + 2]
        thick = max(1.0, to_px(params["wire"], dpi) * min(1, length / to_px(26, dpi)))
        scale = min(1.0, 5 / thick)  # wire and rust are soft: five px of wire are enough
        size = max(1, round(box.shape[1] * scale)), max(1, round(box.shape[0] * scale))
        mask = np.zeros(size[::-1], np.uint8)
        origin = np.array([middle - left, params["y"] * length])
        cosine, sine = np.cos(params["turn"]), np.sin(params["turn"])
        path = origin + length * _CLIP @ np.array([[cosine, sine], [-sine, cosine]])
        points = np.round(path * scale * 16).astype(np.int32)
        cv2.polylines(mask, [points], False, 255, max(1, round(thick * scale)), cv2.LINE_AA, 4)
        wire = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.6), np.float32) / 255
        halo = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(1.0, 1.2 * thick * scale)), np.float32)
        eaten = fractal_noise(rng, size[::-1], max(2.0, scale * to_px(5, dpi)), 5, 0.6)
        dark = wire * np.clip(0.7 + 0.35 * eaten, 0, 1)
        dark += halo * np.clip(0.15 + 0.35 * eaten, 0, 0.6) / 255
        move = np.array([[1, 0, 0.4 * thick * scale], [0, 1, 0.6 * thick * scale]], np.float32)
        relief = wire - np.asarray(cv2.warpAffine(wire, move, size), np.float32)
        light = 1 - np.clip(params["rust"] * dark, 0, 0.7) + 0.8 * params["relief"] * relief
        light = cv2.resize(light, (box.shape[1], box.shape[0]), interpolation=cv2.INTER_CUBIC)
        box[:] = shade(box, np.asarray(light, np.float32))
        return np.ascontiguousarray(np.rot90(page, -params["quarter"]))


def _loops() -> Field:
    """Return a clip's wire as (N, 2) points, in shares of its length."""

    def bow(x: float, y: float, radius: float, down: bool) -> Field:
        turn = np.linspace(np.pi, 0, 14) if down else np.linspace(0, np.pi, 14)
        lift = radius * np.sin(turn)
        return np.stack([x + radius * np.cos(turn), y + lift if down else y - lift], 1)

    parts = [
        np.array([[-0.075, 0.3]]),
        bow(0.005, 0.8, 0.08, True),
        bow(-0.022, 0.11, 0.107, False),
        bow(0.0, 0.87, 0.129, True),
        np.array([[0.129, 0.25]]),
    ]
    return np.concatenate(parts).astype(np.float32)


_CLIP = _loops()
