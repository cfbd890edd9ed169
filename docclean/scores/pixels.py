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

Ink = NDArray[np.bool_]
"""Ink mask (H, W), True where there is ink."""

STRIP = 512
"""Rows worked on at a time, so that no page is ever held as floats."""

SIGMA, RADIUS = 1.5, 5
"""Gaussian window of SSIM, px: 11 x 11."""

LEAST_CONTRAST = 32
"""Grey levels between the means of ink and paper; below it a page is blank."""

BLOCK = 8
"""Side of a block of the DRD, px."""

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
"""A pixel and its four neighbours."""


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
    far, letter = _nearest(truth, cv2.DIST_LABEL_CCOMP)
    recall, widths = _weighted_recall(truth, ink, letter)
    precision = _weighted_precision(truth, ink, far, letter, widths)
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


def _weighted_recall(
    truth: Ink, ink: Ink, letter: NDArray[np.int32]
) -> tuple[float, NDArray[np.int64]]:
    """Return the weighted recall, 0..1, and the stroke width of each letter, px.

    A pixel weighs its distance from the contour, divided by the sum of these distances across its
    stroke, so that a break costs the same in thick strokes and thin ones.
    """
    solid = truth.view(np.uint8)
    core = cv2.erode(solid, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    contour = solid - np.asarray(core, np.uint8)
    middle = _skeleton(truth)
    _seed_lost_letters(middle, truth, letter)
    depth = cv2.distanceTransform(1 - contour, cv2.DIST_C, 3).astype(np.uint16)
    depth[~truth] = 0
    depth[(middle & contour) > 0] = 1  # strokes so thin that they are all rim
    depth[_plateaus(depth, middle)] += 1
    reach, nearest = _nearest(middle > 0, cv2.DIST_LABEL_PIXEL)
    bones = np.flatnonzero(middle)
    names = nearest.ravel()[bones]  # what the transform calls each pixel of the skeleton
    bone_depth = np.zeros(bones.size + 1, np.int64)
    bone_depth[names] = depth.ravel()[bones]
    heavy = np.flatnonzero(depth)
    owner = nearest.ravel()[heavy]
    # an even stroke has two middles and the skeleton only one of them: 1+2+2+1, not 1+2+1
    from_bone = reach.ravel()[heavy]
    from_bone[(middle.ravel()[heavy] > 0) & (contour.ravel()[heavy] == 0)] = 1
    half_width = bone_depth.copy()
    half_width[owner[from_bone >= bone_depth[owner]]] += 1  # once, however many pixels say so
    weights = depth.ravel()[heavy] / (bone_depth * half_width)[owner]
    recall = float(weights[ink.ravel()[heavy]].sum() / weights.sum())
    owner_letter = letter.ravel()[bones]
    sums = np.bincount(owner_letter, half_width[names])
    widths = 2 * (sums // np.maximum(np.bincount(owner_letter), 1)).astype(np.int64)
    return recall, widths


def _weighted_precision(
    truth: Ink,
    ink: Ink,
    far: NDArray[np.float32],
    letter: NDArray[np.int32],
    widths: NDArray[np.int64],
) -> float:
    """Return the weighted precision, 0..1; `far` is how far a pixel lies from true ink, px."""
    right = int(np.count_nonzero(truth & ink))
    wrong = np.flatnonzero(ink & ~truth)
    distance = far.ravel()[wrong].astype(np.int64)
    width = widths[letter.ravel()[wrong]]
    limit = width.copy()
    joints = _joints(far, letter) & (far <= widths[letter])
    if joints.any():
        away, nearest = _nearest(joints, cv2.DIST_LABEL_PIXEL)
        where = np.flatnonzero(joints)
        half_gap = np.zeros(where.size + 1, np.int64)
        half_gap[nearest.ravel()[where]] = far.ravel()[where]
        gap = half_gap[nearest.ravel()[wrong]]
        close = (width > distance) & (away.ravel()[wrong] <= width - distance)
        limit = np.where(close, np.minimum(gap, width), width)
    extra = np.where(distance <= width, np.minimum(distance / limit, 2), 0)
    return right / (right + wrong.size + float(extra.sum())) if right else 0.0


def _nearest(goal: Ink, kind: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return each pixel's chessboard distance from the goal, px, and the label of what is nearest.

    By `kind` the pixels of the goal or its connected parts are labelled, from 1; both (H, W).
    """
    elsewhere = (~goal).view(np.uint8)
    far, label = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_C, 5, labelType=kind)
    return np.asarray(far, np.float32), np.asarray(label, np.int32)


def _joints(far: NDArray[np.float32], letter: NDArray[np.int32]) -> Ink:
    """Return the pixels of paper that lie equally near to two letters, (H, W) bool."""
    joints = np.zeros(far.shape, np.bool_)
    ahead, behind, whole = slice(1, None), slice(None, -1), slice(None)
    for one, other in (
        ((whole, ahead), (whole, behind)),
        ((ahead, whole), (behind, whole)),
        ((ahead, ahead), (behind, behind)),
        ((ahead, behind), (behind, ahead)),
    ):
        border = letter[one] != letter[other]
        joints[one] |= border & (far[other] < far[one])
        joints[other] |= border & (far[one] < far[other])
    return joints


def _plateaus(depth: NDArray[np.uint16], middle: Image) -> Ink:
    """Return the skeleton's pixels that are no deeper than any of their four neighbours."""
    around = np.pad(depth, 1, mode="edge")
    flat = middle > 0
    for beside in (
        around[:-2, 1:-1],
        around[2:, 1:-1],
        around[1:-1, :-2],
        around[1:-1, 2:],
    ):
        flat &= beside == depth
    return flat


def _seed_lost_letters(middle: Image, truth: Ink, letter: NDArray[np.int32]) -> None:
    """Give a skeleton of one pixel to each dot that thinning ate up, in place."""
    kept = np.zeros(int(letter.max()) + 1, np.bool_)
    kept[letter[middle > 0]] = True
    lost = np.flatnonzero(truth & ~kept[letter])
    _, first = np.unique(letter.ravel()[lost], return_index=True)
    middle.ravel()[lost[first]] = 1


def _thinning_rules() -> Ink:
    """Return (2, 256) bool: whether a pixel goes, by half-step and by its neighbours as bits.

    Bits 0..7 are the neighbours from north clockwise (Zhang & Suen 1984).
    """
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    north, east, south, west = (bits[:, 2 * side] == 1 for side in range(4))
    simple = (count >= 2) & (count <= 6) & (rises == 1)
    return np.stack(
        [
            simple & ~(north & east & south) & ~(east & south & west),
            simple & ~(north & east & west) & ~(north & south & west),
        ]
    )


def _skeleton(truth: Ink) -> Image:
    """Return the skeleton of the ink by Zhang & Suen 1984: (H, W) bool -> (H, W) uint8, 0 or 1.

    Only pixels whose surroundings changed since the same half-step last saw them are looked at, so
    a page with a black picture takes no longer than its rim is long at each step.
    """
    rules = _thinning_rules()
    framed = np.pad(truth.view(np.uint8), 1)
    wide = framed.shape[1]
    around = np.array([-wide, 1 - wide, 1, wide + 1, wide, wide - 1, -1, -wide - 1])
    pixels = framed.ravel()
    rim = np.flatnonzero(framed - cv2.erode(framed, np.ones((3, 3), np.uint8)))
    ticket = np.zeros(pixels.size, np.int32)
    candidates = waiting = rim
    half = 0
    while candidates.size:
        code = np.zeros(candidates.size, np.uint8)
        for bit, step in enumerate(around):
            code |= pixels[candidates + step] << np.uint8(bit)
        gone = candidates[rules[half][code]]
        pixels[gone] = 0
        touched = (gone[:, None] + around).ravel()
        touched = touched[pixels[touched] > 0]
        candidates, waiting = np.concatenate([waiting, touched]), touched
        candidates = candidates[pixels[candidates] > 0]
        numbers = np.arange(candidates.size, dtype=np.int32)
        ticket[candidates] = numbers  # the last of several equal ones keeps its number
        candidates = candidates[ticket[candidates] == numbers]
        half = 1 - half
    return framed[1:-1, 1:-1].copy()


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
