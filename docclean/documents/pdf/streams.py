"""Images whose data end too early: PDFium draws what there is and makes the rest up."""

import math
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image as Pillow

LEVEL = pikepdf.StreamDecodeLevel.specialized
PIECE = 1 << 20
END_OF_FAX = (0x001001, 24)
"""Two codes for an end of line close a page of group 4 (ITU-T T.6, 2.4.1.1)."""
END_OF_ROWS = (0x001001001, 36)
"""The first three of the six that close a page of group 3, one-dimensional (ITU-T T.4, 4.1.4)."""
TAIL = 24
"""Bytes at the end of a fax in which its closing codes are looked for."""
REGIONS = frozenset((4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43))
"""Kinds of segments of JBIG2 that put something on the page (ITU-T T.88, 7.3)."""
ENDLESS = 0xFFFFFFFF
CHANNELS = {"/DeviceGray": 1, "/CalGray": 1, "/Indexed": 1, "/Separation": 1, "/DeviceRGB": 3,
            "/CalRGB": 3, "/Lab": 3, "/DeviceCMYK": 4}  # fmt: skip


def cut_short(image: Any) -> bool:
    """Say whether an image's data end before the image does.

    The image is not decoded where its data say themselves that they are whole.
    """
    names = _names(image)
    if not names:
        return len(image.read_raw_bytes()) < _expected(image)
    data = image.read_raw_bytes()
    if len(names) > 1:
        data = _without_first(image, names, data)
        if data is None:
            return True
    whole = _WHOLE.get(names[-1])
    return whole is not None and not whole(data, image)


def _names(image: Any) -> list[str]:
    """Return an image's filters, by their long names."""
    filters = image.get("/Filter")
    every = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    short = {"/Fl": "/FlateDecode", "/LZW": "/LZWDecode", "/DCT": "/DCTDecode",
             "/CCF": "/CCITTFaxDecode", "/RL": "/RunLengthDecode"}  # fmt: skip
    return [short.get(str(one), str(one)) for one in every if one is not None]


def _parms(image: Any) -> Any:
    """Return the parameters of the last filter; {} for none."""
    parms = image.get("/DecodeParms", image.get("/DP"))
    last = list(parms)[-1:] if isinstance(parms, pikepdf.Array) else [parms]
    return last[0] if last and isinstance(last[0], pikepdf.Dictionary) else {}


def _without_first(image: Any, names: list[str], data: bytes) -> bytes | None:
    """Undo all filters but the last; None where their data end too early."""
    if names[0] == "/FlateDecode" and _inflated(data, ENDLESS)[1] is False:
        return None
    with pikepdf.new() as pdf:
        filters = pikepdf.Array([pikepdf.Name(name) for name in names[:-1]])
        packed = pikepdf.Stream(pdf, data, Filter=filters)
        return bytes(packed.read_bytes(LEVEL))


def _row(image: Any) -> int:
    """Return the bytes of a row of samples; 0 where its colours are not known."""
    space = image.get("/ColorSpace", "/DeviceGray")
    if isinstance(space, pikepdf.Array) and len(space):
        kind = str(space[0])
        channels = CHANNELS.get(kind, 0)
        if kind == "/ICCBased" and len(space) > 1:
            channels = int(space[1].get("/N", 0))
        if kind == "/DeviceN" and len(space) > 1:
            channels = len(space[1])
    else:
        channels = CHANNELS.get(str(space), 0)
    bits = 1 if bool(image.get("/ImageMask", False)) else int(image.get("/BitsPerComponent", 8))
    return math.ceil(int(image.Width) * channels * bits / 8)


def _expected(image: Any) -> int:
    """Return the bytes that all samples but those of the last row take."""
    return _row(image) * (int(image.Height) - 1)


# --- is it whole? --------------------------------------------------------------------------------


def _flate(data: bytes, image: Any) -> bool:
    """Count what comes out; some programs leave out the checksum, or the last row."""
    predicted = int(_parms(image).get("/Predictor", 1)) >= 10  # a byte more in each row
    wanted = _expected(image) + (int(image.Height) - 1 if predicted and _row(image) else 0)
    came, ended = _inflated(data, wanted)
    return came >= wanted if wanted else ended


def _inflated(data: bytes, most: int) -> tuple[int, bool]:
    """Return how many bytes come out, and whether the stream came to its end.

    They are counted no further than a little over `most`.
    """
    opened, total = zlib.decompressobj(), 0
    while data and not opened.eof and total <= most:
        try:
            total += len(opened.decompress(data, PIECE))
        except zlib.error:
            break
        data = opened.unconsumed_tail
    return total, opened.eof


def _unpacked(data: bytes, image: Any) -> bool:
    """Unpack LZW or run lengths and count what comes out."""
    with pikepdf.new() as pdf:
        keys = {"Filter": pikepdf.Name(_names(image)[-1])}
        packed = pikepdf.Stream(pdf, data, **keys)
        if len(_parms(image)):
            packed.DecodeParms = pikepdf.Dictionary(
                {key: value for key, value in _parms(image).items() if isinstance(value, int)}
            )
        return len(packed.read_bytes(LEVEL)) >= _expected(image)


def _jpeg(data: bytes, _: Any) -> bool:
    """Look for the end mark behind the first scan; without one, let Pillow ask for every row."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        if data[place + 1] == 0xFF:  # fill
            place += 1
            continue
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    if data.rfind(b"\xff\xd9", place) > 0:
        return True
    with suppress(Exception), Pillow.open(BytesIO(data), formats=["JPEG"]) as opened:
        opened.load()
        return True
    return False


def _jpeg2000(data: bytes, _: Any) -> bool:
    """Go from tile-part to tile-part (ISO 15444-1, A.4.2) to the end mark."""
    place = data.find(b"\xff\x4f\xff\x51")
    if place < 0:
        return False
    place += 2
    while place + 4 <= len(data):
        marker = data[place : place + 2]
        if marker == b"\xff\xd9":
            return True
        if marker == b"\xff\x90":
            length = int.from_bytes(data[place + 6 : place + 10], "big")
            if not length:  # the last one reaches to the end
                return data.rstrip(b"\0\r\n ").endswith(b"\xff\xd9")
            place += length
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return data[place : place + 2] == b"\xff\xd9"


def _jbig2(data: bytes, _: Any) -> bool:
    """Go from segment to segment (ITU-T T.88, 7.2); something must lie on the page."""
    shown, place = False, 0
    while place < len(data):
        head = _segment(data, place)
        if head is None:
            return not data[place:].strip(b"\0\r\n ") and shown
        kind, start, length = head
        if length == ENDLESS:  # a generic region that says its height at its end
            return data.rstrip(b"\r\n ")[:-4].endswith((b"\0\0", b"\xff\xac"))
        place = start + length
        if place > len(data):
            return False
        shown |= kind in REGIONS
    return shown


def _segment(data: bytes, place: int) -> tuple[int, int, int] | None:
    """Return a segment's kind, where its data begin, and how many bytes they are."""
    if place + 11 > len(data):
        return None
    number, flags = int.from_bytes(data[place : place + 4], "big"), data[place + 4]
    many, place = data[place + 5] >> 5, place + 6
    if many == 7:
        many = int.from_bytes(data[place - 1 : place + 3], "big") & 0x1FFFFFFF
        place += 3 + math.ceil((many + 1) / 8)
    place += many * (1 if number <= 256 else 2 if number <= 65536 else 4)
    place += 4 if flags & 0x40 else 1
    if place + 4 > len(data):
        return None
    return flags & 0x3F, place + 4, int.from_bytes(data[place : place + 4], "big")


def _fax(data: bytes, image: Any) -> bool:
    """Look for the codes that close a fax, at any bit; without them, count the rows."""
    end = data.rstrip(b"\0\r\n ") + b"\0"  # the last code may end in noughts
    bits = int.from_bytes(end[-TAIL:], "big")
    group4 = int(_parms(image).get("/K", 0)) < 0
    code, length = END_OF_FAX if group4 else END_OF_ROWS
    places = range(8 * min(TAIL, len(end)) - length + 1)
    if any(bits >> place & (1 << length) - 1 == code for place in places):
        return True
    return _rows_of_fax(data, image) >= int(image.Height) - 1


def _rows_of_fax(data: bytes, image: Any) -> int:
    """Return how many rows PDFium finds in a fax.

    Rows that it makes up are white whichever of 0 and 1 is black; all others change.
    """
    one, other = (_decoded(data, image, black_is_1=black) for black in (False, True))
    changed = np.flatnonzero((one != other).any(1))
    return int(changed[-1]) + 1 if len(changed) else 0


def _decoded(data: bytes, image: Any, *, black_is_1: bool) -> NDArray[np.uint8]:
    parms = {key: value for key, value in _parms(image).items() if isinstance(value, int)}
    facts = {"Width": int(image.Width), "Height": int(image.Height), "BitsPerComponent": 1}
    names = {"Subtype": "Image", "ColorSpace": "DeviceGray", "Filter": "CCITTFaxDecode"}
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(100, 100))
        fax = pikepdf.Stream(pdf, data, **facts)
        for key, name in names.items():
            fax[f"/{key}"] = pikepdf.Name(f"/{name}")
        fax.DecodeParms = pikepdf.Dictionary({**parms, "/BlackIs1": black_is_1})
        pdf.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fax=fax))
        pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b"100 0 0 100 0 0 cm /Fax Do")
        whole = BytesIO()
        pdf.save(whole)
    document = pdfium.PdfDocument(whole.getvalue())
    try:
        (shown,) = document[0].get_objects(max_depth=1)
        pixels: NDArray[np.uint8] = shown.get_bitmap().to_numpy().copy()
        return pixels.reshape(len(pixels), -1)
    finally:
        document.close()


_WHOLE: dict[str, Callable[[bytes, Any], bool]] = {
    "/FlateDecode": _flate,
    "/LZWDecode": _unpacked,
    "/RunLengthDecode": _unpacked,
    "/DCTDecode": _jpeg,
    "/JPXDecode": _jpeg2000,
    "/JBIG2Decode": _jbig2,
    "/CCITTFaxDecode": _fax,
}
