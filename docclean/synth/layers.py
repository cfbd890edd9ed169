"""What every place of a clean print is: lines of text, rules, tinted and dark grounds, pictures."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image
from docclean.regions.kinds import Kind, bit
from docclean.synth.pages import Typeset
from docclean.synth.rendering import Word

Box = tuple[int, int, int, int]
"""top, bottom, left, right in px; bottom and right excluded."""
Mask = NDArray[np.bool_]
Layers = NDArray[np.uint16]
"""(H, W) uint16, a bit for each `Kind` that a pixel shows."""


def layers_of_print(
    grey: Image, words: Sequence[Word], dpi: float, pictures: Iterable[Box] = ()
) -> Layers:
    """Return what the pixels of a clean print, (H, W) uint8, show.

    Args:
        grey: the print.
        words: that stand on it.
        dpi: dots per inch.
        pictures: boxes of its pictures; what is in them is nothing else.
    """
    layers = np.zeros(grey.shape, np.uint16)
    for top, bottom, left, right in _lines(words):
        layers[top:bottom, left:right] |= bit(Kind.TEXT)
    layers[_rules(grey, dpi) & (layers == 0)] |= bit(Kind.RULE)
    tinted, dark = _grounds(grey, dpi)
    for word in words:
        if not _is_light(word, grey):
            dark[word.top : word.bottom, word.left : word.right] = False
    layers[tinted] |= bit(Kind.PANEL)
    layers[dark] = bit(Kind.DARK)
    for top, bottom, left, right in pictures:
        layers[top:bottom, left:right] = bit(Kind.PICTURE)
    return layers


def pictures_of(made: Typeset) -> list[Box]:
    """Return the boxes of the photographs and the line drawings of a page as it was set."""
    assert made.page.dpi is not None  # a set page always knows
    drawn = made.layout == "drawings"
    found = drawings_in(made.page.pixels, made.words, made.page.dpi[0]) if drawn else []
    return [*made.photos, *found]


def drawings_in(grey: Image, words: Sequence[Word], dpi: float) -> list[Box]:
    """Return the boxes of line drawings on a clean print: large groups of ink that is no text."""
    ink = (grey < 200).astype(np.uint8)
    for word in words:
        ink[word.top : word.bottom, word.left : word.right] = 0
    reach, least = max(3, round(5 * dpi / 25.4)), 12 * dpi / 25.4
    joined = cv2.dilate(ink, np.ones((reach, reach), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined)
    boxes = []
    for left, top, width, height, _ in found[1:].tolist():  # the first is the ground
        if min(width, height) >= least + reach:
            inset = reach // 2
            boxes.append((top + inset, top + height - inset, left + inset, left + width - inset))
    return boxes


def _lines(words: Sequence[Word]) -> list[Box]:
    """Return the boxes of words, each drawn out to the next word of its line."""
    boxes: list[Box] = []
    for word, after in zip(words, [*words[1:], None], strict=False):
        right = word.right
        if after is not None and abs(after.bottom - word.bottom) < (word.bottom - word.top):
            gap = after.left - word.right
            if 0 < gap < 1.2 * (word.bottom - word.top):
                right = after.left
        boxes.append((word.top, word.bottom, word.left, right))
    return boxes


def _rules(grey: Image, dpi: float) -> Mask:
    """Tell which pixels of a clean print belong to rules: long thin runs of ink."""
    ink = (grey < 200).astype(np.uint8)
    long, thick = max(9, round(9 * dpi / 25.4)), max(3, round(1.2 * dpi / 25.4))
    found = np.zeros(grey.shape, np.bool_)
    for size, thin in (((long, 1), (1, thick)), ((1, long), (thick, 1))):
        runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(size[::-1], np.uint8))
        solid = cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones(thin[::-1], np.uint8))
        found |= (runs > 0) & (solid == 0)
    return found


def _grounds(grey: Image, dpi: float) -> tuple[Mask, Mask]:
    """Tell which pixels of a clean print lie on a tinted and on a dark ground, letters and all."""
    found = []
    for toned, least in (((grey > 110) & (grey < 249), 1.0), (grey <= 110, 1.6)):
        side, gap = max(3, round(least * dpi / 25.4)), max(3, round(3 * dpi / 25.4))
        solid = cv2.morphologyEx(toned.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side)))
        found.append(cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((gap, gap))) > 0)
    return found[0] & ~found[1], found[1]


def _is_light(word: Word, grey: Image) -> bool:
    """Say whether a word stands on a dark ground: what is around its box is dark."""
    top, left = max(0, word.top - 2), max(0, word.left - 2)
    around = grey[top : word.bottom + 2, left : word.right + 2]
    rim = (around[0], around[-1], around[:, 0], around[:, -1])
    return float(np.median(np.concatenate(rim))) < 110
