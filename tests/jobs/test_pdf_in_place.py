"""A PDF cleaned in place: what changes, what stays to the byte, and what a bad page may do."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pikepdf
import psutil
import pypdfium2 as pdfium
import pytest
from fakes import Identity, Inverter, load_identity, load_inverter
from made_pdfs import pdf_of
from PIL import Image as Pillow

from docclean.documents import as_source, read_pages
from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.mrc import layer
from docclean.documents.pdf.checking import check_structure, undecodable
from docclean.documents.pdf.objects import stream_of
from docclean.errors import OutputError, UnreadableInputError
from docclean.jobs.document import process_file
from docclean.jobs.pdf import clean_pdf
from docclean.recipe import Options

TEXT = b"BT /F1 9 Tf 3 Tr 2 2 Td (hidden words) Tj ET"


@pytest.fixture
def scan(letters):
    """A scan of letters, large enough to be looked at."""
    return np.ascontiguousarray(np.tile(letters, (3, 3)))


def helvetica():
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )


def cleaned(data, tmp_path, load=load_identity, options=None, jobs=1):
    """Return the bytes and the outcomes of a PDF cleaned."""
    out = tmp_path / "out.pdf"
    with out.open("w+b") as stream:
        done = clean_pdf(as_source(data), stream, load, replace(options or Options(), jobs=jobs))
    return out.read_bytes(), done


def images(data):
    """Return every page image as stored, by page."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [
            [one.read_raw_bytes() for one in page.obj.Resources.XObject.values()]
            for page in pdf.pages
        ]


# --- in place ------------------------------------------------------------------------------------


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


def words_of(data):
    document = pdfium.PdfDocument(data)
    told = [page.get_textpage().get_text_range().strip() for page in document]
    document.close()
    return told


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


# --- size ----------------------------------------------------------------------------------------


def test_a_kept_page_is_packed_anew_only_where_that_saves_and_to_the_pixel(tmp_path):
    rng = np.random.default_rng(0)
    two = np.where(rng.random((400, 600)) < 0.03, 0, 255).astype(np.uint8)

    def badly(pdf):  # 8 bits for two greys, no predictor
        image = pdf.pages[0].obj.Resources.XObject.Scan
        image.write(zlib.compress(two.tobytes(), 1), filter=pikepdf.Name.FlateDecode)
        image.BitsPerComponent = 8

    data = pdf_of(two, edit=badly)
    out, (outcome,) = cleaned(data, tmp_path)
    before, after = outcome.decision["bytes"]
    assert after < 0.95 * before and len(out) < len(data)
    assert np.array_equal(next(read_pages(out)).pixels, two)


def test_a_page_that_grows_is_told(tmp_path):
    flat = np.full((400, 600), 200, np.uint8)
    out, (outcome,) = cleaned(pdf_of(flat), tmp_path, load_noisy)
    assert outcome.decision["larger"] > 1.1
    result = process_file(as_source(pdf_of(flat)), tmp_path / "x.pdf", load_noisy)
    assert "more room" in result.message
    del out


class Noisy(Identity):
    """A cleaner that makes a page dirty."""

    def clean(self, page):
        noise = np.random.default_rng(0).integers(0, 256, page.pixels.shape, np.uint8)
        return super().clean(page.with_pixels(noise))


def load_noisy():
    return Noisy()


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_bytes_whatever_the_processes(jobs, scan, tmp_path):
    data = pdf_of(*(np.roll(scan, n, 0) for n in range(9)), extra=TEXT)
    digests = {
        hashlib.sha256(cleaned(data, tmp_path, load_inverter, jobs=n)[0]).hexdigest()
        for n in (1, jobs)
    }
    assert len(digests) == 1


def test_a_lossy_page_becomes_coarser_before_it_grows(scan, tmp_path):
    """Colour at full resolution takes more room than a scanner's halved one; then it is halved."""
    rng = np.random.default_rng(0)
    tinted = np.repeat(scan[..., None], 3, 2) + rng.normal(0, 14, (*scan.shape, 3))
    pixels = np.clip(tinted, 0, 255).astype(np.uint8)

    def store(pdf):
        buffer = io.BytesIO()
        Pillow.fromarray(pixels).save(buffer, "JPEG", quality=75, subsampling=2)
        pdf.pages[0].obj.Resources.XObject.Scan.write(
            buffer.getvalue(), filter=pikepdf.Name.DCTDecode
        )

    _, (outcome,) = cleaned(pdf_of(pixels, edit=store), tmp_path, load_inverter)
    before, after = outcome.decision["bytes"]
    assert after <= 1.1 * before and "larger" not in outcome.decision


def test_black_and_white_output_is_fax_and_two_toned(scan, tmp_path):
    out, _ = cleaned(pdf_of(scan), tmp_path, load_identity, Options(bitonal=True))
    with pikepdf.open(io.BytesIO(out)) as pdf:
        image = pdf.pages[0].obj.Resources.XObject.Scan
        assert str(image.Filter) in ("/CCITTFaxDecode", "/JBIG2Decode")
    (page,) = read_pages(out)
    assert set(np.unique(page.pixels)) == {0, 255}
    assert np.mean((page.pixels < 128) != (scan < 128)) < 0.01


def test_layers_keep_sharp_text_over_a_coarse_ground(scan, tmp_path):
    ground = np.repeat((np.linspace(200, 250, scan.shape[1])[None] * np.ones((len(scan), 1)))[
        ..., None], 3, 2)  # fmt: skip
    page = np.where(scan[..., None] < 128, 10, ground).astype(np.uint8)
    made = layer(page)
    assert made.ground.size[0] <= page.shape[1] // 3 + 1
    out, _ = cleaned(pdf_of((page, Stored(Kind.LOSSY))), tmp_path, options=Options(mrc=True))
    shown = render(out, page.shape)
    ink = scan < 128
    assert shown[ink].mean() < 40 and abs(float(shown[~ink].mean()) - page[~ink].mean()) < 12


def test_a_coloured_stamp_keeps_its_colour_in_layers(scan, tmp_path):
    page = np.repeat(scan[..., None], 3, 2)
    page[100:160, 100:200] = (200, 30, 30)
    out, _ = cleaned(pdf_of((page, Stored(Kind.LOSSY))), tmp_path, options=Options(mrc=True))
    document = pdfium.PdfDocument(out)
    shown = document[0].render(scale=page.shape[1] / document[0].get_width()).to_numpy()
    document.close()
    blue, green, red = shown[130, 150, :3]
    assert red > 150 and max(green, blue) < 90


def render(data, shape):
    document = pdfium.PdfDocument(data)
    page = document[0]
    pixels = page.render(scale=shape[1] / page.get_width()).to_numpy()[..., :3].mean(2)
    document.close()
    return np.asarray(Pillow.fromarray(pixels.astype(np.uint8)).resize(shape[1::-1]))


# --- geometry and text ---------------------------------------------------------------------------


def test_a_spread_becomes_two_pages_of_the_same_objects(scan, tmp_path):
    paper = np.full((scan.shape[0], 120), 255, np.uint8)
    spread = np.hstack([scan, paper, 255 - (255 - scan)])
    data = pdf_of(spread, extra=TEXT)
    out, _ = cleaned(data, tmp_path, options=Options(split=True))
    with pikepdf.open(io.BytesIO(out)) as pdf:
        left, right = pdf.pages
        assert float(left.cropbox[2]) == float(right.cropbox[0])
        assert left.obj.Resources.XObject.Scan.objgen == right.obj.Resources.XObject.Scan.objgen


def test_a_searchable_pdf_has_the_same_bytes_every_time(scan, tmp_path):
    data = pdf_of(scan, scan)
    first, second = (cleaned(data, tmp_path, options=Options(ocr=True))[0] for _ in range(2))
    assert first == second != data
    again, _ = cleaned(first, tmp_path, options=Options(ocr=True, force=True))
    assert b"/DoccleanText2" in b"".join(
        page.obj.Contents[0].read_bytes() for page in pikepdf.open(io.BytesIO(again)).pages
    )


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_text_lies_under_its_letters_whatever_the_rotation(rotate, book, tmp_path):
    page, words = book

    def turn(pdf):
        pdf.pages[0].obj.Rotate = rotate

    turned = np.ascontiguousarray(np.rot90(page.pixels, rotate // 90))
    data = pdf_of(turned, dpi=page.dpi[0], edit=turn)
    out, _ = cleaned(data, tmp_path, options=Options(ocr=True))
    found = found_words(out, rotate, page)
    hits = [word for word in words if word.text in found and near(found[word.text], word)]
    assert len(hits) > 60 and len(hits) > 0.9 * len(found)


def near(box, word):
    return abs(box[0] - word.left) < 8 and abs(box[3] - word.bottom) < 14


def found_words(data, rotate, page):
    """Return the boxes in px of the page as shown of the words that occur once."""
    document = pdfium.PdfDocument(data)
    leaf = document[0]
    texts = leaf.get_textpage()
    whole = texts.get_text_range()
    width, height = leaf.get_mediabox()[2:]
    scale, found = page.dpi[0] / 72, {}
    for word in set(whole.split()):
        if whole.split().count(word) > 1:
            continue
        index, count = texts.search(word, match_case=True, match_whole_word=True).get_next() or (
            0,
            0,
        )
        boxes = [texts.get_charbox(index + n) for n in range(count)]
        if not boxes:
            continue
        x0, y0 = (min(box[i] for box in boxes) for i in (0, 1))
        x1, y1 = (max(box[i] for box in boxes) for i in (2, 3))
        corners = {
            0: (x0, height - y1, x1, height - y0),
            90: (y0, x0, y1, x1),
            180: (width - x1, y0, width - x0, y1),
            270: (height - y1, width - x1, height - y0, width - x0),
        }[rotate]
        found[word] = tuple(side * scale for side in corners)
    document.close()
    return found


def test_a_page_with_text_is_not_read_again_unless_forced(book, tmp_path):
    page, _ = book
    data = pdf_of(page.pixels, dpi=page.dpi[0], extra=TEXT)
    out, (outcome,) = cleaned(data, tmp_path, options=Options(ocr=True))
    assert "has text" in outcome.decision["read"] and words_of(out) == ["hidden words"]
    out, _ = cleaned(data, tmp_path, options=Options(ocr=True, force=True))
    assert len(words_of(out)[0]) > 200


# --- what goes wrong -----------------------------------------------------------------------------


class Picky(Identity):
    """A cleaner that fails on page 2."""

    def clean(self, page):
        if page.number == 2:
            raise ValueError("no such page")
        return Inverter().clean(page)


class Deadly(Identity):
    """A cleaner whose process dies on page 2, as for want of memory."""

    def clean(self, page):
        if page.number == 2:
            os._exit(9)
        return Inverter().clean(page)


def made(kind):
    return kind()


@pytest.mark.parametrize(("kind", "jobs"), [(Picky, 1), (Picky, 2), (Deadly, 2)])
def test_one_bad_page_is_copied_and_listed_and_the_others_are_cleaned(kind, jobs, scan, tmp_path):
    data = pdf_of(*(np.roll(scan, n, 0) for n in range(3)))
    out, outcomes = cleaned(data, tmp_path, partial(made, kind), jobs=jobs)
    assert [bool(one.error) for one in outcomes] == [False, True, False]
    for number, page in enumerate(read_pages(out)):
        raw = np.roll(scan, number, 0)
        assert np.array_equal(page.pixels, raw if number == 1 else 255 - raw)
    result = process_file(
        as_source(data), tmp_path / "y.pdf", partial(made, kind), Options(jobs=jobs)
    )
    assert (result.status, result.exit_status) == ("done", 0)
    assert "page 2 is as it was" in result.message


def test_strict_makes_it_an_error_and_leaves_nothing(scan, tmp_path):
    data = pdf_of(scan, np.roll(scan, 1, 0))
    with pytest.raises(UnreadableInputError, match=r"page 2 .*--strict"):
        cleaned(data, tmp_path, partial(made, Picky), Options(strict=True))
    out = tmp_path / "folder" / "z.pdf"
    result = process_file(as_source(data), out, partial(made, Picky), Options(strict=True))
    assert result.exit_status == 2 and list(out.parent.iterdir()) == []


def test_an_image_that_cannot_be_decoded_is_one_bad_page(scan, tmp_path):
    def spoil(pdf):
        pdf.pages[0].obj.Resources.XObject.Scan.write(
            b"\xff\xd8 no JPEG", filter=pikepdf.Name.DCTDecode
        )

    data = pdf_of(scan, np.roll(scan, 1, 0), edit=spoil)
    out, outcomes = cleaned(data, tmp_path, load_inverter)
    assert outcomes[0].error and not outcomes[1].error
    assert images(out)[0] == images(data)[0]


def test_bombs_are_told_before_they_are_unpacked(scan, tmp_path):
    def arm(pdf):
        image = pdf.pages[0].obj.Resources.XObject.Scan
        image.Width, image.Height = 200_000, 200_000
        pdf.pages[1].obj.Contents = pikepdf.Stream(
            pdf, zlib.compress(b"0 0 m " * 20_000_000, 9), Filter=pikepdf.Name.FlateDecode
        )

    data = pdf_of(scan, np.roll(scan, 1, 0), np.roll(scan, 2, 0), edit=arm)
    assert len(data) < 1_000_000
    _, outcomes = cleaned(data, tmp_path, load_inverter)
    assert [bool(one.error) for one in outcomes] == [True, True, False]
    assert "too large" in outcomes[0].error and "64 MB" in outcomes[1].error


def test_a_sheet_of_200_inches_and_large_units_is_measured_right(scan):
    def large(pdf):
        pdf.pages[0].obj.UserUnit = 10

    (page,) = read_pages(pdf_of(scan, edit=large))
    assert page.dpi == pytest.approx((15.0, 15.0), abs=0.01)
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(14_400, 14_400))
        pdf.pages[0].obj.Contents = pdf.make_stream(b"10 10 9000 9000 re f")
        out = io.BytesIO()
        pdf.save(out)
    (page,) = read_pages(out.getvalue())
    assert page.width * page.height <= 100_100_000


def test_a_written_file_is_read_back(scan, tmp_path):
    path = tmp_path / "w.pdf"
    path.write_bytes(pdf_of(scan, np.roll(scan, 1, 0)))
    assert undecodable(path, (1, 2), None) == []
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[1].obj.Resources.XObject.Scan.write(b"no JPEG", filter=pikepdf.Name.DCTDecode)
        pdf.save()
    assert undecodable(path, (1, 2), None) == [2]
    with pytest.raises(OutputError, match="2 pages for 3"):
        check_structure(path, 3, 0, None)
    with pytest.raises(OutputError, match="PDF/A"):
        check_structure(path, 2, 2, None)


def test_a_broken_output_never_takes_its_name(scan, tmp_path, monkeypatch):
    monkeypatch.setattr("docclean.jobs.pdf_pages.undecodable", lambda *_: [1])
    out = tmp_path / "folder" / "x.pdf"
    result = process_file(as_source(pdf_of(scan)), out, load_inverter)
    assert result.exit_status == 4 and "cannot be decoded" in result.message
    assert list(out.parent.iterdir()) == []


# --- protection ----------------------------------------------------------------------------------


def locked(data, **facts):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(**facts))
    return out.getvalue()


def result_of(data, tmp_path, **options):
    out = tmp_path / "protected.pdf"
    out.unlink(missing_ok=True)
    return process_file(as_source(data), out, load_inverter, Options(**options)), out


def test_a_password_is_asked_for_with_status_8(scan, tmp_path):
    data = locked(pdf_of(scan), user="u", owner="o")
    result, out = result_of(data, tmp_path)
    assert result.exit_status == 8 and "--password" in result.message and not out.exists()
    result, out = result_of(data, tmp_path, password="u")
    assert result.status == "done", result.message
    with pikepdf.open(out, password="u") as pdf:
        assert pdf.is_encrypted


def test_an_owner_who_forbids_changes_is_obeyed(scan, tmp_path):
    never = pikepdf.Permissions(modify_other=False)
    data = locked(pdf_of(scan), user="", owner="o", allow=never)
    result, out = result_of(data, tmp_path)
    assert result.exit_status == 8 and "does not permit changes" in result.message
    assert not out.exists()
    result, out = result_of(data, tmp_path, password="o")
    assert result.status == "done", result.message
    with pikepdf.open(out) as pdf:
        assert not pdf.allow.modify_other


def test_a_signed_document_is_refused_unless_told_otherwise(scan, tmp_path):
    def sign(pdf):
        field = pikepdf.Dictionary(
            FT=pikepdf.Name.Sig, T=pikepdf.String("s"), V=pikepdf.Dictionary(Type=pikepdf.Name.Sig)
        )
        inner = pdf.make_indirect(
            pikepdf.Dictionary(Kids=pikepdf.Array([pdf.make_indirect(field)]))
        )
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([inner]))

    data = pdf_of(scan, edit=sign)
    result, _ = result_of(data, tmp_path)
    assert result.exit_status == 8 and "--allow-signed" in result.message
    assert result_of(data, tmp_path, allow_signed=True)[0].status == "done"


# --- PDF/A ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [1, 2])
def test_pdf_a_stays_pdf_a(part, scan, tmp_path):
    """Without an output intent device colours are forbidden: the new image's are calibrated."""

    def declare(pdf):
        with pdf.open_metadata() as meta:
            meta["pdfaid:part"] = str(part)
            meta["pdfaid:conformance"] = "B"

    out, _ = cleaned(pdf_of(scan, edit=declare), tmp_path, load_inverter)
    with pikepdf.open(io.BytesIO(out)) as pdf:
        with pdf.open_metadata() as meta:
            assert meta.pdfa_status == f"{part}B"
        space = pdf.pages[0].obj.Resources.XObject.Scan.ColorSpace
        assert "ICCBased" in repr(space)
        assert "/ID" in pdf.trailer
    assert (b"/ObjStm" in out) is False or part == 2
    (page,) = read_pages(out)
    assert np.abs(page.pixels.astype(int) - (255 - scan)).max() <= 2


# --- the public odd ones -------------------------------------------------------------------------

PDFS = Path(__file__).parents[2] / "shared/data/pdf"


@pytest.mark.data
@pytest.mark.skipif(not PDFS.is_dir(), reason=f"{PDFS} is absent")
@pytest.mark.parametrize("path", sorted(PDFS.glob("*.pdf")), ids=lambda path: path.stem)
def test_odd_pdfs_are_unchanged_by_a_cleaner_that_changes_nothing(path, tmp_path):
    out, outcomes = cleaned(path, tmp_path)
    (errors,) = ([one.error for one in outcomes if one.error],)
    assert bool(errors) == (path.stem == "hugemono")
    assert len(out) <= 1.01 * path.stat().st_size
    with pikepdf.open(io.BytesIO(out)) as after, pikepdf.open(path) as before:
        assert [list(p.mediabox) for p in after.pages] == [list(p.mediabox) for p in before.pages]
    if not errors:
        for one, two in zip(read_pages(path), read_pages(out), strict=True):
            assert np.array_equal(one.pixels, two.pixels)


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(scan, tmp_path):
    source, script = tmp_path / "in.pdf", tmp_path / "call.py"
    source.write_bytes(pdf_of(*(np.roll(scan, n, 0) for n in range(40))))
    script.write_text(
        "import sys\nfrom pathlib import Path\nimport fakes\n"
        "from docclean.jobs.document import process_file\nfrom docclean.recipe import Options\n"
        "if __name__ == '__main__':\n"
        "    process_file(Path(sys.argv[1]), Path(sys.argv[2]), fakes.Slow, Options(jobs=2))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, script, source, tmp_path / "out.pdf"]
    with subprocess.Popen(command, env=environment) as process:
        deadline = time.monotonic() + 30
        workers = []
        while len(workers) < 3 and time.monotonic() < deadline:  # two, and their tracker
            time.sleep(0.2)
            workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    gone, left = psutil.wait_procs(workers, timeout=15)
    assert len(gone) == 3 and not left


def test_a_full_disk_behind_a_stream_is_told(scan):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    result = process_file(as_source(pdf_of(scan)), Full(), load_identity)
    assert result.exit_status == 4 and "the disk is full" in result.message
