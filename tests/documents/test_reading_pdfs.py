"""PDF pages: scans, renderings, and what is written back."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image as Pillow
from saved_documents import only, saved

from docclean.documents import read_pages, write_pages
from docclean.errors import UnreadableInputError

PDFS = Path(__file__).parents[2] / "shared/data/pdf"


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
