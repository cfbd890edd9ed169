"""Ink that moves after it was laid down: fingers, water, rollers."""

import cv2
import numpy as np

from docclean.corruptions.base import Draw, PageCorruption, Params, Range, to_px
from docclean.corruptions.shared.fields import (
    Field,
    enlarged,
    fractal_noise,
    smooth_noise,
    to_image,
)
from docclean.corruptions.shared.strokes import blurred, ink_of
from docclean.page import Image

COARSE = 150.0
"""Dots per inch that a trace is dragged at: it is soft, and finer pixels only cost time."""


class InkSmear(PageCorruption):
    """Ink dragged across the sheet by a finger or a roller while wet."""

    name = "ink_smear"
    probability = 0.06
    ranges = {
        "marks": Range(1, 3, "marks", by_severity=False),
        "radius": Range(6, 29, "mm", by_severity=False),
        "length": Range(1.4, 10, "mm"),
        "strength": Range(0.15, 0.75, "share"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw where, how far, which way and how strong."""
        return {
            "marks": [
                {
                    **{name: draw(name) for name in ("radius", "length", "strength")},
                    "x": draw.uniform(),
                    "y": draw.uniform(),
                    "angle": draw.uniform(-0.7, 0.7),
                }
                for _ in range(draw.whole("marks"))
            ],
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Drag the ink inside each mark's box and lay the trace over the page."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        out = ink.copy()
        for mark in params["marks"]:
            reach, length = to_px(mark["radius"], dpi), to_px(mark["length"], dpi)
            box = _box(image.shape, mark, 1.3 * reach, 1.3 * reach / 1.8)
            few, scale = _shrunk(ink[box], dpi)
            few = _dragged(few, length * scale, mark["angle"])
            near = _near(image.shape, mark, box, few.shape)
            near = np.clip(1.3 - np.hypot(near[0], 1.8 * near[1]) / reach, 0, 1)
            near *= np.clip(
                0.7 + 0.5 * fractal_noise(rng, few.shape, to_px(4, dpi) * scale, 3), 0, 1
            )
            trace = few * near * (1.6 * mark["strength"])
            out[box] = np.maximum(out[box], enlarged(trace, out[box].shape))
        return to_image(255 - out)


def _shrunk(part: Field, dpi: float) -> tuple[Field, float]:
    """Return part of a page at no more than COARSE dots per inch, and its scale."""
    scale = min(1.0, COARSE / dpi)
    height, width = (max(1, round(side * scale)) for side in part.shape)
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)), scale


def _box(shape: tuple[int, ...], mark: Params, across: float, down: float) -> tuple[slice, slice]:
    """Return the part of the page within reach of a mark, at least one pixel."""
    slices = []
    for side, place, reach in ((shape[0], mark["y"], down), (shape[1], mark["x"], across)):
        first = min(side - 1, max(0, int(place * side - reach)))
        slices.append(slice(first, max(first + 1, min(side, int(place * side + reach) + 1))))
    return slices[0], slices[1]


def _near(
    shape: tuple[int, ...], mark: Params, box: tuple[slice, slice], size: tuple[int, ...]
) -> tuple[Field, Field]:
    """Return how far right of the mark and below it each pixel of a shrunk box lies, in px."""
    rows, columns = (
        np.linspace(part.start, part.stop, count, endpoint=False, dtype=np.float32)
        - np.float32(mark[name] * side)
        for part, count, name, side in zip(box, size, "yx", shape[:2], strict=True)
    )
    return columns[None, :], rows[:, None]


def _dragged(ink: Field, length: float, angle: float) -> Field:
    """Return the mean along a line; each halving of it is one mean of two shifted copies."""
    steps = max(1, int(np.ceil(np.log2(max(2.0, length)))))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for step in range(steps):
        far = length / 2 ** (step + 1)
        shift = np.array([(1, 0, far * np.cos(angle)), (0, 1, far * np.sin(angle))])
        moved = cv2.warpAffine(
            ink, shift, ink.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        ink = np.asarray((ink + moved) / 2, np.float32)
    return ink


class WetSmudge(PageCorruption):
    """Water on the print: ink runs into a soft grey cloud, with a tide line where it dried."""

    name = "wet_smudge"
    probability = 0.05
    ranges = {
        "drops": Range(1, 4, "drops"),
        "radius": Range(4, 22, "mm", by_severity=False),
        "run": Range(0.3, 1.5, "mm"),
        "cloud": Range(0.2, 0.85, "share"),
        "washed": Range(0.05, 0.55, "share of the ink"),
        "tide": Range(0.03, 0.3, "grey"),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the drops, how far the ink runs in them and how much of it goes."""
        names = ("radius", "run", "cloud", "washed", "tide")
        return {
            "marks": [
                {**{name: draw(name) for name in names}, "x": draw.uniform(), "y": draw.uniform()}
                for _ in range(draw.whole("drops"))
            ],
            "seed": draw.seed(),
        }

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Blur the ink inside each drop, weaken the strokes, darken the drop's edge."""
        rng = np.random.default_rng(params["seed"])
        out = ink_of(image)
        room = 1 + int(image.size / to_px(28, dpi) ** 2)  # a small piece is not drowned
        for mark in params["marks"][:room]:
            reach = to_px(mark["radius"], dpi)
            box = _box(image.shape, mark, 1.5 * reach, 1.5 * reach)
            part = out[box]
            few, scale = _shrunk(part, dpi)
            right, down = _near(image.shape, mark, box, few.shape)
            edge = np.asarray(1 - np.hypot(right, down) / reach, np.float32)
            edge += 0.22 * fractal_noise(rng, few.shape, reach * scale, 4)
            wet = np.clip(edge * 5 + 0.5, 0, 1)
            run = to_px(mark["run"], dpi) * scale
            cloud = blurred(few, run) + 0.5 * blurred(few, run / 3)
            uneven = 1 + 0.3 * smooth_noise(rng, few.shape, to_px(2, dpi) * scale)
            uneven = np.clip(uneven, 0.4, 1.6)
            rim = np.exp(-np.square((edge - 0.05) * (reach / to_px(0.5, dpi))))
            # the tide carries ink: the more of it there was to wash out
            tide = enlarged(rim * uneven * mark["tide"] * (40 + 1.5 * cloud), part.shape)
            spread = enlarged(np.minimum(wet * uneven * mark["cloud"] * cloud, 150), part.shape)
            strokes = blurred(part, max(0.5, to_px(0.05, dpi)))
            strokes = part + enlarged(wet, part.shape) * (strokes - part)
            ran = np.maximum(strokes * (1 - mark["washed"] * enlarged(wet, part.shape)), spread)
            out[box] = np.minimum(ran + tide, np.maximum(part, 160))
        return to_image(255 - out)


class RollerSmear(PageCorruption):
    """A roller that took up wet ink: a faint ghost of the text, again at each turn of it."""

    name = "roller_smear"
    probability = 0.04
    ranges = {
        "turn": Range(18, 95, "mm", by_severity=False),
        "strength": Range(0.05, 0.33, "share of the ink"),
        "fuzz": Range(0.08, 0.3, "mm", by_severity=False),
        "slip": Range(0.1, 1.2, "mm", by_severity=False),
        "patchy": Range(0.1, 0.6, "share", by_severity=False),
    }

    def draw(self, draw: Draw) -> Params:
        """Draw the roller's girth, what it leaves and which way the sheet went."""
        drawn = draw.all()
        return drawn | {"across": draw.chance(0.15), "seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Print the page's own ink again further on, weaker at every turn."""
        rng = np.random.default_rng(params["seed"])
        ink = ink_of(image)
        ink = ink.T if params["across"] else ink
        height = ink.shape[0]
        soft = blurred(np.ascontiguousarray(ink), max(0.6, to_px(params["fuzz"], dpi)))
        soft = np.asarray(cv2.blur(soft, (1, max(1, round(to_px(params["slip"], dpi))))))
        patchy = 1 + params["patchy"] * fractal_noise(rng, ink.shape, to_px(14, dpi), 2)
        ghost = np.zeros_like(soft)
        for again in (1, 2):
            # the text that stood before this piece of the sheet is made of the piece's own end
            step = round(to_px(params["turn"], dpi) * again) % max(1, height)
            ghost += np.roll(soft, step, 0) * (params["strength"] * 0.45 ** (again - 1))
        ghost = np.minimum(ghost * np.clip(patchy, 0.1, 1.8), 0.5 * float(ink.max()))
        out = np.maximum(ink, ghost + 0.25 * np.minimum(ink, ghost))
        return to_image(255 - np.ascontiguousarray(out.T if params["across"] else out))
