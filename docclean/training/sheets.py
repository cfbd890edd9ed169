"""Pieces of clean pages, at the sizes that the network will see them."""

import cv2
import numpy as np

from docclean.clean.type_size import LARGEST_FACTOR
from docclean.page import Image

LARGE_SHARE, LARGE_TYPE = 0.12, (1.6, 4.5)
"""Share of sheets that are enlarged more, and how much: strokes as thick as those of titles."""
WORKING_DPI = (190, 340)
"""Where text of 10 to 12 points has the x-height that the cleaner brings small type to."""


def cut_sheet(rng: np.random.Generator, page: Image, side: int) -> tuple[Image, float]:
    """Return a (side, side) piece of a page, slightly turned, and how much it was enlarged."""
    large = float(rng.uniform(*LARGE_TYPE)) if rng.random() < LARGE_SHARE else 1.0
    scale = large * float(np.exp(rng.uniform(np.log(0.72), np.log(1.35))))
    angle = float(rng.normal(0, 0.8)) if rng.random() < 0.5 else 0.0
    if large == 1.0 and rng.random() < 0.35:
        scale, angle = 1.0, 0.0  # as typeset: hairlines on the pixel grid
    span = side / scale
    x = float(rng.uniform(0, max(1.0, page.shape[1] - span)))
    y = float(rng.uniform(0, max(1.0, page.shape[0] - span)))
    if scale == 1.0:
        x, y = float(int(x)), float(int(y))
    turn = cv2.getRotationMatrix2D((x + span / 2, y + span / 2), angle, scale)
    turn[0, 2] += side / 2 - (x + span / 2)
    turn[1, 2] += side / 2 - (y + span / 2)
    if scale < 0.95:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), 0.35 / scale), np.uint8)
    flags = cv2.INTER_NEAREST if scale == 1.0 else cv2.INTER_CUBIC
    sheet = cv2.warpAffine(page, turn, (side, side), flags=flags, borderValue=255)
    return np.asarray(sheet, np.uint8), scale


def scan_factor(rng: np.random.Generator, dpi: float, share: float) -> float:
    """Draw how much a page scanned with few dots is enlarged after the scan, in steps of a half.

    Args:
        rng: draws.
        dpi: of the page; from the working resolution on it is left as it is, 1.
        share: of the low-resolution pages that are enlarged.
    """
    if dpi > WORKING_DPI[0] or rng.random() >= share:
        return 1.0
    factor = round(2 * rng.uniform(*WORKING_DPI) / dpi) / 2
    return float(np.clip(factor, 1.0, LARGEST_FACTOR))


def area_reduced(page: Image, factor: int) -> Image:
    """Return the mean of each factor x factor square of a page, whole squares only, uint8."""
    height, width = (side // factor for side in page.shape)
    whole = page[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
