"""What happens to ink: weight, fading, fuzz, smears."""

import cv2
import numpy as np

from docclean.corruptions.base import PageCorruption, Params, spread
from docclean.corruptions.fields import fractal_noise, smooth_noise, to_image
from docclean.page import Image


class InkWeight(PageCorruption):
    """How bold the print is; drawn on both sides, because the net must never re-ink a page."""

    name = "ink_weight"
    both_sides = True
    probability = 0.4

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the spread (negative: erosion), even or in patches."""
        return {
            "amount": float(rng.uniform(-0.12, 0.42)),
            "uneven": float(rng.uniform(0, 0.15)),
            "sigma": float(rng.uniform(0.45, 0.9)),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Blur and move the edge: darker amounts widen strokes, lighter ones thin them."""
        rng = np.random.default_rng(params["seed"])
        ink = (255 - image).astype(np.float32) / 255
        soft = cv2.GaussianBlur(ink, (0, 0), params["sigma"])
        field = params["amount"] + params["uneven"] * fractal_noise(rng, image.shape[:2], 120, 2)
        grown = np.clip((soft - 0.5) * 2.2 + 0.5 + field * np.minimum(1, soft * 4), 0, 1)
        # a hairline is thinned, never greyed: most of its own ink stays
        return to_image(255 - 255 * np.maximum(grown, ink * 0.95))


class Typestrike(PageCorruption):
    """Uneven strikes of a typewriter or worn type: letters of different darkness, ragged edges."""

    name = "typestrike"
    probability = 0.3

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the unevenness and the raggedness."""
        return {
            "uneven": spread(rng, 0.02, 0.42, severity),
            "ragged": spread(rng, 0.02, 0.3, severity),
            "scale": float(rng.uniform(5, 30)),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Lighten ink by a blobby field and fray its edges."""
        rng = np.random.default_rng(params["seed"])
        shape = image.shape[:2]
        ink = cv2.GaussianBlur((255 - image).astype(np.float32), (0, 0), 0.7)
        weight = 1 - params["uneven"] * np.abs(smooth_noise(rng, shape, params["scale"]))
        weight -= params["ragged"] * np.clip(fractal_noise(rng, shape, 3, 2), -0.5, 1.5) * 0.7
        return to_image(255 - ink * np.clip(weight, 0.25, 1.15))


class FaintInk(PageCorruption):
    """Weak, grey and fuzzy ink over the whole page: a carbon copy, a tired ribbon, thermal fade."""

    name = "faint_ink"
    probability = 0.3

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the ink's strength, its fuzz and how uneven both are."""
        return {
            "strength": spread(rng, 0.85, 0.22, severity),
            "fuzz": spread(rng, 0.2, 1.5, severity),
            "uneven": spread(rng, 0.0, 0.25, severity),
            "grain": spread(rng, 0, 0.35, severity),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Blur the ink a little, grain it and lighten it."""
        rng = np.random.default_rng(params["seed"])
        shape = image.shape[:2]
        ink = cv2.GaussianBlur((255 - image).astype(np.float32), (0, 0), max(0.2, params["fuzz"]))
        weight = params["strength"] * (1 + params["uneven"] * fractal_noise(rng, shape, 150, 3))
        weight = weight * (1 + params["grain"] * fractal_noise(rng, shape, 4, 3))
        return to_image(255 - ink * np.clip(weight, 0.16, 1))


class InkSmear(PageCorruption):
    """Ink dragged across the sheet by a finger or a roller while wet."""

    name = "ink_smear"
    probability = 0.08

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw where, how far, which way and how strong."""
        count = int(rng.integers(1, 4))
        return {
            "marks": [
                {
                    "x": float(rng.random()),
                    "y": float(rng.random()),
                    "radius": float(rng.uniform(0.06, 0.3)),
                    "angle": float(rng.uniform(-0.7, 0.7)),
                    "length": int(spread(rng, 8, 60, severity)),
                    "strength": spread(rng, 0.15, 0.75, severity),
                }
                for _ in range(count)
            ],
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Blur the ink along the drag and lay the trace over the page."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        ink = (255 - image).astype(np.float32)
        out = ink.copy()
        for mark in params["marks"]:
            length = mark["length"]
            kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
            end = (
                int(length + length * np.cos(mark["angle"])),
                int(length + length * np.sin(mark["angle"])),
            )
            cv2.line(kernel, (length, length), end, 1.0, 1)
            dragged = cv2.filter2D(ink, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
            x = (np.arange(width, dtype=np.float32) - mark["x"] * width)[None, :]
            y = (np.arange(height, dtype=np.float32) - mark["y"] * height)[:, None]
            reach = mark["radius"] * max(height, width)
            near = np.clip(1.3 - np.sqrt(x * x + (1.8 * y) ** 2) / reach, 0, 1)
            near = near * np.clip(0.7 + 0.5 * fractal_noise(rng, (height, width), 24, 3), 0, 1)
            out = np.maximum(out, dragged * near * mark["strength"] * 1.6)
        return to_image(255 - out)


class BleedThrough(PageCorruption):
    """The other side of the sheet: mirrored, blurred and always fainter than the page's own ink."""

    name = "bleed_through"
    probability = 0.12

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw how strongly, how blurred and from where the other side shows."""
        return {
            "alpha": spread(rng, 0.05, 0.3, severity),
            "sigma": float(rng.uniform(1.0, 3.0)),
            "dx": float(rng.random()),
            "dy": float(rng.random()),
            "flip": bool(rng.random() < 0.5),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Mirror and shift the page itself as its other side, and darken the paper with it."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        other = cv2.flip(image, -1 if params["flip"] else 1)
        other = np.roll(other, (int(params["dy"] * height), int(params["dx"] * width)), (0, 1))
        ink = cv2.GaussianBlur((255 - other).astype(np.float32), (0, 0), params["sigma"])
        patchy = np.clip(1 + 0.4 * fractal_noise(rng, (height, width), 150, 2), 0.2, 1.6)
        own = (255 - image).astype(np.float32)
        # never as dark as the page's own ink here, else nothing tells the two apart
        level = float(np.percentile(own, 99.5)) * 0.55
        shown = np.minimum(ink * params["alpha"] * patchy, max(level, 4.0))
        return to_image(255 - np.maximum(own, shown) - 0.25 * np.minimum(own, shown))
