"""What holds sheets together, and the marks it leaves: staples, tape, paper clips."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, shade, to_image
from docclean.page import Image


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
