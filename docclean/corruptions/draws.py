"""Parameters of many patches drawn at once, one row of an array each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, JITTER, Range

Numbers = NDArray[Any]
"""(N,): one number, code or truth a patch."""

SHEET = (210.0, 297.0)
"""Width and height in mm of the sheet that a patch is a window of: A4."""


class Draws:
    """Draws one corruption's parameters for N patches, each around the severity of its own sheet.

    Everything it returns is an array (N,), or (N, each) where a patch needs several.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        severities: Sequence[float] | NDArray[np.floating[Any]],
        ranges: Mapping[str, Range],
        dpi: float | Sequence[float] | NDArray[np.floating[Any]] = DPI,
    ) -> None:
        """Keep the source of randomness, the severities (N,), the ranges and the dots per inch.

        The ends of a range are numbers, or arrays (N,) where patches of several looks differ.
        """
        self.rng, self._ranges = rng, ranges
        self.severities = np.asarray(severities, np.float64)
        self._dpi = np.broadcast_to(np.asarray(dpi, np.float64), self.severities.shape)

    def __len__(self) -> int:
        """Return the number of patches."""
        return len(self.severities)

    def __call__(self, name: str, each: int = 0) -> Numbers:
        """Draw the parameter `name` from its range."""
        span = self._ranges[name]
        low, high = (self._of_rows(end, each) for end in (span.low, span.high))
        if span.by_severity:
            centre = self.severities**span.power
            if each:
                centre = centre[:, None]
            position = np.clip(centre + self.rng.normal(0, JITTER, self._shape(each)), 0, 1)
        else:
            position = self.rng.random(self._shape(each))
        return np.asarray(low + (high - low) * position)

    def px(self, name: str, each: int = 0) -> Numbers:
        """Draw a length that its range gives in mm, and return it in px of each patch."""
        dpi = self._dpi[:, None] if each else self._dpi
        return np.asarray(self(name, each) * dpi / 25.4)

    def to_px(self, millimetres: float) -> Numbers:
        """Return a length on paper in px of each patch."""
        return np.asarray(millimetres * self._dpi / 25.4)

    def whole(self, name: str) -> Numbers:
        """Draw the parameter `name` and round it."""
        return np.rint(self(name)).astype(np.int64)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, each: int = 0) -> Numbers:
        """Draw a place, a direction: what has no range of its own. Limits may differ by patch."""
        return np.asarray(self.rng.uniform(low, high, self._shape(each)))

    def normal(self, each: int = 0) -> Numbers:
        """Draw from the normal distribution of mean 0 and deviation 1."""
        return self.rng.normal(0, 1, self._shape(each))

    def code(self, options: Sequence[Any]) -> Numbers:
        """Draw the place of one of the options, which may stand there more than once."""
        return self.rng.integers(len(options), size=len(self))

    def chance(self, share: Any) -> NDArray[np.bool_]:
        """Say yes in this share of the draws."""
        return np.asarray(self.rng.random(len(self)) < share)

    def seed(self) -> Numbers:
        """Draw the seeds of what is drawn pixel by pixel."""
        return self.rng.integers(2**31, size=len(self))

    def window(self, size: float = 1.0) -> dict[str, Numbers]:
        """Draw where on an A4 sheet each patch lies, as `shared.windows.on_sheet` takes it.

        More of them near its edges, where light falls off and paper browns: else fewer windows
        than px would see them. `size` is the sheet's, in shares of A4.
        """
        sheet = {"wide": self.to_px(size * SHEET[0]), "tall": self.to_px(size * SHEET[1])}
        return sheet | {
            name: 0.5 - 0.5 * np.cos(np.pi * self.uniform()) for name in ("left", "top")
        }

    def _of_rows(self, end: float | Numbers, each: int) -> float | Numbers:
        """Return an end of a range; patches of several looks have one each, (N,)."""
        return np.asarray(end)[:, None] if each and np.ndim(end) else end

    def _shape(self, each: int) -> tuple[int, ...]:
        return (len(self), each) if each else (len(self),)
