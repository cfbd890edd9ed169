"""What tears and pierces a sheet: tears, burns, worms, the holes of a file."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, Params, Range, to_px
from docclean.corruptions.shared.cut import BED, Cut, Cutting, draw_bed, ragged
from docclean.corruptions.shared.fields import Field, fractal_noise


class Tear(Cutting):
    """A side or a corner torn off, or a tear into the sheet, its rim of white fibres."""

    name = "tear"
    probability = 0.06
    ranges = BED | {
        "depth": Range(0.01, 0.14, "share"),
        "rough": Range(0.3, 1.8, "mm"),
        "rim": Range(0.2, 1.3, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw what is torn, how deep, how ragged, and the rim's width."""
        return draw_bed(draw) | {
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
        noise = rough * ragged(rng, width, dpi, 12)
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
            wander = 1.5 * rough * ragged(rng, rows, dpi, 10)[:, None]
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
    ranges = BED | {
        "radius": Range(0.8, 7.0, "mm"),
        "worms": Range(2.0, 14.0, "per square decimetre"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the kind, the size and the places."""
        kind = draw.choice("torn", "burnt", "worm", "worm")
        return draw_bed(draw) | {
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
    ranges = BED | {
        "diameter": Range(4.0, 8.5, "mm"),
        "margin": Range(7.0, 14.0, "mm", by_severity=False),
        "torn": Range(0.0, 0.035, "share", power=1.5),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many, their distance, size and place; old ones are torn."""
        return draw_bed(draw) | {
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
