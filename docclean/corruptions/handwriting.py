"""Invented cursive: notes in the margin and between the lines, signatures."""

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.penstrokes import (
    PEN_RANGES,
    Curve,
    Layout,
    Pen,
    draw_pen,
    spline,
)
from docclean.page import Image

# Control points x,y of joined letters in percent of the x-height, y upward from the baseline.
_LETTERS = {
    "a": "0,0 45,90 25,100 2,55 10,8 32,0 52,45 60,100 58,20 72,0 95,20",
    "d": "0,0 45,90 25,100 2,55 10,8 32,0 55,60 66,190 60,20 75,0 98,20",
    "e": "0,0 35,40 50,80 32,100 10,60 20,8 48,0 75,22",
    "f": "0,0 35,110 48,190 30,180 22,30 18,-90 38,-95 40,0 75,20",
    "g": "0,0 45,90 25,100 2,55 10,8 32,0 52,45 60,100 56,-60 30,-105 8,-80 50,-10 92,22",
    "h": "0,0 38,120 46,190 24,180 16,0 26,62 50,98 62,60 64,8 90,20",
    "i": "0,0 22,60 28,100 26,35 38,0 58,20",
    "l": "0,0 35,80 50,170 34,200 18,150 20,30 40,0 66,20",
    "m": "0,0 8,90 15,98 16,0 20,50 40,98 50,80 50,0 56,50 76,98 86,80 88,10 98,0 118,20",
    "n": "0,0 8,90 15,98 16,0 20,50 44,98 58,80 60,12 72,0 94,20",
    "o": "0,5 42,98 15,78 8,22 36,0 62,40 55,88 38,100 58,84 92,80",
    "p": "0,0 18,90 16,-90 18,0 40,95 62,60 48,5 28,5 60,0 90,20",
    "r": "0,0 12,90 24,108 44,94 42,30 54,0 80,20",
    "s": "0,0 32,88 38,106 48,66 52,28 32,0 12,8 48,4 80,20",
    "t": "0,0 26,100 38,170 34,50 46,0 74,20",
    "u": "0,20 12,100 12,30 34,0 58,40 66,100 64,25 78,0 98,20",
    "w": "0,20 10,100 14,20 32,0 48,60 52,20 70,0 88,60 80,100 104,84",
    "z": "0,20 20,95 46,90 20,5 45,-20 36,-100 12,-90 50,0 84,22",
}
LETTERS = {
    letter: np.array([[int(n) for n in pair.split(",")] for pair in points.split()]) / 100
    for letter, points in _LETTERS.items()
}
SPELLING = tuple("aaaddeeeeeefghhiiiilllmmnnnnooopprrrrsssttttuuuwz")


class Hand:
    """One writer's habits."""

    def __init__(self, rng: np.random.Generator, slant: float, haste: float) -> None:
        """Give this writer own letter shapes: the same letter looks alike all through a note."""
        self._rng, self._haste = rng, haste
        self._slant = np.tan(np.radians(slant))
        self._stretch, self._tall = rng.uniform(0.75, 1.5), rng.uniform(0.75, 1.15)
        self._letters = {
            letter: points + rng.normal(0, 0.05, points.shape) for letter, points in LETTERS.items()
        }

    def word(self, count: int, initial: bool = False) -> list[Curve]:
        """Write a word of `count` letters from (0, 0), y down, in x-heights; dots and bars too."""
        rng, way, extras, x = self._rng, [], list[NDArray[np.float64]](), 0.0
        for place in range(count):
            letter = SPELLING[int(rng.integers(len(SPELLING)))]
            points = self._letters[letter] + rng.normal(0, 0.05 * self._haste, (1, 2))
            points = points + rng.normal(0, 0.06 * self._haste, points.shape)
            # who writes in haste flattens letters into a wavy line and drops their ends
            points[:, 1] *= 1 - 0.55 * self._haste * rng.random() * (np.abs(points[:, 1]) < 1.2)
            if place == 0 and initial:
                points = points * rng.uniform(1.5, 2.1, 2)
            if letter in "it":
                high = 1.3 + 0.2 * rng.random() if letter == "t" else 1.5 + 0.3 * rng.random()
                half = 0.4 + 0.3 * rng.random() if letter == "t" else 0.05
                middle = x + 0.3 + 0.2 * rng.random()
                tilt = rng.normal(0, 0.1, 3)
                ends = np.array([middle - half, middle, middle + half])
                extras.append(np.stack([ends, high + tilt], 1))
            way.append(points + np.array([x, 0]))
            x += float(points[-1, 0]) * rng.uniform(0.92, 1.12)
        strokes = [np.concatenate([part[: None if last else -1] for last, part in _ends(way)])]
        return [self._lean(spline(part, 5)) for part in strokes + extras]

    def _lean(self, curve: Curve) -> Curve:
        y = np.where(np.abs(curve[:, 1]) > 1, curve[:, 1] * self._tall, curve[:, 1])
        return np.stack([curve[:, 0] * self._stretch + y * self._slant, -y], 1).astype(np.float32)

    def line(self, width: float) -> list[Curve]:
        """Write words until `width` x-heights are full."""
        curves: list[Curve] = []
        x, drift = 0.0, self._rng.normal(0, 0.02)
        while x < width:
            word = self.word(int(self._rng.integers(1, 9)), self._rng.random() < 0.2)
            rise = self._rng.normal(0, 0.08) + drift * x
            curves += [curve + np.array([x, rise], np.float32) for curve in word]
            x = float(curves[-len(word)][:, 0].max()) + self._rng.uniform(0.7, 1.3)
        return curves


def _ends(parts: list[NDArray[np.float64]]) -> list[tuple[bool, NDArray[np.float64]]]:
    return [(place == len(parts) - 1, part) for place, part in enumerate(parts)]


def turned(curves: list[Curve], degrees: float, size: float, x: float, y: float) -> list[Curve]:
    """Return the curves enlarged by `size`, turned about their origin, moved to (x, y)."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    turn = np.array([[cosine, sine], [-sine, cosine]]) * size
    return [np.asarray(curve @ turn + (x, y), np.float32) for curve in curves]


class Handwriting(PageCorruption):
    """A note in a cursive hand, in the margin or a blank place, at times across the print."""

    name = "handwriting"
    probability = 0.08
    ranges = PEN_RANGES | {
        "width": Range(0.15, 0.5, "mm", by_severity=False),
        "height": Range(1.6, 3.2, "mm", by_severity=False),
        "length": Range(15, 70, "mm", by_severity=False),
        "lines": Range(1, 5, "lines", power=1.5),
        "notes": Range(0.1, 1.2, "per square decimetre"),
        "slant": Range(-10, 35, "degrees", by_severity=False),
        "haste": Range(0.0, 1.0, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pen, the hand, how much it writes and where."""
        return {
            "pen": draw.choice("pencil", "ball", "ball", "nib", "felt"),
            "across": draw.chance(0.2),
            "turn": draw.uniform(-6, 6) + draw.choice(0, 0, 0, 0, 0, -90),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Write each note where it hits the least print, or anywhere."""
        rng, page, layout = np.random.default_rng(params["seed"]), image.copy(), Layout(image, dpi)
        hand = Hand(rng, params["slant"], params["haste"])
        size = to_px(params["height"], dpi)
        height, width = image.shape
        for _ in range(layout.count(rng, params["notes"])):
            upright = params["turn"] < -45
            wide = min(to_px(params["length"], dpi), 0.7 * (height if upright else width))
            lines = max(1, round(params["lines"] * rng.uniform(0.6, 1.2)))
            x, y = rng.uniform(0, 0.5) * width, rng.uniform(0, 0.9) * height
            for _ in range(1 if params["across"] else 3):  # a note is made to fit its margin
                tall = size * 2.8 * lines
                room = (tall, wide) if upright else (wide, tall)
                if params["across"]:
                    break
                x, y, ink = layout.blank(rng, *room)
                if ink < 0.02:
                    break
                wide, lines = wide * 0.6, max(1, round(lines * 0.8))
            layout.take(x, y, *room)
            y += wide if upright else 1.8 * size
            x += 1.8 * size if upright else 0
            for _ in range(lines):
                indent = rng.uniform(0, 1.5) * size
                curves = hand.line(max(1.0, (wide - indent) / size - 5))
                draw_pen(
                    page,
                    turned(curves, params["turn"], size, x + (0 if upright else indent), y),
                    Pen.of(params),
                    rng,
                    dpi,
                )
                x, y = (x + 2.6 * size, y) if upright else (x, y + 2.6 * size)
        return page


class Signature(PageCorruption):
    """A signature: a large, hasty hand with a sweeping capital and a flourish, over the print."""

    name = "signature"
    probability = 0.05
    ranges = PEN_RANGES | {
        "width": Range(0.3, 0.9, "mm", by_severity=False),
        "height": Range(2.0, 5.0, "mm", by_severity=False),
        "slant": Range(0, 40, "degrees", by_severity=False),
        "haste": Range(0.4, 1.5, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the pen, the hand, the place and the turn."""
        return {
            "pen": draw.choice("ball", "nib", "nib", "felt"),
            "x": draw.uniform(0.02, 0.5),
            "y": draw.uniform(0.15, 0.95),
            "turn": draw.uniform(-15, 5),
            "seed": draw.seed(),
            **draw.all(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Write one or two names and sweep back under them."""
        rng, page = np.random.default_rng(params["seed"]), image.copy()
        hand = Hand(rng, params["slant"], params["haste"])
        curves, x = list[Curve](), 0.0
        for _ in range(int(rng.integers(1, 3))):
            word = [*hand.word(int(rng.integers(3, 8))), _capital(rng)]
            curves += [curve + np.array([x, 0], np.float32) for curve in word]
            x = float(max(curve[:, 0].max() for curve in curves)) + rng.uniform(0.2, 1)
        curves.append(_sweep(rng, x))
        height, width = image.shape
        size = min(to_px(params["height"], dpi), 0.6 * width / x)
        place = params["x"] * width + size, params["y"] * height
        draw_pen(page, turned(curves, params["turn"], size, *place), Pen.of(params), rng, dpi)
        return page


def _capital(rng: np.random.Generator) -> Curve:
    """Return a sweeping initial: slow waves in both directions make loops."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(1.1, 1.9), 18)
    tall, begin = rng.uniform(2, 3.5), rng.uniform(0, 2 * np.pi)
    x = 0.9 * np.sin(t * rng.uniform(0.5, 1.3) + begin) + 0.4 * np.sin(2 * t + begin * 3)
    y = tall * (0.5 * np.cos(t * rng.uniform(0.8, 1.3) + begin * 2) - 0.4)
    return spline(np.stack([x - x[-1], y], 1), 8)


def _sweep(rng: np.random.Generator, width: float) -> Curve:
    """Return the last stroke: back under the name, and often forth again."""
    points = [(width - 0.8, -0.2), (width + 0.8, -0.3 + rng.normal(0, 0.4))]
    points += [(width * 0.5, rng.uniform(0.5, 1.2)), (width * rng.uniform(-0.1, 0.3), 1.0)]
    if rng.random() < 0.6:
        points += [(width * 0.2, rng.uniform(1.2, 1.8)), (width * rng.uniform(0.8, 1.3), 0.7)]
    return spline(points, 10)
