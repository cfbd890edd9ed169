"""What is measured of a page before and after it was cleaned, once, for everyone who asks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.clean.gate.letters import DARK, Letters, sampled, strips_of
from docclean.imageops.by_boxes import Grey
from docclean.imageops.components import components
from docclean.imageops.morphology import spread
from docclean.imageops.threshold import histogram, percentiles
from docclean.page import Image

DIRT = 20
"""Grey levels from the paper's own grey at which a blank pixel counts as dirt."""
SPECK = 80
"""Grey levels by which a speck differs from all its four neighbours."""
FEW_PIXELS = 500_000
"""Pixels of the strips by which specks are looked for before anything is cleaned."""
REMAINS = 220
"""Grey below which a cleaned pixel is any remains of a stroke."""
LETTER = 12
"""Pixels of the smallest shape that counts as a letter or a part of one."""


@dataclass(frozen=True)
class Measures:
    """A page beside what the network made of it, in numbers.

    Attributes:
        ink_lost: share of the strokes that are nearly white now, 0..1.
        ink_added: share of the cleaned ink that was hardly darker than paper, 0..1.
        crumbs: dark crumbs to a letter.
        paper_deviation: standard deviation of the blank paper, grey levels.
        paper_grey: its grey, 0..255.
        dirt: share of the page that was dirt on blank paper, 0..1.
        stroke_width: mean width of the cleaned strokes, px.
        specks: share of the pixels that are specks, 0..1.
        sharpness: steepest step from pixel to pixel over the contrast, 0..1 where nothing was
            enlarged; 0: no letters.
        contrast: grey levels from paper to ink; 0: no letters.
        darkest: grey of the darkest strokes; 0: no letters.
        speckled_contrast: the contrast with specks counted as strokes.
        scale: how much the page was enlarged before.
        off_sheet: share of the picture that is no sheet, 0..1.
    """

    ink_lost: float = 0.0
    ink_added: float = 0.0
    crumbs: float = 0.0
    paper_deviation: float = 0.0
    paper_grey: float = 0.0
    dirt: float = 0.0
    stroke_width: float = 0.0
    specks: float = 0.0
    sharpness: float = 0.0
    contrast: float = 0.0
    darkest: float = 0.0
    speckled_contrast: float = 0.0
    scale: float = 1.0
    off_sheet: float = 0.0

    @classmethod
    def of(
        cls,
        raw: Grey,
        cleaned: Image,
        scale: float = 1.0,
        left_out: Callable[[slice], NDArray[np.bool_] | None] | None = None,
    ) -> "Measures":
        """Measure a page (H, W) uint8 and the network's, same shape.

        Args:
            raw: the page as it came.
            cleaned: the network's page.
            scale: how much both were enlarged, which made their letters softer.
            left_out: tells of rows of the page what is no text on paper, (h, W): pictures, stamps,
                the desk; None: nothing is.
        """
        before, after = sampled(raw, cleaned)
        strips = [left_out and left_out(rows) for rows in strips_of(raw.shape)]
        masks = [strip for strip in strips if strip is not None]
        out = np.concatenate(masks) if masks else None
        if out is not None:
            _blank(before, after, out)
        speckled = specks(before)
        letters = Letters.of(before, after, speckled)
        grey, deviation, dirt = blank_paper(before, after, out)
        return cls(
            ink_lost=letters.lost(),
            ink_added=letters.added(),
            crumbs=crumbs(after),
            paper_deviation=deviation,
            paper_grey=grey,
            dirt=float(dirt),
            stroke_width=stroke_width(after),
            specks=float(np.count_nonzero(speckled) / speckled.size),
            sharpness=letters.sharpness() * scale,
            contrast=letters.contrast(),
            darkest=letters.darkest(),
            speckled_contrast=letters.speckled_contrast,
            scale=scale,
        )

    def told(self) -> dict[str, float]:
        """Return what is told of them, rounded."""
        return {name: round(getattr(self, name), digits) for name, digits in _DIGITS.items()}


_DIGITS = {
    "ink_lost": 4,
    "ink_added": 4,
    "crumbs": 2,
    "paper_deviation": 2,
    "paper_grey": 1,
    "dirt": 5,
    "stroke_width": 2,
    "specks": 5,
    "sharpness": 3,
    "contrast": 1,
    "darkest": 1,
}
"""Digits behind the point, of each measure that is told."""


def stroke_width(image: Image) -> float:
    """Return the mean width of dark strokes in px, 0 for a blank page.

    A stroke of length l and width w << l has area l w and edges of 2 l: width = 2 area / edges.
    Areas and edges are sums of grey and of its differences, so antialiasing does not matter.
    """
    ink, edges = 255 * image.size - int(image.sum(dtype=np.int64)), 0
    for one, other in ((image[1:], image[:-1]), (image[:, 1:], image[:, :-1])):
        steps = np.maximum(one, other)
        steps -= np.minimum(one, other)
        edges += int(steps.sum(dtype=np.int64))
    return 2 * ink / edges if edges else 0.0


def speckled(page: Grey) -> float:
    """Return the share of the pixels of a page, (H, W), that are specks, by a few strips of it."""
    (strips,) = sampled(page)
    few = strips[: max(3, FEW_PIXELS // page.shape[1])]
    return float(np.mean(specks(few)))


def specks(image: Image) -> NDArray[np.bool_]:
    """Tell which pixels differ from all their four neighbours, all lighter or all darker ones.

    Pixels at the border of the image are none. (H, W) uint8 -> (H, W).
    """
    found = np.zeros(image.shape, np.bool_)
    if min(image.shape) < 3:
        return found
    here = image[1:-1, 1:-1]
    first, *others = (image[:-2, 1:-1], image[2:, 1:-1], image[1:-1, :-2], image[1:-1, 2:])
    bound = first.copy()  # memory that is used again is much of the time
    for one in others:
        np.maximum(bound, one, out=bound)
    np.minimum(bound, 255 - SPECK, out=bound)
    bound += SPECK
    np.greater(here, bound, out=found[1:-1, 1:-1])
    bound[:] = first
    for one in others:
        np.minimum(bound, one, out=bound)
    np.maximum(bound, SPECK, out=bound)
    bound -= SPECK
    found[1:-1, 1:-1] |= here < bound
    return found


def crumbs(after: Image) -> float:
    """Return how many dark crumbs there are to a letter: cores darker than 100 over shapes of ink.

    Whole letters have one core each; letters eaten from inside fall into crumbs that only their
    grey remains hold together.
    """
    cores, shapes = components(after < DARK), components(after < REMAINS)
    letters = int(np.count_nonzero(shapes.area >= LETTER))
    return float(np.count_nonzero(cores.area >= LETTER // 3) / max(1, letters))


def _blank(before: Image, after: Image, out: NDArray[np.bool_]) -> None:
    """Put paper into both pages where `out` says so: of the middle grey of what is blank."""
    if not out.any():
        return
    counts = histogram(before[(after > REMAINS) & ~out])
    before[out] = int(percentiles(counts, 50)[0]) if counts.any() else 255
    after[out] = 255


def blank_paper(
    before: Image, after: Image, out: NDArray[np.bool_] | None = None
) -> tuple[float, float, float]:
    """Return grey and deviation of the original where the cleaned page is blank, and dirt.

    The deviation is that of the middle four fifths (10th to 90th percentile over 2.56, which is
    the standard deviation of Gaussian noise), so that a black border does not count as paper.

    Dirt is the share of the page that is blank now and was `DIRT` off the paper's grey before.

    Pixels within 3 px of what the cleaned page shows are left out: the slopes of strokes; so are
    those of `out`.
    """
    near = spread(after < 200, 3)
    if out is not None:
        near |= out
    values = before[~near]
    if values.size == 0:
        return float(np.median(before)), 0.0, 0.0
    counts = histogram(values)
    low, grey, high = map(float, percentiles(counts, 10, 50, 90))
    off = counts[np.abs(np.arange(256) - round(grey)) > DIRT].sum()
    return grey, (high - low) / 2.56, float(off) / before.size
