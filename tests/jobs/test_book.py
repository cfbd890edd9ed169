"""Several inputs and one name: one document, in order, with bookmarks; never a folder."""

import io
import re

import numpy as np
import pikepdf
import pytest
from fakes import load_identity, load_inverter
from made_pdfs import pdf_of
from PIL import Image as Pillow

from docclean.documents import joining, read_pages, write_pages
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.jobs.book.making import make_book
from docclean.jobs.document import process_file
from docclean.jobs.plan import book_of, plan_outputs
from docclean.page import Page
from docclean.recipe import Options


@pytest.fixture
def scans(tmp_path, letters):
    """Return pages that differ, and their files, whose names sort one way and read another."""
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["page 1.png", "page 2.jpg", "page 10.tif", "page 11.webp"]
    for number, name in enumerate(names):
        write_pages([Page(np.roll(letters, 9 * number, 1), (300.0, 300.0))], folder / name)
    return [folder / name for name in names]


def bookmarks(path, password=""):
    with pikepdf.open(path, password=password) as pdf, pdf.open_outline() as outline:
        places = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        return [(one.title, places[one.destination[0].objgen]) for one in outline.root]


def same(found, letters, number) -> bool:
    return np.abs(found.pixels.astype(int) - np.roll(letters, 9 * number, 1)).mean() < 3


# --- what is meant --------------------------------------------------------------------------------


def test_what_is_one_document(scans, tmp_path):
    folder = scans[0].parent
    assert book_of(scans[::-1], tmp_path / "book.pdf") == scans[::-1]  # as given
    assert book_of([folder], tmp_path / "book.TIFF") == scans  # by their numbers
    assert book_of([f"{folder}/page*"], tmp_path / "book.tif") == scans
    assert book_of(scans[:1], tmp_path / "book.pdf") is None
    for name in ("out", "scans.2024", "book.pdf/"):
        assert book_of(scans, f"{tmp_path}/{name}") is None
    (tmp_path / "there.pdf").mkdir()
    assert book_of(scans, tmp_path / "there.pdf") is None


@pytest.mark.parametrize("name", ["book.png", "book.jpg", "book.webp", "book.docx", "book.v2"])
def test_any_other_suffix_is_refused_with_the_next_step(name, scans, tmp_path):
    with pytest.raises(UsageError, match=rf"{name}: .*choose \.pdf or \.tif .*{name}/ for a fold"):
        book_of(scans, tmp_path / name)


def test_files_of_a_folder_come_by_their_numbers_and_hidden_ones_do_not(scans, tmp_path):
    folder = scans[0].parent
    for name in (".hidden.png", "._page 1.png", ".cache/deep.png", "deep/._x.tif"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(scans[0].read_bytes())
    assert [source for source, _ in plan_outputs([folder], tmp_path / "out")] == scans
    assert [source for source, _ in plan_outputs([f"{folder}/**/*"], tmp_path / "out")] == scans


# --- the document ---------------------------------------------------------------------------------


def test_a_pdf_of_many(scans, tmp_path, letters):
    out = tmp_path / "book.pdf"
    (done,) = make_book(scans, out, load_identity, Options())
    assert (done.status, done.pages) == ("done", 4)
    assert [one["page"] for one in done.decisions] == [1, 2, 3, 4]
    assert [one["file"] for one in done.decisions] == [str(path) for path in scans]
    assert bookmarks(out) == [(path.name, n) for n, path in enumerate(scans, 1)]
    for number, page in enumerate(read_pages(out)):
        assert same(page, letters, number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.pdf", "in"]


def test_a_tiff_of_many(scans, tmp_path, letters):
    out = tmp_path / "book.tif"
    big = tmp_path / "in" / "big.tif"
    saved = io.BytesIO()
    Pillow.fromarray(np.roll(letters, 36, 1)).save(saved, format="TIFF", big_tiff=True)
    big.write_bytes(saved.getvalue())
    (done,) = make_book([*scans, big], out, load_identity, Options())
    assert (done.status, done.pages) == ("done", 5)
    for number, page in enumerate(read_pages(out)):
        assert same(page, letters, number)
        assert number == 4 or page.dpi == pytest.approx((300, 300), abs=0.01)


def test_a_jpeg_inside_a_tiff_is_not_packed_again(tmp_path, letters):
    rgb = Pillow.fromarray(np.stack([letters, letters, letters[::-1]], -1)).resize((300, 200))
    for name in ("a.tif", "b.tif"):
        rgb.save(tmp_path / name, compression="jpeg", quality=40)
    out = tmp_path / "book.tif"
    (done,) = make_book([tmp_path / "a.tif", tmp_path / "b.tif"], out, load_identity, Options())
    assert done.status == "done"
    assert out.stat().st_size <= 2 * (tmp_path / "a.tif").stat().st_size
    first, second = read_pages(out)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.pixels, next(read_pages(tmp_path / "a.tif")).pixels)


def test_pdfs_in_a_pdf_keep_their_bookmarks_and_their_lock(scans, tmp_path, letters):
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(io.BytesIO(pdf_of(letters, letters[::-1].copy()))) as pdf:
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("second", 1))
        pdf.save(locked, encryption=pikepdf.Encryption(user="word", owner="word"))
    out = tmp_path / "book.pdf"
    options = Options(password="word")
    (done,) = make_book([scans[0], locked, scans[1]], out, load_inverter, options)
    assert (done.status, done.pages) == ("done", 4)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(out)
    assert bookmarks(out, "word") == [("page 1.png", 1), ("locked.pdf", 2), ("page 2.jpg", 4)]
    with pikepdf.open(out, password="word") as pdf, pdf.open_outline() as outline:
        (child,) = outline.root[1].children
        assert child.title == "second" and child.destination[0] == pdf.pages[2].obj


def test_more_files_than_may_be_open(scans, tmp_path, monkeypatch):
    monkeypatch.setattr(joining, "AT_ONCE", 2)
    many = [scans[0], *(tmp_path / f"{n}.png" for n in range(4))]
    for path in many[1:]:
        path.write_bytes(scans[0].read_bytes())
    (done,) = make_book(many, tmp_path / "book.pdf", load_identity, Options())
    assert done.pages == 5 == len(bookmarks(tmp_path / "book.pdf"))


def test_one_bad_input_and_there_is_no_book(scans, tmp_path):
    scans[1].write_bytes(scans[1].read_bytes()[:900])
    out = tmp_path / "book.pdf"
    bad, whole = make_book(scans, out, load_identity, Options())
    assert "page 2.jpg" in bad.message
    assert (whole.status, whole.exit_status) == ("failed", 2)
    assert "1 of 4 inputs failed" in whole.message and not out.exists()
    scans[1].write_bytes(b"")
    with pytest.raises(UnreadableInputError, match=r"page 2\.jpg is empty"):
        make_book(scans, out, load_identity, Options())


def test_what_is_read_lies_beside_it_with_its_pages_numbered(tmp_path, piece):
    page = piece[0]
    write_pages([page, page], tmp_path / "a.pdf")
    write_pages([page], tmp_path / "b.png")
    out = tmp_path / "book.pdf"
    options = Options(ocr=True, text=True, hocr=True, alto=True)
    (done,) = make_book([tmp_path / "a.pdf", tmp_path / "b.png"], out, load_identity, options)
    assert (done.status, done.pages) == ("done", 3), done.message
    assert out.with_suffix(".txt").read_text().count("\f") == 2
    hocr = out.with_suffix(".hocr").read_text()
    assert re.findall(r"ppageno (\d+)", hocr) == ["0", "1", "2"]
    assert hocr.count('id="page_3"') == 1 and "book.pdf" in hocr
    alto = out.with_suffix(".alto.xml").read_text()
    assert re.findall(r'PHYSICAL_IMG_NR="(\d+)"', alto) == ["0", "1", "2"]
    with pikepdf.open(out) as pdf:
        assert all("/XObject" in leaf.resources for leaf in pdf.pages)


def test_what_is_there_stays(scans, tmp_path):
    out = tmp_path / "book.pdf"
    out.write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        make_book(scans, out, load_identity, Options())
    with pytest.raises(OutputError, match="another -o"):
        make_book([*scans, out], out, load_identity, Options(overwrite=True))
    assert out.read_bytes() == b"precious"
    (done,) = make_book(scans, out, load_identity, Options(overwrite=True))
    assert done.status == "done"


@pytest.mark.parametrize("suffix", [".pdf", ".tif"])
def test_pages_counts_what_is_written(suffix, tmp_path, book):
    both = Page(np.hstack([book[0].pixels, book[0].pixels]), (200.0, 200.0))
    source, out = tmp_path / f"spread{suffix}", tmp_path / f"out{suffix}"
    write_pages([both, book[0]], source)
    done = process_file(source, out, load_identity, Options(split=True))
    assert (done.status, done.pages, len(done.decisions)) == ("done", 3, 2)
    assert len(list(read_pages(out))) == 3
