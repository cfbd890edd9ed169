"""What is seen on a page beside text: the map, made sure of by colours and by what joins what."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.clean.parts.grounds import Ground, divided, find_grounds
from docclean.clean.parts.light import COLOURFUL, chroma
from docclean.clean.parts.paper_field import Field, by_cells, paper_field
from docclean.clean.parts.rectangles import Rectangle
from docclean.clean.parts.rims import without_paper
from docclean.clean.type_size import LEAST_LETTERS, bands, x_height_of
from docclean.imageops.blank import pooled
from docclean.imageops.by_boxes import ByBoxes, Grey
from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.imageops.packed import is_large
from docclean.page import LUMA, Image, Page
from docclean.regions.kinds import Kind
from docclean.regions.off_sheet import near_letters, off_sheet
from docclean.regions.page_map import CELL, PageMap

Mask = NDArray[np.bool_]
LEAST_CELLS = {Kind.PICTURE: 9, Kind.CODE: 4}
"""Cells of the smallest picture and code."""
MOSTLY, LITTLE = 0.55, 0.03
"""Share of the sheet that is picture from which the page is one, and that may be text beside it."""
PRINT = 0.78
"""Light over that of the paper below which print shows before anything is cleaned."""
MOST_COLOURED = 0.1
"""Share of the page that may hold coloured ink which the map does not take for stamps."""
BLANK, PAPER, PLAIN = 226, 242, 8.0
"""Grey, 255 as light as the paper, from which all channels of a blank cell are and from which it is
in the mean, and the mean distance between its channels: less light, or a colour, is a tint."""
INKED = 0.04
"""Share of a cell that is coloured ink, or dark ink without a colour, for it to have such."""
NEUTRAL, DARK_INK = 24.0, 110.0
"""Distance between channels and grey, 255 as light as the paper, below which ink has no colour."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is on a page, by cells of its map.

    Attributes:
        page: the page as it came.
        map: what is where on it.
        boxes: grounds that their sides tell, px of the small picture of the map.
        level: cells under each of which the paper counts as of one light, however it was told.
    """

    page: Page
    map: PageMap
    boxes: tuple[Rectangle, ...] = dataclasses.field(default=(), kw_only=True)
    level: tuple[Mask, ...] = dataclasses.field(default=(), kw_only=True)

    @cached_property
    def field(self) -> Field:
        """The paper's colour by cells, (h, w, 3)."""
        return paper_field(self.map)

    @cached_property
    def shade(self) -> Field:
        """The paper's colour by cells, (h, w, 3), of one light under each of `level`."""
        shade = self.field.copy()
        for cells in self.level:
            shade[cells] = self.field[cells].mean(0)
        return shade

    @cached_property
    def grounds(self) -> list[Ground]:
        """Tinted and dark grounds."""
        return find_grounds(self.map, self.field, self.off, self.boxes)

    @cached_property
    def off(self) -> Mask:
        """Cells off the sheet: joined to the rim of the picture and to sure ones, no text near."""
        return off_sheet(self.map)

    @cached_property
    def beyond(self) -> Mask:
        """Cells that go white with the desk: those off the sheet and the strip beside them.

        A cell that the sheet's edge cuts is half desk. What is printed, stamped or tinted stays.
        """
        light = spread(self.map.has(Kind.DARK, 60), 1)
        stays = near_letters(self.map) | light | self.kept | self.tinted | self.stamps
        return self.off | (spread(self.off, 1) & ~stays)

    def cells(self, kind: Kind) -> Mask:
        """Return the cells of pictures or codes, without specks of them or what is one tint."""
        found = components(closed(self.map.has(kind)) & ~self.off & ~self.tinted)
        cells = found.mask(found.area >= LEAST_CELLS[kind], self.off.shape)
        return without_paper(cells, self.blank)

    @cached_property
    def blank(self) -> Mask:
        """Cells of nothing but paper."""
        darkest = np.clip(self.light.min(2), 0, 255).astype(np.uint8)
        light = by_cells(np.asarray(self.light @ np.asarray(LUMA, np.float32)), self.off.shape)
        plain = by_cells(chroma(self.light), self.off.shape) < PLAIN
        whole = pooled(darkest, np.minimum, CELL) >= BLANK
        return np.asarray(whole & plain & (light >= PAPER))

    @cached_property
    def pictures(self) -> Mask:
        """Cells of pictures."""
        return self.cells(Kind.PICTURE)

    @cached_property
    def codes(self) -> Mask:
        """Cells of codes."""
        return self.cells(Kind.CODE)

    @cached_property
    def light(self) -> Field:
        """The small picture over its paper, (h', w', 3), paper 255."""
        return divided(self.map, self.field)

    @cached_property
    def coloured(self) -> Mask:
        """Cells with ink of a colour in them."""
        if self.page.is_grey:
            return np.zeros(self.off.shape, np.bool_)
        inked = (chroma(self.light) > COLOURFUL[1]).astype(np.float32)
        cells = (by_cells(inked, self.off.shape) > INKED) & ~self.off
        beside = cells & ~self.map.has(Kind.STAMP) & ~self.map.has(Kind.PICTURE)
        # colour nearly everywhere is that of stains and old paper
        return cells & self.map.has(Kind.STAMP) if beside.mean() > MOST_COLOURED else cells

    @cached_property
    def stamps(self) -> Mask:
        """Cells of stamps and pens: those the map shows, and coloured ink that is no dirt."""
        coloured = self.coloured & ~self.map.has(Kind.DIRT)
        return (self.map.has(Kind.STAMP, 90) | coloured) & ~self.off & ~self.kept & ~self.tinted

    @cached_property
    def kept(self) -> Mask:
        """Cells that stay as they came: pictures with their edges, and codes."""
        return (spread(self.pictures, 1) & ~self.blank) | self.pictures | self.codes

    @cached_property
    def tinted(self) -> Mask:
        """Cells of tinted and dark grounds."""
        cells = np.zeros(self.off.shape, np.bool_)
        for ground in self.grounds:
            cells |= ground.cells
        return cells

    @cached_property
    def crossed(self) -> Mask:
        """Cells in which coloured ink lies over print that has no colour."""
        grey = self.light @ np.asarray(LUMA, np.float32)
        plain = (chroma(self.light) < NEUTRAL) & (grey < DARK_INK)
        neutral = by_cells(plain.astype(np.float32), self.off.shape) > INKED
        return self.coloured & neutral & self.stamps & self.map.has(Kind.TEXT, 100)

    @property
    def has_parts(self) -> bool:
        """Whether there is more than text, paper, rules and dirt."""
        return bool((self.off | self.kept | self.stamps).any()) or bool(self.grounds)

    @cached_property
    def is_picture(self) -> bool:
        """Whether the sheet is one picture with hardly any text beside it."""
        sheet = ~self.off
        beside = self.map.has(Kind.TEXT) & sheet & ~self.pictures
        most = np.count_nonzero(self.pictures) >= MOSTLY * np.count_nonzero(sheet)
        return bool(most and np.count_nonzero(beside) <= LITTLE * np.count_nonzero(sheet))

    def positive(self, grey: Image) -> Grey:
        """Return the luma (H, W) uint8 with every ground as light as the paper around it.

        Of a large page it is made by boxes, as they are looked at.
        """
        if not self.grounds:
            return grey
        if is_large(grey.shape):
            make = partial(self._positive, grey)
            return ByBoxes((grey.shape[0], grey.shape[1]), make)
        return self._positive(grey, slice(0, grey.shape[0]), slice(0, grey.shape[1]))

    def _positive(self, grey: Image, rows: slice, columns: slice) -> Image:
        """Return a box of the luma with every ground as light as the paper around it."""
        came = grey[rows, columns]
        made = came.copy()
        for ground in self.grounds:
            for band in ground.bands((rows, columns)):
                paper = self.paper(*band) @ np.asarray(LUMA, np.float32)
                here = tuple(
                    slice(side.start - box.start, side.stop - box.start)
                    for side, box in zip(band, (rows, columns), strict=True)
                )
                made[here] = ground.positive(came[here], made[here], band, paper)
        return made

    def letters(self, grey: Grey) -> float:
        """Return what the height of the small letters seems to be before anything is cleaned, px.

        Args:
            grey: luma of the page, (H, W) uint8; 0 is told where there are few letters.
        """
        looked_at = [self.two_toned(grey, rows) for rows in bands(grey.shape)]
        return x_height_of(looked_at, LEAST_LETTERS)

    def two_toned(self, grey: Grey, rows: slice) -> Image:
        """Return rows of the page with text much darker than its paper black, the rest white.

        Args:
            grey: luma of the page as it came, (H, W) uint8.
            rows: which of its rows.
        """
        window = rows, slice(0, grey.shape[1])
        paper = np.clip(self.field @ np.asarray(PRINT * np.array(LUMA), np.float32), 0, 255)
        dark = grey[rows] < self.map.within(paper.astype(np.uint8), window)
        cells = self._no_text
        if cells.any():
            dark &= self.map.within(cells.astype(np.uint8) * np.uint8(255), window) < 128
        return np.where(dark, np.uint8(0), np.uint8(255))

    def letters_left(self, cleaned: Image) -> float:
        """Return the height of the small letters of the network's page (H, W), px; 0: no text."""
        return x_height_of(self.text_only(cleaned, rows) for rows in bands(cleaned.shape))

    def text_only(self, cleaned: Image, rows: slice) -> Image:
        """Return rows of the network's page (H, W) with white where there is no text on paper."""
        left_out, own = self.left_out(cleaned.shape, rows), cleaned[rows]
        return own if left_out is None else np.where(left_out, np.uint8(255), own)

    def left_out(self, shape: tuple[int, ...], rows: slice) -> Mask | None:
        """Return which pixels of rows of a page say nothing of the text's dirt; None where all do.

        Args:
            shape: height and width of the page, px: its own, or enlarged.
            rows: which of its rows.
        """
        return self.within(self._no_text, shape, rows) >= 128 if self._no_text.any() else None

    @cached_property
    def _no_text(self) -> Mask:
        """Cells with anything else than text on paper."""
        return self.off | spread(self.pictures, 1) | self.codes | self.stamps

    def over(self, cells: Mask, shape: tuple[int, ...]) -> Image:
        """Return a mask by cells for each pixel, 0..255, interpolated."""
        return self.map.over(cells.astype(np.uint8) * np.uint8(255), (shape[0], shape[1]))

    def within(self, cells: Mask, shape: tuple[int, ...], rows: slice) -> Image:
        """Return rows of what `over` does: a mask of a large page is never held."""
        page = dataclasses.replace(self.map, height=shape[0], width=shape[1])
        values = cells.astype(np.uint8) * np.uint8(255)
        return page.within(values, (slice(*rows.indices(shape[0])[:2]), slice(0, shape[1])))

    def paper(self, rows: slice, columns: slice) -> Field:
        """Return the paper's colour in a box of the page, px, (h, w, 3), interpolated."""
        down, across = self.map.cell
        box = (columns.start / across, rows.start / down, columns.stop / across, rows.stop / down)
        return _cut(self.shade, box, (rows.stop - rows.start, columns.stop - columns.start))


def closed(cells: Mask) -> Mask:
    """Return cells, (h, w), with the gaps and holes of up to two cells in them filled."""
    wide = np.pad(cells, 2)
    return ~spread(~spread(wide, 2), 2)[2:-2, 2:-2]


def _cut(field: Field, box: tuple[float, float, float, float], shape: tuple[int, int]) -> Field:
    """Return a piece of a field, left, top, right, bottom in cells, at a shape, interpolated."""
    size = (shape[1], shape[0])
    high, wide = field.shape[:2]
    held = (box[0], min(box[1], high - 1e-3), min(box[2], wide), min(box[3], high))
    planes = [
        np.asarray(
            Pillow.fromarray(field[..., n]).resize(size, Pillow.Resampling.BILINEAR, box=held)
        )
        for n in range(field.shape[2])
    ]
    return np.stack(planes, 2)
