"""A written PDF read back: opened, its pages counted, every image in it decoded."""

import math
from collections.abc import Collection
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from docclean.documents.base import MAX_PIXELS
from docclean.documents.pdf.contents import FORM_DEPTH
from docclean.documents.pdf.objects import needs_calibrated, pdfa_part
from docclean.errors import OutputError


def undecodable(path: Path, numbers: Collection[int], password: str | None) -> list[int]:
    """Return those of the pages whose images cannot all be decoded.

    Images too large to be decoded by anyone (`MAX_PIXELS`) are passed over; they were not touched.
    """
    document = pdfium.PdfDocument(path, password=password)
    try:
        return [number for number in numbers if not _decodes(document, number)]
    finally:
        document.close()


def _decodes(document: pdfium.PdfDocument, number: int) -> bool:
    try:
        page = document[number - 1]
        try:
            wanted = [pdfium_c.FPDF_PAGEOBJ_IMAGE]
            for image in page.get_objects(filter=wanted, max_depth=FORM_DEPTH):
                if math.prod(image.get_px_size()) <= MAX_PIXELS:
                    image.get_bitmap()
        finally:
            page.close()
    except pdfium.PdfiumError:
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
