"""Pages set straight before they are cleaned: upright, level, without borders, one at a time."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.errors import MissingProgramError
from docclean.imageops.components import components
from docclean.ocr.tesseract import NO_TESSERACT
from docclean.page import Image, Page

SURE_OF_ORIENTATION = 5.0
"""Tesseract's confidence from which a page is turned; pages it would turn wrongly stay below 4."""
STEEPEST = 10.0
"""Degrees up to which lines may lean; beyond, a page is meant to be so."""
LEVEL = 0.1
"""Degrees below which a page is level."""
SHARPNESS = 1.6
"""How much sharper the profile of level lines must be than that of most other angles."""
SEEN_AT = 1600
"""Longer side of the page on which lines are looked for, px: 0.1 degrees are 2 px there."""
POINTS = 150_000
"""Edge points that are projected."""
COARSE = 600
"""Longer side of the page on which borders and gutters are looked for, px."""
BORDER_WITHIN = 0.15
"""Share of the page, from its edge, in which a border may lie."""
BORDER_OPENING = 5
"""Width, coarse px, below which dark things are print: 2 mm of an A4 page."""
BORDER_LENGTH = 0.08
"""Share of the page's longer side that a border is long at least; cut letters are not."""
BAND = 0.8
"""Share of a side that a dark band must fill for all beyond it to be another page."""
SPREAD_FROM = 1.15
"""Width to height from which two pages may lie side by side."""
GUTTER_WITHIN = (0.35, 0.65)
"""Shares of the width between which the gutter is looked for."""
GUTTER_WIDTH = 0.02
"""Share of the width a gutter is wide at least."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Straightened:
    """A page set straight, and what that took.

    Attributes:
        page: the page.
        turned: degrees clockwise it was turned by to stand upright: 0, 90, 180 or 270.
        angle: degrees counter-clockwise it was then turned by to be level.
        whitened: share of its area that was border.
        cut: share of its width at which two pages meet, or None.
    """

    page: Page
    turned: int = 0
    angle: float = 0.0
    whitened: float = 0.0
    cut: float | None = None

    @property
    def moved(self) -> bool:
        """Say whether pixels are not as they came; a turn alone moves none."""
        return bool(self.angle or self.whitened)

    def told(self) -> dict[str, Any]:
        """Return what was done as plain data, nothing for nothing."""
        told = {
            "turned": self.turned,
            "level": self.angle,
            "border": self.whitened,
            "cut": self.cut,
        }
        return {name: value for name, value in told.items() if value}


def straighten(
    page: Page,
    *,
    orient: bool = False,
    deskew: bool = False,
    borders: bool = False,
    split: bool = False,
) -> Straightened:
    """Set a page straight, each step only where it is asked for and something is found.

    Raises:
        MissingProgramError: `orient` without Tesseract or its pack `osd`.
    """
    turned = orientation(page) if orient else 0
    if turned:
        dpi = page.dpi and (page.dpi[::-1] if turned % 180 else page.dpi)
        pixels = np.ascontiguousarray(np.rot90(page.pixels, -turned // 90))
        page = Page(pixels, dpi, page.number, page.source)
    whitened, angle = 0.0, 0.0
    if borders:
        border = find_border(page.grey())
        whitened = float(border.mean())
        if whitened:
            page = page.with_pixels(_painted(page.pixels, border))
    if deskew:
        angle = skew(page.grey())
        if angle:
            page = page.with_pixels(rotated(page.pixels, angle))
    cut = find_gutter(page.grey()) if split else None
    return Straightened(page, turned, angle, round(whitened, 4), cut)


def halves(page: Page, cut: float) -> tuple[Page, Page]:
    """Return the two pages of a spread."""
    column = round(cut * page.width)
    left, right = page.pixels[:, :column], page.pixels[:, column:]
    return page.with_pixels(left.copy()), page.with_pixels(right.copy())


# --- upright -------------------------------------------------------------------------------------


def orientation(page: Page) -> int:
    """Return the degrees clockwise that turn a page upright; 0 where Tesseract is not sure.

    Raises:
        MissingProgramError: Tesseract or its pack `osd` is not installed.
    """
    image = Pillow.fromarray(page.grey())
    image.format = "PPM"
    try:
        told = pytesseract.image_to_osd(image, config=f"--dpi {_plain_dpi(page)}", timeout=120)
    except pytesseract.TesseractNotFoundError as error:
        raise MissingProgramError(NO_TESSERACT) from error
    except pytesseract.TesseractError as error:
        if "osd.traineddata" in str(error.message):
            raise MissingProgramError(
                "Tesseract has no pack for orientation: apt-get install tesseract-ocr-osd"
            ) from error
        return 0  # too few letters
    except RuntimeError:
        return 0  # it took too long
    sure = re.search(r"Orientation confidence: ([\d.]+)", told)
    turn = re.search(r"Rotate: (\d+)", told)
    if not sure or not turn or float(sure[1]) < SURE_OF_ORIENTATION:
        return 0
    return int(turn[1]) % 360


def _plain_dpi(page: Page) -> int:
    return min(max(round(page.dpi[1]), 70), 2400) if page.dpi else 300


# --- level ---------------------------------------------------------------------------------------


def skew(grey: Image) -> float:
    """Return the degrees counter-clockwise by which to turn a page (H, W) so that lines are level.

    The lower edges of ink are projected onto lines of each angle; the right one makes the sharpest
    profile: the greatest sum of squared differences of neighbouring counts (Postl 1986).
    0.0 where the lines are level within `LEVEL`, lean more than `STEEPEST`, or are no lines.
    """
    x, y = _edges(grey)
    if len(x) < 500:
        return 0.0
    coarse = np.arange(-STEEPEST - 1, STEEPEST + 1.01, 0.5)
    scores = np.array([_sharpness(x, y, angle) for angle in coarse])
    best = coarse[scores.argmax()]
    if scores.max() < SHARPNESS * np.median(scores) or abs(best) > STEEPEST:
        return 0.0
    fine = np.arange(best - 0.5, best + 0.51, 0.05)
    sharp = np.array([_sharpness(x, y, angle) for angle in fine])
    angle = float(fine[sharp.argmax()])
    return round(angle, 2) if abs(angle) >= LEVEL else 0.0


def _edges(grey: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x and y, px from the middle, of places where ink ends downwards."""
    small = _reduced(grey, SEEN_AT)
    ink = small < _threshold(small)
    rows, columns = np.nonzero(ink[:-1] & ~ink[1:])
    step = max(1, len(rows) // POINTS)
    x = columns[::step].astype(np.float32) - small.shape[1] / 2
    return x, rows[::step].astype(np.float32) - small.shape[0] / 2


def _sharpness(x: NDArray[np.float32], y: NDArray[np.float32], angle: float) -> float:
    """Return how sharp the profile is once the page is turned by `angle`, degrees."""
    lean = np.tan(np.deg2rad(angle))
    place = np.floor(y - x * lean).astype(np.int64)
    counts = np.bincount(place - place.min()).astype(np.float64)
    return float((np.diff(counts) ** 2).sum())


def rotated(pixels: Image, angle: float) -> Image:
    """Turn pixels counter-clockwise about their middle, same size; corners become paper."""
    image = Pillow.fromarray(pixels)
    paper: Any = _paper(pixels)
    fill = tuple(int(value) for value in paper) if pixels.ndim == 3 else int(paper[0])
    return np.asarray(image.rotate(angle, Pillow.Resampling.BICUBIC, fillcolor=fill))


# --- borders -------------------------------------------------------------------------------------


def find_border(grey: Image) -> Mask:
    """Return the mask (H, W) of what is black around the sheet, and of the next page beyond it."""
    small = _reduced(grey, COARSE)
    dark = _opened(small < min(_threshold(small), 110))
    found = _at_edges(dark) | _beyond(dark)
    if not found.any():
        return np.zeros(grey.shape, np.bool_)
    grown = Pillow.fromarray(found.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(5))
    whole = grown.resize((grey.shape[1], grey.shape[0]), Pillow.Resampling.NEAREST)
    return np.asarray(whole) > 0


def _opened(dark: Mask) -> Mask:
    """Take away what is thinner than `BORDER_OPENING`: strokes, rules, print that runs to the edge.

    What lies at the page's edge is as wide as it goes on beyond it.
    """
    side = BORDER_OPENING
    wide = np.pad(dark, side, mode="edge")
    image = Pillow.fromarray(wide.astype(np.uint8) * 255)
    image = image.filter(ImageFilter.MinFilter(side)).filter(ImageFilter.MaxFilter(side))
    return np.asarray(image)[side:-side, side:-side] > 0


def _at_edges(dark: Mask) -> Mask:
    """Keep the parts of a mask that touch the page's edge, as far as a border may reach."""
    found = components(dark)
    height, width = dark.shape
    touching = (found.top == 0) | (found.left == 0)
    touching |= (found.bottom == height) | (found.right == width)
    touching &= np.maximum(found.height, found.width) >= BORDER_LENGTH * max(height, width)
    kept = np.zeros(dark.shape, np.bool_)
    rows, columns, _ = found.pixels(touching)
    kept[rows, columns] = True
    deep, wide = round(BORDER_WITHIN * height), round(BORDER_WITHIN * width)
    inside = np.zeros(dark.shape, np.bool_)
    inside[deep : height - deep, wide : width - wide] = True
    return kept & ~inside


def _beyond(dark: Mask) -> Mask:
    """Return what lies beyond a dark band along a side: the gutter, then the next page."""
    out = np.zeros(dark.shape, np.bool_)
    for axis in (0, 1):
        filled = dark.mean(axis)
        reach = round(BORDER_WITHIN * len(filled))
        first = np.flatnonzero(filled[:reach] >= BAND)
        last = np.flatnonzero(filled[-reach:] >= BAND)
        view = out if axis == 1 else out.T
        if len(first):
            view[: first[-1] + 1] = True
        if len(last):
            view[len(filled) - reach + last[0] :] = True
    return out


def _painted(pixels: Image, mask: Mask) -> Image:
    out = pixels.copy()
    paper = _paper(pixels)
    out[mask] = paper if pixels.ndim == 3 else paper[0]
    return out


# --- spreads -------------------------------------------------------------------------------------


def find_gutter(grey: Image) -> float | None:
    """Return the share of the width at which two pages side by side meet; None for one page."""
    height, width = grey.shape
    if width < SPREAD_FROM * height:
        return None
    small = _reduced(grey, COARSE)
    ink = (small < _threshold(small)).mean(0)
    columns = len(ink)
    low, high = (round(share * columns) for share in GUTTER_WITHIN)
    sides = min(ink[:low].mean(), ink[high:].mean())
    if sides < 0.01:  # a half without print is no page of a spread
        return None
    empty = ink[low:high] < 0.1 * sides
    dark = ink[low:high] > 0.6
    for mask, least in ((dark, 1), (empty, max(2, round(GUTTER_WIDTH * columns)))):
        runs = _longest(mask)
        if runs and runs[1] - runs[0] >= least:
            return round((low + (runs[0] + runs[1]) / 2) / columns, 4)
    return None


def _longest(mask: Mask) -> tuple[int, int] | None:
    """Return the first and one past the last place of the longest run, the middlemost of equals."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    if not len(steps):
        return None
    runs = steps.reshape(-1, 2)
    first, last = max(runs, key=lambda run: run[1] - run[0])
    return int(first), int(last)


# --- pixels --------------------------------------------------------------------------------------


def _reduced(grey: Image, longest: int) -> Image:
    factor = max(1, max(grey.shape) // longest)
    return np.asarray(Pillow.fromarray(grey).reduce(factor)) if factor > 1 else grey


def _threshold(grey: Image) -> float:
    """Return the grey halfway between the page's ink and its paper."""
    low, high = np.percentile(grey[::2, ::2], (1, 75))
    return float(low + 0.6 * (high - low)) if high - low > 30 else 0.0


def _paper(pixels: Image) -> Image:
    """Return the paper's colour, (C,) uint8: the median of the brighter half."""
    flat = pixels[::7, ::7].reshape(-1, 1 if pixels.ndim == 2 else 3)
    light = flat.mean(1)
    return np.asarray(np.median(flat[light >= np.median(light)], 0), np.uint8)
