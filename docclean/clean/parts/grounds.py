"""Tinted and dark grounds: where exactly each lies, its colour, and that of the print on it.

All is measured on the small picture divided by its paper: light on the sheet does not count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.clean.parts.light import luma
from docclean.clean.parts.paper_field import Field, by_cells, enlarged
from docclean.clean.parts.rectangles import Rectangle, shared
from docclean.clean.parts.tint_and_ink import commonest, ink_on, step_at_edge, without_strokes
from docclean.imageops.components import components
from docclean.imageops.morphology import spread, widest
from docclean.imageops.packed import Packed
from docclean.page import LUMA, Image
from docclean.regions.kinds import Kind
from docclean.regions.page_map import CELL, PageMap

LEAST_CELLS = 6
"""Cells of the smallest ground."""
PALE = 12.0
"""Grey levels from the paper below which a tint is not kept: it goes whole."""
NEAR = 26.0
"""Distance of a colour from a tint, in grey levels, up to which it is that tint; a third of the
way to the paper where that is less."""
STEEP = 0.5
"""Share of its distance from the paper that a ground steps at its edge."""
SEAM = 2
"""Pixels of the small picture by which grounds that touch may lie apart."""
ORDINARY, AT_ONCE = 16_000_000, 1_000_000
"""Pixels of a ground that is worked on as a whole, and those of a larger one at a time."""
MOST_TINTS = 4
"""Tints of one piece of the map, which panels that touch make, at most."""
Colour = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Ground:
    """A tinted or dark area with print on it.

    Attributes:
        box: rows and columns of the page, px.
        cover: (h, w) uint8 of the box on the small picture of the map: 255 on it, 0 off it, between
            at its edge.
        cells: (rows, columns) of the map that it fills.
        tint: (3,) RGB of the ground over that of the paper, 0..255.
        ink: (3,) of the print on it.
        rim: like `cover`, where paper begins, as wide as its place is doubted.
    """

    box: Box
    cover: Image
    cells: Mask
    tint: Colour
    ink: Colour
    rim: Image = field(default_factory=lambda: np.zeros((1, 1), np.uint8))

    @property
    def is_dark(self) -> bool:
        """Whether its print is lighter than it."""
        return luma(self.ink) > luma(self.tint)

    @property
    def is_pale(self) -> bool:
        """Whether it is hardly darker than the paper, in no colour."""
        return float(np.abs(255 - self.tint).max()) < PALE

    def is_print_of(self, other: "Ground") -> bool:
        """Say whether it is no ground but the large print on another one."""
        black = self.is_dark or luma(self.tint) < NEAR
        return black and abs(luma(self.tint) - luma(other.ink)) < NEAR

    def bands(self, within: Box | None = None) -> Iterator[Box]:
        """Yield what lies within a box of the page in bands of rows: never all of it as floats."""
        rows, columns = self.box
        if within:
            rows, columns = (_common(*both) for both in zip(self.box, within, strict=True))
        high, wide = rows.stop - rows.start, max(1, columns.stop - columns.start)
        high = max(1, high if high * wide <= ORDINARY else AT_ONCE // wide)
        for top in range(rows.start, rows.stop if columns.start < columns.stop else 0, high):
            yield slice(top, min(rows.stop, top + high)), columns

    def positive(self, grey: Image, made: Image, band: Box, paper: Field) -> Image:
        """Return a band of a page (h, w) with its ground as light as the paper around it.

        Args:
            grey: the band of the page as it came, (h, w).
            made: the same with other grounds as light as the paper.
            band: one of `bands`.
            paper: luma of the paper in the band, (h, w) float32.
        """
        here, out = grey.astype(np.float32), made.astype(np.float32)
        tint, ink = luma(self.tint) / 255, luma(self.ink) / 255
        if self.is_dark:
            share = np.clip((here / np.maximum(paper, 1) - tint) / max(0.02, ink - tint), 0, 1)
            own = np.asarray(paper * (1 - share), np.float32)
            # neither the ground nor the paper beside it may leave a line at its edge
            shade = np.maximum(paper - here, 0) * np.maximum(paper - own, 0)
            edge = paper - shade / np.maximum(paper, 1)
        else:
            own = edge = np.asarray(here / np.float32(max(0.02, tint)))
        for cover, laid in ((self.cover, own), (self.rim, edge)):
            out += self._covered(cover, band).astype(np.float32) / 255 * (laid - out)
        return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)

    def lay(self, pixels: Image, cleaned: Image | Packed) -> None:
        """Lay one even tint and the cleaned print on it over the page.

        Args:
            pixels: the page as it is shown without, (H, W) or (H, W, 3).
            cleaned: the network's page, dark on white, (H, W).
        """
        for band in self.bands():
            here = pixels[band].astype(np.float32)
            share = cleaned[band].astype(np.float32)[..., None] / 255
            made = self.ink + (self.tint - self.ink) * share
            cover = self._covered(self.cover, band).astype(np.float32)[..., None] / 255
            if here.ndim == 2:
                made, cover = made @ np.asarray(LUMA, np.float32), cover[..., 0]
            pixels[band] = np.clip(here + cover * (made - here) + 0.5, 0, 255).astype(np.uint8)

    def _covered(self, cover: Image, band: Box) -> Image:
        """Return how much of each pixel of a band is on the ground by a cover, (h, w) uint8."""
        (top, bottom), (left, right) = (
            [min(seen, (end - box.start) * seen / (box.stop - box.start)) for end in ends]
            for seen, box, ends in zip(
                cover.shape, self.box, ((side.start, side.stop) for side in band), strict=True
            )
        )
        size = (band[1].stop - band[1].start, band[0].stop - band[0].start)
        kind, box = Pillow.Resampling.BILINEAR, (left, top, right, bottom)
        return np.asarray(Pillow.fromarray(cover).resize(size, kind, box=box), np.uint8)


def _common(one: slice, other: slice) -> slice:
    """Return what two spans have in common; of no length where that is nothing."""
    return slice(start := max(one.start, other.start), max(start, min(one.stop, other.stop)))


def find_grounds(
    page: PageMap, field: Field, left_out: Mask, boxes: tuple[Rectangle, ...] = ()
) -> list[Ground]:
    """Return the tinted and dark grounds of a page, each by itself.

    Args:
        page: its map.
        field: its paper by cells, (h, w, 3).
        left_out: cells that are off the sheet.
        boxes: grounds that their sides tell, which come first.
    """
    cells = (page.has(Kind.PANEL) | page.has(Kind.DARK)) & ~left_out
    parts = components(cells)
    if not (parts.area >= LEAST_CELLS).any() and not boxes:
        return []
    light = divided(page, field)
    found = grounds_in(page, light, boxes)
    taken = np.zeros(cells.shape, np.bool_)
    for told in found:
        taken |= spread(told.cells, 1)
    for number in np.argsort(-parts.area):
        if parts.area[number] < LEAST_CELLS:
            break
        own = parts.mask(np.arange(len(parts.area)) == number, cells.shape)
        first = len(found)
        for _ in range(MOST_TINTS):  # panels that touch are one piece of the map
            own &= ~taken
            if np.count_nonzero(own) < LEAST_CELLS:
                break
            ground = _ground(page, light, own)
            if ground is None or any(ground.is_print_of(other) for other in found[first:]):
                break
            found.append(ground)
            taken |= ground.cells
    return joined(found, page)


def grounds_in(page: PageMap, light: Field, boxes: tuple[Rectangle, ...]) -> list[Ground]:
    """Return the grounds in rectangles, the smallest first; what two share belongs to it.

    Args:
        page: the map.
        light: the small picture over its paper, (h', w', 3).
        boxes: px of the small picture.
    """
    found = []
    free = np.ones(page.picture, np.float32)
    for box in sorted((*boxes, *shared(boxes)), key=lambda box: box.area):
        y = slice(max(0, box.top - 2), min(page.picture[0], box.bottom + 2))
        x = slice(max(0, box.left - 2), min(page.picture[1], box.right + 2))
        inside = np.zeros(page.picture, np.float32)
        inside[box.top : box.bottom, box.left : box.right] = 1
        full = inside * free
        if np.count_nonzero(full) < LEAST_CELLS * CELL * CELL:
            continue
        free -= full
        values = light[full > 0]
        tint = commonest(values)
        if np.abs(255 - tint).max() >= 4:
            placed, cover = _on_page(page, y, x), (full[y, x] * 255).astype(np.uint8)
            cells = by_cells(full, page.shares.shape[1:]) >= 0.5
            found.append(
                Ground(placed, cover, cells, tint, ink_on(light[y, x], full[y, x] > 0, tint))
            )
    return found


def divided(page: PageMap, field: Field) -> Field:
    """Return the small picture over its paper, (h', w', 3) float32, paper 255."""
    paper = cropped(enlarged(field, (CELL * field.shape[0], CELL * field.shape[1])), page)
    return np.asarray(np.clip(page.seen * (255 / np.maximum(paper, 1)), 0, 320), np.float32)


def cropped(values: NDArray[np.generic], page: PageMap) -> NDArray[np.float32]:
    """Return what lies within the small picture of values by pixels of its cells."""
    return np.asarray(values[: page.picture[0], : page.picture[1]])


def _fine(cells: Mask, page: PageMap) -> Mask:
    """Return cells as pixels of the small picture."""
    return np.asarray(cropped(np.repeat(np.repeat(cells, CELL, 0), CELL, 1), page), np.bool_)


def _ground(page: PageMap, light: Field, own: Mask) -> Ground | None:
    """Measure the ground that these cells, (h, w), show most of; None where it is paper."""
    grown = spread(own, 2)
    rows, columns = (np.flatnonzero(grown.any(axis)) for axis in (1, 0))
    y = slice(rows[0] * CELL, min(page.picture[0], (rows[-1] + 1) * CELL))
    x = slice(columns[0] * CELL, min(page.picture[1], (columns[-1] + 1) * CELL))
    seen, inside = light[y, x], _fine(own, page)[y, x]
    values = seen[inside]
    tint = commonest(values)
    if not float(np.abs(255 - tint).max()) >= 4:
        return None
    near = min(NEAR, float(np.abs(255 - tint).max()) / 3)
    ground = without_strokes(seen, tint)
    off = np.abs(ground - tint).max(2)
    cover = np.clip((near - off) / (0.5 * near) + 0.5, 0, 1) * _fine(grown, page)[y, x]
    if (
        not (cover > 0.5).any()
        or step_at_edge(ground, cover > 0.5) < STEEP * np.abs(255 - tint).max()
    ):
        return None
    full = np.zeros(page.picture, np.float32)
    full[y, x] = cover
    filled = by_cells(full, own.shape) >= 0.5
    ink = ink_on(seen, cover > 0.5, tint)
    cells = filled | own & (by_cells(full, own.shape) > 0.2)
    return Ground(_on_page(page, y, x), (cover * 255).astype(np.uint8), cells, tint, ink)


def _on_page(page: PageMap, y: slice, x: slice) -> Box:
    """Return a box of the small picture as one of the page."""
    rows, columns = (
        slice(round(side.start * scale), min(length, round(side.stop * scale)))
        for side, scale, length in (
            (y, page.height / page.picture[0], page.height),
            (x, page.width / page.picture[1], page.width),
        )
    )
    return rows, columns


def joined(grounds: list[Ground], page: PageMap) -> list[Ground]:
    """Return grounds with no paper between those that touch: each reaches under the next ones.

    Where paper begins, a rim is laid.
    """
    whole = np.zeros(page.picture, np.uint8)
    made: list[Ground] = []
    for ground in reversed(grounds):
        here = _in_picture(ground, page)
        later = whole[here]
        under = np.minimum(later, widest(ground.cover, 2 * SEAM + 1))
        made.append(replace(ground, cover=np.maximum(ground.cover, under)))
        if not ground.is_pale:
            whole[here] = np.maximum(later, ground.cover)
    soft = np.asarray(Pillow.fromarray(whole).filter(ImageFilter.BoxBlur(1)), np.uint8)
    edge = np.where((soft > 0) & (soft < 255), np.uint8(255), np.uint8(0))
    return [replace(ground, rim=edge[_in_picture(ground, page)]) for ground in reversed(made)]


def _in_picture(ground: Ground, page: PageMap) -> Box:
    """Return the box of a ground on the small picture."""
    rows, columns = (
        slice(first := round(side.start * seen / length), first + high)
        for side, seen, length, high in zip(
            ground.box, page.picture, (page.height, page.width), ground.cover.shape, strict=True
        )
    )
    return rows, columns
