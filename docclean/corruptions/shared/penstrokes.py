"""Where the words of a page stand, where it is blank, and what a pen's stroke looks like on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, smooth_noise
from docclean.page import Image

Curve = NDArray[np.float32]
"""Points (N, 2) of a pen's way: x to the right, y down."""

COARSE = 72
"""Words are looked for on a copy of about this many dots per inch."""
SQUARE_DECIMETRE = (100 / 25.4) ** 2
"""In square inches."""


@dataclass(frozen=True)
class Box:
    """A run of words in px; top and bottom are those of its small letters: x-height, baseline."""

    left: float
    top: float
    right: float
    bottom: float


class Layout:
    """Words and blank areas of a page, found on a reduced copy."""

    def __init__(self, image: Image, dpi: float) -> None:
        """Mark the ink and take what hangs together within a word space as a word."""
        self.dpi, self.shape = dpi, (image.shape[0], image.shape[1])
        self.step = max(1, int(dpi / COARSE))
        size = (max(1, self.shape[1] // self.step), max(1, self.shape[0] // self.step))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        reach = 2 * round(to_px(3, dpi) / self.step) + 1
        paper = cv2.dilate(small, np.ones((reach, reach), np.uint8))
        contrast = cv2.subtract(paper, small)
        strong = max(24.0, 0.35 * float(np.percentile(contrast, 99.5)))
        self.ink = np.asarray(contrast > strong, np.uint8)
        _, _, letters, _ = cv2.connectedComponentsWithStats(self.ink, connectivity=8)
        high = np.median(letters[1:, 3]) if len(letters) > 1 else 1.0
        gap = max(2, round(0.65 * float(high)) + 1)
        joined = cv2.morphologyEx(self.ink, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        found = np.asarray(stats[1:, :4], float)
        wide, high = (found[:, 2:] * self.step * 25.4 / dpi).T
        self.words = found[(high > 1) & (high < 12) & (wide > 1.5) & (wide < 250)]
        self._free = np.ones(len(self.words), bool)

    def count(self, rng: np.random.Generator, amount: float) -> int:
        """Draw how many marks lie here of `amount` per square decimetre: one at least."""
        return place_count(rng, amount, self.ink, self.dpi / self.step)

    def run(self, rng: np.random.Generator, length: float) -> Box:
        """Draw a run of about `length` words of one line; on a blank page, a place for one."""
        if not len(self.words):
            height, width = self.shape
            x, y = rng.uniform(0, 0.7) * width, rng.uniform(0.1, 0.9) * height
            wide = to_px(12, self.dpi) * max(1.0, length)
            return Box(x, y - to_px(2, self.dpi), min(x + wide, width * 0.97), y)
        if not self._free.any():
            self._free[:] = True
        first = int(rng.choice(np.flatnonzero(self._free)))
        left, top, wide, high = self.words[first]
        # a tightly set line hangs together as one word: then take a part of it
        most = to_px(rng.uniform(8, 16), self.dpi) * max(1.0, length) / self.step
        if wide > most:
            left, wide, length = left + rng.uniform() * (wide - most), most, 0
        right = left + wide
        self._free[first] = False
        middles = self.words[:, 1] + self.words[:, 3] / 2
        line = np.flatnonzero(np.abs(middles - top - high / 2) < high / 2)
        space = to_px(4, self.dpi) / self.step
        for place in line[np.argsort(self.words[line, 0])]:
            start, _, wide, _ = self.words[place]
            if length > 1 and right <= start + 1 < right + space:
                right, length = start + wide, length - 1
                self._free[place] = False
        rows = self.ink[int(top) : int(top + high), int(left) : int(right)].mean(1)
        core = np.flatnonzero(rows > 0.5 * rows.max())
        upper, lower = top + core[0], top + core[-1] + 1
        step = self.step
        return Box(left * step, upper * step, right * step, lower * step)

    def blank(
        self, rng: np.random.Generator, width: float, height: float
    ) -> tuple[float, float, float]:
        """Draw the top left corner, in px, of the box with least ink, and its share of ink."""
        across = max(1, min(self.ink.shape[1], round(width / self.step)))
        down = max(1, min(self.ink.shape[0], round(height / self.step)))
        ink = cv2.boxFilter(self.ink, cv2.CV_32F, (across, down), anchor=(0, 0))
        ink = ink[: self.ink.shape[0] - down + 1, : self.ink.shape[1] - across + 1]
        chance = rng.random(ink.shape, dtype=np.float32) * np.float32(0.02)
        y, x = np.unravel_index(int(np.argmin(ink + chance)), ink.shape)
        return float(x) * self.step, float(y) * self.step, float(ink[y, x])

    def take(self, x: float, y: float, width: float, height: float) -> None:
        """Count this box (px) as inked from now on: the next mark looks elsewhere."""
        left, top = int(x / self.step), int(y / self.step)
        self.ink[top : top + int(height / self.step), left : left + int(width / self.step)] = 1


def place_count(rng: np.random.Generator, amount: float, page: NDArray[Any], dpi: float) -> int:
    """Draw how many marks a page carries of `amount` per square decimetre: one at least."""
    return 1 + int(rng.poisson(amount * page.size / dpi**2 / SQUARE_DECIMETRE))


@dataclass(frozen=True)
class Pen:
    """What draws: how wide (mm), how dark (share of the paper's light taken), how unevenly."""

    kind: str
    width: float
    dark: float
    uneven: float

    @classmethod
    def of(cls, params: Params) -> "Pen":
        """Return the pen a member has drawn."""
        return cls(params["pen"], params["width"], params["dark"], params["uneven"])


PEN_RANGES = {
    "dark": Range(0.15, 0.9, "share"),
    "uneven": Range(0.1, 1.0, "share", by_severity=False),
}
"""What every pen has; each member adds how wide its own are."""
PENS = {
    "pencil": (0.62, 0.5, 0.13),
    "ball": (1.15, 0.4, 0.3),
    "nib": (1.0, 0.12, 0.6),
    "felt": (0.95, 0.1, 0.5),
    "print": (1.0, 0.15, 0.2),
}
"""Of each kind its ink's level, the depth of its grain, and the grain's size in mm."""


def draw_pen(
    page: Image, curves: Sequence[Curve], pen: Pen, rng: np.random.Generator, dpi: float
) -> None:
    """Draw the curves (px) into `page`, in place, only on the box they reach."""
    width = to_px(pen.width, dpi)
    points = np.concatenate(curves)
    low = np.maximum(np.floor(points.min(0) - width - 2), 0).astype(int)
    high = np.minimum(np.ceil(points.max(0) + width + 3), page.shape[::-1]).astype(int)
    if (high <= low).any():
        return
    wide, tall = (int(side) for side in high - low)
    # thin lines are drawn enlarged, as far as a page's size allows, and thinner ones paler
    scale = int(np.clip(np.ceil(3 / width), 1, min(3, max(1, np.sqrt(8e6 / (wide * tall))))))
    pale = min(1.0, width * scale)
    canvas = np.zeros((tall * scale, wide * scale), np.uint8)
    by_width: dict[int, list[NDArray[np.int32]]] = {}
    fixed = np.round((points - low + 0.5) * scale * 16 - 8).astype(np.int32)
    starts = np.cumsum([0, *(len(curve) for curve in curves)])
    for begin, end in pairwise(starts):
        # pressure comes and goes along the stroke and swells it; short pieces have one width each
        count = (end - begin - 2) // 5 + 1
        swell = 1 + 0.2 * pen.uneven * _along(rng, count) if count > 1 else (1.0,)
        for piece, factor in enumerate(swell):
            first = begin + piece * 5
            part = fixed[first : min(end, first + 6)]
            by_width.setdefault(max(1, round(width * scale * factor)), []).append(part)
    for thickness, parts in by_width.items():
        cv2.polylines(canvas, parts, False, 255, thickness, cv2.LINE_AA, shift=4)
    cover = cv2.resize(canvas, (wide, tall), interpolation=cv2.INTER_AREA)
    share = cover * _texture(rng, (tall, wide), pen, dpi) * np.float32(pen.dark * pale)
    box = page[low[1] : high[1], low[0] : high[0]]
    kept = 255 - np.minimum(share, 255).astype(np.uint8)
    box[:] = cv2.multiply(box, kept, scale=1 / 255)


def darken(page: Image, share: Field, x: int, y: int) -> None:
    """Take a share of its light from `page`, in place, where the box at (x, y) lies on it."""
    top, left = max(0, y), max(0, x)
    box = page[top : max(0, y + share.shape[0]), left : max(0, x + share.shape[1])]
    part = share[top - y : top - y + box.shape[0], left - x : left - x + box.shape[1]]
    box[:] = (box * (1 - part) + 0.5).astype(np.uint8)


def _texture(rng: np.random.Generator, shape: tuple[int, int], pen: Pen, dpi: float) -> Field:
    """Return how much of its darkness the pen leaves where: pressure, paper grain, skips."""
    level, depth, size = PENS[pen.kind]
    grain = fractal_noise(rng, shape, max(1.0, to_px(size, dpi)), 2)
    pressure = smooth_noise(rng, shape, max(2.0, to_px(4, dpi)))
    depth *= 2 * pen.uneven
    field = np.clip(level + np.float32(depth) * grain, 0.05, 1)
    return np.asarray(field * np.clip(0.9 + np.float32(0.3 * pen.uneven) * pressure, 0.4, 1.1))


def _along(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return smooth noise of deviation about 1 along a line of `count` points."""
    coarse = rng.normal(0, 1, count // 3 + 2)
    return np.asarray(np.interp(np.arange(count) / 3, np.arange(len(coarse)), coarse))


def spline(points: NDArray[np.float64] | Sequence[tuple[float, float]], per_span: int = 6) -> Curve:
    """Return the smooth curve through the points (Catmull and Rom, 1974)."""
    way = np.asarray(points, float)
    ends = np.concatenate([2 * way[:1] - way[1:2], way, 2 * way[-1:] - way[-2:-1]])
    before, start, end, after = ends[:-3], ends[1:-2], ends[2:-1], ends[3:]
    t = (np.arange(per_span) / per_span)[None, :, None]
    a, b, c, d = (part[:, None, :] for part in (before, start, end, after))
    curve = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), way[-1:]]).astype(np.float32)


def hand_line(
    rng: np.random.Generator,
    start: tuple[float, float],
    end: tuple[float, float],
    wave: float,
    period: float,
) -> Curve:
    """Return a line drawn by hand that strays by about `wave` px every `period` px."""
    way = np.asarray(end, float) - start
    length = float(np.hypot(*way))
    count = int(np.clip(length / max(1.0, period), 1, 400)) + 2
    share = np.linspace(0, 1, count)[:, None]
    across = np.array([-way[1], way[0]]) / max(1e-6, length)
    return spline(start + share * way + rng.normal(0, 1, (count, 1)) * wave * across)
