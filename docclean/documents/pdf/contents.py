"""What a PDF page is drawn with: its objects, its letters, how its images are stored."""

import zlib
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image as Pillow
from PIL import JpegImagePlugin

from docclean.documents.codecs import Kind, Stored

FORM_DEPTH = 8
CONTENT_LIMIT = 64_000_000
"""Bytes of page content that are looked at; a page of OCR text has a hundred thousand."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, points."""


def unpacked(stream: pikepdf.Stream, limit: int) -> int:
    """Return how many bytes a stream unpacks to, counting no further than a little over `limit`."""
    raw = stream.read_raw_bytes()
    filters = stream.get("/Filter")
    names = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    if names[0] not in ("/FlateDecode", "/Fl"):
        return len(raw)
    opened, total = zlib.decompressobj(), 0
    chunk = raw
    while chunk and total <= limit:
        try:
            total += len(opened.decompress(chunk, 1 << 20))
        except zlib.error:
            break
        chunk = opened.unconsumed_tail
    return total


def x_objects(leaf: pikepdf.Page) -> dict[str, Any]:
    """Return the page's external objects by name; none where its resources are broken."""
    resources = leaf.obj.get("/Resources", leaf.resources)
    known = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(known, pikepdf.Dictionary):
        return {}
    return {name: one for name, one in known.items() if isinstance(one, pikepdf.Stream)}


def stored_as(image: pikepdf.Object) -> Stored:
    """Tell how an image object is stored, and so what its successor may lose."""
    filters = image.get("/Filter", "")
    last = str(filters[-1]) if isinstance(filters, pikepdf.Array) and len(filters) else str(filters)
    if last == "/DCTDecode":
        return Stored(Kind.LOSSY, *_tables(image))
    if last == "/JPXDecode":
        return Stored(Kind.LOSSY)
    one_bit = int(image.get("/BitsPerComponent", 8)) == 1
    if last in ("/CCITTFaxDecode", "/JBIG2Decode") or (one_bit and _two_greys(image)):
        return Stored(Kind.BITONAL)
    return Stored(Kind.LOSSLESS if _two_greys(image) else Kind.PALETTE)


def _two_greys(image: pikepdf.Object) -> bool:
    space = image.get("/ColorSpace")
    return not isinstance(space, pikepdf.Array) or str(space[0]) != "/Indexed"


def holds_plain_values(image: pikepdf.Object) -> bool:
    """Say whether an image's samples are greys, RGB or indices of these, just as they are shown."""
    space, plain = image.get("/ColorSpace"), ("/DeviceGray", "/DeviceRGB")
    if isinstance(space, pikepdf.Array) and len(space) == 4 and str(space[0]) == "/Indexed":
        space = space[1]
    masked = any(key in image for key in ("/Mask", "/SMask", "/Decode"))
    return str(space) in plain and int(image.get("/BitsPerComponent", 8)) <= 8 and not masked


def _tables(image: pikepdf.Object) -> tuple[Any, bool]:
    """Return a JPEG's quantisation tables, and whether its colour is halved."""
    try:
        raw = image.read_raw_bytes()
        if not raw.startswith(b"\xff\xd8"):  # packed once more
            return None, False
        with Pillow.open(BytesIO(raw), formats=["JPEG"]) as opened:
            halved = JpegImagePlugin.get_sampling(opened) in (1, 2)
            return dict(opened.quantization), halved  # type: ignore[attr-defined]
    except Exception:  # a JPEG that Pillow does not know; the quality is ours then
        return None, False


def letters(page: pdfium.PdfPage) -> int:
    """Return how many letters the page shows."""
    return letters_of(page, list(page.get_objects(max_depth=1)))


def letters_of(page: pdfium.PdfPage, drawn: list[Any]) -> int:
    """Return how many letters are shown by some of a page's objects, forms and all."""
    texts = page.get_textpage()
    try:
        return sum(_shown(page, texts, one) for one in drawn)
    finally:
        texts.close()


def _shown(page: pdfium.PdfPage, texts: Any, drawn: Any) -> int:
    if drawn.type == pdfium_c.FPDF_PAGEOBJ_FORM:
        wanted = [pdfium_c.FPDF_PAGEOBJ_TEXT]
        inside = page.get_objects(filter=wanted, max_depth=FORM_DEPTH, form=drawn, level=1)
        return sum(_shown(page, texts, one) for one in inside)
    if drawn.type != pdfium_c.FPDF_PAGEOBJ_TEXT:
        return 0
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(drawn)
    if mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
        return 0
    size = pdfium_c.FPDFTextObj_GetText(drawn, texts, None, 0)
    return max(0, int(size) // 2 - 1)  # UTF-16 with a closing zero
