"""The sheet while it is drawn: its colours, what lies where, and its words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image
from docclean.regions.kinds import Kind, bit
from docclean.synth import Word
from docclean.synth.layers import layers_of_print

Box = tuple[int, int, int, int]
"""top, bottom, left, right in px; bottom and right excluded."""
Mask = NDArray[np.bool_]
TRIES = 60
"""Boxes drawn before a sheet counts as full."""


@dataclass(eq=False)
class Canvas:
    """A sheet that is being drawn; the functions of this package change it in place.

    Attributes:
        rgb: (H, W, 3) uint8.
        layers: (H, W) uint16, a bit for each `Kind` that a pixel shows.
        dpi: dots per inch.
        words: those whose print still stands.
        taken: boxes of the parts that were put on it.
    """

    rgb: Image
    layers: NDArray[np.uint16]
    dpi: float
    words: list[Word] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)

    @classmethod
    def of_print(
        cls, grey: Image, words: Iterable[Word], dpi: float, pictures: Iterable[Box] = ()
    ) -> "Canvas":
        """Return a printed sheet, (H, W) uint8, with its words, rules and pictures marked."""
        own, boxes = list(words), list(pictures)
        rgb = np.repeat(grey[..., None], 3, 2)
        return cls(rgb, layers_of_print(grey, own, dpi, boxes), dpi, own, boxes)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in px."""
        return self.layers.shape[0], self.layers.shape[1]

    def px(self, millimetres: float) -> int:
        """Return a length on paper in px, at least 1."""
        return max(1, round(millimetres * self.dpi / 25.4))

    def has(self, kind: Kind) -> Mask:
        """Tell which pixels show a kind."""
        return (self.layers & bit(kind)) > 0

    def mark(self, kind: Kind, box: Box, mask: Mask | None = None) -> None:
        """Say that a box, or the pixels of a mask as large as it, show a kind."""
        top, bottom, left, right = box
        here = self.layers[top:bottom, left:right]
        here[mask if mask is not None else np.s_[:]] |= bit(kind)

    def clear(self, box: Box, colour: Image | None = None) -> Image:
        """Take everything out of a box and return its pixels to be drawn on; white or `colour`."""
        top, bottom, left, right = box
        self.layers[top:bottom, left:right] = 0
        self.words = [word for word in self.words if not _meet(word, box)]
        here = self.rgb[top:bottom, left:right]
        here[:] = 255 if colour is None else colour
        self.taken.append(box)
        return here

    def words_in(self, box: Box) -> list[Word]:
        """Return the words that stand in a box, in part or whole."""
        return [word for word in self.words if _meet(word, box)]

    def erase(self, words: Iterable[Word]) -> None:
        """Take words off the sheet; the ground that they stood on stays."""
        gone = set(words)
        for word in gone:
            here = self.rgb[word.top : word.bottom, word.left : word.right]
            if here.size:
                here[:] = np.percentile(here, 90, (0, 1))
            gap = 2 * (word.bottom - word.top)  # what lies between two words is text, too
            around = np.s_[word.top : word.bottom, max(0, word.left - gap) : word.right + gap]
            self.layers[around] &= ~np.uint16(bit(Kind.TEXT))
        self.words = [word for word in self.words if word not in gone]
        for word in self.words if gone else ():
            self.mark(Kind.TEXT, (word.top, word.bottom, word.left, word.right))

    def box(
        self,
        rng: np.random.Generator,
        wide: tuple[float, float],
        tall: tuple[float, float],
        apart: bool = True,
    ) -> Box | None:
        """Draw a box of a size in shares of the sheet's width, clear of other parts if `apart`."""
        height, width = self.shape
        for _ in range(TRIES):
            w = max(8, round(rng.uniform(*wide) * width))
            h = max(8, min(height, round(rng.uniform(*tall) * width)))
            if w > width or h > height:
                continue
            left, top = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
            box = (top, top + h, left, left + w)
            if not apart or not any(_cross(box, other) for other in self.taken):
                return box
        return None

    def wide_of_text(self, box: Box) -> Box:
        """Return the box grown until it cuts no word: panels end between lines."""
        top, bottom, left, right = box
        gap = self.px(1)
        for _ in range(4):
            cut = self.words_in((top, bottom, left, right))
            if not cut:
                break
            grown = (
                max(0, min([top, *(w.top - gap for w in cut)])),
                min(self.shape[0], max([bottom, *(w.bottom + gap for w in cut)])),
                max(0, min([left, *(w.left - gap for w in cut)])),
                min(self.shape[1], max([right, *(w.right + gap for w in cut)])),
            )
            if grown == (top, bottom, left, right):
                break
            top, bottom, left, right = grown
        return top, bottom, left, right


def _meet(word: Word, box: Box) -> bool:
    top, bottom, left, right = box
    return word.top < bottom and word.bottom > top and word.left < right and word.right > left


def _cross(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
