"""Signs of a good reading where nobody knows the truth: three of the words, two of the pixels.

None of them proves anything alone: an engine can be sure and wrong, and the whitest page is the
one a cleaner has emptied. They are for comparing the readings of one page with each other. Of 217
benchmark pages the confidence ranked the CER best (Spearman 0.78), known words next (0.60); where
cleaning changed the CER by more than half a percent, it rose and fell with it in 77 % of 77 pages.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from docclean.evaluation.dictionary import known_share
from docclean.evaluation.rivals.classical import LARGE_DILATION, divide, median_background
from docclean.ocr import PageText, Word
from docclean.page import Image, Page
from docclean.scores.results import Signs
from docclean.scores.text import normalise

MOST_PIXELS = 12_000_000
"""Larger pages are looked at reduced by a whole number: A4 at 300 dpi (8.7 million) is not."""

COARSE_PIXELS = 2_200_000
"""Paper and ink are told apart on a picture of this size at most, A4 at about 150 dpi."""

INK = 0.8
"""Coarse pixels darker than this share of their paper are never bare paper."""

MARGIN = 3
"""Coarse pixels this near to ink are not bare paper either: blur, halo, soft edges of letters."""

TAIL = 0.01
"""Share of the bare paper's darkest and of its lightest pixels that is drawn in to the rest."""

LEAST_PAPER = 0.02
"""Share of a page that has to be bare for the paper to be judged by itself."""

SPECK = 0.75
"""A speck is darker than this share of its paper, as ink is."""

SPECK_SIZE = 1 / 4
"""A speck is at most this high and wide, in heights of a letter: about a full stop."""

SPECK_DISTANCE = 0.5
"""A speck lies farther than this from all type, in heights of a letter; dots of i do not.

A whole height left dense pages almost no paper to look at.
"""

LEAST_TYPE = 6
"""Nothing lower than this is a letter, px; no engine reads it either."""

TYPE_HEIGHT = 1 / 16
"""Height of an x set in 10 pt, inch: what a letter measures on a page that has none."""


def signs_of(page: Page, found: PageText, bar_text: str, words: frozenset[str] | None) -> Signs:
    """Tell what can be told of one reading without its truth.

    Args:
        page: the page that was read.
        found: what was read on it, with its words.
        bar_text: what was read on the same page as it came.
        words: the dictionary of its language, casefolded; None where there is none.
    """
    grey = _reduced(page.grey(), MOST_PIXELS)
    paper = bare_background(grey)
    scale = math.sqrt(grey.size / (page.height * page.width))
    dpi = page.dpi[1] if page.dpi and 50 <= page.dpi[1] <= 2400 else 300.0
    return Signs(
        confidence=mean_confidence(found.words),
        words=len(found.words),
        known=known_share((word.text for word in found.words), words),
        agreement=agreement(found.text, bar_text),
        paper_noise=paper_noise(grey, paper),
        specks=specks(grey, paper, dpi * scale),
    )


def mean_confidence(words: Sequence[Word]) -> float:
    """Return the mean confidence, 0..100, of the words weighted by their letters; nan for none."""
    letters = sum(len(word.text) for word in words)
    if not letters:
        return math.nan
    return math.fsum(word.confidence * len(word.text) for word in words) / letters


def agreement(text: str, bar_text: str) -> float:
    """Return 1 - edit distance / length of the longer text, 0..1; 1 where both are empty."""
    return float(Levenshtein.normalized_similarity(normalise(text), normalise(bar_text)))


def bare_background(grey: Image) -> Image:
    """Estimate the paper under the ink: (H, W) uint8 -> (H, W) uint8.

    Letters are dilated away on the coarse picture before a median follows the rims of stains.
    """
    coarse = _reduced(grey, COARSE_PIXELS)
    square = np.ones((LARGE_DILATION, LARGE_DILATION), np.uint8)
    paper = median_background(np.asarray(cv2.dilate(coarse, square), np.uint8))
    return _resized(paper, grey.shape, cv2.INTER_LINEAR)


def paper_noise(grey: Image, paper: Image) -> float:
    """Return how uneven the bare paper is, grey levels; 0 for flawless paper.

    The standard deviation of the pixels that are far from all ink: light, stains and grain
    together. It is winsorised (Tukey 1962), which leaves a stain on a fiftieth of the page its
    weight but takes a forgotten stroke's away. Specks count as ink here: `specks` counts them.

    Args:
        grey: (H, W) uint8.
        paper: its background, (H, W) uint8.
    """
    coarse = _reduced(grey, COARSE_PIXELS)
    background = _resized(paper, coarse.shape, cv2.INTER_NEAREST)
    # Grain as dark as ink drowns in a mean of 3 x 3 pixels, a stroke does not
    ink = divide(np.asarray(cv2.blur(coarse, (3, 3)), np.uint8), background) < INK * 255
    near = cv2.dilate(ink.astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8))
    # Black rims of a scan and pictures are not paper, however even they are
    bare = (near == 0) & (background >= np.median(background) / 2)
    # Every k-th pixel as it is: a mean would smooth the grain away
    pixels = _resized(grey, coarse.shape, cv2.INTER_NEAREST)
    if bare.mean() >= LEAST_PAPER:
        pixels = pixels[bare]
    return _winsorised_deviation(np.bincount(pixels.ravel(), minlength=256))


def specks(grey: Image, paper: Image, dpi: float = 300.0) -> float:
    """Return how many specks a megapixel the paper between the text has.

    A speck is a dark patch at most a quarter of a letter high and wide, and farther than half a
    letter from everything larger: so dots of i, stops and crumbs of broken letters do not count,
    and neither does dirt between the letters. Leaders (. . . .) do. What the page's edge cuts may
    be the tip of a letter and does not count. Dirt so dense that it runs together into patches as
    large as type is no longer specks: `paper_noise` tells of the grain of such paper.

    Args:
        grey: (H, W) uint8.
        paper: its background, (H, W) uint8.
        dpi: dots per inch; it only matters where there is no type to go by.
    """
    limit = cv2.convertScaleAbs(paper, alpha=SPECK)
    dark = cv2.compare(grey, limit, cv2.CMP_LT)
    _, labels, table, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    stats = np.asarray(table[1:], np.int32)  # the first is the paper
    letter = _letter_height(stats, grey.shape) or TYPE_HEIGHT * dpi
    left, top, width, height = stats.T[:4]
    small = np.maximum(width, height) <= max(1.0, SPECK_SIZE * letter)
    is_type = np.zeros(len(stats) + 1, np.uint8)
    is_type[1:] = ~small
    # Every second pixel of every second row is enough to keep away from the type
    across = 2 * math.ceil(SPECK_DISTANCE * letter / 2) + 1
    near = cv2.dilate(is_type[labels[::2, ::2]], np.ones((across, across), np.uint8)) > 0
    cut = (left == 0) | (top == 0)
    cut |= (left + width == grey.shape[1]) | (top + height == grey.shape[0])
    alone = ~near[(top + height // 2) // 2, (left + width // 2) // 2]
    looked_at = max(1 - float(near.mean()), LEAST_PAPER) * grey.size
    return float(np.count_nonzero(small & alone & ~cut) / (looked_at / 1e6))


def _letter_height(stats: NDArray[np.int32], shape: tuple[int, ...]) -> float:
    """Return the height of a typical letter, px; 0 where there is none.

    The median weighs a patch by the root of its area: specks are many but small, and letters that
    have run together large but few, and neither shall decide.
    """
    height, width = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    likely = (height >= LEAST_TYPE) & (height < shape[0] / 8) & (width < shape[1] / 4)
    if not likely.any():
        return 0.0
    order = np.argsort(height[likely])
    weight = np.cumsum(np.sqrt(stats[likely][order, cv2.CC_STAT_AREA]))
    return float(height[likely][order][np.searchsorted(weight, weight[-1] / 2)])


def _winsorised_deviation(histogram: NDArray[np.int64]) -> float:
    """Return the standard deviation of grey levels, their tails drawn in, from a histogram."""
    share = np.cumsum(histogram) / histogram.sum()
    low, high = np.searchsorted(share, (TAIL, 1 - TAIL))
    levels = np.clip(np.arange(256), low, high).astype(np.float64)
    mean = np.average(levels, weights=histogram)
    return float(np.sqrt(np.average((levels - mean) ** 2, weights=histogram)))


def _reduced(grey: Image, most: int) -> Image:
    """Average squares of pixels until at most about `most` are left."""
    factor = math.ceil(math.sqrt(grey.size / most))
    if factor <= 1:
        return grey
    height, width = grey.shape
    return _resized(grey, (max(1, height // factor), max(1, width // factor)), cv2.INTER_AREA)


def _resized(grey: Image, shape: tuple[int, ...], how: int) -> Image:
    if grey.shape == shape:
        return grey
    return np.asarray(cv2.resize(grey, (shape[1], shape[0]), interpolation=how), np.uint8)
