"""The room that rendered pages take, and what of the old ones stays in the file."""

import io

import numpy as np
import pikepdf
import pytest
from drawn_pages import CASES, HEIGHT, WIDTH, alike, clean, form, page_pdf, saved, scan, shown
from pikepdf import Array, Dictionary, Name
from PIL import Image as Pillow

from docclean.documents.codecs import Kind, Stored

DRAW = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
FINE = np.kron(scan(), np.ones((2, 2), np.uint8))
"""At 216 dpi: below 150 a page is rendered more finely than it came."""
NOISY = (FINE + np.random.default_rng(0).integers(-9, 9, FINE.shape)).astype(np.uint8)


def streams_of(data):
    """Return every image and form of a document as stored."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [
            (str(one.get("/Subtype", "")), one.read_raw_bytes(), one.get("/Filter"))
            for one in pdf.objects
            if isinstance(one, pikepdf.Stream) and "/Subtype" in one
        ]


def in_a_form(pixels, stored, extra=b""):
    """Return a PDF whose scan lies in a form in a form; such a page is rendered."""

    def edit(pdf, page, image):
        inner = form(pdf, DRAW, Dictionary(XObject=Dictionary(I=image)))
        page.Resources.XObject = Dictionary(F=form(pdf, b"/J Do", Dictionary(
            XObject=Dictionary(J=inner))))  # fmt: skip

    return page_pdf(b"/F Do" + extra, pixels, edit, stored)


def jpeg_of(pixels, quality):
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def test_a_nested_form_grows_by_less_than_half_and_is_gone(tmp_path):
    path = CASES / "nested_form.pdf"
    result, out = clean(path, tmp_path)
    assert result.decisions[0]["kind"] == "mixed"
    assert len(out) <= 1.1 * path.stat().st_size
    kept = streams_of(out)
    assert [kind for kind, *_ in kept] == ["/Image"]
    old = {raw for _, raw, _ in streams_of(path.read_bytes())}
    assert not old & {raw for _, raw, _ in kept}
    assert alike(shown(path), shown(out)) > 0.95


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_a_rendered_page_is_as_coarse_as_it_came(quality, tmp_path):
    data = in_a_form(NOISY, Stored(Kind.LOSSY))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image = next(one for one in pdf.objects if isinstance(one, pikepdf.Stream)
                     and one.get("/Subtype") == "/Image")  # fmt: skip
        image.write(jpeg_of(NOISY, quality), filter=Name.DCTDecode)
        image.ColorSpace, image.BitsPerComponent = Name.DeviceGray, 8
        if "/DecodeParms" in image:
            del image.DecodeParms
        data = saved(pdf)
    result, out = clean(data, tmp_path)
    before, after = result.decisions[0]["bytes"]
    assert after <= 1.1 * before and len(out) <= 1.1 * len(data)
    assert "more room" not in result.message
    assert alike(shown(data), shown(out)) > 0.95


def test_a_rendered_page_of_two_tones_is_a_fax(tmp_path):
    data = in_a_form(np.where(NOISY > 128, 255, 0).astype(np.uint8), Stored(Kind.BITONAL))
    result, out = clean(data, tmp_path)
    ((_, _, filter_),) = streams_of(out)
    assert str(filter_) in ("/CCITTFaxDecode", "/JBIG2Decode")
    assert len(out) <= 1.1 * len(data)
    assert alike(shown(data), shown(out)) > 0.95
    assert "more room" not in result.message


def test_lossless_pages_lose_a_little_before_they_grow(tmp_path):
    def edit(pdf, page, image):
        page.Resources.ExtGState = Dictionary(G=Dictionary(ca=0.8))

    few = np.where(NOISY > 128, 250, 90).astype(np.uint8)
    data = page_pdf(b"q /G gs " + DRAW + b" Q", few, edit, Stored())
    result, out = clean(data, tmp_path)
    before, after = result.decisions[0]["bytes"]
    assert (after <= 1.1 * before) == ("more room" not in result.message)
    assert len(out) <= 1.5 * len(data)


def test_growth_is_measured_against_the_streams_of_the_old_page_and_said(tmp_path):
    """A page of a few strokes becomes a picture when that is forced."""
    data = page_pdf(b"0.3 0.6 0.9 rg 20 20 90 90 re f 1 0 0 RG 9 9 m 200 250 l S")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        del pdf.pages[0].obj.Resources.XObject
        data = saved(pdf)
    result, out = clean(data, tmp_path, force=True)
    before, after = result.decisions[0]["bytes"]
    assert before < 100 < after and result.decisions[0]["larger"] == round(after / before, 2)
    assert "page 1 takes more room than before" in result.message
    assert len(out) > len(data)


def test_what_a_page_inherited_goes_with_it(tmp_path):
    def edit(pdf, page, image):
        page.Resources.XObject.F = form(pdf, DRAW, Dictionary(XObject=Dictionary(I=image)))
        pdf.Root.Pages.Resources = page.Resources
        del page.Resources
        page.PieceInfo = Dictionary()

    data = page_pdf(b"/F Do", NOISY, edit)
    result, out = clean(data, tmp_path)
    assert result.decisions[0]["kind"] == "mixed"
    assert [kind for kind, *_ in streams_of(out)] == ["/Image"]


def test_what_another_page_inherits_stays(tmp_path):
    def edit(pdf, page, image):
        page.Resources.XObject.F = form(pdf, DRAW, Dictionary(XObject=Dictionary(I=image)))
        pdf.Root.Pages.Resources = page.Resources
        del page.Resources
        pdf.add_blank_page(page_size=(WIDTH, HEIGHT))
        pdf.pages[1].obj.Contents = pikepdf.Stream(pdf, b"q 0.2 0 0 0.2 9 9 cm /F Do Q")
        if "/Resources" in pdf.pages[1].obj:
            del pdf.pages[1].obj.Resources

    data = page_pdf(b"/F Do", NOISY, edit)
    result, out = clean(data, tmp_path)
    assert [one["kind"] for one in result.decisions] == ["mixed", "drawn"]
    assert np.array_equal(shown(out, 2), shown(data, 2))


def test_a_scan_that_a_kept_page_shows_too_stays_as_it_was(tmp_path):
    """The second page shows the same image turned by a curve, and cannot be cleaned."""

    def edit(pdf, page, image):
        turned = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([1]), C1=Array([0]), N=1)
        for content in (b"q 60 0 0 80 9 9 cm /I Do Q 9 9 m 80 80 l S",):
            pdf.add_blank_page(page_size=(WIDTH, HEIGHT))
            other = pdf.pages[-1].obj
            other.Resources = Dictionary(XObject=Dictionary(I=image))
            other.Resources.ExtGState = Dictionary(G=Dictionary(TR=turned))
            other.Contents = pikepdf.Stream(pdf, b"/G gs " + content)

    data = page_pdf(DRAW, NOISY, edit)
    result, out = clean(data, tmp_path)
    assert [one["kind"] for one in result.decisions] == ["scan", "drawn"]
    assert np.array_equal(shown(out, 2), shown(data, 2))
    assert shown(out).mean() > shown(data).mean() + 1


def test_a_scan_that_two_rendered_pages_share_is_counted_once(tmp_path):
    def edit(pdf, page, image):
        pdf.pages.append(pdf.pages[0])
        for at, blend in enumerate((Name.Multiply, Name.Difference)):
            one = pdf.pages[at].obj
            one.Resources = Dictionary(XObject=Dictionary(I=image))
            one.Resources.ExtGState = Dictionary(G=Dictionary(BM=blend))

    sheet = b"1 g 0 0 %d %d re f " % (WIDTH, HEIGHT)
    data = page_pdf(sheet + b"/G gs " + DRAW, NOISY, edit)
    result, out = clean(data, tmp_path)
    assert len(out) > 1.1 * len(data)  # one image, shown in two ways
    assert "larger" not in result.decisions[0] and result.decisions[1]["larger"] > 10
    assert "page 2 takes more room than before" in result.message


def test_a_rendered_page_that_is_shown_again_is_cleaned_again_and_stored_once(tmp_path):
    def edit(pdf, page, image):
        page.Resources.ExtGState = Dictionary(G=Dictionary(BM=Name.Multiply))
        pdf.pages.append(pdf.pages[0])

    data = page_pdf(b"/G gs " + DRAW, NOISY, edit)
    result, out = clean(data, tmp_path)
    assert result.decisions[1]["like"] == 1 and "more room" not in result.message
    assert len(streams_of(out)) == 1
    assert np.array_equal(shown(out, 1), shown(out, 2))
    assert shown(out, 2).mean() > shown(data, 2).mean() + 1
