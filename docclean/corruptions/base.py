"""What a corruption is: ranges declared, parameters drawn apart from applying them, pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from docclean.errors import UsageError
from docclean.page import Image
from docclean.registry import nearest

Params = Mapping[str, Any]
"""Everything a corruption will do, drawn once; applying the same one twice gives equal pixels."""

DPI = 150.0
"""Resolution assumed of an image that does not say its own, in dots per inch."""
JITTER = 0.15
"""Deviation of a drawn value around the point its severity names, as a share of the range."""

Option = TypeVar("Option")


@dataclass(frozen=True)
class Range:
    """Where a parameter is drawn from: `low` at severity 0, `high` at severity 1.

    `high` may be the smaller number: ink grows fainter as it gets worse.
    """

    low: float
    high: float
    unit: str
    """mm, px, share (0..1), grey (0..1), degrees, per square decimetre and the like."""
    by_severity: bool = True
    """False: any value between the two, at every severity."""
    power: float = 1.0
    """Severity is raised to it first: above 1, strong values are rare."""

    def limits(self) -> tuple[float, float]:
        """Return where a recipe may move it: below 0 only what goes below 0 of itself.

        A quality lies in 1..100, a share or a grey goes to 2 or to its own largest number, all
        else to ten times its own largest.
        """
        if self.unit.startswith("quality"):
            return 1.0, 100.0
        largest = max(abs(self.low), abs(self.high))
        part = self.unit == "grey" or self.unit.startswith("share")
        top = max(2.0, largest) if part else 10 * largest
        return -top if min(self.low, self.high) < 0 else 0.0, top


class Draw:
    """Draws one corruption's parameters around a severity of 0 (barely visible) to 1 (terrible)."""

    def __init__(
        self, rng: np.random.Generator, severity: float, ranges: Mapping[str, Range]
    ) -> None:
        """Keep the source of randomness, the severity and the member's ranges."""
        self.rng, self.severity, self._ranges = rng, severity, ranges

    def __call__(self, name: str) -> float:
        """Draw the parameter `name` from its range."""
        span = self._ranges[name]
        if span.by_severity:
            centre = self.severity**span.power
            position = float(np.clip(centre + self.rng.normal(0, JITTER), 0, 1))
        else:
            position = float(self.rng.random())
        return span.low + (span.high - span.low) * position

    def all(self) -> dict[str, float]:
        """Draw every parameter that has a range, in the order the member lists them."""
        return {name: self(name) for name in self._ranges}

    def whole(self, name: str) -> int:
        """Draw the parameter `name` and round it."""
        return round(self(name))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Draw a place, a direction: what has no range of its own."""
        return float(self.rng.uniform(low, high))

    def choice(self, *options: Option) -> Option:
        """Draw one of the options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, share: float) -> bool:
        """Say yes in this share of the draws."""
        return bool(self.rng.random() < share)

    def seed(self) -> int:
        """Draw the seed of what is drawn pixel by pixel."""
        return int(self.rng.integers(2**31))


class Corruption(ABC):
    """One thing a scan suffers.

    `sample` draws the parameters, `on_page` uses them; nothing changes its input, and the same
    parameters give the same pixels. The first line of a member's docstring says what it imitates.
    """

    name: ClassVar[str]
    stage: ClassVar[Literal["page", "batch"]] = "page"
    """page: uint8 (H, W) arrays on the CPU. batch: float (N, 1, H, W) tensors, 0..1, any device."""
    both_sides: ClassVar[bool] = False
    """Also drawn on the clean side, with the same parameters: it belongs to the print itself."""
    probability: ClassVar[float] = 0.1
    """How often it is drawn when the recipe says nothing."""
    ranges: ClassVar[Mapping[str, Range]] = {}
    """Its parameters: a recipe may narrow or move any of them."""

    def sample(
        self,
        rng: np.random.Generator,
        severity: float,
        ranges: Mapping[str, tuple[float, float]] | None = None,
    ) -> Params:
        """Draw parameters for a severity of 0 (barely visible) to 1 (terrible).

        Args:
            rng: source of randomness.
            severity: 0..1.
            ranges: (low, high) by parameter, in place of the member's own.

        Raises:
            UsageError: the member has no such parameter; the nearest is named.
        """
        return self.draw_one(rng, severity, self.spans(ranges))

    def spans(self, ranges: Mapping[str, tuple[float, float]] | None = None) -> dict[str, Range]:
        """Return the member's ranges with those of a recipe in place of its own.

        Raises:
            UsageError: the member has no such parameter; the nearest is named.
        """
        own = dict(self.ranges)
        for name, (low, high) in (ranges or {}).items():
            if name not in own:
                raise UsageError(
                    f"[corrupt.ranges.{self.name}] has no '{name}'{nearest(name, list(own))}; "
                    f"known: {', '.join(own) or 'none'}"
                )
            span = own[name]
            own[name] = Range(low, high, span.unit, span.by_severity, span.power)
        return own

    def check_ranges(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Refuse ranges outside the limits, and those the member fails at on a bit of paper.

        Raises:
            UsageError: no such parameter, or numbers that cannot work; what would is named.
        """
        self.sample(np.random.default_rng(0), 0.5, ranges)
        for name, pair in ranges.items():
            span = self.ranges[name]
            bottom, top = span.limits()
            where = f"[corrupt.ranges.{self.name}] {name}"
            own = f"its own are [{span.low:g}, {span.high:g}] ({span.unit})"
            if not all(bottom <= value <= top for value in pair):
                raise UsageError(
                    f"{where} must be from {bottom:g} to {top:g}, not {list(pair)}; {own}"
                )
            for value in pair:
                if failure := _failure(self, name, value):
                    raise UsageError(f"{where} cannot be {value:g} ({failure}); {own}")

    @abstractmethod
    def draw_one(
        self, rng: np.random.Generator, severity: float, spans: Mapping[str, Range]
    ) -> Params:
        """Draw one set of parameters from these ranges."""

    @abstractmethod
    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Return the corrupted page, uint8 (H, W); `image` itself stays as it is."""

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Return the clean twin after it: as it was, or the same for what belongs to the print.

        What softens letters may leave a part of the softness here: a network taught crisper letters
        than it is given loses their crossbars.

        A member that takes ink away for good (a hole, a torn corner) takes it here too: a network
        asked for strokes that nobody can see learns to invent them.
        """
        return self.on_page(image, params, dpi) if self.both_sides else image

    def move_points(
        self, points: NDArray[np.float64], params: Params, shape: tuple[int, int], dpi: float = DPI
    ) -> NDArray[np.float64]:
        """Return where points (N, 2) of x, y in px come to lie; only what moves ink moves them."""
        return points


class PageCorruption(Corruption):
    """A corruption of one page on the CPU."""

    @abstractmethod
    def draw(self, draw: Draw) -> Params:
        """Draw the parameters: numbers, strings and lists of them, all in relative units."""

    def draw_one(
        self, rng: np.random.Generator, severity: float, spans: Mapping[str, Range]
    ) -> Params:
        """Draw them."""
        return self.draw(Draw(rng, severity, spans))

    @abstractmethod
    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Return the corrupted page, uint8 (H, W); `image` itself stays as it is.

        Args:
            image: the page, uint8 (H, W), possibly read-only, from 1 x 1 px up.
            params: as drawn.
            dpi: the page's dots per inch: what is measured in mm on paper becomes pixels by it.
        """

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Apply it."""
        return self.apply(image, params, dpi)


def to_px(millimetres: float, dpi: float) -> float:
    """Return a length on paper in pixels."""
    return millimetres * dpi / 25.4


@lru_cache(maxsize=1024)
def _failure(member: Corruption, name: str, value: float) -> str:
    """Return how a member fails with one parameter at `value`, or an empty string."""
    paper = np.full((64, 64), 255, np.uint8)
    paper[20:40:4, 8:56] = 0
    for seed in range(4):  # some parameters count only for one kind of mark
        try:
            with np.errstate(all="ignore"):
                params = member.sample(np.random.default_rng(seed), 0.5, {name: (value, value)})
                member.on_page(paper, params)
        except ImportError:
            return ""  # `runs_here` tells
        except Exception as error:  # whatever a member or its library makes of the number
            return type(error).__name__
    return ""
