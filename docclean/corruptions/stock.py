"""The sheet under the print: its other side, coloured stock, watermarks."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import (
    Field,
    clouds,
    drawing_grid,
    enlarged,
    fractal_noise,
    shade,
    to_image,
)
from docclean.page import Image

WORDS = (
    "COPY", "DRAFT", "VOID", "SAMPLE", "PAID", "CONFIDENTIAL", "ORIGINAL", "DUPLICATE", "SPECIMEN",
    "KOPIE", "ENTWURF", "MUSTER", "COPIE", "BROUILLON", "COPIA", "Internal", "Not for sale",
)  # fmt: skip
SHIFT = 0.3
"""How far the other side may lie from its place, as a share of the image's width or height."""
LETTERS = 120
"""Height in px of the letters a watermark is drawn with before it is laid on the page."""


def _level(ink: Field) -> float:
    """Return how dark a page's ink is: near its darkest, yet not one pixel's word."""
    counts = cv2.calcHist([ink.astype(np.uint8)], [0], None, [256], [0, 256]).ravel()
    above = np.cumsum(counts[::-1])
    return float(255 - int(np.searchsorted(above, 0.005 * ink.size)))


def _faded(other: Image, sigma: float) -> Field:
    """Return another side's ink blurred, 0..1, its own strokes near 1 however thin they are."""
    ink = np.asarray(cv2.GaussianBlur(255 - other, (0, 0), sigma), np.uint8).astype(np.float32)
    # blur thins a stroke away; but where there is hardly any ink, none is invented
    strongest = max(_level(ink), 0.3 * float(ink.max()), 8.0)
    return np.asarray(np.minimum(ink / strongest, 1.25), np.float32)


def _continued(page: NDArray[Any], to_page: NDArray[np.float64]) -> Image:
    """Return the page where `to_page` puts it, continued beyond its edges by its reflection."""
    size, flags = (page.shape[1], page.shape[0]), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        page, np.asarray(to_page, np.float64), size, flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(moved, np.uint8)


def _without_cut_ink(page: Image, dpi: float) -> Image:
    """Return the page without the lines and letters its edges cut: it can then be continued."""
    height, width = page.shape
    ink = np.asarray(page < 200, np.uint8)
    reach = max(1, min(round(to_px(8, dpi)), height // 4))
    rows = cv2.reduce(ink, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    # a line is cut whole, where the first gap between lines is
    top, bottom = int(np.argmin(rows[:reach])), int(np.argmin(rows[::-1][:reach]))
    whole = page.copy()
    whole[:top], whole[height - bottom :] = 255, 255
    most = min(width, max(2, round(to_px(12, dpi))))  # no letter is larger
    for side, edge in ((slice(0, most), 0), (slice(width - most, width), most - 1)):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink[:, side], connectivity=8)
        cut = (stats[:, 2] < most) & (stats[:, 3] < most)
        cut[0] = False
        touched = np.isin(np.arange(len(cut)), labels[:, edge])
        gone = cv2.dilate((cut & touched)[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
        whole[:, side][gone > 0] = 255
    return whole


class BleedThrough(PageCorruption):
    """The other side of the sheet: mirrored, blurred and always fainter than the page's own ink."""

    name = "bleed_through"
    probability = 0.12
    ranges = {
        "alpha": Range(0.06, 0.55, "share of the page's own ink"),
        "blur": Range(0.12, 0.5, "mm", by_severity=False),
        "patchy": Range(0.05, 0.45, "share", by_severity=False),
        "soaked": Range(0.0, 0.3, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how strongly, how blurred and from where the other side shows."""
        place = {"dx": draw.uniform(-SHIFT, SHIFT), "dy": draw.uniform(-SHIFT, SHIFT)}
        place |= {"flip": draw.chance(0.5)}
        return draw.all() | place | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Mirror and shift the page itself as its other side, and darken the paper with it."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        other = cv2.flip(_without_cut_ink(image, dpi), -1 if params["flip"] else 1)
        shift = np.array([[1, 0, -int(params["dx"] * width)], [0, 1, -int(params["dy"] * height)]])
        other = _continued(other, shift)
        back = _faded(other, max(0.6, to_px(params["blur"], dpi)))
        patchy = clouds(rng, (height, width), to_px(20, dpi), 4)
        back *= np.clip(1 + params["patchy"] * patchy, 0.2, 1.6)
        own = (255 - image).astype(np.float32)
        # never as dark as the page's own ink here, else nothing tells the two apart
        level = _level(own)
        shown = np.minimum(back * (params["alpha"] * level), max(0.55 * level, 4.0))
        return to_image(255 - np.maximum(own, shown) - params["soaked"] * np.minimum(own, shown))


class ShowThrough(PageCorruption):
    """Thin paper: the back, or the next sheet, shows everywhere evenly, blurred and grey."""

    name = "show_through"
    probability = 0.08
    ranges = {
        "alpha": Range(0.03, 0.3, "share of the page's own ink"),
        "veil": Range(0.0, 0.12, "share"),
        "blur": Range(0.25, 0.9, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw which sheet shows, how far it is shifted and how strongly it shows."""
        place = {"dx": draw.uniform(-SHIFT, SHIFT), "dy": draw.uniform(-SHIFT, SHIFT)}
        place |= {"zoom": draw.uniform(0.8, 1.3)}
        behind = draw.choice("back", "back", "turned back", "next sheet")
        return draw.all() | place | {"behind": behind}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay the sheet behind under the page and dull the paper with it."""
        height, width = image.shape[:2]
        flips = {"back": 1, "turned back": -1}
        mirrored = params["behind"] in flips
        other = _without_cut_ink(image, dpi)
        if mirrored:
            other = np.asarray(cv2.flip(other, flips[params["behind"]]), np.uint8)
        zoom, sigma = params["zoom"], max(0.8, to_px(params["blur"], dpi))
        shift = np.array(
            [[1 / zoom, 0, params["dx"] * width], [0, 1 / zoom, params["dy"] * height]]
        )
        other = _continued(other, shift)
        share = params["alpha"] * _level((255 - image).astype(np.float32)) / 255
        light = (1 - params["veil"]) * (1 - share * _faded(other, sigma))
        return shade(image, light)


class ColouredStock(PageCorruption):
    """Coloured paper as grey: an even tone, a little mottled, the ink on it a little lighter."""

    name = "coloured_stock"
    probability = 0.08
    ranges = {
        "grey": Range(0.95, 0.45, "grey"),
        "mottle": Range(0.0, 0.04, "share", by_severity=False),
        "lift": Range(0.0, 0.12, "share", by_severity=False),
        "grain": Range(0.4, 3.0, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the paper's grey, its mottling and how the ink stands on it."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Print the page's ink on the grey stock."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        small, coarse = drawing_grid((height, width), dpi, 150.0)
        mottle = fractal_noise(rng, small, max(1.5, to_px(params["grain"], coarse)), 3, 0.7)
        tone = params["grey"] * (1 + params["mottle"] * mottle)
        paper = enlarged(np.clip(tone, 0.3, 1).astype(np.float32), (height, width))
        ink_light = np.float32(params["lift"]) * 255
        printed = ink_light + (1 - np.float32(params["lift"])) * image.astype(np.float32)
        return to_image(paper * printed)


@lru_cache(maxsize=64)
def _emblem(word: str, outlined: bool, ringed: bool) -> Image:
    """Return a watermark's motif, white on black: a word, or a round emblem with its letter."""
    font = ImageFont.load_default(LETTERS)
    text = word[:1] if ringed else word
    left, top, right, bottom = (int(side) for side in font.getbbox(text))
    side = (3 * LETTERS, 3 * LETTERS) if ringed else (bottom - top + 30, right - left + 30)
    canvas = Pillow.new("L", (side[1], side[0]))
    corner = ((side[1] - right - left) / 2, (side[0] - bottom - top) / 2)
    ImageDraw.Draw(canvas).text(corner, text, fill=255, font=font, stroke_width=3, stroke_fill=255)
    motif = np.array(canvas, np.uint8)
    if ringed:
        middle, turn = (side[1] // 2, side[0] // 2), np.arange(24) * np.pi / 12
        for radius, wide in ((1.42, 7), (1.28, 3), (0.85, 4)):
            cv2.circle(motif, middle, int(radius * LETTERS), 255, wide, cv2.LINE_AA)
        petals = np.stack([np.cos(turn), np.sin(turn)], -1) * LETTERS * 1.06
        for x, y in petals:
            centre = (int(middle[0] + x), int(middle[1] + y))
            cv2.circle(motif, centre, 11, 255, -1, cv2.LINE_AA)
    if outlined:
        thick = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
        motif = np.asarray(cv2.morphologyEx(motif, cv2.MORPH_GRADIENT, thick), np.uint8)
    return motif


class Watermark(PageCorruption):
    """Large pale letters or an emblem printed across the sheet, behind the text."""

    name = "watermark"
    probability = 0.06
    ranges = {
        "dark": Range(0.06, 0.4, "share"),
        "height": Range(8, 40, "mm", by_severity=False),
        "soft": Range(0.0, 0.4, "mm", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the words or emblem, where it stands, and whether it repeats over the sheet."""
        ringed = draw.chance(0.25)
        angle = draw.choice(0.0, -45.0, -30.0, 45.0, -60.0, 90.0) + draw.uniform(-8, 8)
        place = {"x": draw.uniform(0.3, 0.7), "y": draw.uniform(0.3, 0.7), "angle": angle}
        motif = {"word": draw.choice(*WORDS), "outlined": draw.chance(0.3), "ringed": ringed}
        return draw.all() | place | motif | {
            "repeated": draw.chance(0.3),
        }  # fmt: skip

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay the motif turned over the page and darken the paper behind the ink."""
        height, width = image.shape[:2]
        motif = _emblem(params["word"], params["outlined"], params["ringed"])
        # on a small piece of a page letters a hand high would show nothing but their inside
        tall = min(to_px(params["height"], dpi), 0.6 * min(height, width)) / LETTERS
        tall = max(
            0.05, tall * (0.35 if params["repeated"] else 1) * (0.6 if params["ringed"] else 1)
        )
        turned = cv2.getRotationMatrix2D(
            (motif.shape[1] / 2, motif.shape[0] / 2), -params["angle"], tall
        )
        turned[:, 2] += (
            params["x"] * width - motif.shape[1] / 2, params["y"] * height - motif.shape[0] / 2,
        )  # fmt: skip
        if params["repeated"]:
            motif = np.pad(motif, LETTERS // 3)
        if tall < 0.5:  # else thin strokes fall between the samples
            motif = np.asarray(cv2.GaussianBlur(motif, (0, 0), 0.4 / tall), np.uint8)
        edge = cv2.BORDER_WRAP if params["repeated"] else cv2.BORDER_CONSTANT
        laid = cv2.warpAffine(motif, turned, (width, height), borderMode=edge)
        laid = cv2.GaussianBlur(laid, (0, 0), max(0.4, to_px(params["soft"], dpi)))
        values = image.astype(np.float32)
        return to_image(values * (1 - laid.astype(np.float32) * np.float32(params["dark"] / 255)))
