"""What a sheet suffers before it is scanned, in colour, and which blank places are dirt now."""

import cv2
import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.shared.fields import clouds, fractal_noise, to_image
from docclean.regions.kinds import Kind, bit
from docclean.scenes.canvas import Canvas

DIRTY = {
    "stain": 0.14, "water_stain": 0.08, "grease": 0.05, "foxing": 0.06, "footprint": 0.03,
    "dirt": 0.08, "specks": 0.1, "wrinkle": 0.06, "crumple": 0.05, "fold": 0.1, "crease": 0.1,
    "ink_smear": 0.05, "wet_smudge": 0.03, "roller_smear": 0.04, "ink_blot": 0.05,
    "fingerprint": 0.04, "tape": 0.05, "punch_hole": 0.1, "staple": 0.06, "show_through": 0.1,
    "bleed_through": 0.08, "laid_paper": 0.04, "paper_texture": 0.15, "fibres": 0.05,
    "patterned_stock": 0.03, "watermark": 0.03,
}  # fmt: skip
"""Members of the registry that leave the sheet's shape, and how often each is drawn."""
LEAST_DIRT = 16
"""Grey levels by which blank paper has to be darker to count as dirt."""
UNLIKE_DIRT = (
    "paper_texture",
    "fibres",
    "laid_paper",
    "patterned_stock",
    "watermark",
    "fold",
    "wrinkle",
    "crumple",
)
BROWN = (0.75, 1.0, 1.35)
"""How much of a stain's darkness each of R, G and B takes."""


def handle(rng: np.random.Generator, canvas: Canvas) -> None:
    """Dirty a sheet and colour its paper."""
    if rng.random() < 0.2:
        return
    for name, often in DIRTY.items():
        if rng.random() < often:
            _suffer(rng, canvas, name)
    if rng.random() < 0.45:
        _colour_paper(rng, canvas)


def _suffer(rng: np.random.Generator, canvas: Canvas, name: str) -> None:
    member = CORRUPTIONS[name]
    before = np.asarray(cv2.cvtColor(canvas.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    params = member.sample(rng, float(rng.random() ** 1.3))
    after = member.on_page(before, params, canvas.dpi)
    change = after.astype(np.float32) - before
    brown = rng.random() < 0.6 and name in (
        "stain",
        "water_stain",
        "foxing",
        "grease",
        "dirt",
        "footprint",
    )
    share = np.asarray(BROWN if brown else (1.0, 1.0, 1.0), np.float32)
    canvas.rgb[:] = to_image(canvas.rgb + change[..., None] * share)
    if name not in UNLIKE_DIRT:
        blank = (canvas.layers & ~np.uint16(bit(Kind.DIRT))) == 0
        darker = float(np.median(change)) - cv2.blur(change, (3, 3))  # than the sheet became
        canvas.layers[blank & (darker > LEAST_DIRT)] |= bit(Kind.DIRT)


def _colour_paper(rng: np.random.Generator, canvas: Canvas) -> None:
    """Turn white paper to another tone: yellowed, grey, pastel, darker at the edges."""
    tone = rng.uniform(150, 255) + np.asarray([1.0, 0.4, -1.4]) * rng.uniform(0, 28)
    if rng.random() < 0.2:
        tone = rng.uniform(150, 255, 3)
    light = np.clip(tone, 60, 255).astype(np.float32)[None, None] / 255
    if rng.random() < 0.5:
        blotches = 1 + np.float32(rng.uniform(0.005, 0.05)) * clouds(
            rng, canvas.shape, max(8.0, canvas.px(40))
        )
        light = light * np.clip(blotches, 0.5, 1.05)[..., None]
    if rng.random() < 0.25:
        height, width = canvas.shape
        y, x = np.ogrid[:height, :width]
        edge = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x)).astype(
            np.float32
        )
        reach = canvas.px(rng.uniform(3, 30))
        wobble = 1 + 0.4 * fractal_noise(rng, canvas.shape, max(4.0, canvas.px(20)), 3)
        light = (
            light
            * (1 - np.float32(rng.uniform(0.05, 0.35)) * np.exp(-edge / reach * wobble))[..., None]
        )
    canvas.rgb[:] = to_image(canvas.rgb * light)
