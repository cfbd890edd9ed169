"""What a reader's pen leaves on a sheet: lines at words, marks, highlighted bands."""

from collections.abc import Iterator

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import smooth_noise
from docclean.corruptions.shared.penstrokes import (
    PEN_RANGES,
    Box,
    Curve,
    Layout,
    Pen,
    draw_pen,
    hand_line,
    spline,
)
from docclean.page import Image

MARKED = 0.25
"""Share of a page's words, by their width, that a reader marks at most."""


def _runs(layout: Layout, rng: np.random.Generator, amount: float, length: float) -> Iterator[Box]:
    """Draw runs of about `length` words to mark, `amount` of them per square decimetre.

    One at least; then none that would make the marked words more than a reader's choice.
    """
    left = MARKED * float(layout.words[:, 2].sum()) * layout.step
    for number in range(layout.count(rng, amount)):
        box = layout.run(rng, length)
        left -= box.right - box.left
        if number and len(layout.words) and left < 0:
            return
        yield box


class Underline(PageCorruption):
    """Words underlined with a pen or a pencil, by hand or along a ruler."""

    name = "underline"
    probability = 0.06
    ranges = PEN_RANGES | {
        "width": Range(0.12, 0.45, "mm", by_severity=False),
        "lines": Range(0.5, 6, "per square decimetre"),
        "words": Range(1, 6, "words", by_severity=False),
        "gap": Range(0.3, 1.3, "mm", by_severity=False),
        "wave": Range(0.02, 0.3, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pen, how many lines there are and how the hand moves."""
        return {
            "pen": draw.choice("pencil", "ball", "nib", "felt"),
            "double": draw.chance(0.15),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw a line or two below some runs of words."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        layout, wave = Layout(image, dpi), to_px(params["wave"], dpi)
        for box in _runs(layout, rng, params["lines"], params["words"]):
            y = box.bottom + to_px(params["gap"] + params["width"] / 2, dpi)
            tilt, (before, after) = rng.normal(0, 2.0) * wave, rng.normal(0, to_px(0.8, dpi), 2)
            for row in range(2 if params["double"] else 1):
                below = y + row * to_px(0.6 + 1.5 * params["width"], dpi)
                line = hand_line(
                    rng,
                    (box.left + before, below),
                    (box.right + after, below + max(0.0, tilt)),
                    wave,
                    to_px(9, dpi),
                )
                draw_pen(page, [line], Pen.of(params), rng, dpi)
        return page


class StrikeThrough(PageCorruption):
    """Words crossed out with a thin pen line; they stay readable, so the page should keep them."""

    name = "strike_through"
    probability = 0.04
    ranges = PEN_RANGES | {
        "width": Range(0.12, 0.4, "mm", by_severity=False),
        "lines": Range(0.5, 5, "per square decimetre"),
        "words": Range(1, 4, "words", by_severity=False),
        "wave": Range(0.05, 0.4, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pen, the kind of line and how the hand moves."""
        return {
            "pen": draw.choice("pencil", "ball", "nib"),
            "kind": draw.choice("line", "line", "double", "slanted", "zigzag"),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw a line through the middle of the small letters of some runs of words."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        layout, wave = Layout(image, dpi), to_px(params["wave"], dpi)
        for box in _runs(layout, rng, params["lines"], params["words"]):
            middle, half = (box.top + box.bottom) / 2, (box.bottom - box.top) / 2
            left, right = np.array([box.left, box.right]) + rng.normal(0, to_px(0.8, dpi), 2)
            rise = half * (1.2 if params["kind"] == "slanted" else rng.uniform(-0.3, 0.3))
            if params["kind"] == "zigzag":
                turns = np.linspace(left, right, max(4, int((right - left) / to_px(2.5, dpi))))
                rows = middle + half * np.where(np.arange(len(turns)) % 2, 0.7, -0.7)
                points = np.stack([turns, rows + rng.normal(0, wave, len(turns))], 1)
                draw_pen(page, [spline(points)], Pen.of(params), rng, dpi)
                continue
            for shift in (-0.35, 0.35) if params["kind"] == "double" else (0.0,):
                start, end = middle + shift * half + rise, middle + shift * half - rise
                line = hand_line(rng, (left, start), (right, end), wave, to_px(9, dpi))
                draw_pen(page, [line], Pen.of(params), rng, dpi)
        return page


class Scribble(PageCorruption):
    """Pen and pencil marks: ticks, crosses, circles round words, arrows, coils, wild hatching."""

    name = "scribble"
    probability = 0.08
    ranges = PEN_RANGES | {
        "width": Range(0.2, 0.8, "mm", by_severity=False),
        "marks": Range(1, 7, "per square decimetre"),
        "size": Range(8, 30, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pen, the kinds of marks and how many there are."""
        return {
            "pen": draw.choice("pencil", "pencil", "ball", "felt", "nib"),
            "kinds": [draw.choice(*SHAPES) for _ in range(3)],
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Draw each mark at a word."""
        rng, page, layout = np.random.default_rng(params["seed"]), image.copy(), Layout(image, dpi)
        for _ in range(layout.count(rng, params["marks"])):
            box = layout.run(rng, rng.uniform(1, 4))
            centre = np.array([box.left + box.right, box.top + box.bottom]) / 2
            kind = params["kinds"][int(rng.integers(len(params["kinds"])))]
            radius = to_px(params["size"], dpi) / 2 * rng.uniform(0.5, 1.3)
            if kind == "circle":
                size = np.array([box.right - box.left, 2.4 * (box.bottom - box.top)]) / 2 + (
                    radius * 0.35
                )
            else:
                size = np.array([radius, radius * rng.uniform(0.5, 1)])
                centre = centre + rng.normal(0, 0.7, 2) * radius
            curves = [spline(part * size + centre, 8) for part in _shape(kind, rng)]
            draw_pen(page, curves, Pen.of(params), rng, dpi)
        return page


SHAPES = ("tick", "cross", "circle", "arrow", "coil", "hatch", "wander", "bracket", "question")


def _shape(kind: str, rng: np.random.Generator) -> list[Curve]:
    """Return a mark's strokes through control points, about -1..1 in both directions."""
    turn = rng.uniform(0, 2 * np.pi)
    if kind == "circle":
        t = np.linspace(turn, turn + rng.uniform(5.9, 8.5), 16)
        grow = 1 + 0.12 * np.linspace(-1, 1, 16) * rng.choice((-1, 1))
        strokes = [np.stack([np.cos(t) * grow, np.sin(t) * grow], 1)]
    elif kind == "coil":
        t = np.linspace(0, 2 * np.pi * rng.integers(3, 9), 60)
        strokes = [np.stack([t / t[-1] * 2 - 1 + 0.3 * np.cos(t), 0.6 * np.sin(t)], 1)]
    elif kind == "hatch":
        count = int(rng.integers(8, 26))
        x = np.linspace(-1, 1, count) + 0.3 * np.where(np.arange(count) % 2, 1, -1)
        strokes = [np.stack([x, np.where(np.arange(count) % 2, -1, 1) * rng.uniform(0.5, 1)], 1)]
    elif kind == "wander":
        steps = np.cumsum(np.cumsum(rng.normal(0, 0.35, (14, 2)), 0), 0)
        strokes = [(steps - steps.mean(0)) / (np.abs(steps - steps.mean(0)).max() + 1e-6)]
    else:
        strokes = [np.array(part, float) for part in FIXED[kind]]
    slip = 0.06 + 0.06 * rng.random()
    return [(part + rng.normal(0, slip, part.shape)).astype(np.float32) for part in strokes]


FIXED = {
    "tick": [[(-0.8, 0.1), (-0.5, 0.5), (-0.3, 0.8), (0.2, -0.2), (1, -1)]],
    "cross": [[(-0.9, -0.9), (0, 0), (0.9, 0.9)], [(0.8, -1), (0, 0.1), (-0.9, 0.9)]],
    "arrow": [[(-1, 0.4), (-0.2, -0.1), (0.95, 0)], [(0.5, -0.4), (1, 0), (0.55, 0.45)]],
    "bracket": [[(0.3, -1.2), (0, -0.9), (0, -0.1), (-0.2, 0), (0, 0.1), (0, 0.9), (0.3, 1.2)]],
    "question": [
        [(-0.5, -0.5), (-0.1, -1), (0.4, -0.6), (0, -0.1), (0, 0.4)],
        [(0, 0.8), (0.03, 0.9)],
    ],
}


class Highlighter(PageCorruption):
    """A highlighter's band over words, in a grey scan: the paper darker, the ink as dark."""

    name = "highlighter"
    probability = 0.06
    ranges = {
        "dark": Range(0.04, 0.4, "share"),
        "height": Range(3.0, 6.0, "mm", by_severity=False),
        "bands": Range(0.5, 5, "per square decimetre"),
        "words": Range(1, 7, "words", by_severity=False),
        "streaks": Range(0.02, 0.12, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the colour's grey, the tip and how many bands there are."""
        return {"seed": draw.seed(), **draw.all()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay a streaky band over some runs of words; passes that overlap are darker."""
        rng, layout = np.random.default_rng(params["seed"]), Layout(image, dpi)
        layer = np.zeros(image.shape, np.uint8)
        height = to_px(params["height"], dpi)
        edge = to_px(0.25, dpi)
        for run in _runs(layout, rng, params["bands"], params["words"]):
            middle = (run.top + run.bottom) / 2 + rng.normal(0, 0.08) * height
            before, after = rng.normal(to_px(0.6, dpi), to_px(0.7, dpi), 2)
            left, right = max(0, int(run.left - before - height)), int(run.right + after + height)
            top, bottom = max(0, int(middle - height)), int(middle + height) + 1
            box = layer[top:bottom, left:right]
            if not box.size:
                continue
            x = np.arange(left, left + box.shape[1], dtype=np.float32)[None, :]
            y = np.arange(top, top + box.shape[0], dtype=np.float32)[:, None]
            # the chisel tip is held aslant, so ends lean; its fibres leave rows of their own length
            fibres = smooth_noise(rng, (box.shape[0], 1), max(1.0, to_px(0.25, dpi)))
            lean = (y - middle) * np.float32(rng.uniform(-0.5, 0.1)) + fibres * np.float32(edge / 2)
            bow = smooth_noise(rng, (1, box.shape[1]), to_px(15, dpi)) * np.float32(0.04 * height)
            slope = np.float32(rng.normal(0, 0.008)) * (x - x.mean())
            inside = np.clip(height / 2 - np.abs(y - middle - bow - slope), 0, 1)
            start, end = x - (run.left - before) + lean, run.right + after - x - lean
            inside = inside * np.clip(start / edge, 0, 1) * np.clip(end / edge, 0, 1)
            wet = 1 + 0.25 * (np.exp(-start.clip(0) / (4 * edge)) + np.exp(-end.clip(0) / edge / 4))
            streak = smooth_noise(rng, box.shape, max(1.0, to_px(0.3, dpi)), aspect=40)
            share = params["dark"] * inside * wet * (1 + np.float32(params["streaks"]) * streak)
            taken = np.asarray(255 * np.clip(share, 0, 0.6), np.uint8)
            both = np.maximum(box, taken) + np.minimum(box, taken) // 4
            box[:] = np.minimum(both, 160)  # words under many passes stay readable
        return np.asarray(cv2.multiply(image, 255 - layer, scale=1 / 255), np.uint8)
