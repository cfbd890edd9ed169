"""Real files in, pages out, and back."""

import errno
import io
import os
import subprocess
import sys
import zlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image as Pillow

from docclean import files
from docclean.documents import FORMATS, detect, read_pages, write_pages
from docclean.documents.base import MAX_PIXELS
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.page import Page

PDFS = Path(__file__).parents[2] / "shared/data/pdf"
LOSSLESS = (".png", ".tif", ".bmp", ".pdf")


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def only(source: object) -> Page:
    (page,) = read_pages(source)  # type: ignore[arg-type]
    return page


# --- every format obeys one contract -------------------------------------------------------------


@pytest.mark.parametrize("dpi", [(300.0, 300.0), (204.0, 98.0)])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("member", list(FORMATS), ids=FORMATS.names())
def test_pages_come_back(member, colour, dpi, letters):
    pixels = np.stack([letters, letters, letters[::-1]], -1) if colour else letters
    out = io.BytesIO()
    write_pages([Page(pixels, dpi)], out, suffix=member.suffixes[0])
    assert detect(out.getvalue()) is member
    page = only(out.getvalue())
    assert page.pixels.shape == pixels.shape
    if member.name != "pnm":  # has no place for it
        assert page.dpi == pytest.approx(dpi, abs=0.05)
    error = np.abs(page.pixels.astype(int) - pixels)
    assert error.mean() < 3
    if member.suffixes[0] in LOSSLESS:
        assert error.max() == 0


@pytest.mark.parametrize("member", [m for m in FORMATS if m.name != "pdf"], ids=lambda m: m.name)
def test_no_dpi_stays_no_dpi(member, letters):
    out = io.BytesIO()
    write_pages([Page(letters)], out, suffix=member.suffixes[0])
    assert only(out.getvalue()).dpi is None


@pytest.mark.parametrize("member", list(FORMATS), ids=FORMATS.names())
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


# --- kinds of pixels -----------------------------------------------------------------------------


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


# --- input that is not what it should be ---------------------------------------------------------


def test_too_many_pixels_are_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.png"
    head = saved(Pillow.new("L", (1, 1)), "PNG")
    size = (40_000).to_bytes(4, "big") * 2
    ihdr = b"IHDR" + size + head[24:29]
    path.write_bytes(head[:12] + ihdr + zlib.crc32(ihdr).to_bytes(4, "big") + head[33:])
    assert MAX_PIXELS < 40_000**2
    with pytest.raises(UnreadableInputError, match=r"bomb\.png is too large: 40000 x 40000 px"):
        list(read_pages(path))


@pytest.mark.parametrize("member", list(FORMATS), ids=FORMATS.names())
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_truncated(member, part, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (90, 120), dtype=np.uint8)
    out = io.BytesIO()
    pages = [Page(noise, number=n + 1) for n in range(3 if member.multipage else 1)]
    write_pages(pages, out, suffix=member.suffixes[0])
    path = tmp_path / f"cut{member.suffixes[0]}"
    path.write_bytes(out.getvalue()[: int(len(out.getvalue()) * part)])
    with pytest.raises(UnreadableInputError, match=r"cut\.\w+ is .*; .* again"):
        list(read_pages(path))


@pytest.mark.parametrize("compression", ["group4", "tiff_adobe_deflate", "tiff_lzw"])
def test_damaged_tiff_data_is_told_once(compression, letters, capfd):
    """Libtiff writes on file descriptor 2 by itself; none of it may reach the user."""
    frame = Pillow.fromarray(letters)
    frame = frame.convert("1") if compression == "group4" else frame
    data = bytearray(saved(frame, "TIFF", compression=compression))
    with Pillow.open(io.BytesIO(data)) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    data[start + 4 : start + length] = b"\xa5" * (length - 4)
    # a fax code has no checksum: wrong lines are read, as every reader does
    refused = pytest.raises(UnreadableInputError, match="damaged")
    with nullcontext() if compression == "group4" else refused:
        list(read_pages(bytes(data)))
    assert capfd.readouterr().err == ""


def test_a_lost_pdf_page_is_not_silent(make_pdf):
    with pytest.raises(UnreadableInputError, match="3 of its 5 pages"):
        list(read_pages(make_pdf().replace(b"/Count 3", b"/Count 5")))


def test_a_damaged_pdf_is_repaired(make_pdf, caplog):
    damaged = make_pdf().replace(b"startxref\n", b"startxref\n9")
    assert len(list(read_pages(damaged))) == 3
    assert "repaired" in caplog.text


def test_password(make_pdf):
    locked = make_pdf(password="secret")
    with pytest.raises(UnreadableInputError, match=r"protected.*--password"):
        list(read_pages(locked))
    with pytest.raises(UnreadableInputError, match="another password"):
        list(read_pages(locked, password="wrong"))
    pages = list(read_pages(locked, password="secret"))
    assert len(pages) == 3
    out = io.BytesIO()
    write_pages(pages, out, like=locked, password="secret")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(out)
    assert len(list(read_pages(out.getvalue(), password="secret"))) == 3


def test_stream_and_bytes(png, letters):
    for source in (png.read_bytes(), io.BytesIO(png.read_bytes()), png, str(png)):
        assert (only(source).pixels == letters).all()
    with png.open("rb") as stream:
        assert only(stream).source == str(png)


# --- PDF -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "matrix",
    ["120 0 0 90 0 0", "-120 0 0 90 120 0", "120 0 0 -90 0 90", "-120 0 0 -90 120 90",
     "0 90 120 0 0 0", "0 -90 120 0 0 90", "0 90 -120 0 120 0", "0 -90 -120 0 120 90"],
)  # fmt: skip
def test_a_scan_lies_as_a_viewer_shows_it(matrix, rotate, letters):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(120, 90))
    leaf = pdf.pages[0]
    scan = pikepdf.Stream(
        pdf, letters.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=120,
        Height=90, ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
    )  # fmt: skip
    leaf.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=scan))
    leaf.obj.Contents = pikepdf.Stream(pdf, f"q {matrix} cm /Im0 Do Q".encode())
    leaf.obj.Rotate = rotate
    data = io.BytesIO()
    pdf.save(data)
    page = only(data.getvalue())

    # the oracle: PDFium's own rendering of the page
    with pypdfium2.PdfDocument(data.getvalue()) as document:
        rendered = document[0].render(scale=1, grayscale=True).to_numpy()
        shown = np.asarray(Pillow.fromarray(page.pixels).resize(rendered.shape[::-1]))
    assert np.abs(shown.astype(int) - rendered).mean() < 12
    height, width = rendered.shape  # points, as the scale is 1
    assert page.dpi == pytest.approx((page.width * 72 / width, page.height * 72 / height))

    out = io.BytesIO()
    write_pages([page], out, like=data.getvalue())
    assert (only(out.getvalue()).pixels == page.pixels).all()
    with pikepdf.open(out) as written:
        stored = written.pages[0].obj.Resources.XObject.Im0
        assert stored.read_bytes() == letters.tobytes()


def test_like_keeps_boxes_metadata_outline_and_hidden_text(make_pdf, letters):
    original = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        pdf.docinfo["/Title"] = "Ledger of 1899"
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Second", 1))
        first = pdf.pages[0]
        first.obj.TrimBox = pikepdf.Array([1, 1, 20, 20])
        first.contents_add(b"BT /F1 9 Tf 3 Tr 2 2 Td (hidden) Tj ET")
        pdf.save(original)
    data = original.getvalue()
    pages = [page.with_pixels(255 - page.pixels) for page in read_pages(data)]
    assert pages[0].pixels.shape == letters.shape  # invisible text leaves a scan a scan
    out = io.BytesIO()
    write_pages(pages, out, like=data)
    with pikepdf.open(out) as pdf, pikepdf.open(io.BytesIO(data)) as before:
        assert str(pdf.docinfo["/Title"]) == "Ledger of 1899"
        assert [list(p.mediabox) for p in pdf.pages] == [list(p.mediabox) for p in before.pages]
        assert list(pdf.pages[0].obj.TrimBox) == [1, 1, 20, 20]
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Second"]
        assert b"hidden" in pdf.pages[0].obj.Contents[-1].read_bytes()
    assert (next(read_pages(out.getvalue())).pixels == pages[0].pixels).all()

    some = io.BytesIO()
    write_pages([pages[2]], some, like=data)
    assert (only(some.getvalue()).pixels == pages[2].pixels).all()


def test_a_born_digital_page_is_rendered_at_300_dpi():
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(612, 792))
    pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b"10 10 100 100 re f")
    data = io.BytesIO()
    pdf.save(data)
    page = only(data.getvalue())
    assert page.pixels.shape == (3300, 2550)
    assert page.dpi == (300.0, 300.0)
    out = io.BytesIO()
    write_pages([page], out, like=data.getvalue())
    assert (only(out.getvalue()).pixels == page.pixels).all()


def test_two_pages_that_share_one_image_stay_apart(make_pdf, letters):
    shared = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf(1))) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.save(shared)
    first, second = read_pages(shared.getvalue())
    out = io.BytesIO()
    write_pages([first, second.with_pixels(255 - letters)], out, like=shared.getvalue())
    pixels = [page.pixels for page in read_pages(out.getvalue())]
    assert (pixels[0] == letters).all()
    assert (pixels[1] == 255 - letters).all()


def test_a_jpeg_scan_becomes_a_jpeg_or_less(letters):
    """Colour stays JPEG; grey letters take less room in sixteen greys, and none moves by 9."""
    rng = np.random.default_rng(0)
    noisy = np.clip(letters[..., None] + rng.normal(0, 9, (*letters.shape, 3)), 0, 255)
    for pixels, kept in ((noisy.astype(np.uint8), "/DCTDecode"), (letters, "/FlateDecode")):
        jpeg = saved(Pillow.fromarray(pixels), "JPEG", dpi=(150, 150))
        out = io.BytesIO()
        write_pages(read_pages(jpeg), out, like=jpeg, suffix=".pdf")
        again = io.BytesIO()
        read = [page.with_pixels(255 - page.pixels) for page in read_pages(out.getvalue())]
        write_pages(read, again, like=out.getvalue())
        for data in (out, again):
            with pikepdf.open(data) as pdf:
                assert pdf.pages[0].obj.Resources.XObject.Scan.Filter == kept
        assert np.abs(only(again.getvalue()).pixels.astype(int) - read[0].pixels).mean() < 5


def test_tiff_compression(letters):
    frame = Pillow.fromarray(letters)
    for given, kept in (("tiff_lzw", "tiff_lzw"), ("group4", "group4")):
        like = saved(frame.convert("1") if given == "group4" else frame, "TIFF", compression=given)
        out = io.BytesIO()
        write_pages(read_pages(like), out, like=like)
        with Pillow.open(out) as image:
            assert image.info["compression"] == kept


@pytest.mark.data
@pytest.mark.skipif(not PDFS.is_dir(), reason=f"{PDFS} is absent")
@pytest.mark.parametrize("path", sorted(PDFS.glob("*.pdf")), ids=lambda path: path.stem)
def test_odd_pdfs_keep_pages_boxes_and_pixels(path):
    if path.stem == "hugemono":
        with pytest.raises(UnreadableInputError, match="35000 x 35000"):
            list(read_pages(path))
        return
    pages = list(read_pages(path))
    out = io.BytesIO()
    write_pages(pages, out, like=path)
    back = list(read_pages(out.getvalue()))
    for page, again in zip(pages, back, strict=True):
        assert page.pixels.shape == again.pixels.shape
        assert np.abs(page.pixels.astype(int) - again.pixels).mean() < 2
    with pikepdf.open(out) as after, pikepdf.open(path) as before:
        assert [list(p.mediabox) for p in after.pages] == [list(p.mediabox) for p in before.pages]


# --- output --------------------------------------------------------------------------------------


def test_an_existing_output_is_refused(png, letters):
    before = png.read_bytes()
    with pytest.raises(OutputError, match=r"good\.png exists already; add --overwrite"):
        write_pages([Page(letters)], png)
    assert png.read_bytes() == before
    write_pages([Page(letters)], png, overwrite=True)
    assert only(png).dpi is None


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "permission denied")]
)
def test_a_failing_disk_leaves_nothing(code, words, tmp_path, letters, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files, "fsync", fail)
    with pytest.raises(OutputError, match=rf"out\.png cannot be written: .*{words}"):
        write_pages([Page(letters)], tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, letters, png):
    for out, words in (
        (tmp_path / "missing" / "x.png", "folder does not exist"),
        (png / "x.png", "folder is a file"),
        (Path("/dev/null"), "suffix"),
    ):
        with pytest.raises((OutputError, UsageError), match=words):
            write_pages([Page(letters)], out)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_pages([Page(letters)], tmp_path / "folder.png")
    with pytest.raises(OutputError, match="not a regular file"):
        write_pages([Page(letters)], Path("/dev/null"), suffix=".png", overwrite=True)


def test_an_error_between_pages_leaves_nothing(tmp_path, letters):
    def pages():
        yield Page(letters)
        raise KeyboardInterrupt

    for name in ("x.pdf", "x.tif"):
        with pytest.raises(KeyboardInterrupt):
            write_pages(pages(), tmp_path / name)
    with pytest.raises(OutputError, match="no pages"):
        write_pages([], tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_writing_to_a_link_replaces_what_it_points_to(tmp_path, png, letters):
    link = tmp_path / "link.png"
    link.symlink_to(png)
    write_pages([Page(255 - letters)], link, overwrite=True)
    assert link.is_symlink()
    assert (only(png).pixels == 255 - letters).all()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_huge_page_is_held_twice_at_most(tmp_path, suffix):
    """A 20,000 x 14,000 page is 280 MB; decoded and copied it stays under 2 such and a base."""
    path = tmp_path / f"huge{suffix}"
    write_pages([Page(np.full((14_000, 20_000), 230, np.uint8), (600.0, 600.0))], path)
    code = (
        "import resource, sys\n"
        "from docclean.documents import read_pages, write_pages\n"
        "write_pages(read_pages(sys.argv[1]), sys.argv[2], like=sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    out = tmp_path / f"out{suffix}"
    command = [sys.executable, "-c", code, str(path), str(out)]
    peak = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert peak < 2 * 280 + 150
