"""Bring a page that is out of focus back into focus, before anything is cleaned (numpy only).

Blur is no dirt: it spreads every point of the page alike, and what spread them can be turned back
where little noise came after it. A network that sees a few pixels at a time does that badly. So
the blur is looked for among the usual ones on a few written places, by how well turning it back
makes them two-toned, ink and paper and little between; the whole page is then deconvolved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from docclean.clean.focus.later_marks import without_later_marks
from docclean.clean.tiles import TileGrid, join, split
from docclean.imageops.morphology import widest
from docclean.page import Image

Floats = NDArray[np.floating[Any]]
Squares = NDArray[np.bool_]
"""(H // SIDE, W // SIDE), by squares of a page of H x W px."""

SIDE, PLACES, BORDER = 256, 4, 24
"""Side of the written places looked at, how many of them, and their rim that is not judged, px."""
SOFT = 0.25
"""Steepest step from pixel to pixel, of the contrast, from which a place is sharp enough."""
MOST_STEEP = 0.8
"""Steepest step times the blur's deviation in px: 0.4 for an edge that a
Gaussian has passed, more for strokes so thin that they lost contrast too."""
LEAST_CONTRAST = 40.0
"""Grey levels from ink to paper below which a place tells nothing."""
WIDE, MOST_INSIDE = 25, 0.01
"""Width in px from which ink is no stroke, and the share of a written place that may be such."""
MOST_OF = 0.75
"""Share of the written places that must be soft: a page out of focus is so everywhere."""
MOST_DRAWN_HERE = 0.3
"""Share of a written place that a pen may have drawn."""
RADII = (1, 8)
"""Radii of the blurs looked for, px: beyond them nothing legible is left of small print."""
CUTS = (0.5, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
"""Deviations at which a Gaussian's window may end; 0.5 is nearly a plain mean."""
LEAST_GAIN = {1e-3: 0.04, 1e-2: 0.15}
"""By the power of the noise beside the page's own (of clean pictures, and of scans), the share by
which places have to become more two-toned. Grain hides how soft a page is, and soft type in good
focus is made a tenth more two-toned by rings around its letters."""
HALO, TILE_AREA = 128, 3_000_000
"""How far, in px, a deconvolution is taken to look, and the pixels of a tile of it."""


@dataclass(frozen=True)
class Blur:
    """How every point of a page was spread.

    Attributes:
        shape: "window", a Gaussian cut to a square, or "disc", a lens out of focus.
        radius: half the side of the square, or of the disc, px.
        noise: power of the noise beside the page's own.
        cut: of windows, deviations of the Gaussian from the middle to the side.
    """

    shape: Literal["window", "disc"]
    radius: float
    noise: float
    cut: float = 0.0

    def kernel(self) -> Floats:
        """Return the spread of one point, float32 (k, k), k odd, sum 1."""
        reach = int(np.ceil(self.radius))
        if self.shape == "window":
            line = np.exp(-0.5 * (np.arange(-reach, reach + 1) * self.cut / self.radius) ** 2)
            square = np.outer(line, line)
        else:
            parts = 8  # of a pixel, so that a disc grows smoothly
            along = (np.arange((2 * reach + 1) * parts) + 0.5) / parts - reach - 0.5
            inside = along[:, None] ** 2 + along**2 <= self.radius**2
            square = inside.reshape(2 * reach + 1, parts, 2 * reach + 1, parts).mean((1, 3))
        return np.asarray(square / square.sum(), np.float32)

    def width(self) -> float:
        """Return its standard deviation along an axis, px."""
        line = self.kernel().sum(0)
        return float(np.sqrt((line * (np.arange(len(line)) - len(line) // 2) ** 2).sum()))


def find_blur(grey: Image, squares: Squares | None = None) -> Blur | None:
    """Return what blurred a page, (H, W) uint8; None where it is sharp or nothing usual did.

    The usual ones are discs and Gaussians in square windows, of 1 to 8 px radius.

    Args:
        grey: the page.
        squares: which of its squares of `SIDE` px may be looked at; None: any.
    """
    written = [place for place in _written(grey, squares) if _is_thin(place)]
    places = [place for place in written if _steepness(place) < SOFT]
    if not places or len(places) < MOST_OF * len(written):
        return None
    spectra = [np.fft.rfft2(place * _taper()) for place in places]
    before = float(np.mean([_two_toned(_core(place)) for place in places]))

    unlike, blur = min(
        ((_judged(spectra, blur), blur) for blur in _usual()), key=lambda one: one[0]
    )
    steep = float(np.median([_steepness(place) for place in places]))
    believed = unlike < (1 - LEAST_GAIN[blur.noise]) * before and steep * blur.width() < MOST_STEEP
    return blur if believed else None


def soft_beneath(grey: Image, squares: Squares | None = None) -> float:
    """Return the contrast of a page, (H, W) uint8, that is soft but for sharp marks; else 0.

    Told by a few written places: sharp as they are, soft without what is sharp on them.
    """
    contrasts = []
    for place in _written(grey, squares):
        levels = np.asarray(np.clip(255 - place, 0, 255), np.uint8)
        later = without_later_marks(levels, most_drawn=MOST_DRAWN_HERE)
        if later is None:
            return 0.0
        beneath = np.asarray(255.0 - later.page, np.float32)
        if not _is_thin(beneath) or _steepness(beneath) >= SOFT:
            return 0.0
        contrasts.append(later.contrast)
    return min(contrasts, default=0.0)


def refocus(grey: Image, blur: Blur) -> Image:
    """Return the page with a blur turned back, (H, W) uint8 -> (H, W) uint8.

    Wiener's filter (1949), conj(K) / (|K|^2 + noise), tile by tile.
    """
    grid = TileGrid.cover(len(grey), grey.shape[1], HALO, 16, TILE_AREA)
    sharp = np.empty_like(grey)
    for box, cut in split(grey, grid):
        dark = _deconvolved(np.fft.rfft2(255.0 - cut.astype(np.float32)), blur, cut.shape)
        join(sharp, box, np.clip(255.5 - dark, 0, 255).astype(np.uint8))
    return sharp


def _usual() -> Iterator[Blur]:
    first, last = RADII
    for noise in LEAST_GAIN:
        for radius in range(first, last + 1):
            yield from (Blur("window", radius, noise, cut) for cut in CUTS)
        for quarters in range(6, 4 * last):  # a smaller disc blurs less than a pixel
            yield Blur("disc", quarters / 4, noise)


def _written(grey: Image, chosen: Squares | None) -> list[Floats]:
    """Return how dark the places with most ink are, grey levels from paper, (SIDE, SIDE) each."""
    rows, columns = (side // SIDE for side in grey.shape)
    squares = [
        grey[SIDE * row : SIDE * (row + 1), SIDE * column : SIDE * (column + 1)]
        for row in range(rows)
        for column in range(columns)
        if chosen is None or chosen[row, column]
    ]
    squares.sort(key=lambda square: -float(square[::4, ::4].std()))
    dark = [float(np.percentile(square, 95)) - square for square in squares[:PLACES]]
    return [np.asarray(place, np.float32) for place in dark]


def _steepness(place: Floats) -> float:
    """Return the steepest steps of a place over its contrast, 0..1; 1 where it is blank."""
    contrast = float(np.percentile(place, 98))
    if contrast < LEAST_CONTRAST:
        return 1.0
    steps = np.maximum(np.abs(np.diff(place, axis=0))[:, 1:], np.abs(np.diff(place, axis=1))[1:])
    return float(np.percentile(steps, 99.5)) / contrast


def _is_thin(place: Floats) -> bool:
    """Say whether a place has contrast, and its ink is strokes, not the inside of a picture."""
    contrast = float(np.percentile(place, 98))
    if contrast < LEAST_CONTRAST:
        return False
    levels = np.clip(255 - place * (255 / contrast), 0, 255).astype(np.uint8)
    inside = widest(levels, WIDE) < 128  # dark, and dark all around
    return float(inside.mean()) < MOST_INSIDE


@lru_cache(maxsize=1)
def _taper() -> Floats:
    """Return weights that fall to 0 at the border of a place: its sides do not meet."""
    along = np.arange(SIDE)
    line = np.minimum(1, np.minimum(along, along[::-1]) / 16)
    return np.outer(line, line).astype(np.float32)


def _core(place: Floats) -> Floats:
    return place[BORDER:-BORDER, BORDER:-BORDER]


def _judged(spectra: Sequence[NDArray[Any]], blur: Blur) -> float:
    """Return how far from two-toned places are once a blur is turned back."""
    sharp = (_deconvolved(spectrum, blur, (SIDE, SIDE)) for spectrum in spectra)
    return float(np.mean([_two_toned(_core(place)) for place in sharp]))


def _deconvolved(spectrum: NDArray[Any], blur: Blur, shape: tuple[int, ...]) -> Floats:
    """Return what Wiener's filter makes of a spectrum; even paper stays as dark as it is."""
    filtered = spectrum * _filter(blur, (shape[0], shape[1]))
    return np.asarray(np.fft.irfft2(filtered, shape), np.float32)


@lru_cache(maxsize=4)
def _filter(blur: Blur, shape: tuple[int, int]) -> NDArray[Any]:
    kernel = blur.kernel()
    spread, reach = np.zeros(shape, np.float32), len(kernel) // 2
    spread[: len(kernel), : len(kernel)] = kernel
    turned = np.fft.rfft2(np.roll(spread, (-reach, -reach), (0, 1)))
    gain = (1 + blur.noise) * np.conj(turned) / (np.abs(turned) ** 2 + blur.noise)
    return np.asarray(gain, np.complex64)


def _two_toned(dark: Floats) -> float:
    """Return the mean of v^2 (1 - v)^2, v the darkness over that of ink: 0 for ink and paper alone.

    Ringing counts as much as grey does, being beyond either: what is blurred and what was turned
    back too far are both worse.
    """
    share = dark / max(1.0, float(np.percentile(dark, 98)))
    return float(np.mean((share * (1 - share)) ** 2))
