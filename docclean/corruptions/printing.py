"""What type and ribbon print: typewriters, their carbon copies, letterpress."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, smooth_noise, to_image
from docclean.corruptions.shared.strokes import blurred, ink_of, stroke_mask, weakened
from docclean.page import Image

SOBEL = np.array([(-1, 0, 1), (-2, 0, 2), (-1, 0, 1)], np.float32)


class Ribbon(PageCorruption):
    """A typewriter's ribbon set too high or low: each line pale on one side, each letter too."""

    name = "ribbon"
    probability = 0.08
    ranges = {
        "pale": Range(0.12, 0.72, "share"),
        "edge": Range(-0.4, 0.4, "share of half a line", by_severity=False),
        "height": Range(1.6, 2.8, "mm", by_severity=False),
        "lean": Range(0.05, 0.5, "share"),
        "force": Range(0.02, 0.25, "share"),
        "weave": Range(0.0, 0.25, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw which side of a line the ribbon misses, by how much, and how uneven a strike is."""
        drawn = draw.all()
        return drawn | {"top": draw.chance(0.5), "left": draw.chance(0.5), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lighten the ink that lies high (or low) among its neighbours; likewise left and right."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape
        ink = ink_of(image)
        factor = max(1, int(dpi / 70))
        small = (-(-width // factor), -(-height // factor))
        few: Field = np.asarray(cv2.resize(ink, small, interpolation=cv2.INTER_AREA))
        side = max(2, round(to_px(params["height"], dpi) / factor))
        high, left = _lopsided(few, side), _lopsided(few.T, side).T
        high, left = high * (1 if params["top"] else -1), left * (1 if params["left"] else -1)
        missed = 1 / (1 + np.exp(-7 * (high - params["edge"])))
        weight = 1 - params["pale"] * missed - params["lean"] * np.clip(left, 0, 1)
        weight = cv2.resize(weight, (width, height), interpolation=cv2.INTER_LINEAR)
        weight -= params["force"] * np.abs(smooth_noise(rng, image.shape, to_px(2.5, dpi)))
        weight += params["weave"] * smooth_noise(rng, image.shape, to_px(0.14, dpi))
        soft = blurred(ink, max(0.35, to_px(0.04, dpi)))
        return to_image(255 - weakened(soft, weight))


def _lopsided(ink: Field, reach: int) -> Field:
    """Return 1 where all ink within reach is below, -1 where it is above, 0 amid it."""
    size, middle = (2 * reach + 1, reach), reach
    above = cv2.blur(ink, size, anchor=(middle, reach - 1), borderType=cv2.BORDER_CONSTANT)
    below = cv2.blur(ink, size, anchor=(middle, 0), borderType=cv2.BORDER_CONSTANT)
    return np.asarray((below - above) / (below + above + 2), np.float32)


class FilledEyes(PageCorruption):
    """Type clogged with old ink: the eyes of e, a and o are filled, and nobody can reopen them."""

    name = "filled_eyes"
    both_sides = True
    probability = 0.04
    ranges = {
        "eyes": Range(0.2, 1.0, "share"),
        "largest": Range(0.25, 1.1, "square millimetres"),
        "dark": Range(0.45, 0.95, "share of the ink"),
        "uneven": Range(0.1, 0.5, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many eyes are filled, up to what size and how darkly."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Fill the small pieces of paper that ink encloses."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        strokes = stroke_mask(ink)
        if not strokes.any():
            return image.copy()
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(1 - strokes, connectivity=4)
        inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0)
        inside &= boxes[:, 0] + boxes[:, 2] < image.shape[1]
        inside &= boxes[:, 1] + boxes[:, 3] < image.shape[0]
        small = boxes[:, 4] <= params["largest"] * to_px(1, dpi) ** 2
        filled = inside & small & (rng.random(count) < params["eyes"])
        filled[0] = False  # label 0 is the ink
        tones = np.where(filled, params["dark"] * rng.uniform(0.7, 1, count), 0)
        fill = tones.astype(np.float32)[labels] * float(ink.max())
        mottle = smooth_noise(rng, image.shape, to_px(0.25, dpi))
        fill = cv2.GaussianBlur(cv2.dilate(fill, np.ones((3, 3))), (0, 0), 0.5)
        fill *= np.clip(1 + params["uneven"] * mottle, 0.3, 1.1)
        return to_image(255 - np.maximum(ink, fill))


class CarbonCopy(PageCorruption):
    """A carbon copy: grey, fuzzy, grainy ink, a smudged ghost round it, carbon over the paper."""

    name = "carbon_copy"
    probability = 0.05
    ranges = {
        "strength": Range(0.92, 0.38, "share"),
        "fuzz": Range(0.04, 0.2, "mm"),
        "grain": Range(0.08, 0.5, "share"),
        "ghost": Range(0.05, 0.3, "share"),
        "reach": Range(0.4, 1.3, "mm", by_severity=False),
        "veil": Range(0.0, 0.08, "grey"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how weak and fuzzy the copy is, and how much carbon rubbed off beside it."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Blur and grain the ink, then lay a wide blur of it and a cloudy veil over the page."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        soft = blurred(ink, max(0.45, to_px(params["fuzz"], dpi)))
        grain = fractal_noise(rng, image.shape, to_px(0.2, dpi), 2)
        copy = weakened(soft, params["strength"] * (1 + params["grain"] * grain))
        clouds = 1 + 0.5 * smooth_noise(rng, image.shape, to_px(9, dpi)) + 0.25 * grain
        rubbed = params["ghost"] * blurred(ink, to_px(params["reach"], dpi)) + 255 * params["veil"]
        return to_image(255 - copy - rubbed * np.clip(clouds, 0.1, 2) * (1 - copy / 255))


class Letterpress(PageCorruption):
    """Type pressed into paper: ink squeezed to a dark rim, lighter inside, the paper embossed."""

    name = "letterpress"
    probability = 0.05
    ranges = {
        "hollow": Range(0.1, 0.65, "share"),
        "rim": Range(0.05, 0.13, "mm", by_severity=False),
        "mottle": Range(0.05, 0.35, "share"),
        "squeeze": Range(0.1, 0.5, "share"),
        "emboss": Range(0.02, 0.2, "grey"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the squeeze, the mottled inside and where the light that shows the dent stands."""
        drawn = draw.all()
        return drawn | {"light": draw.uniform(0, 2 * np.pi), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lighten strokes away from their edges, ring them with ink, and shade the dent's walls."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        rim = max(0.6, to_px(params["rim"], dpi))
        level = max(1.0, float(ink.max()))
        dent = blurred(ink, rim)
        wide = blurred(ink, 2 * rim) / level
        inside = np.clip(wide * 2.2 - 1.2, 0, 1)
        mottle = fractal_noise(rng, image.shape, to_px(0.35, dpi), 2)
        weight = 1 - inside * (params["hollow"] * (1 + 0.5 * mottle) + params["mottle"] * mottle)
        ring = np.clip(dent * 1.6, 0, level) * params["squeeze"]
        printed = np.maximum(weakened(ink, weight), np.where(inside > 0, 0, ring))
        x, y = np.cos(params["light"]) * rim / 2, np.sin(params["light"]) * rim / 2
        slope = cv2.filter2D(wide, -1, x * SOBEL + y * SOBEL.T)
        return to_image(255 - printed + 255 * params["emboss"] * np.clip(slope, -1.5, 1.5))
