"""Bad pages of a PDF: what they may do, and what they may not."""

import io
import os
import zlib
from functools import partial

import numpy as np
import pikepdf
import pytest
from cleaned_pdfs import cleaned, images, made
from fakes import Identity, Inverter, load_inverter
from made_pdfs import pdf_of

from docclean.documents import as_source, read_pages
from docclean.documents.pdf.checking import check_structure, undecodable
from docclean.errors import OutputError, UnreadableInputError
from docclean.jobs.document import process_file
from docclean.recipe import Options


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


@pytest.mark.parametrize(("kind", "jobs"), [(Picky, 1), (Picky, 2), (Deadly, 2)])
def test_one_bad_page_is_copied_and_listed_and_the_others_are_cleaned(kind, jobs, scan, tmp_path):
    data = pdf_of(*(np.roll(scan, n, 0) for n in range(3)))
    out = tmp_path / "y.pdf"
    result = process_file(as_source(data), out, partial(made, kind), Options(jobs=jobs))
    assert (result.status, result.exit_status) == ("done", 0)
    assert "page 2 is as it was" in result.message
    assert not any(f"page {good}" in result.message for good in (1, 3))
    for number, page in enumerate(read_pages(out)):
        raw = np.roll(scan, number, 0)
        assert np.array_equal(page.pixels, raw if number == 1 else 255 - raw)


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
            pdf, zlib.compress(b"0 0 m " * 12_000_000, 5), Filter=pikepdf.Name.FlateDecode
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
