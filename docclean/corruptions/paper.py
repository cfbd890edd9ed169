"""What happens to paper: texture, stains, creases, wrinkles, footprints, dirt."""

import cv2
import numpy as np

from docclean.corruptions.base import PageCorruption, Params, spread
from docclean.corruptions.fields import fractal_noise, line_distance, shade, smooth_noise, to_image
from docclean.page import Image


class PaperTexture(PageCorruption):
    """Grain, fibres and clouds of grey or yellowed paper."""

    name = "paper_texture"
    probability = 0.6

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the paper's grey and the strength of clouds, fibres and grain."""
        return {
            "grey": spread(rng, 0.99, 0.55, severity),
            "clouds": spread(rng, 0.0, 0.07, severity),
            "fibres": spread(rng, 0.0, 0.06, severity),
            "grain": spread(rng, 0.0, 0.06, severity),
            "scale": float(rng.uniform(30, 200)),
            "aspect": float(rng.choice((0.2, 0.5, 1, 2, 5))),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Shade the page with the paper."""
        rng = np.random.default_rng(params["seed"])
        shape = image.shape[:2]
        light = params["grey"] * (
            1
            + params["clouds"] * fractal_noise(rng, shape, params["scale"], 4)
            + params["fibres"] * fractal_noise(rng, shape, 14, 3, aspect=params["aspect"])
            + params["grain"] * fractal_noise(rng, shape, 3, 2)
        )
        return shade(image, np.clip(light, 0.1, 1))


class Stain(PageCorruption):
    """Coffee rings, drops and water marks, each with its dark dried rim."""

    name = "stain"
    probability = 0.32

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw one to four rings or blobs."""
        return {
            "marks": [
                {
                    "x": float(rng.uniform(-0.1, 1.1)),
                    "y": float(rng.uniform(-0.1, 1.1)),
                    "radius": float(rng.uniform(0.03, 0.5)),
                    "depth": spread(rng, 0.06, 0.6, severity),
                    "rim": float(rng.uniform(2, 30)),
                    "kind": str(rng.choice(("disc", "ring", "band"))),
                    "rough": float(rng.uniform(0.01, 0.25)),
                    "squash": float(rng.uniform(0.6, 1.6)),
                }
                for _ in range(int(rng.integers(1, 5)))
            ],
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Darken a disc or a ring; the rim is darkest, the tone uneven."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = image.shape[:2]
        light = np.ones(shape, np.float32)
        for mark in params["marks"]:
            x = (np.arange(width, dtype=np.float32) - mark["x"] * width)[None, :]
            y = (np.arange(height, dtype=np.float32) - mark["y"] * height)[:, None]
            radius = mark["radius"] * max(height, width)
            wobble = fractal_noise(rng, shape, max(8.0, radius * 0.5), 4) * radius * mark["rough"]
            distance = np.sqrt(x * x + (y * mark["squash"]) ** 2) - radius + wobble
            rim = np.exp(-np.square(distance / mark["rim"]))
            body = 1 / (1 + np.exp(np.clip(distance / 2.0, -30, 30)))
            tone = np.clip(0.75 + 0.3 * fractal_noise(rng, shape, 40, 4), 0.1, 1.3)
            if mark["kind"] == "ring":
                amount = rim * 0.9
            elif mark["kind"] == "band":  # the foot of a wet cup: even, with two hard edges
                amount = 0.8 / (
                    1 + np.exp(np.clip((np.abs(distance) - mark["rim"]) / 1.2, -30, 30))
                )
            else:
                amount = body * 0.55 + rim * body * 0.5
            light *= 1 - np.clip(mark["depth"] * amount * tone, 0, 0.8)
        return shade(image, light)


class Crease(PageCorruption):
    """Folds: a dark and a light side along a line, often with worn paint and hard edges."""

    name = "crease"
    probability = 0.25

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw one to four fold lines, straight across or crossing."""
        return {
            "lines": [
                {
                    "x": float(rng.random()),
                    "y": float(rng.random()),
                    "angle": float(
                        rng.choice((0, np.pi / 2)) + rng.normal(0, 0.05)
                        if rng.random() < 0.6
                        else rng.uniform(0, np.pi)
                    ),
                    "width": float(rng.uniform(0.6, 6)),
                    "soft": float(rng.uniform(10, 90)),
                    "dark": spread(rng, 0.05, 0.5, severity),
                    "light": spread(rng, 0.02, 0.35, severity),
                    "shadow": spread(rng, 0.0, 0.3, severity),
                    "wobble": float(rng.uniform(0, 3)),
                    "broken": float(rng.random()),
                }
                for _ in range(int(rng.integers(1, 5)))
            ],
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Darken one side, lighten the other, and shade the paper that leans away."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = image.shape[:2]
        light, glow = np.ones(shape, np.float32), np.zeros(shape, np.float32)
        for line in params["lines"]:
            wobble = smooth_noise(rng, shape, 30) * line["wobble"]
            distance = line_distance(
                shape, (line["x"] * width, line["y"] * height), line["angle"], wobble
            )
            along = np.clip(1 - line["broken"] * np.abs(smooth_noise(rng, shape, 25)), 0, 1)
            dark = np.exp(-np.square((distance - line["width"]) / line["width"]))
            bright = np.exp(-np.square((distance + line["width"]) / line["width"]))
            lean = np.exp(-np.clip(distance, 0, None) / line["soft"]) * (distance > 0)
            light *= 1 - line["dark"] * dark * along - line["shadow"] * lean
            glow = np.maximum(glow, line["light"] * bright * along)
        lit = image.astype(np.float32) * np.clip(light, 0.15, 1)
        # worn folds lighten ink too, but never rub a stroke out
        return to_image(lit + (255 - lit) * np.minimum(glow, 0.45))


class Wrinkle(PageCorruption):
    """Crumpled paper: facets of light and shadow with sharp ridges between them."""

    name = "wrinkle"
    probability = 0.12

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the facets' size and contrast."""
        return {
            "scale": float(rng.uniform(50, 220)),
            "depth": spread(rng, 0.04, 0.3, severity),
            "ridges": spread(rng, 0.02, 0.25, severity),
            "aspect": float(rng.choice((0.3, 1, 1, 3))),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Shade by the folded noise's slope and darken its ridges."""
        rng = np.random.default_rng(params["seed"])
        shape = image.shape[:2]
        noise = fractal_noise(rng, shape, params["scale"], 3, 0.5, params["aspect"])
        folded = 1 - np.abs(noise)  # ridged noise: sharp where the sign changes
        slope = cv2.Sobel(folded, cv2.CV_32F, 1, 1, ksize=3) + cv2.Sobel(
            folded, cv2.CV_32F, 1, 0, ksize=3
        )
        slope /= np.float32(np.abs(slope).mean() * 3 + 1e-6)
        ridge = (
            np.clip(folded - 0.86, 0, None)
            / 0.14
            * np.sign(smooth_noise(rng, shape, params["scale"]))
        )
        light = 1 - params["depth"] * (0.5 + 0.5 * np.tanh(slope)) - params["ridges"] * ridge
        return shade(image, np.clip(light, 0.2, 1.15))


class Crumple(PageCorruption):
    """Paper once crushed into a ball: short sharp edges, each dark and light side fading softly."""

    name = "crumple"
    probability = 0.25

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the edges a megapixel carries, their length, softness and depth."""
        return {
            "edges": spread(rng, 20, 260, severity),
            "length": float(rng.uniform(30, 160)),
            "soft": float(rng.uniform(4, 40)),
            "depth": spread(rng, 0.06, 0.42, severity),
            "line": spread(rng, 0.0, 0.25, severity),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Lay the edges over each other, each only on the box it reaches."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        light = np.ones((height, width), np.float32)
        for _ in range(1 + rng.poisson(params["edges"] * height * width / 1e6)):
            x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, np.pi)
            half = params["length"] * rng.uniform(0.2, 0.8)
            dark, bright = params["soft"] * rng.uniform(0.3, 1.5, 2)
            depth = params["depth"] * rng.uniform(0.2, 1)
            reach = int(half + 3 * max(dark, bright)) + 1
            top, left = max(0, int(y) - reach), max(0, int(x) - reach)
            bottom, right = min(height, int(y) + reach), min(width, int(x) + reach)
            rows = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
            columns = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
            along = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
            across = columns * np.float32(np.sin(angle)) - rows * np.float32(np.cos(angle))
            side = np.clip(across + 0.5, 0, 1)  # 1 on the dark side, one pixel of change
            fall = side * np.exp(-np.maximum(across, 0) / np.float32(dark))
            rise = (1 - side) * np.exp(np.minimum(across, 0) / np.float32(bright))
            ridge = np.exp(-np.square(across)) * np.float32(params["line"])
            window = np.exp(-np.square(np.square(along / np.float32(half))))
            box = (depth * (fall - 0.6 * rise) + ridge * depth) * window
            light[top:bottom, left:right] -= box.astype(np.float32)
        return shade(image, np.clip(light, 0.25, 1.2))


class Footprint(PageCorruption):
    """A sole or a tyre on the sheet: patterned dirt, thicker in places, missing in others."""

    name = "footprint"
    probability = 0.14

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw the tread, its turn and how much dirt it left."""
        return {
            "period": float(rng.uniform(7, 45)),
            "angle": float(rng.uniform(0, np.pi)),
            "cross": bool(rng.random() < 0.5),
            "depth": spread(rng, 0.05, 0.4, severity),
            "x": float(rng.random()),
            "y": float(rng.random()),
            "radius": float(rng.uniform(0.2, 0.9)),
            "duty": float(rng.uniform(-0.5, 0.6)),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Print the tread through a patchy mask."""
        rng = np.random.default_rng(params["seed"])
        height, width = shape = image.shape[:2]
        centre = (params["x"] * width, params["y"] * height)
        wobble = smooth_noise(rng, shape, 90) * 4
        turn = 2 * np.pi / params["period"]
        wave = np.sin(turn * line_distance(shape, centre, params["angle"], wobble))
        if params["cross"]:
            across = line_distance(shape, centre, params["angle"] + np.pi / 2, wobble)
            wave = np.minimum(wave, np.sin(turn * 0.6 * across) + 0.4)
        tread = 1 / (1 + np.exp(-8 * (wave - params["duty"])))
        x = (np.arange(width, dtype=np.float32) - centre[0])[None, :]
        y = (np.arange(height, dtype=np.float32) - centre[1])[:, None]
        inside = np.clip(
            1.4 - np.sqrt(x * x + (0.6 * y) ** 2) / (params["radius"] * max(shape)), 0, 1
        )
        patchy = np.clip(0.45 + 0.5 * fractal_noise(rng, shape, 60, 5, 0.7), 0, 1.4)
        scuffs = np.clip(fractal_noise(rng, shape, 20, 3, aspect=0.15) - 1.2, 0, 1) * 0.5
        return shade(
            image, 1 - np.clip(params["depth"] * (tread * inside * patchy + scuffs), 0, 0.75)
        )


class Specks(PageCorruption):
    """Dust, dirt, hair and toner: small dark grains and fibres, and a few light ones in the ink."""

    name = "specks"
    probability = 0.3

    def sample(self, rng: np.random.Generator, severity: float) -> Params:
        """Draw how many grains and hairs a megapixel carries, and their darkness."""
        return {
            "grains": spread(rng, 20, 1800, severity**1.5),
            "hairs": spread(rng, 0, 30, severity),
            "dark": float(rng.uniform(0.3, 1.0)),
            "size": float(rng.uniform(0.5, 2.2)),
            "light": bool(rng.random() < 0.25),
            "seed": int(rng.integers(2**32)),
        }

    def apply(self, image: Image, params: Params) -> Image:
        """Drop grains (ellipses) and hairs (curved lines)."""
        rng = np.random.default_rng(params["seed"])
        height, width = image.shape[:2]
        area = height * width / 1e6
        mark = np.zeros((height, width), np.uint8)
        for _ in range(rng.poisson(params["grains"] * area)):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            axes = (
                round(rng.exponential(params["size"])),
                round(rng.exponential(params["size"])),
            )
            tone = int(255 * params["dark"] * rng.uniform(0.5, 1))
            cv2.ellipse(
                mark, centre, axes, float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA
            )
        for _ in range(rng.poisson(params["hairs"] * area)):
            start = rng.uniform(0, 1, 2) * (width, height)
            steps = np.cumsum(np.cumsum(rng.normal(0, 0.35, (12, 2)), 0) + rng.normal(0, 2, 2), 0)
            curve = np.round(start + steps * 2).astype(np.int32)
            cv2.polylines(mark, [curve], False, int(200 * params["dark"]), 1, cv2.LINE_AA)
        mark = np.asarray(cv2.GaussianBlur(mark, (0, 0), 0.5), np.uint8)
        if params["light"]:
            return np.maximum(image, mark // 2)
        return np.minimum(image, 255 - mark)
