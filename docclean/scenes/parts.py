"""Parts put on a printed sheet: pictures, panels, codes, stamps, pens, notes."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.handwriting import Handwriting, Signature
from docclean.corruptions.pens import Scribble, StrikeThrough, Underline
from docclean.corruptions.shared.fields import Field, fractal_noise, to_image
from docclean.corruptions.shared.rubber import rubber
from docclean.page import Image
from docclean.regions.kinds import Kind
from docclean.scenes.canvas import Box, Canvas
from docclean.scenes.frames import add_boxes, add_ruling, add_table
from docclean.scenes.pictures import picture, ramp

CODES = ("QRCode", "QRCode", "DataMatrix", "Aztec", "PDF417", "Code128", "Code39", "EAN13", "ITF")
INKS = ((30, 60, 170), (180, 25, 40), (20, 120, 60), (110, 40, 140), (40, 40, 40), (20, 30, 90),
        (200, 60, 100), (0, 110, 140), (190, 90, 20), (25, 25, 25), (70, 70, 70))  # fmt: skip
"""Colours of stamps' and pens' inks."""
NEON = ((255, 245, 60), (140, 255, 120), (255, 160, 210), (255, 190, 90), (140, 225, 255))
"""Colours of highlighters and sticky notes."""


def add_picture(rng: np.random.Generator, canvas: Canvas) -> None:
    """Print a picture where text was, in a frame or none."""
    _add_picture(rng, canvas, (0.15, 0.75), (0.12, 0.6))


def add_signet(rng: np.random.Generator, canvas: Canvas) -> None:
    """Print a picture as small as a signet, a portrait in a column or a trade mark."""
    _add_picture(rng, canvas, (0.06, 0.2), (0.05, 0.18))


def _add_picture(
    rng: np.random.Generator, canvas: Canvas, wide: tuple[float, float], tall: tuple[float, float]
) -> None:
    box = canvas.box(rng, wide, tall)
    if box is None:
        return
    gap = canvas.px(1.5)
    place = canvas.clear(box)
    inner = (box[0] + gap, box[1] - gap, box[2] + gap, box[3] - gap)
    if inner[1] - inner[0] < 8 or inner[3] - inner[2] < 8:
        return
    here = place[gap:-gap, gap:-gap]
    drawn = picture(rng, here.shape[:2], canvas.dpi)
    if rng.random() < 0.12:  # an oval, or a cut-out figure
        oval = np.zeros(here.shape[:2], np.uint8)
        centre = (here.shape[1] // 2, here.shape[0] // 2)
        cv2.ellipse(oval, centre, centre, 0, 0, 360, 1, -1)
        drawn[oval == 0] = 255
        canvas.mark(Kind.PICTURE, inner, oval > 0)
    else:
        canvas.mark(Kind.PICTURE, inner)
    here[:] = drawn
    if rng.random() < 0.3:
        cv2.rectangle(
            here,
            (0, 0),
            (here.shape[1] - 1, here.shape[0] - 1),
            (30, 30, 30),
            max(1, canvas.px(0.3)),
        )


def add_panel(rng: np.random.Generator, canvas: Canvas) -> None:
    """Tint the ground under some lines: pale or strong, even or shaded."""
    box = canvas.box(rng, (0.25, 1.0), (0.04, 0.5))
    if box is None:
        return
    box = canvas.wide_of_text(box)
    tint = _tint(rng, rng.uniform(150, 246))
    top, bottom, left, right = box
    here = canvas.rgb[top:bottom, left:right]
    shape = here.shape[:2]
    light = np.asarray(tint / 255, np.float32) * np.ones((*shape, 1), np.float32)
    if rng.random() < 0.25:
        light *= 1 - 0.2 * ramp(shape, rng.uniform(0, 6.3))[..., None]
    if rng.random() < 0.25:  # printed as a screen
        pitch = max(2, round(canvas.dpi / rng.uniform(40, 80)))
        y, x = np.mgrid[: shape[0], : shape[1]]
        light = (
            1
            - (1 - light)
            * np.where((x % pitch < pitch / 2) ^ (y % pitch < pitch / 2), 2.0, 0.0)[..., None]
        )
    here[:] = to_image(np.asarray(here * np.clip(light, 0, 1), np.float32))
    canvas.mark(Kind.PANEL, box)
    canvas.taken.append(box)
    if rng.random() < 0.3:
        cv2.rectangle(
            here,
            (0, 0),
            (shape[1] - 1, shape[0] - 1),
            tuple(int(v) for v in tint * 0.5),
            max(1, canvas.px(0.3)),
        )


def add_dark(rng: np.random.Generator, canvas: Canvas) -> None:
    """Turn some lines to light text on a dark ground."""
    box = canvas.box(rng, (0.2, 1.0), (0.03, 0.45))
    if box is None:
        return
    darken(rng, canvas, canvas.wide_of_text(box))


def darken(rng: np.random.Generator, canvas: Canvas, box: Box) -> None:
    """Turn a box to light text on a dark ground of some colour."""
    top, bottom, left, right = box
    here = canvas.rgb[top:bottom, left:right].astype(np.float32)
    ground = _tint(rng, rng.uniform(5, 110))
    text = np.full(3, 255.0) if rng.random() < 0.7 else _tint(rng, 225.0)
    share = here / 255
    canvas.rgb[top:bottom, left:right] = to_image(
        np.asarray(text + (ground - text) * share, np.float32)
    )
    layers = canvas.layers[top:bottom, left:right]
    layers[:] = 0
    canvas.mark(Kind.DARK, box)
    canvas.taken.append(box)


def add_code(rng: np.random.Generator, canvas: Canvas) -> None:
    """Print a bar code or a matrix code with its quiet zone."""
    plate = code(rng, str(CODES[int(rng.integers(len(CODES)))]))
    across = canvas.px(
        rng.uniform(18, 45) if plate.shape[1] < 2 * plate.shape[0] else rng.uniform(35, 80)
    )
    across = min(across, canvas.shape[1] - 2)
    tall = max(8, round(across * plate.shape[0] / plate.shape[1]))
    width = canvas.shape[1]
    box = canvas.box(rng, (across / width, across / width), (tall / width, tall / width))
    if box is None:
        return
    here = canvas.clear(box)
    way = cv2.INTER_AREA if across < plate.shape[1] else cv2.INTER_NEAREST
    sized = cv2.resize(plate, here.shape[1::-1], interpolation=way)
    here[:] = sized[..., None]
    canvas.mark(Kind.CODE, box)


def code(rng: np.random.Generator, name: str) -> Image:
    """Return a code of a format of zxing-cpp, (H, W) uint8, four pixels a module."""
    import zxingcpp

    digits = "".join(str(int(d)) for d in rng.integers(0, 10, 12))
    text = digits if name in ("EAN13", "ITF") else f"DOC-{digits[: int(rng.integers(4, 12))]}"
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
    plate = np.asarray(zxingcpp.write_barcode_to_image(made, scale=4, add_quiet_zones=True))
    return np.asarray(plate if plate.ndim == 2 else plate[..., 0], np.uint8)


def add_stamp(rng: np.random.Generator, canvas: Canvas) -> None:
    """Press a rubber stamp on, over whatever stands there."""
    kind = ("plain", "framed", "double", "round", "round")[int(rng.integers(5))]
    plate = rubber(rng, kind, rng.uniform(18, 60), rng.uniform(0.3, 1.0), canvas.dpi)
    tall, wide = plate.shape
    reach = int(np.hypot(tall, wide)) + 2
    move = cv2.getRotationMatrix2D((wide / 2, tall / 2), rng.uniform(-35, 35), 1)
    move[:, 2] += (reach - wide) / 2, (reach - tall) / 2
    cover = np.asarray(cv2.warpAffine(plate, move, (reach, reach)), np.float32) / 255
    patchy = fractal_noise(rng, cover.shape, max(2.0, canvas.px(6)), 4, 0.7)
    cover *= np.clip(0.85 + rng.uniform(0.05, 0.4) * patchy, 0.05, 1) * np.float32(
        rng.uniform(0.45, 1)
    )
    x = int(rng.integers(-reach // 6, max(1, canvas.shape[1] - reach * 5 // 6)))
    y = int(rng.integers(-reach // 6, max(1, canvas.shape[0] - reach * 5 // 6)))
    _ink(canvas, cover, (x, y), INKS[int(rng.integers(len(INKS)))], grow=canvas.px(1))


def add_pen(rng: np.random.Generator, canvas: Canvas) -> None:
    """Write on it by hand: notes, a signature, underlines, scribbles, in an ink of some colour."""
    members = (Handwriting(), Signature(), Underline(), Scribble(), StrikeThrough())
    member = members[int(rng.integers(len(members)))]
    grey = np.asarray(cv2.cvtColor(canvas.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    params = member.sample(rng, float(rng.uniform(0.2, 0.9)))
    after = member.on_page(grey, params, canvas.dpi)
    cover = np.clip((grey.astype(np.float32) - after) / np.maximum(grey, 40), 0, 1)
    _ink(canvas, cover, (0, 0), INKS[int(rng.integers(len(INKS)))], grow=canvas.px(0.8))


def add_highlighter(rng: np.random.Generator, canvas: Canvas) -> None:
    """Draw a highlighter over some words of a line or two."""
    if not canvas.words:
        return
    colour = np.asarray(NEON[int(rng.integers(len(NEON)))], np.float32) / 255
    for _ in range(int(rng.integers(1, 5))):
        first = canvas.words[int(rng.integers(len(canvas.words)))]
        tall = round((first.bottom - first.top) * rng.uniform(1.1, 1.7))
        middle = (first.top + first.bottom) // 2
        right = first.left + round(canvas.shape[1] * rng.uniform(0.08, 0.5))
        top, bottom = max(0, middle - tall // 2), min(canvas.shape[0], middle + tall // 2 + 1)
        right = min(right, canvas.shape[1])
        here = canvas.rgb[top:bottom, first.left : right]
        if here.size == 0:
            continue
        light = 1 - (1 - colour) * np.float32(rng.uniform(0.5, 1))
        here[:] = to_image(np.asarray(here * light, np.float32))
        canvas.mark(Kind.STAMP, (top, bottom, first.left, right))


def add_note(rng: np.random.Generator, canvas: Canvas) -> None:
    """Stick a coloured note on, with a few lines of handwriting."""
    box = canvas.box(rng, (0.15, 0.35), (0.15, 0.35), apart=False)
    if box is None:
        return
    colour = np.asarray(NEON[int(rng.integers(len(NEON)))], np.float32)
    here = canvas.clear(box, np.asarray(colour + (255 - colour) * rng.uniform(0, 0.5), np.uint8))
    blank = np.full(here.shape[:2], 255, np.uint8)
    params = Handwriting().sample(rng, 0.6)
    written = Handwriting().on_page(blank, params, canvas.dpi)
    here[:] = to_image(here * (written[..., None].astype(np.float32) / 255))
    canvas.mark(Kind.PANEL, box)
    canvas.mark(Kind.STAMP, box, cv2.dilate((written < 200).astype(np.uint8), np.ones((3, 3))) > 0)


PARTS: tuple[tuple[Callable[[np.random.Generator, Canvas], None], float], ...] = (
    (add_table, 0.22),
    (add_boxes, 0.12),
    (add_ruling, 0.12),
    (add_picture, 0.4),
    (add_signet, 0.2),
    (add_panel, 0.28),
    (add_dark, 0.22),
    (add_code, 0.16),
    (add_note, 0.05),
    (add_highlighter, 0.1),
    (add_pen, 0.25),
    (add_stamp, 0.25),
)
"""What is put on a sheet, in order, and how often."""


def add_parts(rng: np.random.Generator, canvas: Canvas) -> None:
    """Put some parts on a sheet, none on a third of them."""
    if rng.random() < 0.3:
        return
    for add, often in PARTS:
        while rng.random() < often:
            add(rng, canvas)


def _tint(rng: np.random.Generator, grey: float) -> Field:
    """Return a colour, (3,) float, of about this grey; a third of them have no hue."""
    hue = rng.normal(0, 1, 3) * (0 if rng.random() < 0.33 else rng.uniform(5, 50))
    return np.asarray(np.clip(grey + hue - hue.mean(), 0, 250), np.float32)


def _ink(
    canvas: Canvas,
    cover: NDArray[np.floating[Any]],
    at: tuple[int, int],
    colour: tuple[int, int, int],
    grow: int,
) -> None:
    """Lay ink of a colour on the sheet, as much as `cover`, (h, w) 0..1, and mark it."""
    x, y = at
    height, width = canvas.shape
    top, left = max(0, y), max(0, x)
    bottom, right = min(height, y + cover.shape[0]), min(width, x + cover.shape[1])
    if bottom <= top or right <= left:
        return
    share = np.asarray(cover[top - y : bottom - y, left - x : right - x], np.float32)[..., None]
    here = canvas.rgb[top:bottom, left:right]
    light = 1 - share * (1 - np.asarray(colour, np.float32) / 255)
    here[:] = to_image(here * light)
    inked = (share[..., 0] > 0.12).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1,) * 2)
    canvas.mark(
        Kind.STAMP, (top, bottom, left, right), cv2.morphologyEx(inked, cv2.MORPH_CLOSE, kernel) > 0
    )
