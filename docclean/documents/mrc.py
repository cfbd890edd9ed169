"""Mixed raster content: sharp black text as a mask over a coarse picture of all the rest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from docclean.documents.codecs import smallest, to_bits
from docclean.documents.forms import Encoded, bitonal_forms, jpeg
from docclean.page import Image

GROUND_STEP = 3
"""How many pixels of the page make one of the picture below the text, either way."""
COLOURED = 60
"""Levels between channels from which ink has a colour of its own."""
REACH = 8
"""How far, coarse pixels, paper is looked for under wide ink."""


@dataclass(frozen=True)
class Layers:
    """A page in two layers (ITU-T T.44): `mask` says where `ink` is painted over `ground`.

    Attributes:
        mask: 1 bit a pixel, 0 where ink is painted.
        ground: the rest of the page, coarser.
        ink: grey of the ink, 0..255.
    """

    mask: Encoded
    ground: Encoded
    ink: int

    @property
    def nbytes(self) -> int:
        """Return the bytes of both layers."""
        return self.mask.nbytes + self.ground.nbytes

    def parts(self) -> Iterator[bytes]:
        """Yield what makes two layered pages equal."""
        yield from (self.mask.data, self.ground.data, bytes([self.ink]))


def layer(pixels: Image) -> Layers:
    """Part a page (H, W) or (H, W, 3) uint8 into its text and its ground."""
    paper = to_bits(pixels)
    if pixels.ndim == 3:  # a red stamp stays red, in the ground
        paper |= pixels.max(2).astype(np.int16) - pixels.min(2) > COLOURED
    grey = pixels if pixels.ndim == 2 else np.asarray(Pillow.fromarray(pixels).convert("L"))
    ink = int(np.median(grey[~paper])) if (~paper).any() else 0
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    ground = np.stack([_ground(plane, paper) for plane in np.moveaxis(planes, -1, 0)], -1)
    ground = ground[..., 0] if pixels.ndim == 2 else ground
    return Layers(smallest(bitonal_forms(paper)), jpeg(ground), ink)


def _ground(plane: Image, paper: Image) -> Image:
    """Return the mean of the paper in blocks; where ink fills a block, of the blocks around it."""
    light, known = (_sums(part.astype(np.float32)) for part in (plane * paper, paper))
    for _ in range(REACH):
        empty = known < 1
        if not empty.any():
            break
        spread = [_around(part) for part in (light, known)]
        light, known = (np.where(empty, s, p) for s, p in zip(spread, (light, known), strict=True))
    means = light / np.maximum(known, 1)
    return np.where(known < 1, 255, np.rint(means)).astype(np.uint8)


def _sums(plane: Image) -> Image:
    """Return the sums over blocks of `GROUND_STEP` px, the last ones padded with nothing."""
    height, width = (-(-side // GROUND_STEP) * GROUND_STEP for side in plane.shape)
    whole = np.zeros((height, width), np.float32)
    whole[: plane.shape[0], : plane.shape[1]] = plane
    blocks = whole.reshape(height // GROUND_STEP, GROUND_STEP, width // GROUND_STEP, GROUND_STEP)
    return np.asarray(blocks.sum((1, 3)))


def _around(plane: Image) -> Image:
    """Return the sums over 3 x 3 neighbours."""
    padded = np.pad(plane, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray(rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:])
