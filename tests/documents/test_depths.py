"""Samples of 9 to 64 bits, signed and float: what is black, what is white, in every colour."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from saved_documents import only, saved
from written_tiffs import tiff

from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.documents.samples import Said, levels_of
from docclean.errors import UnreadableInputError
from docclean.jobs.results import notes
from docclean.ocr.tesseract import Tesseract

CASES = Path(__file__).parent / "cases"
BITS = [9, 10, 11, 12, 13, 14, 15, 16]


def page(colour: bool = False):
    """A page of 0..255 with ink and paper, and every grey between."""
    grey = np.full((40, 50), 235, np.uint8)
    grey[5:9, 4:44] = 12
    grey[30] = np.linspace(0, 255, 50)
    return np.stack([grey, np.roll(grey, 3, 1), grey[::-1]], -1) if colour else grey


def close(found, wanted, by: int = 1) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted).max() <= by


# --- every depth and every colour -----------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("photometric", [0, 1, 2, 5])
@pytest.mark.parametrize("bits", BITS)
def test_whole_numbers_of_nine_to_sixteen_bits(bits, photometric, packed):
    """In samples of 16 bits or of just as many, all of their range is what they hold."""
    shown = page(photometric in (2, 5))
    ink = 255 - shown if photometric in (0, 5) else shown
    if photometric == 5:
        ink = np.concatenate([ink, np.zeros_like(ink[..., :1])], -1)
    wide = np.rint(ink.astype(float) / 255 * (2**bits - 1)).astype(np.uint16)
    found = only(tiff(wide, bits if packed else 16, photometric))
    close(found.pixels, shown, 2 if photometric == 5 else 1)
    assert bool(found.note) == (not packed and bits < 16)


@pytest.mark.parametrize("photometric", [0, 1, 2])
@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("top", [1.0, 255.0, 4095.0, 65535.0])
def test_floats(top, bits, photometric):
    shown = page(photometric == 2)
    ink = 255 - shown if photometric == 0 else shown
    if top > 60000 and bits == 16:
        pytest.skip("beyond what half a float holds")
    close(only(tiff(ink.astype(np.float64) / 255 * top, bits, photometric)).pixels, shown)


@pytest.mark.parametrize("photometric", [0, 1, 2])
@pytest.mark.parametrize(("bits", "dtype"), [(8, np.int8), (16, np.int16), (32, np.int32)])
def test_signed_samples_of_the_whole_range(bits, dtype, photometric):
    shown = page(photometric == 2)
    ink = (255 - shown if photometric == 0 else shown).astype(np.int64)
    wide = ink * (2**bits - 1) // 255 - 2 ** (bits - 1)
    close(only(tiff(wide.astype(dtype), bits, photometric)).pixels, shown)


@pytest.mark.parametrize("bits", [24, 32])
@pytest.mark.parametrize("photometric", [0, 1, 2])
def test_more_than_sixteen_bits(bits, photometric):
    shown = page(photometric == 2)
    ink = (255 - shown if photometric == 0 else shown).astype(np.uint64)
    close(only(tiff(ink * (2**bits - 1) // 255, bits, photometric)).pixels, shown)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("tile", [0, 16])
@pytest.mark.parametrize("predictor", [1, 2, 3])
def test_however_the_samples_lie_in_the_file(order, planar, tile, predictor):
    shown = page(True)
    wide = (shown / 255).astype(np.float32) if predictor == 3 else shown.astype(np.uint16) * 257
    bits = wide.dtype.itemsize * 8
    ways = {"order": order, "planar": planar, "tile": tile, "deflate": predictor > 1}
    close(only(tiff(wide, bits, 2, predictor=predictor, **ways)).pixels, shown)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "lzma"])
def test_whatever_the_compression(compression):
    image = Pillow.fromarray(page().astype(np.uint16) * 16)
    close(only(saved(image, "TIFF", compression=compression)).pixels, page(), 2)


def test_opacity_of_wide_samples_lies_on_white():
    pixels = np.zeros((4, 4, 4), np.uint16)
    pixels[:2, :, 3] = 65535
    pixels[0, 0] = 65535
    found = only(tiff(pixels, 16, 2, tags=((338, 3, 2),))).pixels
    assert (found[1] == 0).all() and (found[2:] == 255).all()


# --- what the file says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tags", [((281, 3, 1023),), ((341, 3, 1023),), ((280, 3, 0), (281, 3, 1023))]
)
def test_the_white_a_file_says_is_white(tags):
    dark = np.full((20, 20), 500, np.uint16)  # by its range alone it would be 9 bits
    assert only(tiff(dark, 16, tags=tags)).pixels[0, 0] == 125


def test_significant_bits_of_an_ome_tiff():
    image = Pillow.fromarray(np.full((20, 20), 500, np.uint16))
    told = '<OME><Image><Pixels SignificantBits="10"/></Image></OME>'
    assert only(saved(image, "TIFF", description=told)).pixels[0, 0] == 125


def test_what_a_file_says_wrongly_is_not_believed():
    wide = page().astype(np.uint16) * 257
    close(only(tiff(wide, 16, tags=((281, 3, 255),))).pixels, page())


def with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """Put a chunk behind the head of a PNG."""
    check = zlib.crc32(kind + content).to_bytes(4, "big")
    return png[:33] + struct.pack(">L", len(content)) + kind + content + check + png[33:]


def sixteen_bit_png(pixels) -> bytes:
    """Write a PNG of 16 bits and any colour, which Pillow cannot."""
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = pixels.astype(">u2").reshape(len(pixels), -1).view(np.uint8)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    head = struct.pack(">LLBBBBB", pixels.shape[1], len(pixels), 16, colour, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    for kind, content in ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")):
        png += struct.pack(">L", len(content)) + kind + content
        png += zlib.crc32(kind + content).to_bytes(4, "big")
    return png


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", BITS)
def test_png_of_sixteen_bits_that_holds_fewer(bits, samples):
    shown = page(samples > 2)
    wide = np.rint(shown.astype(float) / 255 * (2**bits - 1)).astype(np.uint16)
    if samples % 2 == 0:
        solid = np.full((*shown.shape[:2], 1), 2**bits - 1, np.uint16)
        wide = np.concatenate([wide if wide.ndim == 3 else wide[..., None], solid], -1)
    close(only(sixteen_bit_png(wide)).pixels, shown)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("told", [False, True], ids=["of 65535", "told"])
def test_pnm_of_two_bytes(told, bits, colour):
    shown = page(colour)
    wide = np.rint(shown.astype(float) / 255 * (2**bits - 1)).astype(">u2")
    white = 2**bits - 1 if told else 65535
    head = f"P{6 if colour else 5} # {white}\n50\n40 {white}\n".encode()
    found = only(head + wide.tobytes())
    close(found.pixels, shown)
    assert bool(found.note) == (not told and bits < 16)
    with pytest.raises(UnreadableInputError, match="truncated"):
        only(head + wide.tobytes()[:-1])


def test_jpeg_2000_of_sixteen_bits_that_holds_fewer():
    wide = Pillow.fromarray(page().astype(np.uint16) * 16)
    close(only(saved(wide, "JPEG2000", irreversible=False)).pixels, page(), 2)


def test_sbit_of_a_png():
    dark = sixteen_bit_png(np.full((9, 9), 500, np.uint16))
    assert only(with_chunk(dark, b"sBIT", b"\x0a")).pixels[0, 0] == 125
    stretched = sixteen_bit_png(page().astype(np.uint16) * 257)  # as the standard wants it
    close(only(with_chunk(stretched, b"sBIT", b"\x0c")).pixels, page())


# --- samples that do not begin at 0 ---------------------------------------------------------------


def test_an_offset_is_found_and_told():
    """As tomographs store: 12 bits from -1024, or from 32768."""
    for offset, dtype in ((-1024, np.int16), (32768, np.uint16)):
        wide = (page().astype(np.int64) * 4095 // 255 + offset).astype(dtype)
        found = only(tiff(wide, 16))
        close(found.pixels, page())
        assert f"{offset:,} is taken for black" in found.note
        assert found.note in notes([{"page": 1, "read_as": found.note}])


def test_blank_pages_stay_blank():
    rng = np.random.default_rng(0)
    for low, high, photometric in ((58000, 62000, 1), (40000, 40001, 1), (0, 300, 0)):
        flat = rng.integers(low, high, (60, 60)).astype(np.uint16)
        ends = ((280, 3, int(flat.min())), (281, 3, int(flat.max())))
        for tags in ((), ends if photometric else ()):
            found = only(tiff(flat, 16, photometric, tags=tags)).pixels
            assert found.min() > 140 and np.ptp(found) < 25


def test_floats_below_zero_and_no_numbers():
    around = page().astype(np.float32) / 127.5 - 1
    close(only(tiff(around, 32)).pixels, page())
    holes = page().astype(np.float32) / 255
    holes[0, :3] = np.nan, np.inf, -np.inf
    close(only(tiff(holes, 32)).pixels[1:], page()[1:])
    assert levels_of(-0.001, 1.02, "float", 32).black == 0
    assert levels_of(0, 3000, "unsigned", 16, Said(white=4095)).white == 4095


def test_a_page_of_twelve_bits_in_sixteen(tmp_path):
    (found,) = read_pages(CASES / "gray12_in_16.tif")
    assert np.percentile(found.pixels, 50) > 170 and found.pixels.min() < 60
    assert "12-bit" in found.note


# --- what is not read says so ---------------------------------------------------------------------


@pytest.mark.parametrize(("photometric", "word"), [(3, "palette"), (6, "YCbCr"), (32803, "camera")])
def test_samples_that_are_not_read_are_named(photometric, word):
    pixels = np.zeros((4, 4, 3 if photometric == 6 else 1), np.uint16)
    with pytest.raises(UnreadableInputError, match=f"{word} samples.*; save it as"):
        only(tiff(pixels, 16, photometric))


def test_a_tiff_that_claims_too_much_is_refused_at_once():
    data = bytearray(tiff(np.zeros((4, 4), np.uint16), 16))
    place = data.index(struct.pack("<HHLHH", 256, 3, 1, 4, 0))
    data[place + 8 : place + 10] = struct.pack("<H", 60000)
    with pytest.raises(UnreadableInputError, match="truncated or damaged"):
        list(read_pages(io.BytesIO(bytes(data))))


@pytest.mark.slow
def test_it_is_read_as_well_cleaned_as_it_came():
    (found,) = read_pages(CASES / "gray12_in_16.tif")
    for page_ in (found, Cleaner.load().clean(found).reading):
        assert len(Tesseract().read(page_).text.split()) >= 580
