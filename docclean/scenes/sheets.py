"""Sheets before anything happens to them: printed pages, plates, cards, staves, blank ones."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import cv2
import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.shared.fields import to_image
from docclean.regions.kinds import Kind
from docclean.scenes.canvas import Canvas
from docclean.scenes.grounds import add_grounds
from docclean.scenes.parts import add_parts
from docclean.scenes.pictures import picture
from docclean.synth import LAYOUTS, TextSource, typeset
from docclean.synth.layers import pictures_of

PRINTED = [name for name in LAYOUTS.names() if name not in ("blank", "receipt")]
"""Layouts of sheets that are printed."""
HOW_INK_LIES = (
    "ink_weight", "ink_bleed", "uneven_ink", "faint_ink", "letterpress", "dot_matrix",
    "thermal_fade", "carbon_copy", "typestrike", "broken_strokes", "photocopy",
)  # fmt: skip
GROUNDS = 0.2
"""How often a sheet has grounds that touch."""
LARGEST = 12_000_000
"""Pixels beyond which a sheet's last rows are cut off."""


def draw_sheet(rng: np.random.Generator, text: TextSource, dpi: int) -> Canvas:
    """Draw a sheet with all that is printed, stamped and written on it.

    Args:
        rng: draws everything.
        text: where the words come from.
        dpi: of the sheet.
    """
    kind = rng.random()
    if kind < 0.05:
        canvas = _plate(rng, _blank(rng, dpi))
    elif kind < 0.09:
        canvas = _cards(rng, text, dpi)
    elif kind < 0.12:
        canvas = _staves(rng, _blank(rng, dpi))
    elif kind < 0.14:
        canvas = _blank(rng, dpi)
    elif kind < 0.2:
        canvas = printed(rng, text, dpi, "receipt")
    else:
        canvas = printed(rng, text, dpi, PRINTED[int(rng.integers(len(PRINTED)))])
    if rng.random() < GROUNDS:
        add_grounds(rng, canvas)
    add_parts(rng, canvas)
    return canvas


def printed(rng: np.random.Generator, text: TextSource, dpi: int, layout: str) -> Canvas:
    """Return a typeset page, its ink as some press or typewriter laid it."""
    made = typeset(Random(int(rng.integers(2**62))), text, dpi, layout, LARGEST)
    grey = made.page.pixels
    canvas = Canvas.of_print(grey, made.words, dpi, pictures_of(made))
    if rng.random() < 0.35:
        member = CORRUPTIONS[HOW_INK_LIES[int(rng.integers(len(HOW_INK_LIES)))]]
        params = member.sample(rng, float(rng.random() ** 1.5))
        canvas.rgb[:] = member.on_page(grey, params, dpi)[..., None]
    if rng.random() < 0.12:  # coloured ink
        ink = rng.integers(10, 110, 3) * np.array([1.0, 1.0, 1.0])
        light = canvas.rgb.astype(np.float32) / 255
        canvas.rgb[:] = to_image(np.asarray(ink + (255 - ink) * light, np.float32))
    return canvas


def _blank(rng: np.random.Generator, dpi: int) -> Canvas:
    width = round(rng.uniform(90, 215) * dpi / 25.4)
    height = round(width * rng.uniform(0.65, 1.5))
    return Canvas.of_print(np.full((height, width), 255, np.uint8), (), dpi)


def _plate(rng: np.random.Generator, canvas: Canvas) -> Canvas:
    """Fill a sheet with one picture, to the edge or with a margin."""
    margin = 0 if rng.random() < 0.4 else canvas.px(rng.uniform(4, 25))
    height, width = canvas.shape
    box = (margin, height - margin, margin, width - margin)
    if box[1] - box[0] > 16 and box[3] - box[2] > 16:
        place = canvas.clear(box)
        place[:] = picture(rng, place.shape[:2], canvas.dpi)
        canvas.mark(Kind.PICTURE, box)
    return canvas


def _cards(rng: np.random.Generator, text: TextSource, dpi: int) -> Canvas:
    """Lay a few small printed sheets on a larger one of another tone, each with its shadow."""
    ground = _blank(rng, dpi)
    ground.rgb[:] = rng.integers(190, 256, 3)
    for _ in range(int(rng.integers(1, 5))):
        card = printed(
            rng, text, dpi, ("invoice", "receipt", "form", "title")[int(rng.integers(4))]
        )
        tall, wide = (
            min(card.shape[0], ground.px(rng.uniform(30, 90))),
            min(card.shape[1], ground.px(rng.uniform(40, 110))),
        )
        tall, wide = min(tall, ground.shape[0] - 4), min(wide, ground.shape[1] - 4)
        y, x = (
            int(rng.integers(0, ground.shape[0] - tall)),
            int(rng.integers(0, ground.shape[1] - wide)),
        )
        box = (y, y + tall, x, x + wide)
        edge = ground.px(0.6)
        cv2.rectangle(ground.rgb, (x, y), (x + wide + edge, y + tall + edge), (120, 120, 120), -1)
        place = ground.clear(box)
        light = card.rgb[:tall, :wide] / 255.0 * rng.uniform(225, 255, 3)
        place[:] = to_image(np.asarray(light, np.float32))
        ground.layers[y : y + tall, x : x + wide] = card.layers[:tall, :wide]
        ground.words += [
            replace(w, left=w.left + x, right=w.right + x, top=w.top + y, bottom=w.bottom + y)
            for w in card.words
            if w.right <= wide and w.bottom <= tall
        ]
    return ground


def _staves(rng: np.random.Generator, canvas: Canvas) -> Canvas:
    """Draw staves with notes: five lines, heads, stems and bars."""
    height, width = canvas.shape
    gap, margin = canvas.px(rng.uniform(1.4, 2.4)), canvas.px(12)
    thick = max(1, canvas.px(0.2))
    top = margin
    while top + 6 * gap < height - margin:
        for line in range(5):
            y = top + line * gap
            cv2.line(canvas.rgb, (margin, y), (width - margin, y), (20, 20, 20), thick)
            canvas.mark(Kind.RULE, (y - 1, y + thick + 1, margin, width - margin))
        x = margin + 4 * gap
        while x < width - margin - gap:
            y = top + int(rng.integers(-1, 10)) * gap // 2
            cv2.ellipse(
                canvas.rgb,
                (x, y),
                (max(2, gap * 6 // 10), max(2, gap * 4 // 10)),
                -20,
                0,
                360,
                (15, 15, 15),
                -1,
                cv2.LINE_AA,
            )
            cv2.line(
                canvas.rgb, (x + gap // 2, y), (x + gap // 2, y - 3 * gap), (15, 15, 15), thick
            )
            canvas.mark(
                Kind.RULE, (max(0, y - 3 * gap), min(height, y + gap), x - gap // 2, x + gap)
            )
            x += int(rng.integers(2, 5)) * gap
        top += round(gap * rng.uniform(9, 14))
    return canvas


def sheet_with(
    rng: np.random.Generator, text: TextSource, dpi: int, add: Callable[..., None], count: int = 1
) -> Canvas:
    """Draw a printed page with parts of one kind on it.

    Args:
        rng: draws everything.
        text: where the words come from.
        dpi: of the sheet.
        add: one of `parts.PARTS`.
        count: how many of them.
    """
    canvas = printed(rng, text, dpi, ("article", "letter", "book")[int(rng.integers(3))])
    for _ in range(count):
        add(rng, canvas)
    return canvas
