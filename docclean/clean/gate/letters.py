"""The written places of a page: squares of a few letters each, before and after cleaning.

They come from strips spread over the page, so a large page costs no more than a small one.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.by_boxes import Grey
from docclean.imageops.threshold import percentiles
from docclean.page import Image

Kind = TypeVar("Kind", np.uint8, np.bool_)

BLOCK = 64
"""Side of the squares a page is judged by, px: a few letters at 150 dpi, one at 600."""
SAMPLE = 1_500_000
"""Pixels looked at, about; one strip at least."""
STROKE = 60
"""Grey levels from paper to ink at which a block counts as written on."""
DARK = 100
"""Grey below which a cleaned pixel is the core of a stroke."""
SHALLOW = 0.25
"""Share of the page's contrast below which dark ink was added, not found."""


@dataclass(frozen=True, eq=False)
class Letters:
    """The written blocks of a page before and after it was cleaned, as rows of pixels.

    Paper and ink of a block are its 90th and 3rd percentile; a pixel nearer to ink that is no
    speck is a stroke. A block of enough contrast, neither empty nor full of strokes, is written.
    """

    before: NDArray[np.uint8]
    """(N, BLOCK * BLOCK), all blocks."""
    after: NDArray[np.uint8]
    ink: NDArray[np.float64]
    """(N,)"""
    paper: NDArray[np.float64]
    stroke: NDArray[np.bool_]
    """(N, BLOCK * BLOCK)"""
    written: NDArray[np.bool_]
    """(N,)"""
    speckled_contrast: float
    """Contrast of the page's middle block that is written on, specks counted as strokes."""

    @classmethod
    def of(
        cls, before: Image, after: Image, speckled: NDArray[np.bool_] | None = None
    ) -> "Letters":
        """Cut both pages, (H, W) uint8, into blocks; `speckled` as `specks` tells it."""
        raw = _blocks(before)
        ink, paper = percentiles(_counts(raw), 3, 90)
        contrast = paper - ink
        stroke = raw < np.ceil((ink + paper) / 2).astype(np.uint8)[:, None]
        with_specks = _median(contrast[_written(contrast, stroke)])
        if speckled is not None:
            stroke &= ~_blocks(speckled)
        written = _written(contrast, stroke)
        return cls(raw, _blocks(after), ink, paper, stroke, written, with_specks)

    def contrast(self) -> float:
        """Return paper minus ink of the middle written block in grey levels; 0: no letters."""
        return _median((self.paper - self.ink)[self.written])

    def darkest(self) -> float:
        """Return the grey of the darkest hundredth of strokes in written blocks; 0: no letters."""
        if not self.written.any():
            return 0.0
        return float(np.percentile(self.before[self.written][self.stroke[self.written]], 1))

    def lost(self) -> float:
        """Return the share of strokes that are nearly white now, in the middle written block."""
        if not self.written.any():
            return 0.0
        stroke = self.stroke[self.written]
        gone = stroke & (self.after[self.written] > 215)
        return float(np.median(gone.sum(1) / stroke.sum(1)))

    def added(self) -> float:
        """Return the share of the cleaned page's ink that was hardly darker than the paper before.

        Depths are told in contrasts of the page, the middle one of its blocks with any: the back of
        the sheet shining through lies in its own blocks, where it would look like ink.
        """
        contrast = self.paper - self.ink
        if not (contrast > STROKE).any():
            return 0.0
        faint = SHALLOW * float(np.median(contrast[contrast > STROKE]))
        dark = self.after < DARK
        shallow = dark & (self.before > (self.paper - faint)[:, None])
        return float(np.count_nonzero(shallow)) / max(1, int(np.count_nonzero(dark)))

    def sharpness(self) -> float:
        """Return the steepest steps between neighbours over paper minus ink, 0..1; 0: no letters.

        Steepest is the 98th percentile of a block's steps along both axes; the middle written block
        is told. A Gaussian blur of deviation s px leaves no more than 0.4 / s.
        """
        if not self.written.any():
            return 0.0
        squares = self.before[self.written].reshape(-1, BLOCK, BLOCK).astype(np.int16)
        down, along = (np.abs(np.diff(squares, axis=axis)) for axis in (1, 2))
        steps = np.maximum(down[:, :, :-1], along[:, :-1]).reshape(len(squares), -1)
        (steepest,) = percentiles(_counts(steps), 98)
        return float(np.median(steepest / (self.paper - self.ink)[self.written]))


def sampled(*pages: Grey) -> tuple[Image, ...]:
    """Return the same strips of pages (H, W), put together: what a large page is judged by."""
    strips = strips_of(pages[0].shape)
    return tuple(np.concatenate([page[rows] for rows in strips]) for page in pages)


def strips_of(shape: tuple[int, ...]) -> list[slice]:
    """Return strips of a block's height, spread over a page (H, W), of about `SAMPLE` pixels."""
    height, width = shape
    count = -(-height // BLOCK)
    allowed = max(1, SAMPLE // (BLOCK * width))
    step = max(1, -(-count // allowed))
    return [slice(top * BLOCK, (top + 1) * BLOCK) for top in range(0, count, step)]


def _written(contrast: NDArray[np.float64], stroke: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which blocks are written on: enough contrast, neither empty nor full of strokes."""
    share = np.count_nonzero(stroke, axis=1) / BLOCK**2
    return np.asarray((contrast > STROKE) & (share > 0.02) & (share < 0.4))


def _median(values: NDArray[Any]) -> float:
    return float(np.median(values)) if values.size else 0.0


def _counts(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many pixels of each row (N, k) have each grey, (N, 256)."""
    counts = np.empty((len(rows), 256), np.int64)
    for count, row in zip(counts, rows, strict=True):
        count[:] = np.bincount(row, minlength=256)
    return counts


def _blocks(image: NDArray[Kind]) -> NDArray[Kind]:
    """Return the whole blocks of an image as rows, (N, BLOCK * BLOCK)."""
    rows, columns = (side // BLOCK for side in image.shape)
    whole = image[: rows * BLOCK, : columns * BLOCK]
    parts = whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return parts.reshape(-1, BLOCK * BLOCK)
