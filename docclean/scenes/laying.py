"""A sheet laid somewhere: turned, in perspective, curled; and the page that faces it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.shared.fields import Field, smooth_noise, to_image
from docclean.page import Image
from docclean.regions.kinds import Kind, bit
from docclean.scenes.canvas import Canvas

Corners = NDArray[np.float64]
"""(4, 2) x, y in px of a sheet's corners: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, eq=False)
class View:
    """What is seen of a sheet.

    Attributes:
        rgb: (H, W, 3) uint8.
        layers: (H, W) uint16, a bit for each `Kind`.
        corners: of the sheet.
        flat: whether the whole picture is the sheet.
    """

    rgb: Image
    layers: NDArray[np.uint16]
    corners: Corners
    flat: bool


@dataclass(frozen=True)
class Curl:
    """How a sheet is not flat.

    Attributes:
        lift: of one side, px of the sheet; negative: the other way.
        right: which side.
        waves: height of soft waves, px.
    """

    lift: float = 0.0
    right: bool = True
    waves: float = 0.0

    def at(self, across: Field | Corners, width: int) -> NDArray[np.float64]:
        """Return by how many px a place is lifted, `across` px from the left of `width`."""
        share = across / width if self.right else 1 - across / width
        return np.asarray(self.lift * np.clip(share, 0, 1) ** 3, np.float64)


def corners_of(shape: tuple[int, ...]) -> Corners:
    """Return the corners of a picture, (4, 2)."""
    height, width = shape[:2]
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def homography(start: Corners, end: Corners) -> NDArray[np.float64]:
    """Return the 3 x 3 matrix that takes four points to four others."""
    one, other = (np.asarray(points, np.float32) for points in (start, end))
    return np.asarray(cv2.getPerspectiveTransform(one, other), np.float64)


def lay_facing(rng: np.random.Generator, ground: Image, seen: Corners, other: Image) -> None:
    """Lay the facing page of an open book beside the sheet whose corners are `seen`."""
    right = rng.random() < 0.5
    near = seen[[1, 2]] if right else seen[[0, 3]]
    across = (seen[1] - seen[0]) * (1 if right else -1) * rng.uniform(0.9, 1.05)
    far = near + across
    quad = (near[0], far[0], far[1], near[1]) if right else (far[0], near[0], near[1], far[1])
    move = homography(corners_of(other.shape), np.array(quad))
    size = (ground.shape[1], ground.shape[0])
    mask = np.asarray(cv2.warpPerspective(np.ones(other.shape[:2], np.uint8), move, size))
    ground[mask > 0] = np.asarray(cv2.warpPerspective(other, move, size))[mask > 0]


def laid(
    rng: np.random.Generator,
    canvas: Canvas,
    ground: Image,
    seen: Corners,
    curl: Curl,
    shadow: float,
) -> View:
    """Put a sheet over a ground.

    Args:
        rng: draws its waves and its shadow.
        canvas: the sheet.
        ground: what it lies on, (H, W, 3) uint8; stays as it is.
        seen: where its corners lie, flat.
        curl: how it is not.
        shadow: how dark it makes the ground beside it, 0..1.
    """
    height, width = canvas.shape
    back = homography(seen, corners_of(canvas.shape))
    u, v = _sources(back, ground.shape)
    v += curl.at(u, width).astype(np.float32)
    if curl.waves:
        v += np.float32(curl.waves) * smooth_noise(rng, v.shape[:2], max(8.0, width / 3))
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    to = (u - np.float32(0.5), v - np.float32(0.5))
    rgb = cv2.remap(canvas.rgb, *to, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    marks = cv2.remap(canvas.layers, *to, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    cover = inside.astype(np.float32)
    out = ground.astype(np.float32)
    if shadow:
        soft = max(1.0, width * rng.uniform(0.003, 0.02))
        out *= 1 - np.float32(shadow) * cv2.GaussianBlur(cover, (0, 0), soft)[..., None]
    edge = cv2.GaussianBlur(cover, (0, 0), 0.7)[..., None]
    image = to_image(np.asarray(out * (1 - edge) + rgb * edge, np.float32))
    layers = np.where(inside, marks, np.uint16(bit(Kind.OFF))).astype(np.uint16)
    flat = corners_of(canvas.shape)
    flat[:, 1] -= curl.at(flat[:, 0], width)
    corners = cv2.perspectiveTransform(flat[None], np.linalg.inv(back))[0]
    return View(image, layers, np.asarray(corners, np.float64), False)


def _sources(back: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[Field, Field]:
    """Return x and y, (H, W) each, on the sheet of every pixel of the picture."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    depth = back[2, 0] * x + back[2, 1] * y + back[2, 2]
    u = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / depth
    v = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / depth
    return np.asarray(u, np.float32), np.asarray(v, np.float32)
