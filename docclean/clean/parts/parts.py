"""What is not text: kept as it came while the text around it is cleaned."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.clean.parts.bands import stretches, thin_harms
from docclean.clean.parts.grounds_by_sides import with_rectangles
from docclean.clean.parts.light import coloured_ink, rolled
from docclean.clean.parts.rims import without_paper
from docclean.clean.parts.seen import Mask, Seen
from docclean.clean.parts.wish import WISH, Wish
from docclean.clean.type_size import resized
from docclean.imageops.blank import pooled
from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.imageops.packed import Packed, is_large
from docclean.page import LUMA, Image, Page
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.page_map import PageMap
from docclean.regions.reader import shrunk

BAND = 256
"""Rows that are put together at a time."""
FEWER = 1_000_000
"""Pixels of a large page that are."""
SURE_TEXT, FAINT_INK, LEFT, WORD = 150, 45.0, 0.35, 4
"""Share, of 255, from which a cell is surely text; grey levels of its ink, 255 as light as paper,
from which there is something to lose; share of them that must be left; cells of a lost word."""


@dataclass(frozen=True, eq=False)
class Parts(Seen):
    """The parts of a page that are no text on paper, and how they are put together again.

    Attributes:
        wish: how they are to be shown.
        drawn: the map as the network drew it, where the sides of rectangles have changed it.
    """

    wish: Wish = WISH
    drawn: PageMap | None = None

    @classmethod
    def of(cls, page: Page, found: PageMap, wish: Wish = WISH) -> "Parts":
        """Return the parts that the map of a page and the sides of rectangles on it tell."""
        whole, boxes = with_rectangles(found)
        return cls(page, whole, wish, found if boxes else None, boxes=boxes)

    def unsure(self, cleaned: Image) -> Mask:
        """Return the cells whose text the network nearly erased: they stay as they came, evened.

        Args:
            cleaned: the network's page, dark on white, of any size.
        """
        light = np.clip(self.light @ np.asarray(LUMA, np.float32), 0, 255).astype(np.uint8)
        seen, made = smooth(light), smooth(shrunk(cleaned, self.map.picture))
        # the lightest of a stain is the stain's own grey
        ink = pooled(seen, np.maximum).astype(np.float32) - pooled(seen, np.minimum)
        left = 255 - pooled(made, np.minimum).astype(np.float32)
        # the edge of a ground is no ink
        elsewhere = self.off | self.kept | spread(self.tinted, 1) | spread(self.stamps, 1)
        written = self.map.has(Kind.TEXT, SURE_TEXT) & ~elsewhere
        erased = written & (ink >= FAINT_INK) & (left < LEFT * ink)
        found = components(erased)
        words = found.mask(found.area >= WORD, erased.shape)  # a letter's crumb is no reason
        return spread(words, 1) & ~self.tinted

    def harmed(self, shown: Page) -> tuple[Mask, ...]:
        """Return the cells of each picture, panel, stamp and code that did not come out whole.

        A code that lies on a tint was cleaned with it. No limit of greys tells whether it can
        still be read (one that could not had 0.97 of 1), and to put it back costs nothing.
        """
        coded = self.map.has(Kind.CODE).any()
        if not (self.pictures.any() or self.grounds or self.stamps.any() or coded):
            return ()
        cells = []
        for harm, part in thin_harms(self.page, shown, self._without_rims()):
            own = part.cells
            doubted = harm.kind is Kind.PANEL and not (own & self.tinted).any()
            whole = harm.is_whole and not (harm.kind is Kind.CODE and (own & ~self.kept).any())
            if not whole and not doubted and not self._wished(harm.kind):
                cells.append(spread(own, 1) & ~self.off)
        return (*cells, *self._pictures_on_grounds(shown))

    def _without_rims(self) -> PageMap:
        """Return the map without pictures where there is only paper about them."""
        shares = self.map.shares.copy()
        shares[MARKS.index(Kind.PICTURE)][~self.pictures & self.blank] = 0
        return replace(self.map, shares=shares)

    def _pictures_on_grounds(self, shown: Page) -> list[Mask]:
        """Return the cells of grounds that the network takes for pictures, which were harmed."""
        if self.drawn is None or self.wish.tone:
            return []
        harmed = np.zeros(self.off.shape, np.bool_)
        for harm, part in thin_harms(self.page, shown, self.drawn):
            on_ground = part.kind is Kind.PICTURE and (part.cells & self.tinted).any()
            if on_ground and not harm.is_whole:
                harmed |= part.cells
        return [ground.cells for ground in self.grounds if (ground.cells & harmed).any()]

    def put_back(
        self,
        page: Page,
        cleaned: Image | Packed,
        unsure: Mask,
        harmed: tuple[Mask, ...],
        *,
        over: bool = False,
    ) -> Page:
        """Return the page to be kept with harmed parts as they came, each in one light.

        Where the light is told wrong under a part, what is evened by it is harmed, too.

        Args:
            page: the cleaned page, see `shown`.
            cleaned: its luma as the network made it.
            unsure: cells of text that stay as they came.
            harmed: the cells of each harmed part.
            over: lay parts over the very pixels of `page`; else over a copy.
        """
        again = replace(self, level=harmed)
        tints = [cells for cells in harmed if not (cells & self.pictures).any()]
        tinted = np.any([np.zeros_like(unsure), *tints], axis=0)
        back = without_paper(np.any(harmed, axis=0), self.blank, tinted, rim=2)
        return again.shown(page, cleaned, unsure | back, over=over)

    def _wished(self, kind: Kind) -> bool:
        """Say whether it was asked for that such parts change."""
        if kind is Kind.CODE:
            return False
        return self.wish.tone or (kind is Kind.STAMP and not self.wish.stamps)

    def told(self, unsure: Mask, harmed: tuple[Mask, ...]) -> dict[str, float]:
        """Return what is told of the parts: shares of the page, 0..1, nothing for nothing."""
        dark = np.zeros(self.off.shape, np.bool_)
        for ground in self.grounds:
            dark |= ground.cells & ground.is_dark
        shares = {
            "pictures": self.pictures,
            "stamps": self.stamps,
            "panels": self.tinted & ~dark,
            "light_text": dark,
            "codes": self.codes,
            "off_sheet": self.off,
            "left_faint": unsure,
            "put_back": np.any((np.zeros_like(unsure), *harmed), axis=0),
        }
        return {name: round(float(mask.mean()), 4) for name, mask in shares.items() if mask.any()}

    def touches(self, unsure: Mask) -> bool:
        """Say whether anything is to be laid over the cleaned page, or its paper keeps its tone."""
        return self.wish.tone or self.has_parts or bool(unsure.any())

    def shown(
        self, page: Page, cleaned: Image | Packed, unsure: Mask, *, over: bool = False
    ) -> Page:
        """Return the page to be kept: the parts laid over the page whose text was cleaned.

        Args:
            page: the cleaned page, of the shape of the one that came.
            cleaned: its luma as the network made it, dark on white everywhere, (H, W).
            unsure: cells of text that stay as they came.
            over: lay them over the very pixels of `page`; else over a copy.
        """
        pixels = page.pixels if over else page.pixels.copy()
        for ground in self.grounds:
            if not ground.is_pale:
                ground.lay(pixels, cleaned)
        kept = self.kept | unsure
        if kept.any() or self.stamps.any() or self.off.any():
            self._lay(pixels, kept)
        if self.wish.tone:
            self._tint(pixels)
        return page.with_pixels(pixels)

    def _tint(self, pixels: Image) -> None:
        """Give white paper the tone that the sheet has on the whole."""
        tone = np.median(self.field[~self.off], 0) / 255 if not self.off.all() else np.ones(3)
        if pixels.ndim == 2:
            tone = tone @ np.asarray(LUMA)
        for top in range(0, len(pixels), BAND):
            rows = pixels[top : top + BAND]
            rows[:] = np.clip(rows * tone + 0.5, 0, 255).astype(np.uint8)

    def _lay(self, pixels: Image, kept: Mask) -> None:
        """Lay pictures, codes, stamps and what is off the sheet over `pixels`, in bands of rows."""
        shape = pixels.shape[:2]
        cells = (kept, spread(self.stamps, 1), self.beyond)
        whole = None if is_large(shape) else [self.over(mask, shape) for mask in cells]
        high = BAND if whole else max(1, FEWER // shape[1])
        for top in range(0, shape[0], high):
            rows = slice(top, min(shape[0], top + high))
            if whole is None:
                masks = [self.within(mask, shape, rows) for mask in cells]
            else:
                masks = [mask[rows] for mask in whole]
            for columns in stretches(masks):
                box = (rows, columns)
                here = self._laid(pixels[box], box, *(mask[:, columns] for mask in masks))
                pixels[box] = np.clip(here + 0.5, 0, 255).astype(np.uint8)

    def _laid(
        self, pixels: Image, box: tuple[slice, slice], keep: Image, stamp: Image, off: Image
    ) -> NDArray[np.float32]:
        """Return a box of the page with its parts laid over it, float32 0..255.

        Args:
            pixels: of the box, as they are without.
            box: rows and columns of the page.
            keep: what stays as it came, (h, w) uint8 0..255.
            stamp: where coloured ink does.
            off: what is off the sheet.
        """
        here = pixels.astype(np.float32)
        if keep.any() or stamp.any():
            here += self._own_share(here, box, keep, stamp)
        white = off.astype(np.float32) / 255
        ground = self.page.pixels[box] if self.wish.desk else np.float32(255)
        return np.asarray(here + (white[..., None] if here.ndim == 3 else white) * (ground - here))

    def _own_share(
        self, here: NDArray[np.float32], box: tuple[slice, slice], keep: Image, stamp: Image
    ) -> NDArray[np.float32]:
        """Return what the page as it came adds to a box; coloured ink may be taken out of it."""
        even = self.evened(*box)
        share = keep.astype(np.float32)[..., None] / 255
        if even.shape[2] == 3 and stamp.any():
            inked = (coloured_ink(even) * (stamp / np.float32(255)))[..., None]
            if self.wish.stamps:
                share = np.maximum(share, inked)
            else:
                here += np.minimum(1, 3 * inked) * (255 - here)  # soft edges too
        if here.ndim == 2:
            even, share = even[..., 0], share[..., 0]
        return np.asarray(share * (even - here), np.float32)

    def evened(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a box of the page over its paper, (h, w, 3 or 1), 0..255, whites rolled off.

        Nothing is darker than it came: the white of a drawing on white paper is white.
        """
        here = self.page.pixels[rows, columns].astype(np.float32)
        field = self.paper(rows, columns)
        if here.ndim == 2:
            here, field = here[..., None], (field @ np.asarray(LUMA, np.float32))[..., None]
        return np.maximum(rolled(np.asarray(here / np.maximum(field, 1), np.float32)), here)

    def reading(self, read: Image, unsure: Mask) -> Image:
        """Return the page to be read, (h, w) uint8: no desk, no codes, pictures in even light.

        Args:
            read: the network's page, at the size it is read at.
            unsure: cells of text that are read as they came.
        """
        out, shape = read, read.shape
        as_it_came = self.pictures | unsure
        if as_it_came.any():
            cover = self.over(as_it_came, shape) >= 128
            out = np.where(cover, resized(self._even_luma(), shape), out)
        white = self.beyond | self.codes
        if white.any():
            out = np.where(self.over(white, shape) >= 128, np.uint8(255), out)
        if not self.page.is_grey and self.crossed.any():
            out = np.where(self._ink_over_print(shape) >= 128, np.uint8(255), out)
        return out

    def _even_luma(self) -> Image:
        """Return the luma of the page over that of its paper, (H, W) uint8."""
        luma = np.empty(self.page.pixels.shape[:2], np.uint8)
        for top in range(0, self.page.height, BAND):
            rows = slice(top, min(self.page.height, top + BAND))
            even = self.evened(rows, slice(0, self.page.width))
            grey = even[..., 0] if even.shape[2] == 1 else even @ np.asarray(LUMA, np.float32)
            luma[rows] = np.clip(grey + 0.5, 0, 255).astype(np.uint8)
        return luma

    def _ink_over_print(self, shape: tuple[int, ...]) -> Image:
        """Return how surely each pixel of a page to be read is coloured ink over print, 0..255."""
        cover = self.over(spread(self.crossed, 1), self.page.pixels.shape).copy()
        for top in range(0, self.page.height, BAND):
            rows = slice(top, min(self.page.height, top + BAND))
            for columns in stretches([cover[rows]]):
                inked = coloured_ink(self.evened(rows, columns))
                cover[rows, columns] = (cover[rows, columns] * inked).astype(np.uint8)
        return resized(cover, shape)


def smooth(grey: Image) -> Image:
    """Return a picture, (h, w) uint8, without its grain: means of 3 x 3 px."""
    return np.asarray(Pillow.fromarray(grey).filter(ImageFilter.BoxBlur(1)), np.uint8)
