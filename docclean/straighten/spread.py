"""Spreads: where two pages meet on one scan."""

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image, Page
from docclean.regions.kinds import Kind
from docclean.regions.page_map import PageMap
from docclean.regions.reader import map_reader
from docclean.straighten.pixels import COARSE, reduced, threshold

SPREAD_FROM = 1.15
"""Width to height from which two pages may lie side by side."""
MIDDLE = (0.45, 0.55)
"""Shares of the width between which the middle of the gutter lies."""
GUTTER_WIDTH = 0.02
"""Share of the width a gutter of paper is wide at least."""
WIDER = 1.3
"""How much wider a gutter is than any gap between the columns of its pages."""
OF_MARGINS = 0.4
"""Share of the two outer margins a gutter is wide at least: two inner ones meet in it."""
DARK, FADED = 0.6, 0.1
"""Share of a column that is ink in a dark gutter; share of the usual ink in a gap."""
UNBROKEN, CROSSED = (Kind.TEXT, Kind.PICTURE, Kind.CODE, Kind.RULE), 0.03
"""What no gutter cuts, and the share of the height that may seem to show it: in true spreads none
does, in a table with a gap in its middle 0.8."""
Mask = NDArray[np.bool_]
Run = tuple[int, int]


def gutter(page: Page) -> float | None:
    """Return the share of the width at which two pages meet; None for one page.

    A gap is a gutter where the map shows neither print nor rules across it.
    """
    cut = find_gutter(page.grey())
    return None if cut is None or crosses(map_reader()(page), cut) else cut


def crosses(found: PageMap, cut: float) -> bool:
    """Say whether print, pictures or rules lie across a cut, a share of the width."""
    middle = int(cut * found.width / found.cell[1])
    columns = slice(max(0, middle - 1), middle + 2)
    across = np.any([found.has(kind)[:, columns].any(1) for kind in UNBROKEN], axis=0)
    return bool(across.mean() > CROSSED)


def find_gutter(grey: Image) -> float | None:
    """Return the share of the width of a scan (H, W) at which two pages meet; None for one page.

    A table's columns have gaps too, and one of them may lie in the middle: the gutter is wider.
    """
    height, width = grey.shape
    if width < SPREAD_FROM * height:
        return None
    small = reduced(grey, COARSE)
    ink = (small < threshold(small)).mean(0)
    columns = len(ink)
    low, high = (round(share * columns) for share in MIDDLE)

    def middle(run: Run) -> bool:
        return MIDDLE[0] <= _share(run, columns) <= MIDDLE[1]

    sides = min(ink[:low].mean(), ink[high:].mean())
    if sides < 0.01:  # a half without print is no page of a spread
        return None
    dark = max(filter(middle, _runs(ink > DARK)), key=_length, default=None)
    if dark:
        return _share(dark, columns)
    gaps = _runs(ink < FADED * sides)
    inner = [run for run in gaps if run[0] > 0 and run[1] < columns]
    gutter = max(filter(middle, inner), key=_length, default=None)
    if gutter is None:
        return None
    others = max((_length(run) for run in inner if run != gutter), default=0)
    margins = sum(_length(run) for run in gaps if run not in inner)
    least = max(2, GUTTER_WIDTH * columns, WIDER * others, OF_MARGINS * margins)
    return _share(gutter, columns) if _length(gutter) >= least else None


def _runs(mask: Mask) -> list[Run]:
    """Return the first and one past the last place of every run."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in steps.reshape(-1, 2)]


def _length(run: Run) -> int:
    return run[1] - run[0]


def _share(run: Run, columns: int) -> float:
    """Return where the middle of a run lies, a share of the width."""
    return round((run[0] + run[1]) / 2 / columns, 4)


def halves(page: Page, cut: float) -> tuple[Page, Page]:
    """Return the left and the right page of a spread; `cut` is a share of its width."""
    column = round(cut * page.width)
    left, right = page.pixels[:, :column], page.pixels[:, column:]
    return page.with_pixels(left.copy()), page.with_pixels(right.copy())
