"""A transform tried on a bit of paper: can a page go through it, and does its twin follow?"""

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.borrowed.library import Tool
from docclean.errors import UsageError
from docclean.page import Image

SHEETS = ((96, 80), (64, 104))
"""Height and width of the bits of paper; neither is square, for a quarter turn must show."""
SEEDS = 6
SPACING = 4
"""Px between the points whose ways are compared."""


def try_out(tool: Tool) -> bool:
    """Return whether both sides come out alike; whatever the library raises comes through.

    Raises:
        UsageError: a page cannot go through it; the message goes on after the transform's name.
    """
    alike, changed, blank = True, False, True
    for shape in SHEETS:
        paper = _paper(shape)
        for seed in range(SEEDS):
            dirty, clean = (side(paper, seed) for side in (tool.dirty, tool.clean))
            for made in (dirty, clean):
                _check(made, shape)
            if not seed and (dirty != tool.dirty(paper, seed)).any():
                raise UsageError("gives another page for the same seed")
            _check_points(tool, shape, seed)
            alike = alike and bool((dirty == clean).all())
            changed = changed or bool((dirty != paper).any())
            blank = blank and bool((dirty == dirty[0, 0]).all())
    if blank:
        raise UsageError("leaves nothing of a grey page")
    if not changed:
        raise UsageError("leaves a grey page as it is")
    return alike


def _paper(shape: tuple[int, int]) -> Image:
    """Return grey paper with strokes on it, darker to one side."""
    paper = np.full(shape, 235, np.uint8) - np.arange(shape[1], dtype=np.uint8) // 4
    for row in range(8, shape[0] - 8, 10):
        paper[row : row + 3, 8 : shape[1] - 12 : 3] = 30
        paper[row + 4, 10 : shape[1] - 20] = 60
    return np.asarray(paper, np.uint8)


def _check(made: NDArray[np.uint8], shape: tuple[int, int]) -> None:
    if not isinstance(made, np.ndarray) or made.dtype != np.uint8:
        raise UsageError(f"gives {getattr(made, 'dtype', type(made).__name__)}, not a page's greys")
    if made.shape != shape:
        raise UsageError("changes the size of a page, which must stay")


def _check_points(tool: Tool, shape: tuple[int, int], seed: int) -> None:
    """Refuse what sends neighbours far apart: a word's box could not follow its letters."""
    height, width = shape
    grid = np.mgrid[0:height:SPACING, 0:width:SPACING].astype(np.float64)
    there = np.moveaxis(grid[::-1], 0, -1)
    moved = tool.points(there.reshape(-1, 2), shape, seed).reshape(there.shape)
    steps = (np.hypot(*np.moveaxis(np.diff(moved, axis=axis), -1, 0)) for axis in (0, 1))
    if not max(float(step.max()) for step in steps) < min(shape) / 2:  # nan is refused too
        raise UsageError("tears a page in pieces; a word's box could not follow it")
