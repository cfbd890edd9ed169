"""What a page is made of: the kinds of its parts, their names and the colours they are shown in."""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Kinds = NDArray[np.uint8]
"""(H, W) uint8, a `Kind` in each cell or pixel."""


class Kind(IntEnum):
    """What one place of a page shows, the most telling thing where it shows several."""

    PAPER = 0
    OFF = 1
    """Off the sheet: the desk, the lid, the facing page."""
    TEXT = 2
    """Print darker than its ground, on paper or on a tinted panel."""
    DARK = 3
    """Light text on a dark ground, and that ground."""
    PICTURE = 4
    """A photograph, a drawing, a map, a halftone, a chart."""
    PANEL = 5
    """A tinted ground."""
    STAMP = 6
    """A stamp, a signature, a pen's or a highlighter's stroke."""
    CODE = 7
    """A bar code or a matrix code, its quiet zone with it."""
    RULE = 8
    """A line that was printed: of a table, under a heading, a staff."""
    DIRT = 9
    """Stains, smears and shreds on blank paper."""


MARKS: Final = tuple(kind for kind in Kind if kind is not Kind.PAPER)
"""Every kind but paper: the layers of a map, any of which may lie over one another."""
FIRST: Final = (
    Kind.OFF, Kind.CODE, Kind.PICTURE, Kind.STAMP, Kind.DARK,
    Kind.TEXT, Kind.RULE, Kind.PANEL, Kind.DIRT,
)  # fmt: skip
"""Which kind a cell is called after where it has several, the first that it has."""
COVERED: Final = {Kind.TEXT: 0.2, Kind.RULE: 0.1, Kind.STAMP: 0.15, Kind.DIRT: 0.35}
"""Share of a cell that must truly show a kind for the cell to have it; half for others."""
NAMES: Final = {
    Kind.PAPER: "paper",
    Kind.OFF: "off the sheet",
    Kind.TEXT: "text",
    Kind.DARK: "light text on dark",
    Kind.PICTURE: "picture",
    Kind.PANEL: "tinted panel",
    Kind.STAMP: "stamp or pen",
    Kind.CODE: "code",
    Kind.RULE: "rule",
    Kind.DIRT: "dirt",
}
COLOURS: Final = {
    Kind.PAPER: (255, 255, 255),
    Kind.OFF: (64, 64, 64),
    Kind.TEXT: (38, 110, 220),
    Kind.DARK: (110, 60, 190),
    Kind.PICTURE: (40, 160, 80),
    Kind.PANEL: (250, 200, 60),
    Kind.STAMP: (220, 50, 120),
    Kind.CODE: (0, 170, 190),
    Kind.RULE: (150, 150, 220),
    Kind.DIRT: (150, 95, 40),
}
"""RGB of each kind in a picture of the map."""


def bit(kind: Kind) -> int:
    """Return the bit of a kind in a uint16 of layers; paper has none."""
    return 1 << (kind - 1) if kind else 0


def merged(layers: NDArray[np.uint16]) -> Kinds:
    """Return the one kind of each place, from layers (H, W) uint16 with a bit for each it has."""
    kinds = np.zeros(layers.shape, np.uint8)
    for kind in reversed(FIRST):
        kinds[(layers & bit(kind)) > 0] = kind
    return kinds
