"""The colour of a ground and of the print on it, told from pixels of the small picture."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.imageops.morphology import darkest, spread, widest
from docclean.page import LUMA

RIM, LEAST_CORE = 2, 0.3
"""Pixels at the edge of a ground that the paper beside it may lighten; share of it that has to be
left without them."""
MOST, SOME = 1.5, 0.5
"""Percentiles: the end of the greys whose colour is that of the print, and the end that tells
whether there is any."""
SEEN, DARK, LIGHT, UNLIKELY = 16.0, 100.0, 130.0, 0.5
"""Grey levels by which print stands out; grey of a ground below which print is hardly dark and
above which it is hardly light, and what that counts."""
CLOSING = 7
"""Width in px of the small picture of strokes that do not count as ground."""
LEAST_RING = 0.2
"""Ring outside a ground, of the one inside, below which it has no edge to tell by."""
Colour = NDArray[np.float32]
Mask = NDArray[np.bool_]


def commonest(values: Colour) -> Colour:
    """Return the commonest colour of pixels, (N, 3), the mean of those near it."""
    coarse = (values * np.float32(1 / 16)).astype(np.int32)
    keys = (coarse[:, 0] * 32 + coarse[:, 1]) * 32 + coarse[:, 2]
    key = int(np.bincount(keys).argmax())
    middle = np.array((key // 1024, key // 32 % 32, key % 32), np.float32) * 16 + 8
    near = np.abs(values - middle).max(1) <= 20
    return np.asarray(np.median(values[near], 0) if near.any() else middle, np.float32)


def ink_on(light: NDArray[np.float32], inside: Mask, tint: Colour) -> Colour:
    """Return the colour of the print on a ground; of one without print what would be read on it.

    Args:
        light: the small picture over its paper, (h, w, 3).
        inside: which of its pixels belong to the ground, (h, w).
        tint: (3,) of the ground.
    """
    walled = np.pad(~inside, 1, constant_values=True)  # the ground may fill the picture
    core = ~spread(walled, RIM)[1:-1, 1:-1]
    if np.count_nonzero(core) < LEAST_CORE * np.count_nonzero(inside):
        core = inside
    grey = light @ np.asarray(LUMA, np.float32)
    is_light, is_seen = _print_of(grey, core)
    if not is_seen:
        return np.full(3, 255 if is_light else 0, np.float32)
    values, grey = light[core], grey[core]
    end = np.percentile(grey, 100 - MOST if is_light else MOST)
    return np.asarray(np.median(values[grey >= end if is_light else grey <= end], 0), np.float32)


def _print_of(grey: NDArray[np.float32], core: Mask) -> tuple[bool, bool]:
    """Say whether the print on a ground, (h, w), is light, and whether there is any.

    A screen is as light as paper between its dots: strokes are what is left of it smoothed.
    """
    smooth = Pillow.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
    low, own, high = np.percentile(np.asarray(smooth)[core], (SOME, 50, 100 - SOME))
    over = (high - own) * (UNLIKELY if own > LIGHT else 1)
    under = (own - low) * (UNLIKELY if own < DARK else 1)
    is_seen = max(over, under) >= SEEN
    return bool(over > under if is_seen else own < (DARK + LIGHT) / 2), bool(is_seen)


def step_at_edge(ground: Colour, inside: Mask) -> float:
    """Return how far the colour steps at the edge of an area, grey levels; endless without one.

    Shade runs out slowly; a printed ground ends within a pixel or two.
    """
    core, near, far = ~spread(~inside, 2), spread(inside, 1), spread(inside, 4)
    inner, outer = inside & ~core, far & ~near
    if not inner.any() or np.count_nonzero(outer) < LEAST_RING * np.count_nonzero(inner):
        return float("inf")
    return float(np.abs(ground[inner].mean(0) - ground[outer].mean(0)).max())


def without_strokes(light: Colour, tint: Colour) -> Colour:
    """Return a picture (h, w, 3) with its strokes, dark and light ones, filled in."""
    levels = np.clip(light, 0, 255).astype(np.uint8)
    planes = [np.ascontiguousarray(levels[..., n]) for n in range(levels.shape[2])]
    closed, opened = (
        np.stack([second(first(plane, CLOSING), CLOSING) for plane in planes], 2)
        for first, second in ((widest, darkest), (darkest, widest))
    )
    closed, opened = closed.astype(np.float32), opened.astype(np.float32)
    nearer = np.abs(closed - tint).max(2) <= np.abs(opened - tint).max(2)
    return np.where(nearer[..., None], closed, opened)
