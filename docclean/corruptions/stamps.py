"""What offices and fingers leave on a sheet: stamps, fingerprints, drops of ink."""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, smooth_noise, to_image
from docclean.corruptions.shared.penstrokes import darken, place_count
from docclean.corruptions.shared.rubber import rubber
from docclean.page import Image


class Stamp(PageCorruption):
    """An office's rubber stamp: words in a frame or a ring, askew, its ink patchy."""

    name = "stamp"
    probability = 0.07
    ranges = {
        "dark": Range(0.15, 0.85, "share"),
        "size": Range(22, 55, "mm", by_severity=False),
        "patchy": Range(0.1, 0.7, "share", by_severity=False),
        "line": Range(0.3, 0.9, "mm", by_severity=False),
        "turn": Range(0, 30, "degrees", by_severity=False),
        "stamps": Range(0.05, 1.2, "per square decimetre"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the stamp, its ink and its place."""
        return {
            "kind": draw.choice("plain", "framed", "framed", "double", "round", "round"),
            "x": draw.uniform(0.2, 0.8),
            "y": draw.uniform(0.15, 0.85),
            "side": draw.choice(-1, 1),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Press it on, more on one side than on the other."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        height, width = image.shape
        for press in range(place_count(rng, params["stamps"], image, dpi)):
            plate = rubber(rng, params["kind"], params["size"], params["line"], dpi)
            turn = params["side"] * params["turn"] * rng.uniform(0.5, 1)
            tall, wide = plate.shape
            reach = int(np.hypot(tall, wide)) + 2
            move = cv2.getRotationMatrix2D((wide / 2, tall / 2), turn, 1)
            move[:, 2] += (reach - wide) / 2, (reach - tall) / 2
            cover = cv2.warpAffine(plate, move, (reach, reach)).astype(np.float32) / 255
            # ink is squeezed to the edges of the rubber, and wanting where it was pressed less
            thick = cv2.blur(cover, (max(1, round(to_px(0.5, dpi))),) * 2)
            blotches = fractal_noise(rng, cover.shape, max(2.0, to_px(7, dpi)), 4, 0.7)
            grain = fractal_noise(rng, cover.shape, max(1.0, to_px(0.25, dpi)), 2)
            lean = np.linspace(-1, 1, reach, dtype=np.float32) * np.float32(rng.uniform(-1, 1))
            bad = np.float32(params["patchy"])
            level = 1.05 - 0.35 * thick + bad * (0.7 * blotches + 0.35 * grain + 0.6 * lean - 0.35)
            share = cover * np.clip(level, 0.02, 1) * np.float32(params["dark"])
            at = (params["x"], params["y"]) if press == 0 else rng.uniform(0, 1, 2)
            corner = round(at[0] * width - reach / 2), round(at[1] * height - reach / 2)
            darken(page, share, *corner)
        return page


class Fingerprint(PageCorruption):
    """A thumb's print: faint ridges that bend round a core, end and fork, in a greasy smudge."""

    name = "fingerprint"
    probability = 0.04
    ranges = {
        "dark": Range(0.08, 0.6, "share"),
        "smudge": Range(0.02, 0.2, "share"),
        "size": Range(14, 22, "mm", by_severity=False),
        "ridge": Range(0.42, 0.6, "mm", by_severity=False),
        "prints": Range(0.3, 3, "per square decimetre"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the thumb, its dirt and its place."""
        return {
            "x": draw.uniform(0.15, 0.85),
            "y": draw.uniform(0.15, 0.85),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Press the thumb on, unevenly, with the ridges that this resolution can still show."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        height, width = image.shape
        # ridges need 3 px each, and more is only enlarged: the field is drawn on a grid of its own
        step = min(dpi, 160.0) / 25.4
        shown = float(np.clip(to_px(params["ridge"], dpi) / 1.2 - 1, 0, 1))
        for press in range(place_count(rng, params["prints"], image, dpi)):
            tall, wide = round(params["size"] * 1.3 * step), round(params["size"] * step)
            ridges = _ridges(rng, (tall, wide), params["ridge"] * step)
            rows = np.linspace(-1, 1, tall, dtype=np.float32)[:, None]
            columns = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
            away = np.sqrt(rows**2 + columns**2) + 0.12 * smooth_noise(rng, ridges.shape, wide / 3)
            inside = np.clip((0.95 - away) * 4, 0, 1)
            patchy = 0.6 + 0.35 * fractal_noise(rng, ridges.shape, wide / 3, 4, 0.7)
            inside = inside * np.clip(patchy, 0.05, 1)
            share = inside * (params["dark"] * shown * ridges + params["smudge"])
            turn, scale = rng.uniform(-60, 60), dpi / 25.4 / step
            reach = int(np.hypot(tall, wide) * scale) + 2
            move = cv2.getRotationMatrix2D((wide / 2, tall / 2), turn, scale)
            move[:, 2] += (reach - wide) / 2, (reach - tall) / 2
            smear = np.asarray(
                cv2.warpAffine(share.astype(np.float32), move, (reach,) * 2), np.float32
            )
            at = (params["x"], params["y"]) if press == 0 else rng.uniform(0, 1, 2)
            corner = round(at[0] * width - reach / 2), round(at[1] * height - reach / 2)
            darken(page, smear, *corner)
        return page


def _ridges(rng: np.random.Generator, shape: tuple[int, int], period: float) -> Field:
    """Return the ridges of a finger, 0..1: arches over a core, legs below it, level at its foot."""
    tall, wide = shape
    y = np.arange(tall, dtype=np.float32)[:, None] - np.float32(tall * rng.uniform(0.4, 0.5))
    x = np.arange(wide, dtype=np.float32)[None, :] - np.float32(wide * rng.uniform(0.42, 0.58))
    below = np.maximum(y, 0) * np.float32(rng.uniform(0.25, 0.8))
    lean = x + np.float32(rng.uniform(-0.4, 0.4)) * y
    way = np.sqrt(lean**2 * np.float32(1.2) + np.minimum(y, 0) ** 2 + below**2)
    way += smooth_noise(rng, shape, wide / 4) * np.float32(0.5 * period)
    phase = way * np.float32(2 * np.pi / period)
    # a full turn about a point adds one ridge there: an ending or a fork
    for _ in range(10):
        place = rng.uniform(0, 1, 2) * (tall, wide) - (tall * 0.45, wide * 0.5)
        rows, columns = np.broadcast_arrays(y - np.float32(place[0]), x - np.float32(place[1]))
        angle = cv2.phase(np.ascontiguousarray(columns), np.ascontiguousarray(rows))
        phase += np.float32(rng.choice((-1, 1))) * angle
    pores = 0.35 * smooth_noise(rng, shape, max(1.0, period * 0.45))
    return np.asarray(np.clip(0.5 + 0.9 * np.cos(phase) + pores, 0, 1), np.float32)


def _on_paper(image: Image, dpi: float) -> NDArray[np.bool_]:
    """Return where ink is a stroke on white paper, not a part of a black panel or a photo."""
    height, width = image.shape
    share = min(1.0, 75 / dpi)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    around = round(to_px(12, dpi * share)) | 1
    paper = cv2.blur(np.asarray(small > 240, np.float32), (around, around))
    # near a panel's corner most is paper too: but a panel is wider than any stroke
    thick = cv2.getStructuringElement(cv2.MORPH_RECT, (round(to_px(4, dpi * share)) | 1,) * 2)
    stroke = cv2.morphologyEx(small, cv2.MORPH_CLOSE, thick) > 240
    found = np.asarray((paper >= 0.5) & stroke, np.uint8)
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST) > 0


class InkBlot(PageCorruption):
    """Drops and splashes of ink; where a drop is opaque the text is gone, on the clean side too."""

    name = "ink_blot"
    probability = 0.03
    ranges = {
        "radius": Range(0.3, 2.6, "mm"),
        "drops": Range(0.5, 7, "per square decimetre"),
        "opacity": Range(0.3, 1.0, "share"),
        "black": Range(0.6, 0.97, "share", by_severity=False),
        "edge": Range(0.05, 0.3, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the ink and how much of it was spilt."""
        return {"seed": draw.seed(), **draw.all()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Cover the paper and the print with drops."""
        cover = self._cover((image.shape[0], image.shape[1]), params, dpi)
        ink = np.float32(255 * (1 - params["black"]))
        # thin ink is a glaze that darkens, thick ink hides: text under it must not shine through
        glaze = image * (1 - np.float32(params["black"]) * cover)
        return to_image(glaze + (ink - glaze) * np.clip(cover * 4 - 3, 0, 1))

    def on_clean(self, image: Image, params: Params, dpi: float = 150.0) -> Image:
        """Take the strokes that nobody can see any more; panels and photos keep what they are."""
        hidden = self._cover((image.shape[0], image.shape[1]), params, dpi) >= 1
        if not hidden.any():
            return image
        return np.where(hidden & _on_paper(image, dpi), np.uint8(255), image)

    def _cover(self, shape: tuple[int, int], params: Params, dpi: float) -> Field:
        """Return how opaque the ink is where, 0..1."""
        rng = np.random.default_rng(params["seed"])
        cover = np.zeros(shape, np.float32)
        for _ in range(place_count(rng, params["drops"], cover, dpi)):
            x, y = rng.uniform(0.03, 0.97, 2) * shape[::-1]
            radius = to_px(params["radius"] * rng.uniform(0.35, 1.2), dpi)
            self._drop(rng, cover, (x, y), radius, params, dpi)
            away = rng.uniform(0, 2 * np.pi)
            for _ in range(int(rng.poisson(4))):  # what splashed off, most of it one way
                angle, far = away + rng.normal(0, 0.8), radius * rng.uniform(1.2, 5)
                small = radius * rng.uniform(0.05, 0.22)
                place = (x + far * np.cos(angle), y + far * np.sin(angle))
                self._drop(rng, cover, place, small, params, dpi)
        return cover

    def _drop(
        self,
        rng: np.random.Generator,
        cover: Field,
        centre: tuple[float, float],
        radius: float,
        params: Params,
        dpi: float,
    ) -> None:
        """Draw one drop: nearly round, frayed a little, thinner towards its edge at times."""
        edge = max(0.7, to_px(params["edge"], dpi))
        reach = int(radius * 1.6 + 2 * edge) + 2
        left, top = (max(0, int(place) - reach) for place in centre)
        box = cover[top : max(0, int(centre[1]) + reach), left : max(0, int(centre[0]) + reach)]
        if not box.size:
            return
        turns = rng.normal(0, 1, (2, 6)) * np.array([0.03, 0.05, 0.035, 0.02, 0.01, 0.01])
        angles = np.linspace(0, 2 * np.pi, 97)
        waves = np.arange(1, 7)[:, None] * angles
        rim = radius * (1 + turns[0] @ np.cos(waves) + turns[1] @ np.sin(waves))
        x = np.arange(left, left + box.shape[1], dtype=np.float32)[None, :] - np.float32(centre[0])
        y = np.arange(top, top + box.shape[0], dtype=np.float32)[:, None] - np.float32(centre[1])
        outline = np.interp(np.arctan2(y, x) % (2 * np.pi), angles, rim).astype(np.float32)
        depth = outline - np.sqrt(x * x + y * y)
        pool = np.float32(params["opacity"] * rng.uniform(0.9, 1.2))
        drop = np.clip(depth / np.float32(edge) + 0.5, 0, 1) * pool
        box[:] = np.maximum(box, np.minimum(drop, 1))
