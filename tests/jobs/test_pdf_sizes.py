"""The room that cleaned PDF pages take."""

import hashlib
import io
import zlib

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from cleaned_pdfs import TEXT, cleaned
from fakes import Identity, load_identity, load_inverter
from made_pdfs import pdf_of
from PIL import Image as Pillow

from docclean.documents import as_source, read_pages
from docclean.documents.codecs import Kind, Stored
from docclean.documents.mrc import layer
from docclean.jobs.document import process_file
from docclean.recipe import Options


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
