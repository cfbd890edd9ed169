"""How a sheet is seen: on the bed, with a rim, or on a desk; and what the picture of it suffers."""

from dataclasses import replace

import cv2
import numpy as np

from docclean.corruptions.shared.fields import Field, clouds, to_image
from docclean.page import LUMA, Image
from docclean.regions.kinds import Kind, bit
from docclean.scenes.bindings import spiral, stack
from docclean.scenes.canvas import Canvas
from docclean.scenes.desks import desk
from docclean.scenes.laying import Corners, Curl, View, corners_of, laid, lay_facing
from docclean.scenes.pictures import ramp


def look(rng: np.random.Generator, canvas: Canvas, others: list[Image]) -> View:
    """Scan the sheet or photograph it."""
    way = rng.random()
    if way < 0.45:
        view = View(canvas.rgb, canvas.layers, corners_of(canvas.shape), True)
    elif way < 0.6:
        view = _rimmed(rng, canvas)
    else:
        view = on_desk(rng, canvas, others)
    return _taken(rng, view)


def _rimmed(rng: np.random.Generator, canvas: Canvas) -> View:
    """Lay it askew on a bed with a black or grey lid, wider than the sheet on some sides."""
    height, width = canvas.shape
    sides = [int(rng.uniform(0.01, 0.12) * width) * int(rng.random() < 0.6) for _ in range(4)]
    top, bottom, left, right = sides
    size = (height + top + bottom, width + left + right)
    askew = rng.normal(0, 1.5) if rng.random() < 0.6 else 0.0
    seen = _turned(corners_of(canvas.shape), askew) + np.array((left, top))
    lid = rng.uniform(0, 40) if rng.random() < 0.75 else rng.uniform(60, 190)
    ground = np.full((*size, 3), lid, np.float32) + rng.normal(0, 3, 3).astype(np.float32)
    ground += np.float32(rng.uniform(0, 8)) * clouds(rng, size, max(8.0, width / 6))[..., None]
    return laid(rng, canvas, to_image(ground), seen, Curl(), shadow=0.0)


def on_desk(rng: np.random.Generator, canvas: Canvas, others: list[Image]) -> View:
    """Lay it on a desk, seen from a little aside, curled, perhaps with a facing page."""
    height, width = canvas.shape
    zoom = rng.uniform(0.75, 1.0)
    margin = rng.uniform(-0.03, 0.3, 4) * width
    size = (
        max(64, round(height * zoom + margin[0] + margin[1])),
        max(64, round(width * zoom + margin[2] + margin[3])),
    )
    corners = corners_of(canvas.shape) * zoom
    corners += rng.normal(0, 0.025 * width, (4, 2)) + margin[[2, 0]]
    seen = _turned(corners, rng.normal(0, 4))
    lift = rng.uniform(-0.05, 0.05) * height if rng.random() < 0.4 else 0.0
    waves = rng.uniform(0, 0.006) * width if rng.random() < 0.4 else 0.0
    ground = desk(rng, size, others)
    if rng.random() < 0.2 and others:
        lay_facing(rng, ground, seen, others[int(rng.integers(len(others)))])
    if rng.random() < 0.12:
        stack(rng, ground, seen)
    curl = Curl(lift, bool(rng.random() < 0.5), waves)
    view = laid(rng, canvas, ground, seen, curl, rng.uniform(0, 0.6))
    if rng.random() < 0.06:
        spiral(rng, view)
    return view


def _turned(corners: Corners, degrees: float) -> Corners:
    """Return corners turned about their middle."""
    angle, middle = np.deg2rad(degrees), corners.mean(0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((corners - middle) @ turn.T + middle, np.float64)


def _taken(rng: np.random.Generator, view: View) -> View:
    """Return what light, lens, sensor and file make of it; grey for a good part, 1-bit for some."""
    kind = rng.random()
    image = _exposed(rng, view, grey=kind < 0.4)
    if kind < 0.09:
        image = _thresholded(rng, image)
    if rng.random() < 0.03:
        return _negative(view, image)
    if rng.random() < 0.6:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))]
        _, coded = cv2.imencode(".jpg", image, quality)
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return replace(view, rgb=image)


def _exposed(rng: np.random.Generator, view: View, grey: bool) -> Image:
    """Return what light, lens and sensor make of a view, (H, W, 3) uint8."""
    shape = view.rgb.shape[:2]
    rgb = view.rgb.astype(np.float32)
    if not view.flat or rng.random() < 0.3:
        most = 0.2 if view.flat else 0.5
        rgb *= uneven_light(rng, (shape[0], shape[1]), most)[..., None]
        if rng.random() < 0.4:
            rgb *= (1 + rng.normal(0, 0.06, 3)).astype(np.float32)
    low = rng.uniform(0, 25) if rng.random() < 0.5 else 0.0
    rgb = np.float32(low) + rgb * np.float32((rng.uniform(200, 262) - low) / 255)
    if grey:
        rgb = np.repeat(rgb @ np.asarray(LUMA, np.float32)[:, None], 3, 2)
    if rng.random() < 0.4:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.3, 1.6)), np.float32)
    if not view.flat and rng.random() < 0.2:
        rgb = _out_of_focus(rng, rgb)
    if rng.random() < 0.5:
        channels = 1 if grey or rng.random() < 0.5 else 3
        grain = rng.standard_normal((*shape, channels), dtype=np.float32)
        rgb = rgb + np.float32(rng.uniform(0.5, 9)) * grain
    return to_image(np.asarray(rgb, np.float32))


def _out_of_focus(rng: np.random.Generator, rgb: Field) -> Field:
    """Return a picture, (H, W, 3) float32, whose focus falls off towards one side."""
    share = ramp((rgb.shape[0], rgb.shape[1]), rng.uniform(0, 6.3))[..., None]
    share = np.clip((share - np.float32(rng.uniform(0, 0.5))) * 2, 0, 1)
    soft = np.asarray(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(1, 3.5)), np.float32)
    return np.asarray(rgb + (soft - rgb) * share, np.float32)


def _thresholded(rng: np.random.Generator, image: Image) -> Image:
    """Return a grey view in black and white, by one level or by the light around."""
    grey = image[..., 0].astype(np.float32)
    around = np.asarray(cv2.blur(grey, (61, 61)), np.float32) - 14
    level = around if rng.random() < 0.6 else np.full_like(grey, rng.uniform(100, 200))
    white = (grey > level).astype(np.uint8) * np.uint8(255)
    return np.repeat(white[..., None], 3, 2)


def _negative(view: View, image: Image) -> View:
    """Return the view as a negative: all of the sheet but its pictures is light on dark."""
    on = (view.layers & (bit(Kind.OFF) | bit(Kind.PICTURE))) == 0
    layers = np.where(on, np.uint16(bit(Kind.DARK)), view.layers).astype(np.uint16)
    return replace(view, rgb=255 - image, layers=layers)


def uneven_light(rng: np.random.Generator, shape: tuple[int, int], most: float) -> Field:
    """Return uneven light, (H, W) float32 about 1: a slope, a blot, perhaps a cast shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    slope = rng.normal(0, most / 3, 2)
    light = 1 + np.float32(slope[0]) * x + np.float32(slope[1]) * y
    light -= np.float32(rng.uniform(0, most / 2)) * (x**2 + y**2) / 2
    light += np.float32(most / 12) * clouds(rng, shape, max(8.0, shape[1] / 2), 2)
    if rng.random() < 0.25:
        angle, at = rng.uniform(0, 6.28), rng.uniform(-0.8, 0.8)
        edge = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y - np.float32(at)
        light *= 1 - np.float32(rng.uniform(0.1, 0.45)) / (
            1 + np.exp(np.clip(-edge * np.float32(rng.uniform(5, 80)), -60, 60))
        )
    return np.asarray(np.clip(light, 0.2, 1.3), np.float32)
