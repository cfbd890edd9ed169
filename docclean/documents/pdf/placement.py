"""How an image's stored rows and columns lie on the displayed page."""

from dataclasses import dataclass

import numpy as np

from docclean.page import Image


@dataclass(frozen=True)
class Placement:
    """How an image's stored rows and columns lie on the displayed page: one of eight ways."""

    swapped: bool = False
    flipped: bool = False  # rows, after the swap
    mirrored: bool = False  # columns, after the swap
    turns: int = 0  # quarter turns clockwise, last

    def shown(self, pixels: Image) -> Image:
        """Turn stored pixels as the page shows them."""
        image = np.swapaxes(pixels, 0, 1) if self.swapped else pixels
        image = np.rot90(self._flip(image), -self.turns)
        return np.ascontiguousarray(image)

    def stored(self, pixels: Image) -> Image:
        """Turn shown pixels back as the file stores them."""
        image = self._flip(np.rot90(pixels, self.turns))
        return np.ascontiguousarray(np.swapaxes(image, 0, 1) if self.swapped else image)

    def _flip(self, image: Image) -> Image:
        image = image[::-1] if self.flipped else image
        return image[:, ::-1] if self.mirrored else image
