"""Do no harm: keep the original page where cleaning is not expected to help.

Two questions are asked, both without knowing the text: did ink go that was there, and did the
paper need cleaning at all? The answers come from strips spread over the page, so a large page costs
no more than a small one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from docclean.imageops.components import components
from docclean.page import Image, histogram

Verdict = Literal["cleaned", "kept"]
Kind = TypeVar("Kind", np.uint8, np.bool_)

BLOCK = 64
"""Side of the squares a page is judged by, px: a few letters at 150 dpi, one at 600."""
SAMPLE = 1_500_000
"""Pixels looked at, about; one strip at least."""
STROKE = 60
"""Grey levels from paper to ink at which a block counts as written on."""
MOST_LOST = 0.12
"""Share of a written block's ink that may go; more, and letters went with the dirt."""
MOST_LOST_OF_SPECKS = 0.25
"""The same on a page full of specks."""
MOST_ADDED = 0.4
"""Share of the cleaned ink that may come from what was hardly darker than paper."""
MOST_CRUMBS = 2.0
"""Dark crumbs to a letter from which letters count as broken, on paper that needs little."""
WEAK_INK = 200.0
"""Grey levels from paper to ink below which sharp letters are weak."""
FAINT_INK, SMALL_STROKE = 135.0, 2.5
"""Grey levels, and width of strokes in px, below both of which weak letters are not mended."""
DRAWN_SAME, DRAWN_PAPER, DRAWN_COLOUR, BRIGHT = 0.7, 0.45, 0.02, 60
"""Shares of pixels equal to the one beside them, of the paper's one grey and of bright colour (by
so many levels between channels) from which a page was drawn by a program."""
FAINT_SHARP, BLANK_PAPER, FEW_SPECKS = 0.55, 0.5, 0.001
"""Sharpness, deviation of the paper and share of specks of weak print on blank paper."""
ENLARGED_LITTLE, GREY_INK = 1.5, 15.0
"""Enlargement up to which, and darkest grey above which, small letters count as weak."""
BLURRED = 0.22
"""Sharpness below which crumbs say nothing: so soft a page is in crumbs before it is cleaned."""
THIN_STROKE = 1.75
"""Width of strokes in px below which letters are too small to be told from grain."""
LIGHT_PAPER = 228.0
"""Grey of the paper from which such small letters are better left alone."""
EVEN_PAPER = 5.0
"""Deviation of blank paper, grey levels, below which there is nothing to clean."""
WHITE_PAPER = 190.0
"""Grey of the paper from which an even page counts as clean."""
DIRT = 20
"""Grey levels from the paper's own grey at which a blank pixel counts as dirt."""
MOST_DIRT = 0.003
"""Share of the page that may be dirt where the paper still counts as clean."""
SPECK = 80
"""Grey levels by which a speck differs from all its four neighbours."""
MOST_SPECKS = 0.01
"""Share of the pixels that may be specks where letters still count as clean."""
LEAST_SHARPNESS = 0.45
"""Steepest step from pixel to pixel, of all contrast, below which letters are soft."""


@dataclass(frozen=True)
class Decision:
    """What became of a page, why, and the measures behind it."""

    verdict: Verdict
    reason: str
    measures: dict[str, float]
    untouched: bool = False
    """Whether the page needed no cleaning in the first place."""

    def with_measures(self, **measures: float) -> "Decision":
        """Return the decision with more measures."""
        return replace(self, measures=self.measures | measures)

    def after_focus(self, width: float) -> "Decision":
        """Return the decision about a page that was first brought into focus, so is not as it came.

        Args:
            width: standard deviation of what had blurred it, px.
        """
        told = f"the page was out of focus ({width:.1f} px)"
        also = f"{told}; then left so: {self.reason}" if self.verdict == "kept" else ""
        found = replace(self, verdict="cleaned", reason=also or f"{told}; {self.reason}")
        return replace(found, untouched=False).with_measures(blur=round(width, 2))

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain values for JSON."""
        return {"verdict": self.verdict, "reason": self.reason, **self.measures}


DARK, GREY = 100, 220
"""Greys below which a cleaned pixel is the core of a stroke, or any of its remains."""
LETTER = 12
"""Pixels of the smallest shape that counts as a letter or a part of one."""
SHALLOW = 0.25
"""Share of the page's contrast below which dark ink was added, not found."""


def decide(raw: Image, cleaned: Image, scale: float = 1.0) -> Decision:
    """Judge a cleaned page against its original.

    Args:
        raw: the page as it came, (H, W) uint8.
        cleaned: the network's page, same shape.
        scale: how much both were enlarged, which made their letters softer.

    Returns:
        the verdict, its reason, and the measures `ink_lost`, `ink_added`, `dirt`, `specks` and
        `sharpness` (0..1), `crumbs` (a letter), `paper_deviation`, `paper_grey`, `contrast` and
        `darkest` (grey levels) and `stroke_width` (px).
    """
    before, after = sampled(raw, cleaned)
    speckled = specks(before)
    letters, grain = Letters.of(before, after, speckled), float(speckled.mean())
    lost, added, sharp = letters.lost(), letters.added(), letters.sharpness() * scale
    grey, deviation, dirt = blank_paper(before, after)
    contrast, broken, width = letters.contrast(), crumbs(after), stroke_width(after)
    measures = {
        "ink_lost": round(lost, 4),
        "ink_added": round(added, 4),
        "crumbs": round(broken, 2),
        "paper_deviation": round(deviation, 2),
        "paper_grey": round(grey, 1),
        "dirt": round(float(dirt), 5),
        "stroke_width": round(width, 2),
        "specks": round(grain, 5),
        "sharpness": round(sharp, 3),
        "contrast": round(contrast, 1),
        "darkest": round(letters.darkest(), 1),
    }
    # where pepper lies close it still counts as ink
    if lost > (MOST_LOST_OF_SPECKS if grain > MOST_SPECKS else MOST_LOST):
        return Decision("kept", f"cleaning would take {lost:.0%} of the ink with it", measures)
    if added > MOST_ADDED:
        return Decision("kept", f"{added:.0%} of the ink would be made of paper", measures)
    if grain > MOST_SPECKS:
        return Decision("cleaned", f"{grain:.1%} of the page was specks", measures)
    even = deviation < EVEN_PAPER and grey > WHITE_PAPER and dirt < MOST_DIRT
    soft = 0 < sharp < LEAST_SHARPNESS
    mendable = width > SMALL_STROKE or contrast > FAINT_INK
    weak = 0 < contrast < WEAK_INK and mendable and (scale == 1 or is_faint(measures, scale))
    if even and not soft and not weak:
        reason = "the paper is even and light and the letters are sharp: there is nothing to clean"
        return Decision("kept", reason, measures, untouched=True)
    telling = not 0 < sharp < BLURRED and deviation < EVEN_PAPER and grey > LIGHT_PAPER
    if telling and broken > MOST_CRUMBS:
        reason = "letters would fall into crumbs, and the paper is light enough to read them"
        return Decision("kept", reason, measures)
    if 0 < width < THIN_STROKE and grey > LIGHT_PAPER:
        reason = f"strokes of {width:.1f} px on light paper are too thin: scan with more dpi"
        return Decision("kept", reason, measures)
    why = (
        f"the letters were {'soft' if soft else 'weak'}"
        if even
        else "the paper was uneven, dark or dirty"
    )
    return Decision("cleaned", f"{why}, and the ink is kept", measures)


def is_drawing(colour: Image, grey: Image) -> bool:
    """Say whether a colour page, (H, W, 3), is a chart or map a program drew: no scanner saw it.

    Its paper is one value, most pixels equal their neighbours, and some of it is bright colour, in
    lines and areas that would be taken for stains. A scan's coloured paper has grain.
    """
    same = float(np.mean(grey[:, 1:] == grey[:, :-1]))
    paper = float(histogram(grey).max()) / grey.size
    if same < DRAWN_SAME or paper < DRAWN_PAPER:
        return False
    some = colour[::2, ::2].astype(np.int16)
    return float(np.mean(some.max(2) - some.min(2) > BRIGHT)) >= DRAWN_COLOUR


def is_faint(measures: Mapping[str, float], scale: float = 1.0) -> bool:
    """Say whether measures tell of weak, sharp print on paper that is blank and even.

    Small clean letters look weak too: where letters had to be enlarged, even the darkest must be
    grey.
    """
    return (
        0 < measures["contrast"] < WEAK_INK
        and measures["sharpness"] >= FAINT_SHARP
        and measures["paper_deviation"] < BLANK_PAPER
        and measures["specks"] < FEW_SPECKS
        and (scale == 1 or (scale <= ENLARGED_LITTLE and measures["darkest"] > GREY_INK))
    )


def stroke_width(image: Image) -> float:
    """Return the mean width of dark strokes in px, 0 for a blank page.

    A stroke of length l and width w << l has area l w and edges of 2 l: width = 2 area / edges.
    Areas and edges are sums of grey and of its differences, so antialiasing does not matter.
    """
    ink = 255 - image.astype(np.int16)
    edges = np.abs(np.diff(ink, axis=0)).sum(dtype=np.int64)
    edges += np.abs(np.diff(ink, axis=1)).sum(dtype=np.int64)
    return float(2 * ink.sum(dtype=np.int64) / edges) if edges else 0.0


def specks(image: Image) -> NDArray[np.bool_]:
    """Tell which pixels differ from all their four neighbours, all lighter or all darker ones.

    Pixels at the border of the image are none. (H, W) uint8 -> (H, W).
    """
    found = np.zeros(image.shape, np.bool_)
    if min(image.shape) < 3:
        return found
    here = image[1:-1, 1:-1].astype(np.int16)
    around = (image[:-2, 1:-1], image[2:, 1:-1], image[1:-1, :-2], image[1:-1, 2:])
    lightest = np.maximum(np.maximum(*around[:2]), np.maximum(*around[2:]))
    darkest = np.minimum(np.minimum(*around[:2]), np.minimum(*around[2:]))
    found[1:-1, 1:-1] = (here - lightest > SPECK) | (darkest - here > SPECK)
    return found


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

    @classmethod
    def of(
        cls, before: Image, after: Image, speckled: NDArray[np.bool_] | None = None
    ) -> "Letters":
        """Cut both pages, (H, W) uint8, into blocks; `speckled` as `specks` tells it."""
        raw = _blocks(before)
        ink, paper = np.percentile(raw, (3, 90), axis=1) if len(raw) else np.zeros((2, 0))
        stroke = raw < ((ink + paper) / 2)[:, None]
        if speckled is not None:
            stroke &= ~_blocks(speckled)
        share = stroke.mean(1) if len(raw) else np.zeros(0)
        written = (paper - ink > STROKE) & (share > 0.02) & (share < 0.4)
        return cls(raw, _blocks(after), ink, paper, stroke, written)

    def contrast(self) -> float:
        """Return paper minus ink of the middle written block in grey levels; 0: no letters."""
        if not self.written.any():
            return 0.0
        return float(np.median((self.paper - self.ink)[self.written]))

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
        steepest = np.percentile(steps, 98, axis=1)
        return float(np.median(steepest / (self.paper - self.ink)[self.written]))


def crumbs(after: Image) -> float:
    """Return how many dark crumbs there are to a letter: cores darker than 100 over shapes of ink.

    Whole letters have one core each; letters eaten from inside fall into crumbs that only their
    grey remains hold together.
    """
    cores, shapes = components(after < DARK), components(after < GREY)
    letters = int(np.count_nonzero(shapes.area >= LETTER))
    return float(np.count_nonzero(cores.area >= LETTER // 3) / max(1, letters))


def blank_paper(before: Image, after: Image) -> tuple[float, float, float]:
    """Return grey and deviation of the original where the cleaned page is blank, and dirt.

    The deviation is that of the middle four fifths (10th to 90th percentile over 2.56, which is
    the standard deviation of Gaussian noise), so that a black border does not count as paper.

    Dirt is the share of the page that is blank now and was `DIRT` off the paper's grey before.

    Pixels within 3 px of what the cleaned page shows are left out: the slopes of strokes.
    """
    near = _spread(after < 200, 3)
    values = before[~near]
    if values.size == 0:
        return float(np.median(before)), 0.0, 0.0
    grey = float(np.median(values))
    off = np.count_nonzero(np.abs(values.astype(np.int16) - round(grey)) > DIRT)
    low, high = np.percentile(values, (10, 90))
    return grey, float(high - low) / 2.56, off / before.size


def sampled(*pages: Image) -> tuple[Image, ...]:
    """Return the same strips of pages (H, W), put together: what a large page is judged by."""
    strips = _strips(*pages[0].shape)
    return tuple(np.concatenate([page[rows] for rows in strips]) for page in pages)


def _strips(height: int, width: int) -> list[slice]:
    """Return strips of a block's height, spread over the page, of about `SAMPLE` pixels."""
    count = -(-height // BLOCK)
    allowed = max(1, SAMPLE // (BLOCK * width))
    step = max(1, -(-count // allowed))
    return [slice(top * BLOCK, (top + 1) * BLOCK) for top in range(0, count, step)]


def _blocks(image: NDArray[Kind]) -> NDArray[Kind]:
    """Return the whole blocks of an image as rows, (N, BLOCK * BLOCK)."""
    rows, columns = (side // BLOCK for side in image.shape)
    whole = image[: rows * BLOCK, : columns * BLOCK]
    parts = whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return parts.reshape(-1, BLOCK * BLOCK)


def _spread(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return the mask grown by `pixels` each way."""
    for axis in (0, 1):
        grown = mask.copy()
        for shift in range(1, pixels + 1):
            head, tail = np.s_[shift:], np.s_[:-shift]
            if axis:
                grown[:, head] |= mask[:, tail]
                grown[:, tail] |= mask[:, head]
            else:
                grown[head] |= mask[tail]
                grown[tail] |= mask[head]
        mask = grown
    return mask
