"""The strip of paper along a fold, drawn upright and laid on the page at its angle."""

import cv2
import numpy as np

from docclean.corruptions.shared.fields import Field, smooth_noise

STEP = 4
"""Pixels of a fold's length that one column of its strip stands for: folds change slowly."""


class Strip:
    """The straight strip of paper along a fold: built upright, laid on the page at its angle.

    Rows run across the fold, columns along it, so that a page pays one warp, not its arithmetic.
    """

    def __init__(
        self, shape: tuple[int, int], point: tuple[float, float], angle: float, reach: float
    ) -> None:
        """Keep where the fold runs; the strip spans `reach` px to either side of it."""
        self._shape, self._point, self._angle = shape, point, angle
        self._half = int(np.hypot(*shape)) + STEP
        self._reach = int(min(np.ceil(reach), self._half)) + 2
        self.columns = 2 * self._half // STEP + 1
        self.across = np.arange(-self._reach, self._reach + 1, dtype=np.float32)[:, None]
        """Distance from the fold's line in px, as `line_distance` signs it."""

    def noise(self, rng: np.random.Generator, scale: float) -> Field:
        """Return noise (1, columns) along the fold with blobs of `scale` px."""
        return smooth_noise(rng, (2, self.columns), max(1.0, scale / STEP))[:1]

    def lay(self, strip: Field, outside: float) -> Field:
        """Return the strip laid on the page, `outside` everywhere else."""
        x, y = self._point
        cos, sin = np.cos(self._angle), np.sin(self._angle)
        to_strip = np.array(
            [
                [cos / STEP, sin / STEP, (self._half - x * cos - y * sin) / STEP],
                [sin, -cos, self._reach - x * sin + y * cos],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self._shape[1], self._shape[0])
        laid = cv2.warpAffine(
            strip, to_strip, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
        )
        return np.asarray(laid, np.float32)
