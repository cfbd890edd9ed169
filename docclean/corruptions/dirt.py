"""Dry dirt: soles and tyres that passed over the sheet, dust and smudges, grains and hairs."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.paper import SUBPIXEL, draw_threads, threads
from docclean.corruptions.shared.fields import (
    Field,
    clouds,
    drawing_grid,
    enlarged,
    fractal_noise,
    line_distance,
    shade,
    smooth_noise,
)
from docclean.page import Image

CORNERS = 8
"""Corners of a grain."""


class Footprint(PageCorruption):
    """A sole or a tyre on the sheet: patterned dirt, thicker in places, missing in others."""

    name = "footprint"
    probability = 0.1
    ranges = {
        "depth": Range(0.04, 0.42, "share"),
        "scuffs": Range(0.02, 0.2, "share"),
        "period": Range(1.2, 7.6, "mm", by_severity=False),
        "radius": Range(20, 90, "mm", by_severity=False),
        "hard": Range(1.0, 9.0, "slope of the tread's edge", by_severity=False),
        "duty": Range(-0.5, 0.6, "share", by_severity=False),
        "patchy": Range(0.2, 0.65, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the tread, its turn, how much dirt it left and how sharply."""
        tread = draw.choice(
            "bars", "cross", "chevrons", "blocks", "rings", "studs", "waves", "herringbone"
        )
        form = draw.choice("patch", "patch", "sole", "tyre")
        place = {"x": draw.uniform(), "y": draw.uniform(), "angle": draw.uniform(0, np.pi)}
        drawn = draw.all()
        return drawn | place | {"tread": tread, "form": form, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Print the tread through a patchy mask."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 110.0)
        centre = (params["x"] * small[1], params["y"] * small[0])
        period, reach = to_px(params["period"], coarse), to_px(params["radius"], coarse)
        wobble = smooth_noise(rng, small, max(4.0, to_px(15, coarse))) * to_px(0.6, coarse)
        across = line_distance(small, centre, params["angle"], wobble)
        along = line_distance(small, centre, params["angle"] + np.pi / 2, wobble)
        wave = _tread(params["tread"], across / period, along / period)
        tread = 1 / (1 + np.exp(-params["hard"] * (wave - params["duty"])))
        inside = _outline(params["form"], across / reach, along / reach)
        dust = fractal_noise(rng, small, to_px(10, coarse), 6, 0.7)
        patchy = np.clip(0.45 + params["patchy"] * dust, 0, 1.4)
        rubbed = clouds(rng, small, to_px(2.5, coarse), 3)
        dark = params["depth"] * tread * inside * patchy
        dark += params["scuffs"] * np.clip(rubbed + 0.5 * dust - 1.5, 0, 1)
        return shade(image, enlarged(1 - np.minimum(dark, 0.75), (height, width)))


def _tread(kind: str, across: Field, along: Field) -> Field:
    """Return a tread's relief, -1..1, over coordinates in periods."""
    turn = np.float32(2 * np.pi)
    if kind == "rings":  # a sole's pivot
        return np.asarray(np.sin(turn * np.hypot(across, along)))
    if kind == "waves":
        return np.asarray(np.sin(turn * (across + 0.35 * np.sin(turn * along / 3))))
    if kind == "chevrons":
        return np.asarray(np.sin(turn * (across + 3 * np.abs(along / 6 - np.round(along / 6)) * 2)))
    if kind == "studs":
        return np.asarray(np.sin(turn * across) * np.sin(turn * along) * 1.6 - 0.1)
    if kind == "herringbone":
        lean = np.where(np.floor(along / 4) % 2 > 0, along, -along)
        return np.asarray(np.sin(turn * (across + 0.8 * lean)))
    bars = np.sin(turn * across)
    if kind == "cross":
        bars = np.minimum(bars, np.sin(turn * 0.6 * along) + 0.4)
    elif kind == "blocks":  # each row of lugs half a lug further
        shifted = along * 0.5 + 0.5 * (np.floor(across + 0.25) % 2)
        bars = np.minimum(bars, np.sin(turn * shifted) + 0.5)
    return np.asarray(bars)


def _outline(form: str, across: Field, along: Field) -> Field:
    """Return where a sole or tyre touched, 0..1, over coordinates in radii."""
    if form == "tyre":
        return np.asarray(np.clip((0.45 - np.abs(across)) * 12, 0, 1))
    if form == "sole":  # ball and heel, the arch between them off the ground
        ball = 1 - np.hypot(across / 0.42, (along + 0.1) / 0.62)
        heel = 1 - np.hypot(across / 0.32, (along - 0.95) / 0.33)
        return np.asarray(np.clip(np.maximum(ball, heel) * 7, 0, 1))
    return np.asarray(np.clip(1.4 - np.hypot(across, 0.6 * along), 0, 1))


class Dirt(PageCorruption):
    """Dust and grime: soft grey patches, and smudges where something rubbed over them."""

    name = "dirt"
    probability = 0.1
    ranges = {
        "dust": Range(0.03, 0.3, "share"),
        "smudge": Range(0.05, 0.4, "share"),
        "grain": Range(0.05, 0.4, "share", by_severity=False),
        "bare": Range(-0.3, 1.0, "deviations", by_severity=False),
        "cloud": Range(8, 45, "mm", by_severity=False),
        "smudges": Range(1, 5, "smudges", by_severity=False),
        "length": Range(6, 50, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the dust's patches and one to five smudges."""
        smudges = [
            {
                "x": draw.uniform(),
                "y": draw.uniform(),
                "angle": draw.uniform(0, np.pi),
                "slim": draw.uniform(0.12, 0.6),
                "length": draw("length"),
                "dark": draw("smudge"),
            }
            for _ in range(draw.whole("smudges"))
        ]
        drawn = {name: draw(name) for name in ("dust", "grain", "bare", "cloud")}
        return drawn | {"smudges": smudges, "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Let dust settle in clouds, rub the smudges, and grain both."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 110.0)
        dust = clouds(rng, small, to_px(params["cloud"], coarse), 6, 0.65)
        dark = params["dust"] * np.clip((dust - params["bare"]) * 0.7, 0, 1.3)
        for smudge in params["smudges"]:
            dark += self._smudge(rng, small, coarse, smudge)
        grain = fractal_noise(rng, small, to_px(0.9, coarse), 3, 0.8)
        dark *= np.maximum(1 + params["grain"] * grain, 0)
        return shade(image, enlarged(1 - np.minimum(dark, 0.7), (height, width)))

    def _smudge(
        self, rng: np.random.Generator, shape: tuple[int, int], dpi: float, smudge: Params
    ) -> Field:
        """Return one smudge, streaked along its way: drawn upright, then turned."""
        rows, columns = 96, 128
        streaks = smooth_noise(rng, (rows, columns), 3, 25)
        streaks += 0.8 * fractal_noise(rng, (rows, columns), 32, 4, 0.8)
        y, x = np.linspace(-2, 2, rows)[:, None], np.linspace(-2, 2, columns)[None, :]
        patch = (
            np.exp(-np.square(x)) * np.exp(-np.square(y)) * np.clip(0.5 + 0.45 * streaks, 0, 1.6)
        )
        long = to_px(smudge["length"], dpi) / columns
        tall = to_px(smudge["length"] * smudge["slim"], dpi) / rows
        cos, sin = np.cos(smudge["angle"]), np.sin(smudge["angle"])
        dx, dy = smudge["x"] * shape[1], smudge["y"] * shape[0]
        place = np.array(
            [
                [cos * long, -sin * tall, dx - cos * long * columns / 2 + sin * tall * rows / 2],
                [sin * long, cos * tall, dy - sin * long * columns / 2 - cos * tall * rows / 2],
            ]
        )
        patch = (patch * smudge["dark"]).astype(np.float32)
        return np.asarray(cv2.warpAffine(patch, place, (shape[1], shape[0])), np.float32)


class Specks(PageCorruption):
    """Dust, dirt, hair and toner: small dark grains and fibres, and a few light ones in the ink."""

    name = "specks"
    probability = 0.25
    ranges = {
        "grains": Range(7, 630, "per square decimetre", power=1.5),
        "hairs": Range(0, 10, "per square decimetre"),
        "dark": Range(0.3, 1.0, "grey", by_severity=False),
        "size": Range(0.05, 0.22, "mm", by_severity=False),
        "hair": Range(1.5, 9.0, "mm", by_severity=False),
        "thick": Range(0.04, 0.13, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many grains and hairs the sheet carries, their size and darkness."""
        drawn = draw.all()
        return drawn | {"light": draw.chance(0.2), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Drop grains (small uneven polygons) and hairs (curved lines)."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        area = height * width / to_px(100, dpi) ** 2
        mark = np.zeros((height, width), np.uint8)
        _drop_grains(mark, rng, int(rng.poisson(params["grains"] * area)), params, dpi)
        hairs = int(rng.poisson(params["hairs"] * area))
        curves = threads(rng, (height, width), hairs, to_px(params["hair"], dpi), 0.35, 14)
        draw_threads(mark, curves, rng, 0.9 * params["dark"], to_px(params["thick"], dpi))
        mark = np.asarray(cv2.GaussianBlur(mark, (0, 0), 0.5), np.uint8)
        if params["light"]:
            return np.maximum(image, mark // 2)
        return np.minimum(image, 255 - mark)


def _drop_grains(
    mark: Image, rng: np.random.Generator, count: int, params: Params, dpi: float
) -> None:
    """Fill grains of exponential size and any outline, in eight tones."""
    height, width = mark.shape
    axes = rng.exponential(to_px(params["size"], dpi), (count, 1, 2))
    axes = axes * rng.lognormal(-0.1, 0.45, (count, 1, 1)) + 0.35
    corner = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    circle = np.stack([np.cos(corner), np.sin(corner)], -1)
    outline = circle * axes * rng.uniform(0.65, 1.25, (count, CORNERS, 1))
    turn = rng.uniform(0, np.pi, (count, 1))
    x = outline[..., 0] * np.cos(turn) - outline[..., 1] * np.sin(turn)
    y = outline[..., 0] * np.sin(turn) + outline[..., 1] * np.cos(turn)
    centre = rng.uniform(0, 1, (count, 1, 2)) * (width, height)
    grains = np.round((centre + np.stack([x, y], -1)) * 2**SUBPIXEL).astype(np.int32)
    for share in np.array_split(grains, 8):
        if len(share):
            tone = int(255 * params["dark"] * rng.uniform(0.5, 1))
            cv2.fillPoly(mark, list(share), tone, cv2.LINE_AA, SUBPIXEL)
