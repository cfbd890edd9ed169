"""A PDF cleaned in place: what changes, what stays to the byte, and what a bad page may do."""

import io

import numpy as np
import pikepdf
import pytest
from cleaned_pdfs import TEXT, cleaned, images, words_of
from fakes import load_inverter
from made_pdfs import pdf_of
from PIL import Image as Pillow

from docclean.documents import read_pages
from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.pdf.objects import stream_of
from docclean.recipe import Options


def helvetica():
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )


def test_a_document_that_needs_nothing_is_the_same_file(scan, tmp_path):
    data = pdf_of(scan, 255 - scan, extra=TEXT)
    out, outcomes = cleaned(data, tmp_path)
    assert out == data
    assert [one.edit for one in outcomes] == [None, None]


@pytest.mark.parametrize("kind", [Kind.LOSSLESS, Kind.BITONAL, Kind.PALETTE])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_pixels_come_back_exactly_whatever_the_codec_and_rotation(kind, rotate, scan, tmp_path):
    pixels = np.where(scan > 128, 255, 0).astype(np.uint8) if kind is Kind.BITONAL else scan

    def turn(pdf):
        pdf.pages[0].obj.Rotate = rotate

    data = pdf_of((pixels, Stored(kind)), edit=turn, extra=TEXT)
    out, _ = cleaned(data, tmp_path, load_inverter)
    (before,), (after,) = (list(read_pages(one)) for one in (data, out))
    assert np.array_equal(after.pixels, 255 - before.pixels)
    assert after.dpi == before.dpi
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert pdf.pages[0].obj.Rotate == rotate
        assert b"hidden words" in pdf.pages[0].obj.Contents[-1].read_bytes()


def test_grey_asked_for_of_a_grey_page_that_needs_nothing_changes_nothing(scan, tmp_path):
    data = pdf_of((scan, Stored(Kind.LOSSLESS)))
    assert cleaned(data, tmp_path, options=Options(grey=True))[0] == data
    colour = np.repeat(scan[..., None], 3, 2)
    colour[..., 2] //= 2
    out, _ = cleaned(pdf_of(colour), tmp_path, options=Options(grey=True))
    (page,) = read_pages(out)
    assert page.is_grey


@pytest.mark.parametrize("filter", ["DCTDecode", "JPXDecode", "CCITTFaxDecode"])
def test_scans_of_every_codec_are_read_and_replaced(filter, scan, tmp_path):
    rng = np.random.default_rng(0)
    noisy = np.clip(scan + rng.normal(0, 6, scan.shape), 0, 255).astype(np.uint8)

    def store(pdf):
        image = pdf.pages[0].obj.Resources.XObject.Scan
        if filter == "CCITTFaxDecode":
            return
        kind = "JPEG" if filter == "DCTDecode" else "JPEG2000"
        buffer = io.BytesIO()
        Pillow.fromarray(noisy).save(buffer, kind)
        image.write(buffer.getvalue(), filter=pikepdf.Name(f"/{filter}"))
        image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceGray, 8

    kind = Kind.BITONAL if filter == "CCITTFaxDecode" else Kind.LOSSLESS
    data = pdf_of((scan if kind is Kind.BITONAL else noisy, Stored(kind)), edit=store)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.pages[0].obj.Resources.XObject.Scan.Filter) == f"/{filter}"
    (before,) = read_pages(data)
    out, (outcome,) = cleaned(data, tmp_path, load_inverter)
    (after,) = read_pages(out)
    assert not outcome.error
    assert np.abs((255 - before.pixels.astype(int)) - after.pixels).max() <= 9


def test_text_outline_boxes_metadata_language_and_notes_stay(scan, tmp_path):
    def furnish(pdf):
        pdf.Root.Lang = pikepdf.String("de-AT")
        with pdf.open_metadata() as meta:
            meta["dc:creator"] = ["A. Clerk"]
        pdf.docinfo["/Title"] = "Ledger"
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("First", 0))
        pdf.Root.PageLabels = pikepdf.Dictionary(
            Nums=pikepdf.Array([0, pikepdf.Dictionary(S=pikepdf.Name.r)])
        )
        leaf = pdf.pages[0].obj
        leaf.TrimBox = pikepdf.Array([1, 1, 20, 20])
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=pikepdf.Array([5, 5, 9, 9]),
            Contents=pikepdf.String("look"),
        )  # fmt: skip
        leaf.Annots = pikepdf.Array([pdf.make_indirect(note)])

    data = pdf_of(scan, extra=TEXT, edit=furnish)
    out, _ = cleaned(data, tmp_path, load_inverter)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert str(pdf.Root.Lang) == "de-AT" and str(pdf.docinfo["/Title"]) == "Ledger"
        with pdf.open_metadata() as meta:
            assert meta["dc:creator"] == ["A. Clerk"]
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["First"]
        assert str(pdf.Root.PageLabels.Nums[1].S) == "/r"
        assert [int(v) for v in pdf.pages[0].obj.TrimBox] == [1, 1, 20, 20]
        assert str(pdf.pages[0].obj.Annots[0].Contents) == "look"
    assert words_of(out) == words_of(data) == ["hidden words"]


def test_the_image_keeps_what_it_was_told_beside_its_pixels(scan, tmp_path):
    def mark(pdf):
        image = pdf.pages[0].obj.Resources.XObject.Scan
        image.Interpolate = True
        image.Metadata = pdf.make_stream(b"<x/>")

    out, _ = cleaned(pdf_of(scan, edit=mark), tmp_path, load_inverter)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        image = pdf.pages[0].obj.Resources.XObject.Scan
        assert image.Interpolate and image.Metadata.read_bytes() == b"<x/>"


def test_strips_are_cleaned_as_one_page_and_put_back_as_strips(scan, tmp_path):
    def strips(pdf):
        leaf = pdf.pages[0]
        height, width = scan.shape
        cuts = np.split(scan, [100, 190])
        names, draw, top = {}, b"", float(height)
        for index, cut in enumerate(cuts):
            names[f"/S{index}"] = pdf.make_indirect(stream_of(pdf, encode(cut, Stored())))
            top -= len(cut)
            draw += f"q {width} 0 0 {len(cut)} 0 {top} cm /S{index} Do Q ".encode()
        leaf.obj.MediaBox = pikepdf.Array([0, 0, width, height])
        leaf.obj.Resources.XObject = pikepdf.Dictionary(names)
        leaf.obj.Contents = pdf.make_stream(draw)

    data = pdf_of(scan, edit=strips)
    (before,) = read_pages(data)
    assert np.array_equal(before.pixels, scan)
    out, _ = cleaned(data, tmp_path, load_inverter)
    (after,) = read_pages(out)
    assert np.array_equal(after.pixels, 255 - scan)
    assert len(images(out)[0]) == 3
    _, (outcome,) = cleaned(data, tmp_path, load_inverter, Options(mrc=True))
    assert not outcome.error


def test_pages_that_share_an_image_are_cleaned_once_and_still_share_it(scan, tmp_path):
    def twice(pdf):
        pdf.pages.append(pdf.pages[0])

    data = pdf_of(scan, edit=twice)
    out, outcomes = cleaned(data, tmp_path, load_inverter)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        one, two = (page.obj.Resources.XObject.Scan.objgen for page in pdf.pages)
    assert one == two
    assert outcomes[1].decision["like"] == 1
    assert all(np.array_equal(page.pixels, 255 - scan) for page in read_pages(out))


def test_a_page_set_by_a_program_is_left_alone_and_said_so(tmp_path):
    data = drawn_pdf()
    out, (outcome,) = cleaned(data, tmp_path, load_inverter)
    assert out == data and "born digital" in outcome.decision["reason"]
    forced, (outcome,) = cleaned(data, tmp_path, load_inverter, Options(force=True))
    (before,), (after,) = (list(read_pages(one)) for one in (data, forced))
    assert np.array_equal(after.pixels, 255 - before.pixels)
    assert "set by a program" in words_of(forced)[0]  # still there to be found


def drawn_pdf():
    font = helvetica()
    lines = b" ".join(b"(A page set by a program, line %d.) ' " % n for n in range(20))
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 400))
        leaf = pdf.pages[0].obj
        leaf.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        leaf.Contents = pdf.make_stream(b"BT /F1 9 Tf 12 TL 20 380 Td " + lines + b" ET")
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_a_stamp_over_a_scan_stays_and_the_scan_below_is_cleaned(scan, tmp_path):
    stamp = b"BT /F1 9 Tf 0 Tr 5 5 Td (Exhibit 7) Tj ET"
    out, _ = cleaned(pdf_of(scan, extra=stamp), tmp_path, load_inverter)
    (after,) = read_pages(out)
    assert np.array_equal(after.pixels, 255 - scan)
    assert words_of(out) == ["Exhibit 7"]


def test_a_mixed_page_is_rendered_and_its_text_can_still_be_found(scan, tmp_path):
    def tilt(pdf):
        leaf = pdf.pages[0]
        side = float(leaf.mediabox[2])
        draw = f"q .99 .02 -.02 .99 0 0 cm {side} 0 0 {float(leaf.mediabox[3])} 0 0 cm /Scan Do Q "
        leaf.obj.Contents = pdf.make_stream(draw.encode() + TEXT)

    data = pdf_of(scan, extra=TEXT, edit=tilt)
    out, (outcome,) = cleaned(data, tmp_path, load_inverter)
    assert outcome.decision["kind"] == "mixed"
    assert words_of(out) == ["hidden words"]
    (before,), (after,) = (list(read_pages(one)) for one in (data, out))
    assert np.abs((255 - before.pixels.astype(int)) - after.pixels).mean() < 2


def test_a_black_and_white_mixed_page_stays_black_and_white(scan, tmp_path):
    def tilt(pdf):
        leaf = pdf.pages[0]
        side = float(leaf.mediabox[2])
        draw = f"q .99 .02 -.02 .99 0 0 cm {side} 0 0 {float(leaf.mediabox[3])} 0 0 cm /Scan Do Q "
        leaf.obj.Contents = pdf.make_stream(draw.encode())

    data = pdf_of((scan, Stored(Kind.BITONAL)), edit=tilt)
    out, (outcome,) = cleaned(data, tmp_path, load_inverter)
    assert outcome.decision["kind"] == "mixed"
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert pdf.pages[0].obj.Resources.XObject.DoccleanScan.BitsPerComponent == 1


def test_a_blank_page_is_kept(tmp_path):
    def blank(pdf):
        pdf.add_blank_page(page_size=(100, 100))

    data = pdf_of(np.full((50, 50), 255, np.uint8), edit=blank)
    _, outcomes = cleaned(data, tmp_path)
    assert "blank" in outcomes[1].decision["reason"]
