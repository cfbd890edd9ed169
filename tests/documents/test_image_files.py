"""Image files keep what they say beside their pixels: profile, EXIF, texts, tags, compression."""

import io

import numpy as np
import pytest
from fakes import Inverter, load_identity, load_inverter
from PIL import Image as Pillow
from PIL import ImageCms, PngImagePlugin

from docclean.documents import as_source, read_pages
from docclean.documents.facts import facts_of
from docclean.jobs.document import process_file
from docclean.recipe import Options

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def colour(letters):
    """A page (90, 120, 3) of dark letters on tinted paper."""
    page = np.repeat(letters[..., None], 3, 2)
    page[..., 2] -= 15
    return page


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def through(data, tmp_path, suffix, load=load_inverter, **options):
    out = tmp_path / f"out{suffix}"
    out.unlink(missing_ok=True)
    result = process_file(as_source(data), out, load, Options(**options))
    assert result.status == "done", result.message
    return out.read_bytes()


def exif(orientation=6):
    made = Pillow.Exif()
    made[0x0112], made[0x013B], made[0x010E] = orientation, "A. Clerk", "Ledger"
    made[0x011A] = made[0x011B] = 240.0
    made[0x0128] = 2
    made.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    return made


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_exif_profile_and_xmp_stay_and_the_page_is_upright_once(kind, suffix, colour, tmp_path):
    image = Pillow.fromarray(colour)
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    options = {"exif": exif(), "icc_profile": SRGB}
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", "A. Clerk")
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
        options["pnginfo"] = texts
    else:
        options["xmp"] = packet
    data = saved(image, kind, **options)
    out = through(data, tmp_path, suffix)
    with Pillow.open(io.BytesIO(out)) as after:
        assert after.info["icc_profile"] == SRGB
        told = after.getexif()
        assert told[0x013B] == "A. Clerk" and told.get(0x0112, 1) == 1
        assert told.get_ifd(0x8769)[0x9003].startswith("2020")
        assert packet in (after.info.get("xmp") or after.info["XML:com.adobe.xmp"].encode())
        if kind == "PNG":
            assert after.text["Author"] == "A. Clerk"
    (before,), (page,) = (list(read_pages(one)) for one in (data, out))
    assert page.pixels.shape == before.pixels.shape == (120, 90, 3)
    assert page.dpi == pytest.approx(before.dpi, abs=0.5)
    assert np.abs((255 - before.pixels.astype(int)) - page.pixels).mean() < 12


def test_a_grey_page_gets_no_colour_profile(letters, tmp_path):
    data = saved(Pillow.fromarray(letters).convert("RGB"), "PNG", icc_profile=SRGB)
    with Pillow.open(io.BytesIO(through(data, tmp_path, ".png"))) as after:
        assert after.mode == "L" and "icc_profile" not in after.info


def test_a_jpeg_is_written_as_coarsely_as_it_came(colour, tmp_path):
    noisy = np.clip(colour + np.random.default_rng(0).normal(0, 12, colour.shape), 0, 255)
    for quality in (40, 92):
        data = saved(Pillow.fromarray(noisy.astype(np.uint8)), "JPEG", quality=quality, comment="c")
        out = through(data, tmp_path, ".jpg")
        with Pillow.open(io.BytesIO(data)) as before, Pillow.open(io.BytesIO(out)) as after:
            assert after.quantization == before.quantization
            assert after.info["comment"] == b"c"


@pytest.mark.parametrize("compression", ["group4", "group3", "tiff_lzw", "packbits", "raw"])
def test_tiff_keeps_compression_tags_and_pages(compression, letters, tmp_path):
    one_bit = compression.startswith("group")
    frames = [Pillow.fromarray(np.roll(letters, n, 0)) for n in range(3)]
    if one_bit:
        frames = [frame.convert("1", dither=Pillow.Dither.NONE) for frame in frames]
    tags = {270: "Ledger", 315: "A. Clerk", 285: "page"}
    data = saved(
        frames[0], "TIFF", compression=compression, tiffinfo=tags, dpi=(204, 98),
        save_all=True, append_images=frames[1:],
    )  # fmt: skip
    out = through(data, tmp_path, ".tif")
    with Pillow.open(io.BytesIO(out)) as after:
        assert after.n_frames == 3
        for number in range(3):
            after.seek(number)
            assert after.info["compression"] == compression
            assert after.mode == ("1" if one_bit else "L")
            assert after.tag_v2[315] == "A. Clerk" and after.tag_v2[270] == "Ledger"
    for before, page in zip(read_pages(data), read_pages(out), strict=True):
        assert np.array_equal(page.pixels, 255 - before.pixels)
        assert page.dpi == pytest.approx((204, 98), abs=0.1)


def test_black_and_white_stays_so_unless_grey_is_asked_for(letters, tmp_path):
    data = saved(Pillow.fromarray(letters).convert("1", dither=Pillow.Dither.NONE), "PNG")
    with Pillow.open(io.BytesIO(through(data, tmp_path, ".png"))) as after:
        assert after.mode == "1"
    with Pillow.open(io.BytesIO(through(data, tmp_path, ".png", grey=True))) as after:
        assert after.mode == "L"


def test_bitonal_and_grey_are_made_of_colour(colour, tmp_path):
    data = saved(Pillow.fromarray(colour), "PNG")
    with Pillow.open(io.BytesIO(through(data, tmp_path, ".tif", bitonal=True))) as after:
        assert (after.mode, after.info["compression"]) == ("1", "group4")
    with Pillow.open(io.BytesIO(through(data, tmp_path, ".png", grey=True))) as after:
        assert after.mode == "L"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp", ".webp", ".jp2", ".ppm"])
def test_a_file_that_needs_nothing_is_the_same_file(suffix, colour, tmp_path):
    kinds = {".jpg": "JPEG", ".tif": "TIFF", ".jp2": "JPEG2000", ".ppm": "PPM"}
    data = saved(Pillow.fromarray(colour), kinds.get(suffix, suffix[1:].upper()))
    assert through(data, tmp_path, suffix, load_identity) == data


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_pnm_by_what_the_page_is(mode, colour, tmp_path):
    image = Pillow.fromarray(colour).convert(mode)
    data = saved(image, "PPM")
    out = through(data, tmp_path, ".pnm")
    assert out[:2] == {"1": b"P4", "L": b"P5", "RGB": b"P6"}[mode]
    (before,), (page,) = (list(read_pages(one)) for one in (data, out))
    assert np.array_equal(page.pixels, 255 - before.pixels)


def test_jpeg_2000_keeps_its_resolution_and_its_pixels(colour, tmp_path):
    data = saved(Pillow.fromarray(colour), "PNG", dpi=(204, 98))
    out = through(data, tmp_path, ".jp2")
    (page,) = read_pages(out)
    assert np.array_equal(page.pixels, 255 - colour)
    assert page.dpi == pytest.approx((204, 98), abs=0.1)


def test_a_spread_becomes_two_frames(book, tmp_path):
    page, _ = book
    spread = np.hstack([page.pixels, page.pixels])
    data = saved(Pillow.fromarray(spread), "TIFF")
    out = through(data, tmp_path, ".tif", load_identity, split=True)
    assert [one.width for one in read_pages(out)] == pytest.approx([page.width] * 2, abs=60)
    result = process_file(
        as_source(saved(Pillow.fromarray(spread), "PNG")),
        tmp_path / "one.png", Inverter(), Options(split=True),
    )  # fmt: skip
    assert result.exit_status == 4 and ".pdf or .tiff" in result.message


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_the_words_of_a_png_are_read_without_its_pixels(mode):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Harbour")
    texts.add_itxt("Author", "Grüße", "de", "Verfasser")
    made = io.BytesIO()
    image = (
        Pillow.new("I", (40, 30)).convert("I;16") if mode == "I;16" else Pillow.new(mode, (40, 30))
    )
    image.save(made, "PNG", pnginfo=texts, icc_profile=b"profile" * 9)
    data = made.getvalue()
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    behind = data[:33] + data[start:end] + data[33:start] + data[end:]  # the words last
    torn = data[: start + 12] + b"\0" * (end - start - 16) + data[end - 4 :]
    for one in (data, behind, torn):
        facts = facts_of(as_source(one), 1)
        assert facts.texts == {"Title": "Harbour", "Author": "Grüße"}
        assert facts.mode == mode
    assert facts_of(as_source(data), 1).icc == b"profile" * 9
