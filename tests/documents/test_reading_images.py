"""Real files in, pages out, and back."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow
from saved_documents import MEMBERS, WITHOUT_DPI, only, saved

from docclean.documents import detect, read_pages, write_pages
from docclean.errors import OutputError, UsageError
from docclean.page import Page

LOSSLESS = (".png", ".tif", ".bmp", ".pdf")


# --- every format obeys one contract --------------------------------------------------------------


@pytest.mark.parametrize("dpi", [(300.0, 300.0), (204.0, 98.0)])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
def test_pages_come_back(member, colour, dpi, letters):
    pixels = np.stack([letters, letters, letters[::-1]], -1) if colour else letters
    out = io.BytesIO()
    write_pages([Page(pixels, dpi)], out, suffix=member.suffixes[0])
    assert detect(out.getvalue()) is member
    page = only(out.getvalue())
    assert page.pixels.shape == pixels.shape
    if member.name not in WITHOUT_DPI:
        assert page.dpi == pytest.approx(dpi, abs=0.05)
    error = np.abs(page.pixels.astype(int) - pixels)
    assert error.mean() < 3
    if member.suffixes[0] in LOSSLESS:
        assert error.max() == 0


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.name != "pdf"], ids=lambda m: m.name)
def test_no_dpi_stays_no_dpi(member, letters):
    out = io.BytesIO()
    write_pages([Page(letters)], out, suffix=member.suffixes[0])
    assert only(out.getvalue()).dpi is None


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
def test_page_count(member, letters):
    pages = [Page(np.roll(letters, n), (300.0, 300.0), n + 1) for n in range(3)]
    out = io.BytesIO()
    if not member.multipage:
        with pytest.raises(OutputError, match="one page"):
            write_pages(pages, out, suffix=member.suffixes[0])
        assert out.getvalue() == b""
        return
    write_pages(iter(pages), out, suffix=member.suffixes[0])
    back = list(read_pages(out.getvalue()))
    assert [page.number for page in back] == [1, 2, 3]
    for page, original in zip(back, pages, strict=True):
        assert (page.pixels == original.pixels).all()
    assert [p.number for p in read_pages(out.getvalue(), pages={2, 3, 9})] == [2, 3]
    with pytest.raises(UsageError, match="1-3"):
        list(read_pages(out.getvalue(), pages={9}))


# --- kinds of pixels ------------------------------------------------------------------------------


def test_sixteen_bits_are_scaled_to_the_full_range():
    wide = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    expected = [[0, 0, 1, 1, 128, 255]]
    for kind in ("PNG", "TIFF"):
        assert only(saved(Pillow.fromarray(wide), kind)).pixels.tolist() == expected
    inverted = saved(Pillow.fromarray(wide), "TIFF", tiffinfo={262: 0})
    assert only(inverted).pixels.tolist() == [[255 - value for value in expected[0]]]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind):
    cmyk = Pillow.new("CMYK", (20, 10), (0, 255, 255, 0))
    page = only(saved(cmyk, kind))
    assert page.pixels.shape == (10, 20, 3)
    assert np.abs(page.pixels.reshape(-1, 3).mean(0) - [255, 0, 0]).max() < 4


def test_palette_becomes_rgb_or_grey(letters):
    grey = saved(Pillow.fromarray(letters).convert("P"), "PNG")
    assert (only(grey).pixels == letters).all()
    colour = Pillow.new("RGB", (8, 6), (200, 10, 10)).quantize(4)
    assert only(saved(colour, "PNG")).pixels[0, 0].tolist() == [200, 10, 10]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_lies_on_white(mode):
    clear, solid = (Pillow.new(mode, (4, 4), (10,) * (len(mode) - 1) + (a,)) for a in (0, 255))
    assert (only(saved(clear, "PNG")).pixels == 255).all()
    assert (only(saved(solid, "PNG")).pixels == 10).all()


def test_transparent_palette_lies_on_white():
    image = Pillow.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 50, 60, 70])
    assert (only(saved(image, "PNG", transparency=1)).pixels == 255).all()


def test_a_transparent_key_lies_on_white():
    for mode, colour in (("L", 50), ("RGB", (50, 60, 70))):
        image = Pillow.new(mode, (4, 4), colour)
        assert (only(saved(image, "PNG", transparency=colour)).pixels == 255).all()


def test_one_bit(letters):
    bits = Pillow.fromarray(letters).convert("1", dither=Pillow.Dither.NONE)
    for kind, options in (("PNG", {}), ("TIFF", {"compression": "group4"}), ("BMP", {})):
        pixels = only(saved(bits, kind, **options)).pixels
        assert set(np.unique(pixels)) == {0, 255}
        assert (pixels == np.where(letters > 127, 255, 0)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(kind, orientation, letters):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    page = only(saved(Pillow.fromarray(letters), kind, exif=exif, dpi=(100, 200), **options))
    turn = {
        1: letters,
        2: letters[:, ::-1],
        3: letters[::-1, ::-1],
        4: letters[::-1],
        5: letters.T,
        6: np.rot90(letters, -1),
        7: letters[::-1, ::-1].T,
        8: np.rot90(letters),
    }[orientation]
    assert page.pixels.shape == turn.shape
    assert np.abs(page.pixels.astype(int) - turn).mean() < 2
    if kind != "WEBP":
        expected = (200, 100) if orientation > 4 else (100, 200)
        assert page.dpi == pytest.approx(expected, abs=0.05)
    again = io.BytesIO()
    write_pages([page], again, suffix=".png")
    assert (only(again.getvalue()).pixels == page.pixels).all()


def test_exif_without_resolution_invents_none(letters):
    exif = Pillow.Exif()
    exif[0x0112] = 1
    assert only(saved(Pillow.fromarray(letters), "JPEG", exif=exif)).dpi is None


@pytest.mark.parametrize("size", [(1, 1), (50_000, 1), (1, 50_000)])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".pdf", ".bmp", ".jpg"])
def test_extreme_sizes(size, suffix):
    out = io.BytesIO()
    write_pages([Page(np.full(size, 200, np.uint8), (300.0, 300.0))], out, suffix=suffix)
    assert only(out.getvalue()).pixels.shape == size


def test_webp_refuses_what_it_cannot_hold():
    with pytest.raises(OutputError, match="16383"):
        write_pages([Page(np.zeros((1, 20_000), np.uint8))], io.BytesIO(), suffix=".webp")
