"""Marks that are no text: what the picture that is read still shows where no text can be.

Crumbs of stains, rings of holes, shreds of borders and the back of the sheet are as dark as letters
once a page is cleaned, and an engine reads them as words. The network sees the place around a
pixel. The map sees the page, and the page as it came knows how dark its ink is: a mark goes where
the map shows no text, and where it was much too light for ink. What lies in a line of text stays.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.blank import pooled
from docclean.imageops.components import Components, components
from docclean.imageops.morphology import widest
from docclean.page import Image
from docclean.regions.kinds import Kind
from docclean.regions.page_map import CELL, PageMap

Mask = NDArray[np.bool_]
Cells = NDArray[np.uint8]
Ints = NDArray[np.int64]
FINENESS = 8
"""Blocks to an x-height of the picture in which marks are looked for."""
LARGEST = 0.8
"""x-height of the letters that marks are held against, in cells of the map, at most: beside large
type there is small one."""
MARK = 230
"""Grey of the cleaned page below which there is a mark."""
NO_TEXT, TEXT = 60, 128
"""Shares, of 255, of text below which a cell shows none, and from which it does. Of 32,784 words of
public pages 57 lay in cells of less than the first, 47 of them in a table of single figures."""
NEAR, GAP = 2, 60
"""Cells beside text that are of its line, and cells between two places of a line at most: columns
of a table, a leader."""
BESIDE, LETTER, WIDE, FULL, PALE = 4, (0.6, 2.5), 4.0, 0.9, 50
"""Cells beside text in which what is shaped like a letter is of its line: of so many x-heights, at
most so many times as wide as high, filling no more of its box, and no lighter than letters by so
many levels."""
LONG, THIN = 5.0, 0.4
"""Length of a rule or a frame, and its mean thickness, over width and height together, in
x-heights. Engines know both as they are; in pieces they are read."""
DASHES, APART, LEVEL = 6, 3.0, 2
"""Marks that a broken rule or a leader has at least, how far apart they lie at most, in their own
widths, and how many blocks of a height count as one."""
PAPER = 16
"""Side in px of the cells whose lightest pixel is the paper of a mark in or beside them."""
USUAL, FAINT, STRONG = 0.75, 0.31, 0.5
"""Quantile of how dark the letters were that is usual for the page; shares of it below which a mark
was no ink, and from which it was for certain. Of 30,079 words of public pages none was below the
first, of the words read in the dirt of generated pages 78 %."""
LEAST_SURE, MOST_LETTERS = 20, 0.05
"""Letters for the map to be believed, and marks shaped like letters that may go for each of them:
where there are more, the map does not know this kind of page."""


def without_marks(
    read: Image, raw: Image, page_map: PageMap, x_height: float, coloured: Mask
) -> Image:
    """Return the picture that is read without marks that are no text; itself where there are none.

    Args:
        read: the page as it is to be read, dark on white, (h, w) uint8, of any size.
        raw: the page as it came, of the same shape.
        page_map: what is where on it.
        x_height: height of its small letters, px of `read`; 0, no text: nothing is taken.
        coloured: cells of the map with coloured ink or grounds, where a light grey may be ink.
    """
    cell = CELL * min(read.shape) / min(page_map.picture)
    block = int(min(x_height, LARGEST * cell) / FINENESS)
    if block < 1:
        return read
    small = pooled(read, np.minimum, block)
    marks = _Marks(components(small < MARK), page_map, small, coloured)
    gone = marks.found_no_text(raw, block)
    if not gone.any():
        return read
    wiped = marks.found.mask(gone, small.shape)
    out = read.copy()
    for line in np.flatnonzero(wiped.any(1)):
        rows = out[line * block : (line + 1) * block]
        rows[:, np.repeat(wiped[line], block)[: rows.shape[1]]] = 255
    return out


@dataclass(frozen=True, eq=False)
class _Marks:
    """Every mark of a picture, N of them, in blocks of pixels.

    Attributes:
        found: their runs and boxes, in blocks.
        map: of the page.
        small: the darkest grey of each block, (h, w) uint8.
        coloured: cells of the map with coloured ink or grounds.
    """

    found: Components
    map: PageMap
    small: Image
    coloured: Mask

    @cached_property
    def _order(self) -> tuple[Ints, Ints]:
        """Runs mark by mark, and where those of each mark begin."""
        order = np.argsort(self.found.label, kind="stable")
        runs = np.bincount(self.found.label, minlength=len(self.found.area))
        return order, np.cumsum(runs) - runs

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        """The cells of the map that the runs touch at their ends, as places in order of reading."""
        found, (high, wide) = self.found, self.map.shares.shape[1:]
        down, across = (
            seen / (CELL * side)
            for seen, side in zip(self.map.picture, self.small.shape, strict=True)
        )
        row = np.minimum(((found.row + 0.5) * down).astype(int), high - 1) * wide
        first, last = (
            row + np.minimum(((column + 0.5) * across).astype(int), wide - 1)
            for column in (found.start, found.end - 1)
        )
        return first, last

    def greatest(self, runs: Cells) -> Cells:
        """Return of each mark the greatest value of its runs."""
        order, first = self._order
        return np.maximum.reduceat(runs[order], first) if len(first) else runs

    def touched(self, cells: Cells) -> Cells:
        """Return of each mark the greatest value of the cells that it touches."""
        flat, (first, last) = cells.ravel(), self._places
        return self.greatest(np.maximum(flat[first], flat[last]))

    def found_no_text(self, raw: Image, block: int) -> Mask:
        """Return which marks are no text."""
        text = np.maximum(self.map.share(Kind.TEXT), self.map.share(Kind.DARK))
        share, rule = self.touched(text), self.is_rule() | self.is_dash()
        letters = (share >= TEXT) & (self.found.height >= LETTER[0] * FINENESS)
        if np.count_nonzero(letters) < LEAST_SURE:
            return np.zeros(len(share), np.bool_)
        return ~rule & (self.unseen(text, share, letters) | self.pale(raw, letters, block))

    def unseen(self, text: Cells, share: Cells, letters: Mask) -> Mask:
        """Return which marks lie where the map shows no text, out of its lines."""
        written = text >= TEXT
        lines = np.where(in_lines(written), 2, widened(written, BESIDE)).astype(np.uint8)
        place, alike = self.touched(lines), self.is_letter(letters)
        none = (share < NO_TEXT) & (place < 2) & ~(alike & (place > 0))
        if np.count_nonzero(none & alike) > MOST_LETTERS * np.count_nonzero(letters):
            none &= ~alike
        return np.asarray(none)

    def pale(self, raw: Image, letters: Mask, block: int) -> Mask:
        """Return which marks were much lighter than the ink of the page, and are not beside any."""
        ink = self.ink(raw, block)
        usual = float(np.quantile(ink[letters], USUAL))
        strong = (ink >= STRONG * usual) & letters
        cells = np.zeros(self.map.shares.shape[1:], np.bool_)
        for place in self._places:
            cells.ravel()[place[strong[self.found.label]]] = True
        near = self.touched((widened(cells, 1) | self.coloured).astype(np.uint8)) > 0
        return np.asarray((ink < FAINT * usual) & ~near)

    def ink(self, raw: Image, block: int) -> NDArray[np.float64]:
        """Return how much darker each mark was than the paper beside it, 0..1 of the paper."""
        found, small = self.found, pooled(raw, np.minimum, block)
        cells = widest(pooled(raw, np.maximum, PAPER), 3)
        row, column = (found.top + found.bottom) // 2, (found.left + found.right) // 2
        paper = cells[row * block // PAPER, column * block // PAPER].astype(np.float64)
        return np.asarray((paper - found.least(small)) / np.maximum(paper, 1))

    def is_letter(self, letters: Mask) -> Mask:
        """Return which marks are shaped like letters and as dark as those that surely are some."""
        found, darkest = self.found, self.found.least(self.small)
        height, width = found.height, found.width
        shaped = (height >= LETTER[0] * FINENESS) & (height <= LETTER[1] * FINENESS)
        shaped &= (width <= WIDE * height) & (found.area <= FULL * height * width)
        return np.asarray(shaped & (darkest <= np.median(darkest[letters]) + PALE))

    def is_rule(self) -> Mask:
        """Return which marks are long and thin: rules, frames, and folds that look like them."""
        found = self.found
        thickness = found.area / np.maximum(1, found.height + found.width)
        longer = np.maximum(found.height, found.width)
        return np.asarray((longer > LONG * FINENESS) & (thickness <= THIN * FINENESS))

    def is_dash(self) -> Mask:
        """Return which marks are of a row of small ones: broken rules, and leaders."""
        found, dash = self.found, np.zeros(len(self.found.area), np.bool_)
        flat = np.flatnonzero(found.height < LETTER[0] * FINENESS)
        for shift in (0, LEVEL // 2):  # a height that one grid cuts the other does not
            height = ((found.top + found.bottom)[flat] // 2 + shift) // LEVEL
            order = flat[np.lexsort((found.left[flat], height))]
            level = np.sort(height)
            gap = found.left[order][1:] - found.right[order][:-1]
            wide = np.maximum(found.width[order][1:], found.width[order][:-1])
            parts = (level[1:] != level[:-1]) | (gap > APART * wide)
            row = np.append(0, np.cumsum(parts))[: len(order)]
            dash[order] |= np.bincount(row)[row] >= DASHES
        return dash


def in_lines(text: Mask) -> Mask:
    """Return the cells, (h, w), that are text, near it, or between two such in a row."""
    wide = text.shape[1]
    near = widened(text, NEAR)
    places = np.broadcast_to(np.arange(wide), text.shape)
    before = np.maximum.accumulate(np.where(near, places, -GAP - wide), 1)
    behind = np.minimum.accumulate(np.where(near, places, GAP + wide)[:, ::-1], 1)[:, ::-1]
    return np.asarray(behind - before <= GAP)


def widened(cells: Mask, far: int) -> Mask:
    """Return cells, (h, w), grown by so many to both sides."""
    walled = np.pad(cells, ((0, 0), (far, far)))
    return np.asarray(
        np.logical_or.reduce([walled[:, at : at + cells.shape[1]] for at in range(2 * far + 1)])
    )
