"""A written PDF read back: opened, its pages counted, every image in it decoded."""

import math
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from docclean.documents.base import MAX_PIXELS, Source
from docclean.documents.pdf.apart import apart, widen_for
from docclean.documents.pdf.contents import FORM_DEPTH
from docclean.documents.pdf.drawing.graph import drawn_by
from docclean.documents.pdf.objects import needs_calibrated, pdfa_part
from docclean.documents.pdf.opening import READ
from docclean.errors import OutputError, UnreadableInputError

TOGETHER = 16
"""Pages that are checked in one process."""


def undecodable(path: Path, numbers: Sequence[int], password: str | None) -> list[int]:
    """Return those of the pages whose images cannot all be decoded, or that draw too much.

    Images too large to be decoded by anyone (`MAX_PIXELS`) are passed over; they were not touched.
    """
    bad: list[int] = []
    for start in range(0, len(numbers), TOGETHER):
        together = numbers[start : start + TOGETHER]
        try:
            bad += _undecodable(path, together, password)
        except UnreadableInputError:  # the process died of one of them
            bad += [one for one in together if _deadly(path, one, password)]
    return bad


def _undecodable(path: Path, numbers: Sequence[int], password: str | None) -> list[int]:
    source = Source(path.name, path)

    def work() -> list[int]:
        with pikepdf.open(path, password=password or "", access_mode=READ) as pdf:
            document = pdfium.PdfDocument(path, password=password)
            return [one for one in numbers if not _decodes(pdf, document, one, source)]

    return apart(source, work)


def _deadly(path: Path, number: int, password: str | None) -> bool:
    try:
        return bool(_undecodable(path, [number], password))
    except UnreadableInputError:
        return True


def _decodes(pdf: pikepdf.Pdf, document: pdfium.PdfDocument, number: int, source: Source) -> bool:
    try:
        own = drawn_by(pdf.pages[number - 1], source)
        widen_for(own.pixels)
        page = document[number - 1]
        try:
            wanted = [pdfium_c.FPDF_PAGEOBJ_IMAGE]
            for image in page.get_objects(filter=wanted, max_depth=FORM_DEPTH):
                if math.prod(image.get_px_size()) <= MAX_PIXELS:
                    image.get_bitmap()
        finally:
            page.close()
    except (pdfium.PdfiumError, pikepdf.PdfError, UnreadableInputError):
        return False
    return True


def check_structure(path: Path, pages: int, pdfa: int, password: str | None) -> None:
    """Check that a written PDF opens without repair, has its pages, and keeps to its PDF/A.

    Of PDF/A (ISO 19005-1, -2) what cleaning can break is checked: encryption, the file's
    identifier, its metadata, filters of images, transparency and device colours in part 1.

    Raises:
        OutputError: it does not.
    """
    try:
        with pikepdf.open(path, password=password or "") as pdf:
            if len(pdf.pages) != pages:
                raise OutputError(
                    f"the written PDF has {len(pdf.pages)} pages for {pages}; please report it"
                )
            if pdfa_part(pdf) != pdfa:
                raise OutputError("the written PDF lost its PDF/A mark; please report it")
            broken = pdfa_faults(pdf) if pdfa else []
    except pikepdf.PdfError as error:
        raise OutputError(
            f"the written PDF cannot be opened ({error}); please report it"
        ) from error
    if broken:
        raise OutputError(f"the written PDF is no PDF/A any more: {broken[0]}; please report it")


def pdfa_faults(pdf: pikepdf.Pdf) -> list[str]:
    """Return what in a document forbids PDF/A, of all that cleaning may change."""
    faults = []
    if pdf.is_encrypted:
        faults.append("it is encrypted")
    if "/ID" not in pdf.trailer:
        faults.append("it has no identifier")
    part, calibrated = pdfa_part(pdf), needs_calibrated(pdf)
    for one in pdf.objects:
        if not isinstance(one, pikepdf.Stream) or one.get("/Subtype") != "/Image":
            continue
        filters = str(one.get("/Filter", ""))
        if "LZWDecode" in filters:
            faults.append("an image is LZW")
        if part == 1 and ("JPXDecode" in filters or "/SMask" in one):
            faults.append("an image is JPEG 2000 or has a soft mask")
        space = str(one.get("/ColorSpace", ""))
        if calibrated and space == "/DeviceRGB":
            faults.append("an image has device colours")
    return faults
