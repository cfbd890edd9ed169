"""Print that is not the page's text: a form's or a pad's lines, a typist's overtyping."""

import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.penstrokes import Curve, Layout, Pen, darken, draw_pen, spline
from docclean.page import Image


class RuledLines(PageCorruption):
    """The preprinted lines of a writing pad or a form, always fainter than ink."""

    name = "ruled_lines"
    probability = 0.05
    ranges = {
        "dark": Range(0.06, 0.5, "share"),
        "width": Range(0.1, 0.3, "mm", by_severity=False),
        "spacing": Range(5, 10, "mm", by_severity=False),
        "tilt": Range(0.0, 1.2, "degrees", by_severity=False),
        "uneven": Range(0.1, 1.0, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the ruling and where it begins."""
        return {
            "kind": draw.choice("lines", "lines", "margin", "squares", "dots"),
            "x": draw.uniform(0.05, 0.25),
            "y": draw.uniform(),
            "side": draw.choice(-1, 1),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw the lines through the whole sheet."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        height, width = image.shape
        spacing = to_px(params["spacing"], dpi)
        if params["kind"] == "squares":
            spacing *= 0.7
        slope = np.tan(np.radians(params["tilt"])) * params["side"]
        curves: list[Curve] = []
        for y in np.arange(params["y"] * spacing - width * abs(slope), height + spacing, spacing):
            ends = np.array([0, width]) if slope >= 0 else np.array([width, 0])
            rows = y + np.array([0, abs(slope) * width])
            curves.append(np.stack([ends, rows], 1).astype(np.float32))
        if params["kind"] == "dots":
            steps = np.linspace(0, 1, max(2, int(width / to_px(1.2, dpi))))[:, None]
            dotted = [line[0] + (line[1] - line[0]) * steps for line in curves]
            dash = np.array([to_px(0.4, dpi), 0])
            curves = [np.array([dot, dot + dash], np.float32) for line in dotted for dot in line]
        columns = [params["x"] * width] if params["kind"] == "margin" else []
        if params["kind"] == "squares":
            columns = list(np.arange(params["x"] * spacing, width + spacing, spacing))
        curves += [np.array([(x, 0), (x - slope * height, height)], np.float32) for x in columns]
        pen = Pen("print", params["width"], params["dark"], params["uneven"])
        draw_pen(page, curves, pen, rng, dpi)
        return page


class Overstrike(PageCorruption):
    """A typist's correction: words struck over with XXXX, ////, ---- or themselves, shifted.

    It is print like the words below it, so the clean side keeps it. Both sides find the same words
    only as long as they are the same picture: it must come before all one-sided members.
    """

    name = "overstrike"
    both_sides = True
    probability = 0.03
    ranges = {
        "words": Range(0.1, 2, "per square decimetre"),
        "weight": Range(0.5, 1.0, "share of the print's darkness"),
        "width": Range(0.16, 0.36, "mm", by_severity=False),
        "jitter": Range(0.02, 0.16, "mm"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the key that is struck, how hard, how exactly and how often."""
        return {
            "key": draw.choice(*KEYS, "shifted"),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Strike over whole words, a letter's width apart, in the print's own darkness."""
        rng, page, layout = np.random.default_rng(params["seed"]), image.copy(), Layout(image, dpi)
        jitter, width = to_px(params["jitter"], dpi), to_px(params["width"], dpi)
        for _ in range(layout.count(rng, params["words"])):
            box = layout.run(rng, 1)
            tall = (box.bottom - box.top) * 1.45
            pitch = max(2.0, tall * 0.85)
            left, right = int(box.left), int(np.ceil(box.right))
            top, bottom = max(0, int(box.bottom - tall)), int(box.bottom + 0.3 * tall)
            word = image[top:bottom, left:right]
            black = 1 - float(np.percentile(word, 2)) / 255 if word.size else 0.0
            ink = (black if black > 0.15 else 0.85) * params["weight"]
            if params["key"] == "shifted":
                shift = [round(float(move)) for move in rng.normal((0.45 * pitch, 0), jitter)]
                share = (255 - word).astype(np.float32) / 255 * params["weight"]
                pressed = np.clip(1 + 0.1 * params["width"] - rng.uniform(0.1, 0.3), 0, 1)
                darken(page, share * np.float32(pressed), left + shift[0], top + shift[1])
                continue
            strokes = [np.array(part) for part in KEYS[params["key"]]]
            curves: list[Curve] = []
            for x in np.arange(left, max(left + 1, right - 0.4 * pitch), pitch):
                at = np.array([x, box.bottom]) + rng.normal(0, 1, 2) * jitter
                size = np.array([pitch * 0.9, -tall])
                curves += [spline(part * size + at, 2) for part in strokes]
            pen = Pen("print", width * 25.4 / dpi, min(1.0, ink), 0.4)
            draw_pen(page, curves, pen, rng, dpi)
        return page


KEYS: dict[str, list[list[tuple[float, float]]]] = {
    "x": [[(0, 0), (0.9, 0.75)], [(0, 0.75), (0.9, 0)]],
    "X": [[(0, 0), (0.95, 1)], [(0, 1), (0.95, 0)], [(-0.1, 0), (0.2, 0)], [(0.75, 1), (1.05, 1)]],
    "/": [[(0.05, -0.15), (0.85, 1.1)]],
    "-": [[(0.05, 0.36), (0.95, 0.36)]],
    "#": [[(0.3, 0), (0.4, 1)], [(0.6, 0), (0.7, 1)], [(0, 0.35), (1, 0.35)], [(0, 0.7), (1, 0.7)]],
    "m": [
        [(0.05, 0), (0.05, 0.7)],
        [(0.05, 0.6), (0.3, 0.7), (0.48, 0.5), (0.48, 0)],
        [(0.5, 0.5), (0.75, 0.7), (0.93, 0.5), (0.93, 0)],
    ],
}
"""The strokes of each key's type, 0..1 to the right and upward."""
