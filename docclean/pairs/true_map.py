"""The true map of a dirty page: what each cell shows, as the generator knows it.

The print's own layers are known. What a corruption draws is what it changes on the clean page; what
it takes off the sheet is what it turns white on a black one. All is moved by what comes after.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.corruptions.base import Corruption, Params
from docclean.corruptions.chain import Chain, move_points
from docclean.files import replacing
from docclean.page import Image
from docclean.regions.kinds import COLOURS, COVERED, Kind, Kinds, bit, merged
from docclean.regions.page_map import CELL
from docclean.regions.reader import shape_seen
from docclean.synth import Typeset
from docclean.synth.layers import Layers, layers_of_print, pictures_of

DRAWN = {
    **dict.fromkeys(
        ("stamp", "underline", "strike_through", "scribble", "highlighter", "handwriting",
         "signature"), Kind.STAMP,
    ),
    "halftone_picture": Kind.PICTURE,
    "ruled_lines": Kind.RULE,
    **dict.fromkeys(
        ("stain", "water_stain", "foxing", "grease", "ink_smear", "wet_smudge", "roller_smear",
         "footprint", "dirt", "specks", "fingerprint", "ink_blot", "staple", "tape", "paper_clip",
         "crease", "show_through", "bleed_through"), Kind.DIRT,
    ),
}  # fmt: skip
"""What corruptions draw on a sheet."""
TAKEN = {
    **dict.fromkeys(
        ("black_border", "feed_shadow", "next_page", "tear", "worn_edges", "dog_ear"), Kind.OFF
    ),
    "hole": Kind.DIRT,
    "punch_hole": Kind.DIRT,
}
"""What shows where corruptions take the sheet away."""
LEAST_CHANGE = {Kind.PICTURE: 24, Kind.STAMP: 24, Kind.RULE: 24, Kind.DIRT: 16}
"""Grey levels by which a pixel must change for it to show what was drawn."""
FINER = 6
"""How many points to the side of a cell are moved."""
Mask = NDArray[np.bool_]


def true_map(made: Typeset, chain: Chain) -> Kinds:
    """Return the kind of each cell of a page's map, (h, w) uint8.

    Args:
        made: the page as it was set.
        chain: what it suffered.
    """
    shape = (made.page.height, made.page.width)
    counts = _Counts(shape)
    counts.add(_print_layers(made), chain, made)
    for place, kind, mask in _marks(made, chain):
        rest = Chain(chain.steps[place + 1 :], chain.severity)
        counts.add(mask.astype(np.uint16) * np.uint16(bit(kind)), rest, made)
    layers = counts.layers()
    if "inverted" in chain.names():
        on = (layers & (bit(Kind.OFF) | bit(Kind.PICTURE))) == 0
        layers[on] = bit(Kind.DARK)
    return merged(layers)


def write_map(path: Path, cells: Kinds) -> None:
    """Write a map as PNG: a pixel a cell, its value a `Kind`, in the colours of `docclean look`.

    Raises:
        OSError: the file cannot be written.
    """
    image = Pillow.fromarray(cells)
    image.putpalette([value for kind in Kind for value in COLOURS[kind]])
    with replacing(path) as aside:
        image.save(aside, "PNG")


class _Counts:
    """Counts points of each kind that come to lie in each cell of a map."""

    def __init__(self, shape: tuple[int, int]) -> None:
        seen = shape_seen(*shape)
        self.cell = tuple(CELL * side / small for side, small in zip(shape, seen, strict=True))
        self.cells = tuple(-(-small // CELL) for small in seen)
        self.step = max(1, int(min(self.cell) / FINER))
        self.found = np.zeros((len(Kind), *self.cells), np.float32)
        down, across = (
            np.diff(np.minimum(np.arange(count + 1) * side, whole))
            for count, side, whole in zip(self.cells, self.cell, shape, strict=True)
        )
        self.area = np.outer(down, across)

    def add(self, layers: Layers, moves: Chain, made: Typeset) -> None:
        """Add what the pixels show, (H, W), where a chain moves them."""
        dpi = made.page.dpi
        assert dpi is not None  # a set page always knows
        start = self.step // 2
        few = layers[start :: self.step, start :: self.step]
        rows, columns = np.nonzero(few)
        if not len(rows):
            return
        points = np.stack((columns, rows), 1).astype(np.float64) * self.step + start + 0.5
        moved = move_points(points, moves, layers.shape, dpi[0])
        x, y = (moved / self.cell[::-1]).astype(int).T
        within = (moved >= 0).all(1) & (x < self.cells[1]) & (y < self.cells[0])
        kinds = few[rows, columns]
        for kind in Kind:
            here = within & ((kinds & bit(kind)) > 0)
            np.add.at(self.found[kind], (y[here], x[here]), self.step**2)

    def layers(self) -> Layers:
        """Return the kinds of each cell as bits."""
        layers = np.zeros(self.cells, np.uint16)
        for kind in Kind:
            layers[self.found[kind] >= COVERED.get(kind, 0.5) * self.area] |= bit(kind)
        return layers


def _print_layers(made: Typeset) -> Layers:
    grey, dpi = made.page.pixels, made.page.dpi
    assert dpi is not None
    return layers_of_print(grey, made.words, dpi[0], pictures_of(made))


def _marks(made: Typeset, chain: Chain) -> Iterator[tuple[int, Kind, Mask]]:
    """Yield for each corruption that leaves something its place in the chain, what, and where."""
    dpi = made.page.dpi
    assert dpi is not None
    clean = made.page.pixels
    last = max((n for n, (m, _) in enumerate(chain.steps) if m.name in DRAWN), default=-1)
    for place, (member, params) in enumerate(chain.steps):
        if member.name in TAKEN:
            black = member.on_clean(np.zeros_like(clean), params, dpi[0])
            yield place, TAKEN[member.name], black > 127
        elif member.name in DRAWN:
            yield place, DRAWN[member.name], _drawn(member, params, clean, dpi[0])
        if place < last:
            clean = member.on_clean(clean, params, dpi[0])


def _drawn(member: Corruption, params: Params, clean: Image, dpi: float) -> Mask:
    """Tell which pixels of a page, (H, W), a corruption draws on."""
    kind = DRAWN[member.name]
    darker = clean.astype(np.float32) - member.on_page(clean, params, dpi)
    if kind is Kind.DIRT:  # than the paper became, and no grain
        return np.asarray(cv2.blur(darker - np.median(darker), (3, 3)) > LEAST_CHANGE[kind])
    drawn = np.abs(darker) > LEAST_CHANGE[kind]
    if kind is Kind.PICTURE:  # its lightest places, too
        drawn = np.outer(drawn.any(1), drawn.any(0))
    return np.asarray(drawn)
