"""What became of the parts of a page that are no text: bleached, garbled, or whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.page import LUMA, Image
from docclean.regions.codes import Code, Decoder
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap

WHITE, BLACK = 250, 50
"""Grey from which a pixel is white, and below which it is black."""
COLOURED, STAYS = 70, 170
"""Distance between channels from which ink has a colour, and its darkest channel while it stays."""
LEAST_CELLS = {Kind.PICTURE: 9, Kind.PANEL: 9, Kind.STAMP: 9, Kind.CODE: 4}
"""What is measured, and the cells of the smallest."""
SURELY = 250
"""Share, of 255, from which a pixel between cells belongs to a part."""
QUIET = 8
"""Quiet zone given to a code that the map missed, one in so many of its longer side."""
LOOKED_AT = 500_000
"""Pixels of a part that are enough to measure it: of more, every second, third and so on."""
MOST_BLEACHED, LEAST_ALIKE, LEAST_INK = 0.05, 0.95, 0.85
"""Growth of the share of white, correlation of greys, and share of coloured ink that stays, from
which a part is whole."""
MOST_BLACKENED = 0.3
"""Growth of the share of black from which a panel is no longer a tint: grey letters on it that are
made black are less."""
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""top, bottom, left, right on the page, px; bottom and right excluded."""


@dataclass(frozen=True, eq=False)
class Part:
    """One picture, panel, stamp or code of a page as it came.

    Attributes:
        kind: what it is.
        box: where on the page, px.
        cells: (h, w), its cells of the map.
        inside: which pixels of the box belong to it.
        texts: of a code, what was read in it; empty where nothing was or nobody read.
    """

    kind: Kind
    box: Box
    cells: Mask
    inside: Mask
    texts: frozenset[str] = frozenset()

    @property
    def window(self) -> tuple[slice, slice]:
        """Its rows and columns of the page."""
        return slice(*self.box[:2]), slice(*self.box[2:])


@dataclass(frozen=True)
class Harm:
    """One part before and after.

    Attributes:
        kind: what it is.
        box: top, bottom, left, right on the page, px.
        white_before: share of its pixels that were white, 0..1.
        white_after: that are white now.
        greys: correlation of its greys before and after, -1..1.
        chroma: correlation of its distances between channels; 1 where it has no colours.
        ink: share of its coloured ink that still has its colour; 1 where it has none.
        blackened: growth of the share of black, -1..1.
        decoded: whether every code read in it before is read now; None where none was, or nothing
            here reads codes.
    """

    kind: Kind
    box: Box
    white_before: float
    white_after: float
    greys: float
    chroma: float
    ink: float
    blackened: float = 0.0
    decoded: bool | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the part came out whole."""
        bleached = self.white_after - self.white_before
        if self.kind is Kind.PICTURE:
            return bleached < MOST_BLEACHED and self.greys >= LEAST_ALIKE
        if self.kind is Kind.PANEL:
            even = bleached < MOST_BLEACHED or self.white_after > 1 - MOST_BLEACHED
            return even and self.blackened < MOST_BLACKENED
        if self.kind is Kind.STAMP:
            return self.ink >= LEAST_INK
        if self.kind is Kind.CODE:
            return self.greys >= LEAST_ALIKE if self.decoded is None else self.decoded
        return True


def harms(
    before: Image, after: Image, parts: Iterable[Part], decode: Decoder | None = None
) -> Iterator[tuple[Harm, Part]]:
    """Yield what became of every part of a page.

    Args:
        before: the page as it came, (H, W) or (H, W, 3) uint8.
        after: the page that is kept, of the same height and width.
        parts: of the page as it came, see `parts_of`.
        decode: reads the codes; None: they are judged by their greys alone.
    """
    for part in parts:
        one, other, thin = before[part.window], after[part.window], _every(part.inside)
        harm = measured(part.kind, part.box, one[thin], other[thin], part.inside[thin])
        if part.texts and decode is not None:
            harm = replace(harm, decoded=part.texts <= _texts(other, decode))
        yield harm, part


def parts_of(
    found: PageMap, before: Image | None = None, decode: Decoder | None = None
) -> tuple[Part, ...]:
    """Return every picture, panel, stamp and code of a page.

    Args:
        found: the map of the page as it came.
        before: the page itself, (H, W) or (H, W, 3) uint8, where codes are to be read.
        decode: reads codes: those that the map shows, and those that it missed.
    """
    parts = [part for kind in LEAST_CELLS for part in _on_map(found, kind)]
    if before is None or decode is None:
        return tuple(parts)
    parts = [_read(part, before, decode) if part.kind is Kind.CODE else part for part in parts]
    codes = [part.box for part in parts if part.kind is Kind.CODE]
    for code in decode(before):
        if not any(_meet(code.box, box) for box in codes):
            part = _read(_around(code, found), before, decode)
            if code.text in part.texts:
                parts.append(part)
    return tuple(parts)


def _on_map(found: PageMap, kind: Kind) -> Iterator[Part]:
    """Yield the parts of a kind that the map shows.

    The box of a code holds a cell more on each side: without its quiet zone it is not read.
    """
    own = found.has(kind)
    joined = spread(own, 1) if kind is Kind.CODE else own
    pieces = components(joined)
    down, across = found.cell
    for number in np.flatnonzero(pieces.area >= LEAST_CELLS[kind]):
        cells = pieces.mask(np.arange(len(pieces.area)) == number, own.shape) & own
        box = (
            int(pieces.top[number] * down),
            min(found.height, int(pieces.bottom[number] * down) + 1),
            int(pieces.left[number] * across),
            min(found.width, int(pieces.right[number] * across) + 1),
        )
        window = (slice(*box[:2]), slice(*box[2:]))
        inside = found.within(cells.astype(np.uint8) * np.uint8(255), window) >= SURELY
        if inside.any():
            yield Part(kind, box, cells, inside)


def _around(code: Code, found: PageMap) -> Part:
    """Return a code that the map missed as a part of the page, with a quiet zone."""
    top, bottom, left, right = code.box
    quiet = max(bottom - top, right - left) // QUIET + 1
    box = (
        max(0, top - quiet),
        min(found.height, bottom + quiet),
        max(0, left - quiet),
        min(found.width, right + quiet),
    )
    down, across = found.cell
    cells = np.zeros(found.shares.shape[1:], np.bool_)
    rows = slice(int(top / down), int(bottom / down) + 1)
    cells[rows, int(left / across) : int(right / across) + 1] = True
    inside = np.zeros((box[1] - box[0], box[3] - box[2]), np.bool_)
    inside[top - box[0] : bottom - box[0], left - box[2] : right - box[2]] = True
    return Part(Kind.CODE, box, cells, inside)


def _read(part: Part, before: Image, decode: Decoder) -> Part:
    return replace(part, texts=_texts(before[part.window], decode))


def _texts(pixels: Image, decode: Decoder) -> frozenset[str]:
    return frozenset(code.text for code in decode(pixels))


def _meet(one: Box, other: Box) -> bool:
    """Tell whether two boxes have a pixel in common."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _every(inside: Mask) -> tuple[slice, slice]:
    """Return which pixels of a part, (h, w), are looked at: all, or of a large one enough."""
    step = max(1, int(np.sqrt(np.count_nonzero(inside) / LOOKED_AT)))
    every = slice(None, None, step)
    return every, every


def measured(kind: Kind, box: Box, before: Image, after: Image, inside: Mask) -> Harm:
    """Measure one part.

    Args:
        kind: what it is.
        box: where on the page.
        before: its pixels as they came, (h, w) or (h, w, 3).
        after: those that are kept.
        inside: (h, w), which of them belong to it.
    """
    one, other = _luma(before)[inside], _luma(after)[inside]
    chroma, ink = 1.0, 1.0
    if before.ndim == 3:
        now = after if after.ndim == 3 else np.repeat(after[..., None], 3, 2)
        was, then = np.ptp(before[inside], axis=1), np.ptp(now[inside], axis=1)
        coloured = was > COLOURED
        if coloured.any():
            ink = float(np.mean(now[inside][coloured].min(1) < STAYS))
            chroma = _alike(was, then)
    return Harm(
        kind,
        box,
        float(np.mean(one >= WHITE)),
        float(np.mean(other >= WHITE)),
        _alike(one, other),
        chroma,
        ink,
        float(np.mean(other < BLACK) - np.mean(one < BLACK)),
    )


def _luma(pixels: Image) -> NDArray[np.float32]:
    grey = pixels if pixels.ndim == 2 else pixels @ np.asarray(LUMA, np.float32)
    return np.asarray(grey, np.float32)


def _alike(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Return the correlation of two rows of numbers; 1 where the first has no spread."""
    a, b = (np.asarray(row, np.float64) for row in (one, other))
    if a.std() < 1:
        return 1.0
    return float(np.corrcoef(a, b)[0, 1]) if b.std() else 0.0
