"""Images whose data end too early: their page stays as it was and is named."""

import base64
import io
import zlib

import numpy as np
import pikepdf
import pytest
from drawn_pages import CASES, HEIGHT, WIDTH, clean, page_pdf, scan
from made_pdfs import pdf_of
from pikepdf import Array, Dictionary, Name
from PIL import Image as Pillow

from docclean.documents import as_source, read_pages
from docclean.documents.forms import bitonal_forms, flate
from docclean.documents.pdf.streams import cut_short
from docclean.errors import UnreadableInputError

DRAW = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
GREY = np.clip(scan() + np.random.default_rng(0).integers(-9, 9, scan().shape), 0, 255).astype(
    np.uint8
)
ROWS, COLUMNS = GREY.shape


def packed(kind, image=None, **options):
    buffer = io.BytesIO()
    (image or Pillow.fromarray(GREY)).save(buffer, format=kind, **options)
    return buffer.getvalue()


def strip(compression, image=None):
    """Return a page as one strip of a TIFF holds it."""
    data = packed("TIFF", image, compression=compression, strip_size=2**31 - 1,
                  tiffinfo={278: ROWS})  # fmt: skip
    with Pillow.open(io.BytesIO(data)) as tiff:
        offset, count = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
    return data[offset : offset + count]


def runs(data):
    """Pack bytes as run lengths that repeat nothing (ISO 32000-1, 7.4.5)."""
    pieces = (data[at : at + 128] for at in range(0, len(data), 128))
    return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces) + b"\x80"


def segment(number, kind, data):
    head = number.to_bytes(4, "big") + bytes([kind, 0, 1])
    return head + len(data).to_bytes(4, "big") + data


def jbig2():
    """Put a page in a generic region: fax codes of group 4 (ITU-T T.88, 7.4.6, MMR)."""
    size = COLUMNS.to_bytes(4, "big") + ROWS.to_bytes(4, "big")
    page = segment(0, 48, size + bytes(8) + b"\0" + bytes(2))
    return page + segment(1, 38, size + bytes(8) + b"\0" + b"\x01" + FAX)


BITS = Pillow.fromarray(GREY > 128)
FAX = next(iter(bitonal_forms(GREY > 128))).data
PNG = {"Predictor": 15, "Colors": 1, "BitsPerComponent": 8, "Columns": COLUMNS}
ONE = {"Columns": COLUMNS, "Rows": ROWS}
WAYS = {
    "DCT": (packed("JPEG", quality=80), ["DCTDecode"], 8, {}),
    "DCT, progressive": (packed("JPEG", quality=80, progressive=True), ["DCTDecode"], 8, {}),
    "DCT in Flate": (
        zlib.compress(packed("JPEG", quality=80)), ["FlateDecode", "DCTDecode"], 8, {}
    ),
    "JPX": (packed("JPEG2000"), ["JPXDecode"], 8, {}),
    "JPX, bare": (packed("JPEG2000", no_jp2=True), ["JPXDecode"], 8, {}),
    "JPX in tiles": (packed("JPEG2000", tile_size=(128, 128)), ["JPXDecode"], 8, {}),
    "Flate": (zlib.compress(GREY.tobytes()), ["FlateDecode"], 8, {}),
    "Flate, predicted": (flate(GREY).data, ["FlateDecode"], 8, PNG),
    "Flate in letters": (
        base64.a85encode(zlib.compress(GREY.tobytes())) + b"~>",
        ["ASCII85Decode", "FlateDecode"], 8, {},
    ),
    "LZW": (strip("tiff_lzw"), ["LZWDecode"], 8, {}),
    "run lengths": (runs(GREY.tobytes()), ["RunLengthDecode"], 8, {}),
    "plain": (GREY.tobytes(), [], 8, {}),
    "CCITT, group 4": (FAX, ["CCITTFaxDecode"], 1, {"K": -1, "BlackIs1": True, **ONE}),
    "CCITT, without its end": (FAX[:-3], ["CCITTFaxDecode"], 1, {"K": -1, "BlackIs1": True, **ONE}),
    "CCITT, group 3": (strip("group3", BITS), ["CCITTFaxDecode"], 1, {"K": 0, **ONE}),
    "JBIG2": (jbig2(), ["JBIG2Decode"], 1, {}),
}  # fmt: skip


def stored(way, share=1.0):
    """Return a page whose image is stored in a way and cut."""
    data, filters, bits, parms = WAYS[way]

    def edit(pdf, page, image):
        image.write(data[: int(len(data) * share)])
        image.Width, image.Height, image.BitsPerComponent = COLUMNS, ROWS, bits
        image.ColorSpace = Name.DeviceGray
        if filters:
            image.Filter = Array([Name(f"/{one}") for one in filters])
        if parms:
            last = Dictionary({f"/{key}": value for key, value in parms.items()})
            image.DecodeParms = Array([*[Dictionary()] * (len(filters) - 1), last])

    return page_pdf(DRAW, edit=edit)


def cut(data):
    with pikepdf.open(as_source(data).open()) as pdf:
        return cut_short(pdf.pages[0].obj.Resources.XObject.I)


@pytest.mark.parametrize("way", WAYS)
def test_an_image_is_whole_or_cut(way):
    assert not cut(stored(way))
    assert all(cut(stored(way, share)) for share in (0.05, 0.3, 0.6, 0.9, 0.98))


@pytest.mark.parametrize("way", WAYS)
def test_the_page_of_a_cut_image_stays_as_it_was_and_is_named(way, tmp_path):
    whole, _ = clean(stored(way), tmp_path)
    assert whole.status == "done" and "not cleaned" not in whole.message, whole.message
    assert whole.decisions[0]["kind"] == "scan"
    for share in (0.1, 0.65, 0.97):  # more of them are told apart above, sooner
        data = stored(way, share)
        result, out = clean(data, tmp_path)
        assert out == data
        assert "page 1 is as it was" in result.message
    assert clean(data, tmp_path, strict=True)[0].exit_status == 2
    with pytest.raises(UnreadableInputError, match=r"damaged|too early"):
        list(read_pages(data))


def test_the_pages_of_a_real_file(tmp_path):
    path = CASES / "cut_streams.pdf"
    result, out = clean(path, tmp_path)
    assert "page 1, 2 is as it was" in result.message and "data end too early" in result.message
    assert "bytes" in result.decisions[2]
    with pikepdf.open(path) as came, pikepdf.open(as_source(out).open()) as went:
        for number in (0, 1):
            before, after = (one.pages[number].obj.Resources.XObject.I for one in (came, went))
            assert before.read_raw_bytes() == after.read_raw_bytes()
    assert clean(path, tmp_path, strict=True)[0].exit_status == 2


def test_a_cut_image_beside_others_and_one_that_is_only_sloppy(tmp_path):
    def last_row_missing(pdf):
        image = pdf.pages[0].obj.Resources.XObject.Scan
        image.write(zlib.compress(GREY[:-1].tobytes()), filter=Name.FlateDecode)

    result, _ = clean(pdf_of(GREY, edit=last_row_missing), tmp_path)
    assert "not cleaned" not in result.message

    def without_checksum(pdf):
        image = pdf.pages[0].obj.Resources.XObject.Scan
        image.write(zlib.compress(GREY.tobytes())[:-4], filter=Name.FlateDecode)

    result, _ = clean(pdf_of(GREY, edit=without_checksum), tmp_path)
    assert "not cleaned" not in result.message


def test_a_page_that_a_program_set_is_left_alone_whatever_its_images_are(tmp_path):
    def edit(pdf, page, image):
        image.write(image.read_raw_bytes()[:-900], filter=Name.DCTDecode)
        page.Contents = pikepdf.Stream(pdf, b"q 60 0 0 80 9 9 cm /I Do Q 0 0 m 99 99 l S")

    data = page_pdf(b"", edit=edit)
    result, out = clean(data, tmp_path, strict=True)
    assert out == data and "born-digital" in result.message
    assert clean(data, tmp_path, strict=True, force=True)[0].exit_status == 2
