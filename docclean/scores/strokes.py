"""What each pixel weighs in the pseudo-F-measure: by its stroke, and by how near a letter is.

Ntirogiannis, Gatos & Pratikakis 2013; see `pixels.pseudo_f_measure`. All masks are (H, W) of bool,
True where there is ink.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image
from docclean.scores.skeleton import Ink, skeleton

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
"""A pixel and its four neighbours."""


def find_nearest(goal: Ink, kind: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return each pixel's chessboard distance from the goal, px, and the label of what is nearest.

    By `kind` the pixels of the goal or its connected parts are labelled, from 1; both (H, W).
    """
    elsewhere = (~goal).view(np.uint8)
    far, label = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_C, 5, labelType=kind)
    return np.asarray(far, np.float32), np.asarray(label, np.int32)


def weighted_recall(
    truth: Ink, ink: Ink, letter: NDArray[np.int32]
) -> tuple[float, NDArray[np.int64]]:
    """Return the weighted recall, 0..1, and the stroke width of each letter, px.

    A pixel weighs its distance from the contour, divided by the sum of these distances across its
    stroke, so that a break costs the same in thick strokes and thin ones.
    """
    solid = truth.view(np.uint8)
    core = cv2.erode(solid, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    contour = solid - np.asarray(core, np.uint8)
    middle = skeleton(truth)
    _seed_lost_letters(middle, truth, letter)
    depth = cv2.distanceTransform(1 - contour, cv2.DIST_C, 3).astype(np.uint16)
    depth[~truth] = 0
    depth[(middle & contour) > 0] = 1  # strokes so thin that they are all rim
    depth[_plateaus(depth, middle)] += 1
    reach, nearest = find_nearest(middle > 0, cv2.DIST_LABEL_PIXEL)
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


def weighted_precision(
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
        away, nearest = find_nearest(joints, cv2.DIST_LABEL_PIXEL)
        where = np.flatnonzero(joints)
        half_gap = np.zeros(where.size + 1, np.int64)
        half_gap[nearest.ravel()[where]] = far.ravel()[where]
        gap = half_gap[nearest.ravel()[wrong]]
        close = (width > distance) & (away.ravel()[wrong] <= width - distance)
        limit = np.where(close, np.minimum(gap, width), width)
    extra = np.where(distance <= width, np.minimum(distance / limit, 2), 0)
    return right / (right + wrong.size + float(extra.sum())) if right else 0.0


def _seed_lost_letters(middle: Image, truth: Ink, letter: NDArray[np.int32]) -> None:
    """Give a skeleton of one pixel to each dot that thinning ate up, in place."""
    kept = np.zeros(int(letter.max()) + 1, np.bool_)
    kept[letter[middle > 0]] = True
    lost = np.flatnonzero(truth & ~kept[letter])
    _, first = np.unique(letter.ravel()[lost], return_index=True)
    middle.ravel()[lost[first]] = 1


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
