"""The scan that a page consists of, where its image can be taken out by itself."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from docclean.documents.base import MAX_PIXELS, Source, check_size
from docclean.documents.pdf.contents import Box, letters_of, x_objects
from docclean.documents.pdf.drawing.optional import OptionalContent
from docclean.documents.pdf.drawing.states import drawn_images, keeps_its_colours
from docclean.documents.pdf.placement import Placement
from docclean.documents.pixels import grey_where_equal
from docclean.page import Image

POINTS_PER_INCH = 72.0
SCAN_COVERS = 0.9
"""Share of the page an image must cover to be taken for the scan of it."""
OVERHANG = 0.02
"""How far, in page sides, a scan may reach over the page before its edge would be lost."""
FEW_LETTERS = 200
"""Letters drawn over a scan, a stamp's or a page number's; with more, a program set the page."""
STRIP_GAP = 1.5
"""Points that lie between two strips of one scan at most."""


@dataclass(frozen=True)
class Scan:
    """The scan a page consists of: one image, or strips that lie one under the other.

    Attributes:
        names: of the images in the page's resources, in the order of their stored rows.
        order: which of the images that the page draws these are, counted from 0.
        heights: the rows of each.
        placement: how they lie.
        dpi: of the page as shown.
        box: where they lie, points of the page's own space.
    """

    names: tuple[str, ...]
    order: tuple[int, ...]
    heights: tuple[int, ...]
    placement: Placement
    dpi: tuple[float, float]
    box: Box

    def pixels(self, page: pdfium.PdfPage, source: Source) -> Image:
        """Decode the scan as shown: grey (H, W) or RGB (H, W, 3) uint8, each pixel as stored."""
        drawn = images_of(page)
        images = [drawn[index] for index in self.order]
        sizes = [image.get_px_size() for image in images]
        check_size(source, sizes[0][0], sum(self.heights))
        strips = [bitmap_pixels(image.get_bitmap()) for image in images]
        if any(strip.shape[:2] != size[::-1] for strip, size in zip(strips, sizes, strict=True)):
            raise source.unreadable("holds an image of another size than it says")
        if len(strips) > 1 and len({strip.ndim for strip in strips}) > 1:
            strips = [np.repeat(s[..., None], 3, 2) if s.ndim == 2 else s for s in strips]
        return self.placement.shown(strips[0] if len(strips) == 1 else np.concatenate(strips))

    def parts(self, shown: Image) -> list[Image]:
        """Cut a page as shown into its strips as stored."""
        stored = self.placement.stored(shown)
        return np.split(stored, np.cumsum(self.heights)[:-1])


def images_of(page: pdfium.PdfPage) -> list[pdfium.PdfImage]:
    """Return the images that a page's own content draws, hidden ones too, in order."""
    return list(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=1))


def find_scan(
    page: pdfium.PdfPage, leaf: pikepdf.Page, drawn: list[Any], layers: OptionalContent
) -> Scan | None:
    """Return the scan a page consists of; None where its images are not to be taken out alone.

    What is drawn before the scan lies hidden under it. What comes after stays as it is, being no
    part of the image: hidden text, and little else (`FEW_LETTERS`). So does an image in a layer
    that is switched off.
    """
    every = [one for one in drawn if one.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    told = drawn_images(leaf, layers)
    if len(every) != len(told):
        return None
    order = [index for index, one in enumerate(told) if not one.hidden]
    images, known = [every[index] for index in order], x_objects(leaf)
    if not images or any(map(pdfium_c.FPDFPageObj_HasTransparency, images)):
        return None
    if not all(_unclipped(image, page.get_bbox()) for image in images):
        return None
    if not all(told[index].plain and _solid(known[told[index].name], leaf) for index in order):
        return None
    if len(images) > 1:
        names = [told[index].name for index in order]
        ordered = _as_strips(images, names)
        if ordered is None:
            return None
        images, order = [images[at] for at in ordered], [order[at] for at in ordered]
    last = max(drawn.index(image) for image in images)
    if letters_of(page, drawn[last + 1 :]) > FEW_LETTERS:
        return None
    return _placed(images, page, leaf, [(told[index].name, index) for index in order])


def bitmap_pixels(bitmap: pdfium.PdfBitmap) -> Image:
    """Copy a PDFium bitmap (grey, BGR or BGRx) as grey where every pixel is, else as RGB."""
    array: NDArray[np.uint8] = bitmap.to_numpy()
    if array.ndim == 2 or array.shape[2] == 1:
        return array.reshape(array.shape[:2]).copy()  # PDFium frees its own memory
    return np.ascontiguousarray(grey_where_equal(array[..., 2::-1]))


# --- images --------------------------------------------------------------------------------------


def _solid(image: Any, leaf: pikepdf.Page) -> bool:
    """Say whether an image is opaque, and its colours mean what they say."""
    see_through = "/Mask" in image or bool(image.get("/ImageMask", False))
    return (
        not see_through
        and _opaque(image.get("/SMask"))
        and keeps_its_colours(image, leaf.resources)
    )


def _opaque(mask: Any) -> bool:
    """Say whether a soft mask hides nothing: some programs give every image such a mask."""
    if mask is None:
        return True
    if int(mask.Width) * int(mask.Height) > MAX_PIXELS:
        return False
    try:
        return bool(pikepdf.PdfImage(mask).as_pil_image().getextrema() == (255, 255))
    except Exception:  # a mask of a rare kind: let PDFium render it
        return False


def _as_strips(images: list[Any], names: list[str]) -> list[int] | None:
    """Return the order of images that lie one under the other, equally wide; None for others."""
    if len(set(names)) < len(names) or len({image.get_px_size()[0] for image in images}) > 1:
        return None
    for image in images:
        _, b, c, d, *_ = image.get_matrix().get()
        if b or c or d <= 0:
            return None
    bounds = [image.get_bounds() for image in images]
    order = sorted(range(len(images)), key=lambda index: -bounds[index][3])
    for upper, lower in pairwise(order):
        above, below = bounds[upper], bounds[lower]
        beside = max(abs(above[0] - below[0]), abs(above[2] - below[2]))
        if beside > STRIP_GAP or abs(above[1] - below[3]) > STRIP_GAP:
            return None
    return order


def _placed(
    images: list[Any], page: pdfium.PdfPage, leaf: pikepdf.Page, named: list[tuple[str, int]]
) -> Scan | None:
    """Return how images that fill the page lie on it; None when skewed or partial."""
    a, b, c, d, _, _ = images[0].get_matrix().get()
    every = [image.get_bounds() for image in images]
    lefts, bottoms, rights, tops = zip(*every, strict=True)
    bounds = (min(lefts), min(bottoms), max(rights), max(tops))
    swapped = abs(a) < 1e-3 * math.hypot(a, c) and abs(d) < 1e-3 * math.hypot(b, d)
    straight = abs(c) < 1e-3 * math.hypot(a, c) and abs(b) < 1e-3 * math.hypot(b, d)
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    box = page.get_bbox()
    if not (swapped or straight) or not _covers(box, bounds):
        return None
    if width * height < SCAN_COVERS * size_of(box) or min(width, height) <= 0:
        return None
    columns = images[0].get_px_size()[0]
    heights = tuple(image.get_px_size()[1] for image in images)
    rows = sum(heights)
    turns = page.get_rotation() // 90
    # an image is the unit square with y upwards and its first row on top (ISO 32000-1, 8.9.5)
    placement = (
        Placement(True, flipped=b > 0, mirrored=c > 0, turns=turns)
        if swapped
        else Placement(False, flipped=d < 0, mirrored=a < 0, turns=turns)
    )
    across, down = (rows, columns) if swapped else (columns, rows)
    inches = POINTS_PER_INCH / float(leaf.obj.get("/UserUnit", 1))
    dpi = (round(across * inches / width, 3), round(down * inches / height, 3))
    names, order = zip(*named, strict=True)
    return Scan(names, order, heights, placement, dpi[::-1] if turns % 2 else dpi, bounds)


def _unclipped(image: Any, box: Box) -> bool:
    """Say whether every clip on the image is a rectangle around all of it that the page shows."""
    bounds = image.get_bounds()
    seen = (max(box[0], bounds[0]), max(box[1], bounds[1]), min(box[2], bounds[2]))
    inner = (*seen, min(box[3], bounds[3]))
    clip = pdfium_c.FPDFPageObj_GetClipPath(image)
    for path in range(max(0, pdfium_c.FPDFClipPath_CountPaths(clip))):
        points = []
        for index in range(pdfium_c.FPDFClipPath_CountPathSegments(clip, path)):
            segment = pdfium_c.FPDFClipPath_GetPathSegment(clip, path, index)
            x, y = pdfium_c.c_float(), pdfium_c.c_float()
            pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
            points.append((x.value, y.value))
        around = _rectangle(points)
        if around is None or not _covers(around, inner):
            return False
    return True


def _rectangle(points: list[tuple[float, float]]) -> Box | None:
    """Return the upright rectangle that a path of four corners, closed or not, is."""
    if not 4 <= len(points) <= 5:
        return None
    xs, ys = zip(*points, strict=True)
    box = (min(xs), min(ys), max(xs), max(ys))
    slack = 1e-3 * (box[2] - box[0] + box[3] - box[1])
    corners = [(x, y) for x in box[::2] for y in box[1::2]]
    near = [
        {n for n, corner in enumerate(corners) if math.dist(corner, p) <= slack} for p in points
    ]
    turns = [next(iter(one), -1) for one in near]
    beside = all(a ^ b in (1, 2) for a, b in pairwise(turns[:4]))  # not by way of the middle
    return box if set(turns) == {0, 1, 2, 3} and beside else None


def _covers(outer: Box, inner: Box) -> bool:
    slack_x, slack_y = OVERHANG * (inner[2] - inner[0]), OVERHANG * (inner[3] - inner[1])
    return (
        outer[0] <= inner[0] + slack_x
        and outer[1] <= inner[1] + slack_y
        and outer[2] >= inner[2] - slack_x
        and outer[3] >= inner[3] - slack_y
    )


def size_of(box: Box) -> float:
    """Return the area of a box, 0 for one turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def area_of(image: Any) -> float:
    """Return the area of an image on its page, square points, whatever forms it lies in."""
    matrix, form = image.get_matrix(), image.container
    while form is not None:
        matrix, form = matrix.multiply(form.get_matrix()), form.container
    a, b, c, d, _, _ = matrix.get()
    return float(abs(a * d - b * c))
