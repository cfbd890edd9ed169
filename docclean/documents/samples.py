"""Samples wider than a byte: which value is black, which is white, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image

Kind = Literal["unsigned", "signed", "float"]
CONTAINERS = (16, 24, 32, 64)
"""Bits of samples that often hold fewer; of 10, 12 or 14 bits all are meant."""
LEAST = 8
"""Bits that samples are taken to have at least."""
SPAN = 256
"""Values between which samples must differ at least for their beginning to be an offset."""
ABOVE_ONE = 1.1
"""Float up to which samples are taken to run from 0 to 1: resampling overshoots."""
HALF_ROUNDS = 2.0**-11
"""Part by which a float of 16 bits may be rounded up."""
BELOW_ZERO = 0.01
"""Share of the range of floats that may lie below 0 where 0 is black all the same."""


@dataclass(frozen=True)
class Levels:
    """The values that are black and white.

    Attributes:
        black, white: of the samples, black first.
        note: what was taken for true though the file does not say it; empty: nothing.
    """

    black: float
    white: float
    note: str = ""

    def bytes_of(self, samples: NDArray[Any]) -> Image:
        """Return samples of any shape and type as uint8, 0 black .. 255 white; no number is 0."""
        scale = 255.0 / (self.white - self.black)
        values = np.nan_to_num(samples.astype(np.float64), nan=self.black)
        return np.clip(np.rint((values - self.black) * scale), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Said:
    """What a file says of its samples; None for what it does not say."""

    black: float | None = None
    white: float | None = None


def levels_of(low: float, high: float, kind: Kind, bits: int, said: Said | None = None) -> Levels:
    """Return black and white of samples from `low` to `high`.

    What the file says holds where its samples keep to it. Else it is the range of the fewest bits
    that hold them: 12-bit data lie in 16-bit samples more often than a page is that dark.

    Args:
        low: the least sample.
        high: the greatest.
        kind: what their bits mean.
        bits: of a sample.
        said: what the file says.
    """
    said = said or Said()
    if said.white is not None and 0 < high <= said.white:
        return Levels(_said_black(said, low), said.white)
    if kind == "float":
        return _of_floats(low, high)
    if low < 0:
        return _from(-float(2 ** _bits_of(-low - 1, 0)), low, high)
    full = bits - (kind == "signed")
    if bits not in CONTAINERS or not high:
        return Levels(0, 2.0**full - 1)
    half = 2.0 ** (full - 1)
    if kind == "unsigned" and half <= low < high - SPAN and high < 1.5 * half:
        return _from(half, low, high)
    used = min(full, _bits_of(high))
    note = "" if used == full else f"its samples end at {high:,.0f}: taken for {used}-bit ones"
    return Levels(0, 2.0**used - 1, "" if used == 16 else note)


def _said_black(said: Said, low: float) -> float:
    """Return the black a file says; least and greatest of a blank page are not meant so."""
    black, white = said.black or 0.0, said.white or 0.0
    if black > low or white - black < white / 2:
        black = 0.0
    return min(black, low) if low < 0 else black


def _bits_of(value: float, least: int = LEAST) -> int:
    """Return the bits that hold the whole number `value`."""
    return max(least, int(value).bit_length())


def _from(black: float, low: float, high: float) -> Levels:
    """Return levels of samples that do not begin at 0."""
    white = black + 2.0 ** _bits_of(high - black) - 1
    said = f"{black:,.0f} is taken for black, {white:,.0f} for white"
    return Levels(black, white, f"its samples lie between {low:,.0f} and {high:,.0f}: {said}")


def _of_floats(low: float, high: float) -> Levels:
    black = low if low < -BELOW_ZERO * (high - low) else 0.0
    if black < 0:
        black, high = (-1.0, 1.0) if low >= -1 and high <= 1 else (low, max(high, low + 1))
        said = f"{black:g} is taken for black, {high:g} for white"
        return Levels(black, high, f"its samples begin at {low:g}: {said}")
    if high <= ABOVE_ONE:
        return Levels(0, 1)
    used = _bits_of(high * (1 - HALF_ROUNDS))
    if used > 16:
        return Levels(0, high, f"its samples end at {high:g}, which is taken for white")
    note = "" if used in (8, 16) else f"its samples end at {high:g}: taken for {used}-bit ones"
    return Levels(0, 2.0**used - 1, note)


def extremes(strips: Callable[[], Any]) -> tuple[float, float]:
    """Return the least and the greatest number in strips of samples; 0 and 0 where there is none.

    Args:
        strips: gives the arrays, one after the other.
    """
    low, high = np.inf, -np.inf
    for strip in strips():
        numbers = strip[np.isfinite(strip)] if strip.dtype.kind == "f" else strip
        if numbers.size:
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    return (low, high) if low <= high else (0.0, 0.0)
