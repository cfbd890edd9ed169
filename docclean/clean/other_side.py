"""The other side of the sheet: print that shines through goes, for the page knows both inks.

A network makes the back as dark as ink where it sees none of the front beside it. Paper spreads
what shines through: it is paler than the front's ink and, which no faint ink is, softer at its
edges. A page has another side only where marks are of one kind or the other: where many lie
between, the page is unevenly inked, or its focus falls off. What is told from what the network
left is painted over with paper on the page as it came, and the page is cleaned again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.clean.parts.parts import Parts
from docclean.clean.work import Work
from docclean.imageops.blank import averaged, pooled
from docclean.imageops.by_boxes import Grey, whole
from docclean.imageops.components import Components, components
from docclean.imageops.morphology import spread, widest
from docclean.page import Image, Page
from docclean.regions.page_map import PageMap

FINENESS = 8
"""Blocks to an x-height of the picture in which marks are looked for."""
MARK = 230
"""Grey of the cleaned page below which there is a mark."""
LETTER, WIDE = (0.6, 3.0), 4.0
"""Height of marks that may be letters, least and most, and their width at most, in x-heights."""
INK, USUAL, LEAST_INKED = 0.95, 0.7, 20
"""Quantile of how dark letters were that is the ink of the front; share of it from which a letter
is of the front; and letters of the front without which nothing is known of its ink."""
PALE, SOFT = 0.62, 0.72
"""Shares of the ink, and of the sharpness usual for it, below both of which a mark is of the back.
Of the letters of 19 generated pages with a back hardly one in a hundred of the front was below
both, and 95 in a hundred of the back were."""
DARK, SHARP, MOST_BETWEEN = 0.75, 0.8, 0.6
"""Share of the ink from which a mark is dark, share of the sharpness below which it is not sharp,
and marks that are soft and no paler, or neither dark nor soft, for one of the back at most."""
BESIDE, AMONG = 8, 0.1
"""x-heights within which a mark of the back has a sharp one beside it, and share of them that have:
where focus falls off the soft and the sharp lie apart."""
LEAST_BACK, LEAST_SHARE, CLEARLY, MANY = 10, 0.02, 0.5, 0.1
"""Letters of the back that a page has at least, and as a share of all; share of the sharpness usual
below which half of them are, or else they are so large a share: crumbs of grain are as pale, hardly
soft and few."""
STROKE, SEEN, RIM, NEAR = 0.1, 0.03, 2, 4
"""How much darker than paper a mark of the back is, and what is painted over of its edges; blocks
about ink in which nothing is, and blocks about a mark in which its edges are."""
LIGHT, TONE_CELL, LEAST_PLAIN = 0.8, 32, 0.05
"""Share of the lightest paper from which a pixel is paper; side in px of the cells of which the
paper's tone is taken, and share of a cell that is paper for it to have one."""
MOST_OVER = 0.35
"""Share of a page that its back covers at most: where it is more, the grain of the paper is soft
and pale, too, and only marks that the network left are told."""
MOST_BLOCKS = 16_000_000
"""Blocks of a picture at most: a larger one has no letters large enough to tell by."""
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Front:
    """The ink of the side that is read.

    Attributes:
        ink: how much darker than its paper, 0..1.
        sharp: its steepest step from block to block, as a share of that.
        back: blocks where a network left marks of the other side, (h, w).
    """

    ink: float
    sharp: float
    back: Mask

    def is_back(self, ink: Floats, sharp: Floats) -> Mask:
        """Say which marks are of the other side, by how dark and how sharp they are."""
        return (ink < PALE * self.ink) & (sharp < SOFT * self.sharp)


def without_other_side(
    work: Work, look: Callable[[Page], PageMap] | None, cleaned_anew: Callable[[Work], Work]
) -> Work:
    """Return the work with the other side of the sheet gone; itself where none shines through.

    Args:
        work: a page that the network has cleaned.
        look: draws the map of another page; None: nobody looks.
        cleaned_anew: cleans another page in its place.
    """
    front = front_of(work.raw, work.cleaned, work.scale * work.x_height)
    if front is None:
        return work
    back = back_of(whole(work.grey), work.x_height, front, work.parts)
    page = work.page.with_pixels(_papered(work.page.pixels, back))
    grey, parts = page.grey(), work.parts
    if parts is not None and look is not None:
        parts = Parts.of(page, look(page), parts.wish)
        grey = whole(parts.positive(grey))
    share = round(float(back.mean()), 4)
    done = cleaned_anew(replace(work, page=page, grey=grey, parts=parts, other_side=share))
    # crumbs tell of letters that broke, and here they are what is left of the back
    return replace(done, measures=replace(done.measures, crumbs=0.0))


def front_of(raw: Grey, cleaned: Image, x_height: float) -> Front | None:
    """Return the ink of the front of a page where its back shines through; else None.

    Args:
        raw: the page as it came, (H, W) uint8.
        cleaned: the network's page, same shape.
        x_height: height of its small letters in px; 0: no text.
    """
    block = int(x_height / FINENESS)
    if block < 1 or cleaned.size > MOST_BLOCKS * block**2:
        return None
    found = components(pooled(cleaned, np.minimum, block) < MARK)
    tall = (found.height >= LETTER[0] * FINENESS) & (found.height <= LETTER[1] * FINENESS)
    letters = tall & (found.width <= WIDE * FINENESS)
    if np.count_nonzero(letters) < LEAST_INKED:
        return None
    seen = averaged(raw, block)
    every = _inks(found, seen, _paper(seen))
    ink, sharp = (value[letters] for value in every)
    usual = float(np.quantile(ink, INK))
    inked = ink > USUAL * usual
    if np.count_nonzero(inked) < LEAST_INKED:
        return None
    front = Front(usual, float(np.median(sharp[inked])), np.zeros(seen.shape, np.bool_))
    back = front.is_back(ink, sharp)
    pale, soft = ink < DARK * front.ink, sharp < SHARP * front.sharp
    count, between = np.count_nonzero(back), np.count_nonzero(~back & soft)
    if count < LEAST_BACK or between > MOST_BETWEEN * count:
        return None
    clear = float(np.median(sharp[back])) < CLEARLY * front.sharp
    if count < (LEAST_SHARE if clear else MANY) * len(ink):
        return None
    rows = (found.top + found.bottom)[letters] // 2 // FINENESS
    columns = (found.left + found.right)[letters] // 2 // FINENESS
    cells = np.zeros([side // FINENESS + 1 for side in seen.shape], np.bool_)
    cells[rows[~pale & ~soft], columns[~pale & ~soft]] = True
    among = spread(cells, BESIDE)[rows[back], columns[back]]
    if among.mean() < AMONG:
        return None
    return replace(front, back=found.mask(front.is_back(*every), seen.shape))


def back_of(grey: Image, x_height: float, front: Front, parts: Parts | None = None) -> Mask:
    """Return which pixels of a page, (H, W) uint8, show its back alone.

    Args:
        grey: the page as it came.
        x_height: height of its small letters, px.
        front: its ink.
        parts: pictures, codes, tints and coloured ink among them are left alone.
    """
    block = max(1, int(x_height / FINENESS))
    seen = averaged(grey, block)
    paper = _paper(seen)
    depth = 1 - seen / paper
    inked = spread(depth > USUAL * front.ink, RIM) | _spared(parts, seen.shape)
    found = components((depth > STROKE) & ~inked)
    soft = front.is_back(*_inks(found, seen, paper))
    back, other = (found.mask(kind, seen.shape) for kind in (soft, ~soft))
    back |= spread(back, NEAR) & (depth > SEEN) & ~inked & ~spread(other, RIM)
    if back.mean() > MOST_OVER:
        back[:] = False
    back |= spread(_resized(front.back, seen.shape), RIM) & ~inked
    rows = np.repeat(back, block, 0)[: grey.shape[0]]
    return np.repeat(rows, block, 1)[:, : grey.shape[1]]


def _spared(parts: Parts | None, shape: tuple[int, ...]) -> Mask:
    """Return the blocks of what is no print on paper."""
    if parts is None:
        return np.zeros(shape, np.bool_)
    return _resized(spread(parts.kept | parts.tinted | parts.coloured | parts.off, 1), shape)


def _resized(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Return a mask at another size."""
    high, wide = shape
    sized = Pillow.fromarray(mask).resize((wide, high), Pillow.Resampling.NEAREST)
    return np.array(sized, np.bool_)


def _papered(pixels: Image, back: Mask) -> Image:
    """Return a page, (H, W) or (H, W, 3) uint8, with paper where its back was seen."""
    out = pixels.copy()
    channels = out[..., None] if out.ndim == 2 else out
    for channel in range(channels.shape[2]):
        here = channels[..., channel]
        np.copyto(here, _tone(here, back), "unsafe", where=back)
    return out


def _tone(grey: Image, back: Mask) -> NDArray[np.float32]:
    """Return the mean of the paper around each pixel, (H, W): of what is neither back nor ink."""
    lightest = _paper(grey).astype(np.float32)
    plain = (~back & (grey > LIGHT * lightest)).astype(np.float32)
    high, wide = (max(1, side // TONE_CELL) for side in grey.shape)
    share, light, paper = (
        np.asarray(Pillow.fromarray(one).resize((wide, high), Pillow.Resampling.BOX))
        for one in (plain, plain * grey, lightest)
    )
    tone = np.where(share > LEAST_PLAIN, light / np.maximum(share, LEAST_PLAIN), paper)
    sized = Pillow.fromarray(tone.astype(np.float32))
    return np.asarray(sized.resize(grey.shape[::-1], Pillow.Resampling.BILINEAR))


def _paper(seen: Image) -> Floats:
    """Return the lightest that lies around each pixel, (H, W), without steps, 1..255."""
    cells = widest(pooled(seen, np.maximum, FINENESS), 3)
    sized = Pillow.fromarray(cells).resize(seen.shape[::-1], Pillow.Resampling.BILINEAR)
    return np.maximum(np.asarray(sized, np.float64), 1)


def _inks(found: Components, seen: Image, paper: Floats) -> tuple[Floats, Floats]:
    """Return how much darker each mark is than its paper, 0..1, and its steepest step over that."""
    around = paper[(found.top + found.bottom) // 2, (found.left + found.right) // 2]
    depth = np.maximum(around - found.least(seen), 1)
    return depth / around, found.greatest(_steps(seen)) / depth


def _steps(seen: Image) -> Image:
    """Return the greatest difference of each pixel, (H, W) uint8, from its four neighbours."""
    steps = np.zeros(seen.shape, np.uint8)
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        step = np.maximum(seen[one], seen[other]) - np.minimum(seen[one], seen[other])
        for side in (one, other):
            np.maximum(steps[side], step, out=steps[side])
    return steps
