"""PDF in and out: a page that is one scan keeps that scan's pixels, any other is rendered."""

import logging
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.documents.images import (
    MAX_PIXELS,
    STRIP,
    Format,
    Jpeg,
    Source,
    check_size,
    chosen,
    decoding,
    encoding,
    grey_where_equal,
)
from docclean.errors import OutputError
from docclean.page import Image, Page

logger = logging.getLogger(__name__)

POINTS_PER_INCH = 72.0
BORN_DIGITAL_DPI = 300.0
"""Rendering resolution of a page without images, and the page size of pixels without a dpi."""
RENDER_DPI_RANGE = (150.0, 600.0)
"""Below, small print is lost beside a coarse photograph; above, only the file grows."""
SCAN_COVERS = 0.9
"""Share of the page an image must cover to be taken for the scan of it."""
OVERHANG = 0.02
"""How far, in page sides, a scan may reach over the page before its edge would be lost."""
JPEG_QUALITY = 85
TAIL = 2048
"""Bytes at a file's end in which every whole PDF has its end mark."""


@dataclass(frozen=True)
class Placement:
    """How an image's stored rows and columns lie on the displayed page: one of eight ways."""

    swapped: bool = False
    flipped: bool = False  # rows, after the swap
    mirrored: bool = False  # columns, after the swap
    turns: int = 0  # quarter turns clockwise, last

    def shown(self, pixels: Image) -> Image:
        """Turn stored pixels as the page shows them."""
        image = np.swapaxes(pixels, 0, 1) if self.swapped else pixels
        image = np.rot90(self._flip(image), -self.turns)
        return np.ascontiguousarray(image)

    def stored(self, pixels: Image) -> Image:
        """Turn shown pixels back as the file stores them."""
        image = self._flip(np.rot90(pixels, self.turns))
        return np.ascontiguousarray(np.swapaxes(image, 0, 1) if self.swapped else image)

    def _flip(self, image: Image) -> Image:
        image = image[::-1] if self.flipped else image
        return image[:, ::-1] if self.mirrored else image


@dataclass(frozen=True)
class Scan:
    """The one image of a scanned page, its resource name, how it lies, its dpi as shown."""

    image: pdfium.PdfImage
    name: str
    placement: Placement
    dpi: tuple[float, float]


class Pdf(Format):
    """PDF: many pages; written like a PDF, only the page images change."""

    name, suffixes, multipage = "pdf", (".pdf",), True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Say whether this is a PDF file; a few bytes before the mark are common."""
        return b"%PDF-" in head

    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages`, upright as a viewer shows them."""
        with _opened(source, password, tell=True) as (pdf, document):
            for number in chosen(source, pages, len(document)):
                with decoding(source):
                    page = _read_page(document[number - 1], pdf.pages[number - 1], number, source)
                yield page

    def write(
        self, pages: Iterator[Page], out: BinaryIO, like: Source | None, password: str | None
    ) -> None:
        """Write the pages; like a PDF, into a copy of it."""
        head = b""
        if like is not None:
            with like.open() as stream:
                head = stream.read(1024)
        if like is not None and self.matches(head):
            _write_like(pages, out, like, password)
        else:
            _write_new(pages, out, jpeg=Jpeg.matches(head))


# --- reading -----------------------------------------------------------------------------------


@contextmanager
def _opened(
    source: Source, password: str | None, *, tell: bool = False
) -> Iterator[tuple[pikepdf.Pdf, pdfium.PdfDocument]]:
    """Open a PDF twice: pikepdf checks, repairs and edits it, PDFium decodes and renders.

    With `tell`, a repair is logged.
    """
    with decoding(source):
        pdf = _checked(source, password)
    with pdf:
        with decoding(source):
            repaired = bool(pdf.get_warnings())
            document = _rendered_by_pdfium(pdf, source, password, repaired)
        if tell and repaired:
            logger.warning("%s is damaged and was repaired; compare its pages", source.name)
        try:
            yield pdf, document
        finally:
            document.close()


def _checked(source: Source, password: str | None) -> pikepdf.Pdf:
    with source.open() as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - TAIL))
        tail = stream.read()
    try:
        pdf = pikepdf.open(source.path or BytesIO(source.data), password=password or "")
    except pikepdf.PasswordError as error:
        why = "has another password" if password else "is protected by a password"
        raise source.unreadable(f"{why}; give the right one with --password") from error
    except pikepdf.PdfError as error:
        raise source.unreadable(
            "is a damaged PDF and cannot be repaired; fetch or scan it again"
        ) from error
    # with the end gone the page list may survive and the pages themselves be missing
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise source.unreadable("is a truncated PDF: its end is missing; fetch or scan it again")
    declared = pdf.Root.get("/Pages", pikepdf.Dictionary()).get("/Count", 0)
    if int(declared) != len(pdf.pages):
        raise source.unreadable(
            f"is a damaged PDF: {len(pdf.pages)} of its {declared} pages are left; fetch it again"
        )
    if not len(pdf.pages):
        raise source.unreadable("is a PDF without pages; give one that has some")
    return pdf


def _rendered_by_pdfium(
    pdf: pikepdf.Pdf, source: Source, password: str | None, repaired: bool
) -> pdfium.PdfDocument:
    if not repaired:
        try:
            document = pdfium.PdfDocument(source.path or source.data, password=password)
            if len(document) == len(pdf.pages):
                return document
            document.close()
        except pdfium.PdfiumError:
            pass  # what pikepdf can read, PDFium reads once pikepdf has written it
    whole = BytesIO()
    pdf.save(whole)
    document = pdfium.PdfDocument(whole.getvalue())
    if len(document) != len(pdf.pages):
        raise source.unreadable("is a damaged PDF: its pages cannot be counted; fetch it again")
    return document


def _read_page(page: pdfium.PdfPage, leaf: pikepdf.Page, number: int, source: Source) -> Page:
    try:
        scan = find_scan(page, leaf)
        if scan is None:
            pixels, dpi = _render(page, source)
        else:
            check_size(source, *scan.image.get_px_size())
            pixels, dpi = scan.placement.shown(_pixels(scan.image.get_bitmap())), scan.dpi
    finally:
        page.close()
    return Page(pixels, dpi, number, source.name)


def _render(page: pdfium.PdfPage, source: Source) -> tuple[Image, tuple[float, float]]:
    dpi = _render_dpi(page)
    # PDFium rounds sizes up: without the trifle less, 792 pt at 300 dpi become 3301 px
    scale = dpi / POINTS_PER_INCH * (1 - 1e-6)
    width, height = (math.ceil(side * scale) for side in page.get_size())
    check_size(source, width, height)
    return _pixels(page.render(scale=scale)), (dpi, dpi)


def _render_dpi(page: pdfium.PdfPage) -> float:
    """Return the resolution of the image that covers most of the page, within limits."""
    largest, dpi = 0.0, BORN_DIGITAL_DPI
    for image in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = image.get_bounds()
        area = (right - left) * (top - bottom)
        if area > largest:
            largest = area
            px_area = math.prod(image.get_px_size())
            dpi = math.sqrt(px_area / area) * POINTS_PER_INCH
    low, high = RENDER_DPI_RANGE
    return float(round(min(max(dpi, low), high)))


def _pixels(bitmap: pdfium.PdfBitmap) -> Image:
    """Copy a PDFium bitmap (grey, BGR or BGRx) as grey where every pixel is, else as RGB."""
    array: NDArray[np.uint8] = bitmap.to_numpy()
    if array.ndim == 2:
        return array.copy()  # PDFium frees its own memory
    return np.ascontiguousarray(grey_where_equal(array[..., 2::-1]))


def find_scan(page: pdfium.PdfPage, leaf: pikepdf.Page) -> Scan | None:
    """Return the scan a page consists of; None when the page shows anything else.

    What is drawn before the scan lies hidden under it; what comes after may only be text in
    the invisible mode that OCR layers use.
    """
    above: list[Any] = []
    image: Any = None
    for drawn in page.get_objects(max_depth=1):
        if drawn.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            if image is not None:
                return None
            image, above = drawn, []
        else:
            above.append(drawn)
    if image is None or not all(_invisible(page, drawn) for drawn in above):
        return None
    if pdfium_c.FPDFPageObj_HasTransparency(image) or not _unclipped(image, page.get_bbox()):
        return None
    name = _scan_name(leaf)
    return _placed(image, page, name) if name else None


def _invisible(page: pdfium.PdfPage, drawn: Any) -> bool:
    if drawn.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
        mode = pdfium_c.FPDFTextObj_GetTextRenderMode(drawn)
        return bool(mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)
    if drawn.type == pdfium_c.FPDF_PAGEOBJ_FORM:  # OCR programs often wrap their text in a form
        inside = list(page.get_objects(max_depth=8, form=drawn, level=1))
        forms = (pdfium_c.FPDF_PAGEOBJ_FORM,)
        return all(_invisible(page, one) for one in inside if one.type not in forms)
    return False


def _unclipped(image: Any, box: tuple[float, float, float, float]) -> bool:
    """Say whether every clip on the image is a rectangle around the whole page."""
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
        if not 4 <= count <= 5 or not _covers((min(xs), min(ys), max(xs), max(ys)), box):
            return False
    return True


def _covers(
    outer: tuple[float, float, float, float], inner: tuple[float, float, float, float]
) -> bool:
    slack_x, slack_y = OVERHANG * (inner[2] - inner[0]), OVERHANG * (inner[3] - inner[1])
    return (
        outer[0] <= inner[0] + slack_x
        and outer[1] <= inner[1] + slack_y
        and outer[2] >= inner[2] - slack_x
        and outer[3] >= inner[3] - slack_y
    )


def _placed(image: Any, page: pdfium.PdfPage, name: str) -> Scan | None:
    """Return how an image that fills the page lies on it; None when it is skewed or partial."""
    a, b, c, d, _, _ = image.get_matrix().get()
    width, height = math.hypot(a, c), math.hypot(b, d)
    swapped = abs(a) < 1e-3 * width and abs(d) < 1e-3 * height
    straight = abs(c) < 1e-3 * width and abs(b) < 1e-3 * height
    box, bounds = page.get_bbox(), image.get_bounds()
    area = (box[2] - box[0]) * (box[3] - box[1])
    if not (swapped or straight) or not _covers(box, bounds):
        return None
    if width * height < SCAN_COVERS * area:
        return None
    columns, rows = image.get_px_size()
    turns = page.get_rotation() // 90
    # an image is the unit square with y upwards and its first row on top (ISO 32000-1, 8.9.5)
    placement = (
        Placement(True, flipped=b > 0, mirrored=c > 0, turns=turns)
        if swapped
        else Placement(False, flipped=d < 0, mirrored=a < 0, turns=turns)
    )
    across, down = (rows, columns) if swapped else (columns, rows)
    dpi = (
        round(across * POINTS_PER_INCH / width, 3),
        round(down * POINTS_PER_INCH / height, 3),
    )
    return Scan(image, name, placement, dpi[::-1] if turns % 2 else dpi)


# --- writing -----------------------------------------------------------------------------------


def _write_new(pages: Iterator[Page], out: BinaryIO, *, jpeg: bool) -> None:
    with pikepdf.new() as pdf:
        for page in pages:
            with encoding("pdf"):
                x_dpi, y_dpi = page.dpi or (BORN_DIGITAL_DPI, BORN_DIGITAL_DPI)
                width = page.width / x_dpi * POINTS_PER_INCH
                height = page.height / y_dpi * POINTS_PER_INCH
                leaf = pikepdf.Dictionary(
                    Type=pikepdf.Name.Page, MediaBox=_numbers(0, 0, width, height)
                )
                pdf.pages.append(pikepdf.Page(pdf.make_indirect(leaf)))
                image = _image(pdf, page.pixels, jpeg)
                _draw_only(pdf, pdf.pages[-1], image, (0, 0, width, height))
        with encoding("pdf"):
            pdf.save(out)


def _write_like(pages: Iterator[Page], out: BinaryIO, like: Source, password: str | None) -> None:
    """Put the pages into a copy of `like`; pages not given are left out, with the outline."""
    with _opened(like, password) as (pdf, document):
        done: set[int] = set()
        for page in pages:
            if page.number in done or not 1 <= page.number <= len(document):
                raise OutputError(f"page {page.number} is not one page of {like.name}; renumber it")
            done.add(page.number)
            with encoding("pdf"):
                _replace(pdf, document, page)
        with encoding("pdf"):
            dropped = [n for n in range(1, len(document) + 1) if n not in done]
            for number in reversed(dropped):
                del pdf.pages[number - 1]
            if dropped and "/Outlines" in pdf.Root:  # its entries would lead to no page
                del pdf.Root.Outlines
            pdf.save(out, encryption=pdf.is_encrypted)


def _replace(pdf: pikepdf.Pdf, document: pdfium.PdfDocument, page: Page) -> None:
    """Put the pixels in the place of the page's scan, or of all it shows where it is no scan."""
    leaf, shown = pdf.pages[page.number - 1], document[page.number - 1]
    try:
        scan = find_scan(shown, leaf)
        if scan:
            image = _image(pdf, scan.placement.stored(page.pixels), _has_jpeg(leaf))
            # the resources may be shared with other pages, so this page gets its own
            resources = pikepdf.Dictionary(dict(leaf.resources.items()))
            resources.XObject = pikepdf.Dictionary(_x_objects(leaf))
            resources.XObject[scan.name] = image
            leaf.obj.Resources = resources
        else:
            turned = Placement(turns=shown.get_rotation() // 90).stored(page.pixels)
            image = _image(pdf, turned, _has_jpeg(leaf))
            _draw_only(pdf, leaf, image, shown.get_bbox())
            _keep_links(leaf)
    finally:
        shown.close()
    if "/Thumb" in leaf.obj:
        del leaf.obj.Thumb


def _x_objects(leaf: pikepdf.Page) -> dict[str, Any]:
    return dict(leaf.resources.get("/XObject", pikepdf.Dictionary()).items())


def _scan_name(leaf: pikepdf.Page) -> str | None:
    """Return the name of the one image the page draws; None for several or a see-through one."""
    known = _x_objects(leaf)
    drawn = [str(step.operands[0]) for step in pikepdf.parse_content_stream(leaf, "Do")]
    images = [n for n in drawn if n in known and known[n].get("/Subtype") == "/Image"]
    if len(images) != 1:
        return None
    image = known[images[0]]
    see_through = "/Mask" in image or bool(image.get("/ImageMask", False))
    return None if see_through or not _opaque(image.get("/SMask")) else images[0]


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


def _has_jpeg(leaf: pikepdf.Page) -> bool:
    for stream in _x_objects(leaf).values():
        filters = stream.get("/Filter", "")
        last = str(filters[-1]) if isinstance(filters, pikepdf.Array) and filters else str(filters)
        if last in ("/DCTDecode", "/JPXDecode"):
            return True
    return False


def _keep_links(leaf: pikepdf.Page) -> None:
    """Keep a rendered page's links; its other annotations are in the pixels by now."""
    if "/Annots" in leaf.obj:
        links = [note for note in leaf.obj.Annots if note.get("/Subtype") == "/Link"]
        leaf.obj.Annots = pikepdf.Array(links)


def _draw_only(
    pdf: pikepdf.Pdf,
    leaf: pikepdf.Page,
    image: pikepdf.Stream,
    box: tuple[float, float, float, float],
) -> None:
    """Make an image, stretched over `box` (points), all that the page shows."""
    left, bottom, right, top = box
    matrix = f"{right - left:.4f} 0 0 {top - bottom:.4f} {left:.4f} {bottom:.4f}"
    leaf.obj.Contents = pikepdf.Stream(pdf, f"q {matrix} cm /Scan Do Q".encode())
    leaf.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))


def _image(pdf: pikepdf.Pdf, pixels: Image, jpeg: bool) -> pikepdf.Stream:
    """Return the pixels as an image object: Flate, or JPEG where the source was JPEG."""
    height, width = pixels.shape[:2]
    if jpeg and max(height, width) <= Jpeg.max_side:
        buffer = BytesIO()
        Pillow.fromarray(np.ascontiguousarray(pixels)).save(
            buffer, format="JPEG", quality=JPEG_QUALITY, subsampling=0
        )
        data, kind = buffer.getvalue(), pikepdf.Name.DCTDecode
    else:
        packer = zlib.compressobj(6)
        packed = [
            packer.compress(np.ascontiguousarray(pixels[top : top + STRIP]).data)
            for top in range(0, height, STRIP)
        ]
        data, kind = b"".join([*packed, packer.flush()]), pikepdf.Name.FlateDecode
    return pikepdf.Stream(
        pdf,
        data,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray if pixels.ndim == 2 else pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=kind,
    )


def _numbers(*values: float) -> pikepdf.Array:
    return pikepdf.Array([Decimal(f"{value:.4f}") for value in values])
