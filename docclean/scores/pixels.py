"""How near a picture of a page comes to its clean twin: RMSE, PSNR, SSIM and the DIBCO measures.

The first three compare grey levels. The measures of DIBCO, the Document Image Binarization Contest,
compare ink: masks (H, W) of bool, True where there is ink, the truth always first. Where the papers
leave something open it is done as in the contest's own evaluation tool.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image
from docclean.scores.skeleton import Ink
from docclean.scores.strokes import find_nearest, weighted_precision, weighted_recall

STRIP = 512
"""Rows worked on at a time, so that no page is ever held as floats."""

SIGMA, RADIUS = 1.5, 5
"""Gaussian window of SSIM, px: 11 x 11."""

LEAST_CONTRAST = 32
"""Grey levels between the means of ink and paper; below it a page is blank."""

BLOCK = 8
"""Side of a block of the DRD, px."""


@dataclass(frozen=True)
class Fidelity:
    """The distance of a page from its clean twin.

    Attributes:
        rmse: root mean square error, 0..1.
        psnr: peak signal-to-noise ratio, dB; inf for equal pages.
        ssim: structural similarity, -1..1.
        f_measure: DIBCO F-measure of the ink, 0..100.
        pseudo_f: DIBCO pseudo-F-measure, 0..100.
        drd: distance reciprocal distortion, 0 for equal pages.
    """

    rmse: float
    psnr: float
    ssim: float
    f_measure: float
    pseudo_f: float
    drd: float


def compare(grey: Image, twin: Image) -> Fidelity:
    """Measure a page (H, W) uint8 against its clean twin (H, W) uint8; ink of both by `ink_of`.

    Raises:
        ValueError: their shapes differ.
    """
    error = rmse(grey, twin)
    truth, ink = ink_of(twin), ink_of(grey)
    return Fidelity(
        rmse=error,
        psnr=_decibel(error),
        ssim=ssim(grey, twin),
        f_measure=f_measure(truth, ink),
        pseudo_f=pseudo_f_measure(truth, ink),
        drd=drd(truth, ink),
    )


def rmse(a: Image, b: Image) -> float:
    """Return the root mean square error of two uint8 images of one shape, on a scale of 0..1.

    Raises:
        ValueError: their shapes differ.
    """
    _same_shape(a, b)
    total = 0
    for top in range(0, a.shape[0], STRIP):
        difference = a[top : top + STRIP].astype(np.int32) - b[top : top + STRIP]
        total += int(np.square(difference).sum(dtype=np.int64))
    return math.sqrt(total / a.size) / 255


def psnr(a: Image, b: Image) -> float:
    """Return the peak signal-to-noise ratio of two uint8 images, dB; inf for equal ones.

    Raises:
        ValueError: their shapes differ.
    """
    return _decibel(rmse(a, b))


def ssim(a: Image, b: Image) -> float:
    """Return the structural similarity of two (H, W) uint8 images, -1..1, 1 for equal ones.

    Wang et al. 2004: Gaussian window, K1 = 0.01, K2 = 0.03, range 255, population covariance. The
    mean leaves out the 5 px along each edge where the window leaves the page; a side too short for
    that keeps them all, the page mirrored at its edge.

    Raises:
        ValueError: their shapes differ.
    """
    _same_shape(a, b)
    height, width = a.shape
    rows = slice(RADIUS, height - RADIUS) if height > 2 * RADIUS else slice(0, height)
    columns = slice(RADIUS, width - RADIUS) if width > 2 * RADIUS else slice(0, width)
    total = 0.0
    for top in range(rows.start, rows.stop, STRIP):
        stop = min(top + STRIP, rows.stop)
        first = max(top - RADIUS, 0)
        near = slice(first, min(stop + RADIUS, height))
        quality = _quality(a[near], b[near])[top - first : stop - first, columns]
        total += float(quality.sum(dtype=np.float64))
    return float(total / ((rows.stop - rows.start) * (columns.stop - columns.start)))


def ink_of(grey: Image) -> Ink:
    """Return the ink of a page: (H, W) uint8 -> (H, W) bool, by Otsu 1979.

    Otsu splits even bare paper in two, so a page whose two halves are not `LEAST_CONTRAST` apart
    has no ink. Black on white passes exactly.
    """
    level, mask = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    counts = np.asarray(cv2.calcHist([grey], [0], None, [256], [0, 256])).ravel()
    levels, split = np.arange(256), int(level) + 1
    dark, bright = counts[:split], counts[split:]
    if not dark.any() or not bright.any():
        return np.zeros(grey.shape, np.bool_)
    ink, paper = np.average(levels[:split], None, dark), np.average(levels[split:], None, bright)
    if paper - ink < LEAST_CONTRAST:
        return np.zeros(grey.shape, np.bool_)
    return np.asarray(mask, np.uint8).view(np.bool_)


def f_measure(truth: Ink, ink: Ink) -> float:
    """Return the harmonic mean of recall and precision of the ink, 0..100 (DIBCO 2009).

    100 where both are empty, 0 where only one is.

    Raises:
        ValueError: their shapes differ.
    """
    _same_shape(truth, ink)
    both = np.count_nonzero(truth) + np.count_nonzero(ink)
    return 200 * int(np.count_nonzero(truth & ink)) / int(both) if both else 100.0


def pseudo_f_measure(truth: Ink, ink: Ink) -> float:
    """Return the pseudo-F-measure, 0..100 (Ntirogiannis, Gatos & Pratikakis 2013).

    It is that of DIBCO since 2013 and forgives what reading forgives. Lost ink weighs the more the
    nearer it lies to the middle of its stroke, and the rim of a stroke weighs nothing; invented ink
    weighs 1, and up to 3 within one stroke width of true ink, most where it joins two letters. The
    pseudo-F of 2010 and 2012, which takes the recall of a bare skeleton, is another measure.

    The weights are the paper's, near to those of the contest's tool and not the same: the skeleton
    (Zhang & Suen 1984) is not pruned, and joints are found from distances, not from a skeleton of
    the paper. On the print of DIBCO 2009 and 2011 the measure comes within 0.15 of the tool's. 100
    where both masks are empty, 0 where only one is.

    Raises:
        ValueError: their shapes differ.
    """
    _same_shape(truth, ink)
    if not truth.any() or not ink.any():
        return 0.0 if truth.any() or ink.any() else 100.0
    # distances of paper from ink and, for ink and paper, the letter that is nearest (from 1)
    far, letter = find_nearest(truth, cv2.DIST_LABEL_CCOMP)
    recall, widths = weighted_recall(truth, ink, letter)
    precision = weighted_precision(truth, ink, far, letter, widths)
    return 200 * recall * precision / (recall + precision) if recall and precision else 0.0


def drd(truth: Ink, ink: Ink) -> float:
    """Return the distance reciprocal distortion, 0 for equal masks (Lu, Kot & Shi 2004).

    Each wrong pixel weighs the truth around it, 5 x 5, that contradicts it; the sum is divided by
    the number of 8 x 8 blocks of the truth with both ink and paper. Blocks cut by the page's edge
    do not count, as in the contest's tool. Where no block counts, as on an empty page, the sum is
    divided by 1.

    Raises:
        ValueError: their shapes differ.
    """
    _same_shape(truth, ink)
    offsets = np.arange(-2, 3)
    distances = np.hypot(*np.meshgrid(offsets, offsets))
    weights = np.divide(1, distances, out=np.zeros((5, 5)), where=distances > 0)
    weights /= weights.sum()
    # only wrong pixels are looked at; beyond the edge nothing contradicts them
    y, x = np.nonzero(truth != ink)
    written = ink[y, x]
    near = np.pad(truth, 2)
    inside = np.pad(np.ones(truth.shape, np.bool_), 2)
    total = 0.0
    for (row, column), weight in np.ndenumerate(weights):
        differs = (near[y + row, x + column] != written) & inside[y + row, x + column]
        total += float(weight) * int(np.count_nonzero(differs))
    return total / max(_mixed_blocks(truth), 1)


def _mixed_blocks(truth: Ink) -> int:
    """Count the whole 8 x 8 blocks that hold both ink and paper."""
    rows, columns = truth.shape[0] // BLOCK, truth.shape[1] // BLOCK
    whole = truth[: rows * BLOCK, : columns * BLOCK]
    counts = np.add.reduceat(whole, np.arange(0, rows * BLOCK, BLOCK), 0, np.uint8)
    counts = counts.reshape(rows, columns, BLOCK).sum(axis=2)
    return int(np.count_nonzero((counts > 0) & (counts < BLOCK * BLOCK)))


def _same_shape(a: Image | Ink, b: Image | Ink) -> None:
    if a.shape != b.shape:
        raise ValueError(f"images of different shape: {a.shape} and {b.shape}")


def _decibel(error: float) -> float:
    return -20 * math.log10(error) if error else math.inf


def _blur(image: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * RADIUS + 1
    return np.asarray(
        cv2.GaussianBlur(image, (side, side), SIGMA, borderType=cv2.BORDER_REFLECT), np.float32
    )


def _quality(a: Image, b: Image) -> NDArray[np.float32]:
    """Return the local SSIM of two strips of a page, (H, W) float32."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    # levels around 0 keep the differences of squares exact enough in 32 bits
    x, y = a.astype(np.float32) - 128, b.astype(np.float32) - 128
    mean_x, mean_y = _blur(x), _blur(y)
    spread = _blur(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
    common = _blur(x * y) - mean_x * mean_y
    mean_x += 128
    mean_y += 128
    bright = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    return np.asarray(bright * (2 * common + c2) / (spread + c2), np.float32)
