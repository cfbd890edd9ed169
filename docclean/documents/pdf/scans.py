"""What a PDF page consists of: one scan, a scan among other things, drawn text, or nothing."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from docclean.documents.base import MAX_PIXELS, Source, check_size
from docclean.documents.pdf.contents import (
    FORM_DEPTH,
    Box,
    check_content,
    letters,
    letters_of,
    x_objects,
)
from docclean.documents.pdf.placement import Placement
from docclean.documents.pixels import grey_where_equal
from docclean.page import Image

POINTS_PER_INCH = 72.0
SCAN_COVERS = 0.9
"""Share of the page an image must cover to be taken for the scan of it."""
MIXED_COVERS = 0.4
"""Share of the page its images must cover for it to be a scan at all."""
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
        images: PDFium's images, in the order of their stored rows.
        names: their names in the page's resources.
        placement: how they lie.
        dpi: of the page as shown.
        box: where they lie, points of the page's own space.
    """

    images: tuple[pdfium.PdfImage, ...]
    names: tuple[str, ...]
    placement: Placement
    dpi: tuple[float, float]
    box: Box

    @property
    def heights(self) -> list[int]:
        """Return the rows of each strip."""
        return [image.get_px_size()[1] for image in self.images]

    def pixels(self, source: Source) -> Image:
        """Decode the scan as shown: grey (H, W) or RGB (H, W, 3) uint8, each pixel as stored."""
        sizes = [image.get_px_size() for image in self.images]
        check_size(source, sizes[0][0], sum(self.heights))
        strips = [bitmap_pixels(image.get_bitmap()) for image in self.images]
        if any(strip.shape[:2] != size[::-1] for strip, size in zip(strips, sizes, strict=True)):
            raise source.unreadable("holds an image of another size than it says")
        if len(strips) > 1 and len({strip.ndim for strip in strips}) > 1:
            strips = [np.repeat(s[..., None], 3, 2) if s.ndim == 2 else s for s in strips]
        return self.placement.shown(strips[0] if len(strips) == 1 else np.concatenate(strips))

    def parts(self, shown: Image) -> list[Image]:
        """Cut a page as shown into its strips as stored."""
        stored = self.placement.stored(shown)
        return np.split(stored, np.cumsum(self.heights)[:-1])


@dataclass(frozen=True)
class Leaf:
    """What a page is.

    Attributes:
        kind: `scan`; `mixed`, a scan that cannot be taken out alone; `drawn`, set by a program;
            `blank`.
        scan: the scan of a `scan`.
        dpi: resolution to render the page at.
        has_text: whether it has text, hidden or not.
    """

    kind: Literal["scan", "mixed", "drawn", "blank"]
    scan: Scan | None
    dpi: float
    has_text: bool


def look(page: pdfium.PdfPage, leaf: pikepdf.Page, source: Source) -> Leaf:
    """Tell what a page consists of.

    Raises:
        UnreadableInputError: its content is larger than any page's.
    """
    check_content(leaf, source)
    drawn = list(page.get_objects(max_depth=1))
    scan = find_scan(page, leaf, drawn)
    images = [
        one
        for one in page.get_objects(max_depth=FORM_DEPTH)
        if one.type == pdfium_c.FPDF_PAGEOBJ_IMAGE
    ]
    text = any(
        one.type == pdfium_c.FPDF_PAGEOBJ_TEXT for one in page.get_objects(max_depth=FORM_DEPTH)
    )
    dpi = _image_dpi(images, leaf)
    if scan:
        return Leaf("scan", scan, dpi, text)
    if not drawn:
        return Leaf("blank", None, dpi, text)
    covered = min(1.0, sum(map(_area, images)) / max(_size(page.get_bbox()), 1e-6))
    if covered >= MIXED_COVERS and letters(page) <= FEW_LETTERS:
        return Leaf("mixed", None, dpi, text)
    return Leaf("drawn", None, dpi, text)


def find_scan(
    page: pdfium.PdfPage, leaf: pikepdf.Page, drawn: list[Any] | None = None
) -> Scan | None:
    """Return the scan a page consists of; None where its images are not to be taken out alone.

    What is drawn before the scan lies hidden under it. What comes after stays as it is, being no
    part of the image: hidden text, and little else (`FEW_LETTERS`).
    """
    drawn = drawn if drawn is not None else list(page.get_objects(max_depth=1))
    images = [one for one in drawn if one.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    if not images or any(map(pdfium_c.FPDFPageObj_HasTransparency, images)):
        return None
    if not all(_unclipped(image, page.get_bbox()) for image in images):
        return None
    names = _image_names(leaf)
    if names is None or len(names) != len(images):
        return None
    if len(images) > 1:
        ordered = _as_strips(images, names)
        if ordered is None:
            return None
        images, names = ordered
    last = max(drawn.index(image) for image in images)
    if letters_of(page, drawn[last + 1 :]) > FEW_LETTERS:
        return None
    return _placed(images, page, tuple(names), float(leaf.obj.get("/UserUnit", 1)))


def bitmap_pixels(bitmap: pdfium.PdfBitmap) -> Image:
    """Copy a PDFium bitmap (grey, BGR or BGRx) as grey where every pixel is, else as RGB."""
    array: NDArray[np.uint8] = bitmap.to_numpy()
    if array.ndim == 2 or array.shape[2] == 1:
        return array.reshape(array.shape[:2]).copy()  # PDFium frees its own memory
    return np.ascontiguousarray(grey_where_equal(array[..., 2::-1]))


# --- images --------------------------------------------------------------------------------------


def _image_names(leaf: pikepdf.Page) -> list[str] | None:
    """Return the names of the images the page draws, in order; None with a see-through one."""
    known = x_objects(leaf)
    drawn = [str(step.operands[0]) for step in pikepdf.parse_content_stream(leaf, "Do")]
    images = [n for n in drawn if n in known and known[n].get("/Subtype") == "/Image"]
    for name in images:
        image = known[name]
        see_through = "/Mask" in image or bool(image.get("/ImageMask", False))
        if see_through or not _opaque(image.get("/SMask")):
            return None
    return images


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


def _as_strips(images: list[Any], names: list[str]) -> tuple[list[Any], list[str]] | None:
    """Order images that lie one under the other, equally wide; None for any other arrangement."""
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
    return [images[index] for index in order], [names[index] for index in order]


def _placed(
    images: list[Any], page: pdfium.PdfPage, names: tuple[str, ...], unit: float
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
    if width * height < SCAN_COVERS * _size(box) or min(width, height) <= 0:
        return None
    columns = images[0].get_px_size()[0]
    rows = sum(image.get_px_size()[1] for image in images)
    turns = page.get_rotation() // 90
    # an image is the unit square with y upwards and its first row on top (ISO 32000-1, 8.9.5)
    placement = (
        Placement(True, flipped=b > 0, mirrored=c > 0, turns=turns)
        if swapped
        else Placement(False, flipped=d < 0, mirrored=a < 0, turns=turns)
    )
    across, down = (rows, columns) if swapped else (columns, rows)
    inches = POINTS_PER_INCH / unit
    dpi = (round(across * inches / width, 3), round(down * inches / height, 3))
    return Scan(tuple(images), names, placement, dpi[::-1] if turns % 2 else dpi, bounds)


def _unclipped(image: Any, box: Box) -> bool:
    """Say whether every clip on the image is a rectangle around all of it that the page shows."""
    bounds = image.get_bounds()
    seen = (max(box[0], bounds[0]), max(box[1], bounds[1]), min(box[2], bounds[2]))
    inner = (*seen, min(box[3], bounds[3]))
    clip = pdfium_c.FPDFPageObj_GetClipPath(image)
    for path in range(max(0, pdfium_c.FPDFClipPath_CountPaths(clip))):
        xs, ys = [], []
        count = pdfium_c.FPDFClipPath_CountPathSegments(clip, path)
        for index in range(count):
            segment = pdfium_c.FPDFClipPath_GetPathSegment(clip, path, index)
            x, y = pdfium_c.c_float(), pdfium_c.c_float()
            pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
            xs.append(x.value)
            ys.append(y.value)
        if not 4 <= count <= 5 or not _covers((min(xs), min(ys), max(xs), max(ys)), inner):
            return False
    return True


def _covers(outer: Box, inner: Box) -> bool:
    slack_x, slack_y = OVERHANG * (inner[2] - inner[0]), OVERHANG * (inner[3] - inner[1])
    return (
        outer[0] <= inner[0] + slack_x
        and outer[1] <= inner[1] + slack_y
        and outer[2] >= inner[2] - slack_x
        and outer[3] >= inner[3] - slack_y
    )


def _size(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _area(image: Any) -> float:
    return _size(image.get_bounds())


def _image_dpi(images: list[Any], leaf: pikepdf.Page) -> float:
    """Return the resolution of the largest image, 0 without one."""
    unit = float(leaf.obj.get("/UserUnit", 1))
    sized = [image for image in images if _area(image) > 0]
    if not sized:
        return 0.0
    image = max(sized, key=_area)
    return math.sqrt(math.prod(image.get_px_size()) / _area(image)) * POINTS_PER_INCH / unit
