"""What happens to ink as it meets the paper: weight, fading, breaks, flecks, feathering."""

import cv2
import numpy as np

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, smooth_noise, to_image
from docclean.corruptions.shared.strokes import blurred, ink_of, stroke_mask, weakened
from docclean.page import Image

OVAL = np.array([(1, 0.4), (0, 1), (-1, 0.4), (-1, -0.4), (0, -1), (1, -0.4)])
"""Outline of a gap, across and along its stroke."""
MENDABLE = 0.35
"""Millimetres of missing ink that a reader closes in the mind: about a stroke's width."""


class InkWeight(PageCorruption):
    """How bold the print is; drawn on both sides, because the net must never re-ink a page."""

    name = "ink_weight"
    both_sides = True
    probability = 0.4
    ranges = {
        "amount": Range(-0.12, 0.42, "share", by_severity=False),
        "uneven": Range(0, 0.15, "share", by_severity=False),
        "sigma": Range(0.45, 0.9, "px", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the spread (negative: erosion), even or in patches."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Blur and move the edge: darker amounts widen strokes, lighter ones thin them."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image) / 255
        soft = cv2.GaussianBlur(ink, (0, 0), params["sigma"])
        field = params["amount"] + params["uneven"] * fractal_noise(rng, image.shape, 120, 2)
        grown = np.clip((soft - 0.5) * 2.2 + 0.5 + field * np.minimum(1, soft * 4), 0, 1)
        # a hairline is thinned, never greyed: most of its own ink stays
        return to_image(255 - 255 * np.maximum(grown, ink * 0.95))


class Typestrike(PageCorruption):
    """Uneven strikes of a typewriter or worn type: letters of different darkness, ragged edges."""

    name = "typestrike"
    probability = 0.25
    ranges = {
        "uneven": Range(0.02, 0.42, "share"),
        "ragged": Range(0.02, 0.3, "share"),
        "scale": Range(5, 30, "px", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the unevenness and the raggedness."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lighten ink by a blobby field and fray its edges."""
        rng = np.random.default_rng(params["seed"])
        ink = cv2.GaussianBlur(ink_of(image), (0, 0), 0.7)
        weight = 1 - params["uneven"] * np.abs(smooth_noise(rng, image.shape, params["scale"]))
        weight -= params["ragged"] * np.clip(fractal_noise(rng, image.shape, 3, 2), -0.5, 1.5) * 0.7
        return to_image(255 - ink * np.clip(weight, 0.25, 1.15))


class FaintInk(PageCorruption):
    """Weak, grey and fuzzy ink over the whole page, often all the ink that a page has."""

    name = "faint_ink"
    probability = 0.25
    ranges = {
        "strength": Range(0.85, 0.22, "share"),
        "fuzz": Range(0.2, 1.5, "px"),
        "uneven": Range(0.0, 0.25, "share"),
        "grain": Range(0.0, 0.35, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the ink's strength, its fuzz and how uneven both are."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Blur the ink a little, grain it and lighten it."""
        rng = np.random.default_rng(params["seed"])
        ink = cv2.GaussianBlur(ink_of(image), (0, 0), max(0.2, params["fuzz"]))
        weight = params["strength"] * (
            1 + params["uneven"] * fractal_noise(rng, image.shape, 150, 3)
        )
        weight *= 1 + params["grain"] * fractal_noise(rng, image.shape, 4, 3)
        return to_image(255 - ink * np.clip(weight, 0.16, 1))


class UnevenInk(PageCorruption):
    """Print that pales in patches: a dry roller, a starved nozzle, a page left in the sun."""

    name = "uneven_ink"
    probability = 0.1
    ranges = {
        "patch": Range(5, 40, "mm", by_severity=False),
        "cover": Range(0.25, 0.7, "share"),
        "fade": Range(0.12, 0.85, "share"),
        "grain": Range(0.0, 0.5, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how large the patches are, how much they cover and how pale they get."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lighten the ink where a field is high; its own quantile says where that begins."""
        rng = np.random.default_rng(params["seed"])
        field = fractal_noise(rng, image.shape, to_px(params["patch"], dpi), 4)
        edge = float(np.quantile(field[::8, ::8], 1 - params["cover"]))
        pale = np.clip((field - edge) / 0.7 + 0.2, 0, 1)
        # pale ink shows the paper's tooth
        grain = smooth_noise(rng, image.shape, to_px(0.15, dpi))
        weight = 1 - params["fade"] * pale * (1 + params["grain"] * grain)
        return to_image(255 - weakened(ink_of(image), weight))


class BrokenStrokes(PageCorruption):
    """Worn type and thin print: hairlines broken by gaps no longer than they are wide."""

    name = "broken_strokes"
    probability = 0.06
    ranges = {
        "gaps": Range(0.6, 9, "per centimetre of hairline"),
        "length": Range(0.35, 1.0, "share of the stroke's width"),
        "gone": Range(0.45, 1.0, "share"),
        "hairlines": Range(0.3, 0.8, "share of all strokes, thinnest first", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how many gaps there are, how long and how white, and in which strokes."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Lay small ovals across the middles of the thinnest strokes."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        depth = cv2.distanceTransform(stroke_mask(ink), cv2.DIST_L2, 3)
        middle = np.flatnonzero((depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3)))))
        half = depth.ravel()[middle]
        thin = half <= max(1.5, to_px(0.5, dpi))  # no bar, no picture
        middle, half = middle[thin], half[thin]
        if not len(middle):
            return image.copy()
        ranked = half + rng.uniform(0, 0.2, len(half))  # on small pages most are equally thin
        thin = ranked <= np.quantile(ranked, params["hairlines"])
        middle, half = middle[thin], half[thin]
        count = rng.poisson(params["gaps"] * len(middle) / to_px(10, dpi))
        soft = cv2.GaussianBlur(ink, (0, 0), 1)
        across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
        turned = cv2.blur(across * across - down * down, (5, 5)).ravel()
        leaning = cv2.blur(2 * across * down, (5, 5)).ravel()
        drawn = rng.integers(len(middle), size=count)
        place, radius = middle[drawn], half[drawn] - 0.4
        turn = np.arctan2(leaning[place], turned[place]) / 2
        along = np.maximum(0.35, radius * params["length"] * rng.uniform(0.5, 1, count))
        sides = np.stack([1.5 * radius + 0.5, along], 1)[:, None] * OVAL
        cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
        x = (place % image.shape[1])[:, None] + sides[..., 0] * cos - sides[..., 1] * sin
        y = (place // image.shape[1])[:, None] + sides[..., 0] * sin + sides[..., 1] * cos
        outlines = np.round(np.stack([x, y], -1) * 16).astype(np.int32)
        gaps = np.zeros(image.shape, np.uint8)
        for some, share in zip(np.array_split(outlines, 4), (0.7, 0.8, 0.9, 1), strict=True):
            cv2.fillPoly(gaps, list(some), 255 * params["gone"] * share, cv2.LINE_AA, 4)
        left = 255 - blurred(np.asarray(gaps, np.float32), 0.4)
        return to_image(255 - ink * left / np.float32(255))


class DroppedInk(PageCorruption):
    """Letters with parts that did not print: white flecks inside the ink, thicker in places."""

    name = "dropped_ink"
    probability = 0.08
    ranges = {
        "lost": Range(0.03, 0.32, "share of the ink"),
        "fleck": Range(0.08, 0.3, "mm", by_severity=False),
        "trace": Range(0.4, 0.05, "share"),
        "clusters": Range(0.0, 0.5, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how much ink is missing, in flecks of what size, and what is left in them."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Take the ink where a fine field is highest, as much of it as was drawn."""
        ink = ink_of(image)
        return to_image(255 - ink * (1 - self._gone(ink, params, dpi)))

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Take what is missing over more than a stroke's width: nobody could redraw it."""
        ink = ink_of(image)
        wide = max(3, round(to_px(MENDABLE, dpi)) | 1)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
        holes = cv2.morphologyEx(self._gone(ink, params, dpi), cv2.MORPH_OPEN, disc)
        # white or untouched: grey dots in clean letters would be learnt as ink
        return np.where(holes > 0.8, np.uint8(255), image)

    def _gone(self, ink: Field, params: Params, dpi: float) -> Field:
        rng = np.random.default_rng(params["seed"])
        field = fractal_noise(rng, ink.shape, 1.2 * to_px(params["fleck"], dpi), 2)
        field += params["clusters"] * smooth_noise(rng, ink.shape, to_px(4, dpi))
        edge = float(np.quantile(field[::3, ::3], 1 - params["lost"]))
        gone = np.clip((field - edge) * 3 + 0.5, 0, 1) * (1 - params["trace"])
        # a fleck may hollow a stem, but a hairline must stay to be seen
        stem = np.clip(blurred(ink, max(0.7, to_px(0.15, dpi))) / 110, 0.45, 1)
        return blurred(gone * stem, max(0.4, to_px(0.02, dpi)))


class InkBleed(PageCorruption):
    """Ink feathering into unsized paper: a ragged, fainter fringe along the fibres."""

    name = "ink_bleed"
    probability = 0.06
    ranges = {
        "reach": Range(0.15, 0.65, "mm"),
        "strength": Range(0.15, 0.42, "share"),  # above half, a 1-bit scan would make it ink
        "uneven": Range(0.1, 0.5, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw how far the ink runs and how dark it arrives."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Let the ink reach as far from each stroke as the fibres there carry it."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        strokes = stroke_mask(ink)
        if not strokes.any():
            return image.copy()
        distance = cv2.distanceTransform(1 - strokes, cv2.DIST_L2, 5)
        fine = to_px(0.1, dpi)
        fibres = np.maximum(
            smooth_noise(rng, image.shape, fine, 3), smooth_noise(rng, image.shape, fine * 3, 1 / 3)
        )
        carried = 0.25 + 0.35 * fibres
        carried += 0.3 * smooth_noise(rng, image.shape, 2 * fine)
        carried += params["uneven"] * smooth_noise(rng, image.shape, to_px(3, dpi))
        reach = max(1.2, to_px(params["reach"], dpi)) * np.clip(carried, 0.1, 1.3)
        fringe = np.clip(1.2 - 1.2 * np.maximum(distance - 0.5, 0) / reach, 0, 1)
        fringe *= params["strength"] * float(ink.max())
        return to_image(255 - np.maximum(ink, blurred(fringe, max(0.5, to_px(0.05, dpi)))))
