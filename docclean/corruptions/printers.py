"""What machines without type print: needles, the heated heads of tills, copiers."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import Field, fractal_noise, smooth_noise, to_image
from docclean.corruptions.shared.strokes import blurred, ink_of, weakened
from docclean.page import Image


class DotMatrix(PageCorruption):
    """A needle printer: strokes made of dots, some needles weaker than the others."""

    name = "dot_matrix"
    probability = 0.04
    ranges = {
        "pitch": Range(0.13, 0.36, "mm"),
        "dot": Range(1.3, 0.85, "dot's width in pitches"),
        "between": Range(0.85, 0.2, "share of the ink between dots"),
        "tired": Range(0.0, 0.5, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the needles' pitch, the dots' size and how tired single needles are."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Read the ink at a grid of needles and strike a round dot for each."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape
        ink = ink_of(image)
        pitch = max(1.2, to_px(params["pitch"], dpi))
        columns, rows = max(1, round(width / pitch)), max(1, round(height / pitch))
        struck = cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA)
        struck = np.clip(struck * 1.9 - 0.12 * float(ink.max()), 0, float(ink.max()))
        needles = np.tile(rng.random(9, np.float32) ** 3, rows // 9 + 1)[:rows, None]
        struck *= 1 - params["tired"] * needles
        struck *= 1 - 0.25 * params["tired"] * np.abs(rng.standard_normal(struck.shape, np.float32))
        dots = cv2.resize(struck, (width, height), interpolation=cv2.INTER_NEAREST)
        dots *= np.clip(
            1.5
            * np.outer(_bumps(height, rows, params["dot"]), _bumps(width, columns, params["dot"])),
            0,
            1,
        )
        bridge = blurred(ink, max(0.4, 0.2 * pitch)) * params["between"]
        return to_image(255 - np.maximum(dots, bridge))


def _bumps(length: int, count: int, wide: float) -> Field:
    """Return a row of bumps averaged over each pixel; the product of two rows is round dots."""
    fine = (np.arange(length * 6, dtype=np.float32) + 0.5) / 6 * (count / length)
    bumps = np.exp(-np.square((fine % 1 - 0.5) / (0.5 * wide)) * 1.6)
    return np.asarray(bumps.reshape(length, 6).mean(1), np.float32)


class ThermalFade(PageCorruption):
    """An old receipt: ink pale in bands along the strip, dead heating dots, greying paper."""

    name = "thermal_fade"
    probability = 0.04
    ranges = {
        "fade": Range(0.2, 0.85, "share"),
        "band": Range(2, 14, "mm", by_severity=False),
        "dead": Range(0.0, 0.8, "per centimetre"),
        "paper": Range(0.0, 0.16, "grey"),
        "veil": Range(0.0, 0.12, "grey"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the bands, the dead dots and how grey the paper has become."""
        return draw.all() | {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Weaken the ink column by column and let the paper grey in clouds."""
        rng = np.random.default_rng(params["seed"])
        width = image.shape[1]
        bands = fractal_noise(rng, (1, width), to_px(params["band"], dpi), 4)
        bands = 0.5 + 0.5 * np.tanh(1.5 * bands)
        worn = smooth_noise(rng, image.shape, to_px(12, dpi))
        weight = 1 - params["fade"] * np.clip(bands + 0.25 * worn, 0.15, 1)
        place = np.arange(width, dtype=np.float32)
        half = max(0.5, to_px(0.07, dpi))
        for _ in range(rng.poisson(params["dead"] * width / to_px(10, dpi))):
            near = np.clip(half + 0.5 - np.abs(place - rng.uniform(0, width)), 0, 1)
            weight *= 1 - near * np.float32(rng.uniform(0.3, 0.8))
        ink = weakened(blurred(ink_of(image), max(0.35, to_px(0.05, dpi))), weight)
        clouds = np.clip(0.5 + 0.5 * fractal_noise(rng, image.shape, to_px(15, dpi), 2), 0, 2)
        grey = 255 * (params["paper"] + params["veil"] * clouds)
        return to_image(255 - ink - grey * (1 - ink / 255))


class Photocopy(PageCorruption):
    """A copy of a copy: each generation blurs, hardens and roughens the edges and adds toner."""

    name = "photocopy"
    probability = 0.07
    ranges = {
        "generations": Range(1, 4, "copies"),
        "blur": Range(0.03, 0.08, "mm"),
        "hard": Range(1.2, 2.6, "contrast of one copy"),
        "level": Range(0.44, 0.54, "grey", by_severity=False),
        "rough": Range(0.03, 0.16, "grey"),
        "specks": Range(0.3, 4, "per square centimetre and copy"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the number of copies and what each of them does."""
        drawn = draw.all()
        return drawn | {"generations": draw.whole("generations"), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Blur, add grain and harden, once for each copy."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape
        copy: Field = np.asarray(image, np.float32) / np.float32(255)
        grain = params["rough"] * fractal_noise(
            rng, (height + 32, width + 32), max(1.2, to_px(0.12, dpi)), 2
        )
        sigma = max(0.4, to_px(params["blur"], dpi))
        for _ in range(params["generations"]):
            copy = blurred(copy, sigma)
            top, left = rng.integers(32, size=2)
            # grain shows at edges: the drum's charge is all or nothing elsewhere
            copy += grain[top : top + height, left : left + width] * (
                4.4 * copy * (1 - copy) + 0.06
            )
            copy = np.clip((copy - params["level"]) * params["hard"] + params["level"], 0, 1)
            _toner(copy, rng, params["specks"] / to_px(10, dpi) ** 2, to_px(0.07, dpi))
        return to_image(255 * blurred(copy, 0.4))


def _toner(copy: Field, rng: np.random.Generator, density: float, radius: float) -> None:
    """Drop toner specks on a copy, in place."""
    count = rng.poisson(density * copy.size)
    places = rng.integers(copy.size, size=count)
    tones = rng.uniform(0.4, 1, count).astype(np.float32)
    sizes = radius * rng.gamma(2, 0.6, count)
    copy.ravel()[places] *= 1 - tones * np.clip(sizes * 2, 0.3, 1).astype(np.float32)
    specks = np.zeros(copy.shape, np.uint8)
    for one in np.flatnonzero(sizes > 0.7):
        y, x = divmod(int(places[one]), copy.shape[1])
        axes = (round(16 * sizes[one] * rng.uniform(0.6, 1)), round(16 * sizes[one]))
        turn, tone = rng.uniform(0, 180), 255 * float(tones[one])
        cv2.ellipse(specks, (x * 16, y * 16), axes, turn, 0, 360, tone, -1, cv2.LINE_AA, 4)
    copy *= 1 - specks / np.float32(255)
