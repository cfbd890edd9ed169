"""Rows, parts and notes of a cluster, without one: outputs are those of the local engine."""

from contextlib import closing
from dataclasses import replace

import pikepdf
import pytest
from cluster_pieces import (
    GOOD,
    RAISES,
    Loads,
    document,
    inline,
    locally,
    scan,
    work_of,
)

from docclean.integrations.cluster.bench import Bench, rows_of
from docclean.integrations.cluster.conductor import assembled
from docclean.recipe import Options


def both(tmp_path, source, name, options=None, load=None):
    """Return what came of a document here and by rows, and both outputs' bytes."""
    work = work_of(tmp_path / "rows", options, load)
    here = tmp_path / "here" / name
    local = locally(work, source, here)
    (ended,) = inline(work, [document(work, source, name)])
    beside = tmp_path / "rows" / name
    return local, ended.result, _bytes(here), _bytes(beside)


def _bytes(path):
    return {one.name: one.read_bytes() for one in path.parent.glob(f"{path.stem}.*")}


# --- rows ----------------------------------------------------------------------------------------


def test_pages_are_rows_and_images_are_one(tmp_path, letters):
    work = work_of(tmp_path / "out")
    for name, marks, numbers in (
        ("a.png", [GOOD], [0]),
        ("b.pdf", [GOOD] * 4, [1, 2, 3, 4]),
        ("c.tif", [GOOD] * 3, [1, 2, 3]),
        ("d.pdf", [GOOD], [0]),
    ):
        source = scan(tmp_path, name, letters, 1, *marks)
        rows = rows_of(work, document(work, source, name))
        assert [row.number for row in rows] == numbers
        assert {row.of for row in rows} == {len(numbers)}
        assert {row.in_place for row in rows} == {name == "b.pdf"}


def test_only_the_pages_asked_for_are_rows(tmp_path, letters):
    source = scan(tmp_path, "b.pdf", letters, 1, *[GOOD] * 5)
    work = work_of(tmp_path / "out", Options(pages=frozenset({2, 4})))
    assert [row.number for row in rows_of(work, document(work, source, "b.pdf"))] == [2, 4]


def test_a_page_that_shows_an_earlier_one_is_no_row_of_its_own(tmp_path, letters):
    source = scan(tmp_path, "b.pdf", letters, 1, GOOD, GOOD)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.save(source)
    work = work_of(tmp_path / "out")
    assert [row.number for row in rows_of(work, document(work, source, "b.pdf"))] == [1, 2]
    local, result, here, beside = both(tmp_path, source, "b.pdf")
    assert here == beside and result.decisions == local.decisions
    assert result.decisions[2]["like"] == 1


def test_what_cannot_be_read_is_one_row_that_fails_as_it_does_locally(tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    local, result, _, _ = both(tmp_path, tmp_path / "bad.pdf", "bad.pdf")
    assert (result.message, result.exit_status) == (local.message, local.exit_status)
    assert result.status == "failed" and "bad.pdf" in result.message


# --- the same outputs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "suffix", "options"),
    [
        ("a.png", ".png", Options()),
        ("b.pdf", ".pdf", Options()),
        ("b.pdf", ".pdf", Options(bitonal=True, split=True)),
        ("b.pdf", ".tif", Options(pages=frozenset({1, 3}))),
        ("b.pdf", ".pdf", Options(for_ocr=True)),
        ("c.tif", ".tif", Options()),
        ("c.tif", ".tif", Options(grey=True, split=True, deskew=True)),
        ("c.tif", ".pdf", Options(mrc=True)),
    ],
)
def test_outputs_are_those_of_the_local_engine(tmp_path, letters, name, suffix, options):
    source = scan(tmp_path, name, letters, 2, *[GOOD] * (1 if name == "a.png" else 3))
    out = source.with_suffix(suffix).name
    local, result, here, beside = both(tmp_path, source, out, options)
    assert local.status == "done" == result.status
    assert here == beside and len(here) == 1
    assert result.decisions == local.decisions and result.message == local.message


@pytest.mark.slow
def test_text_is_read_page_by_page_and_lies_beside(tmp_path, book):
    from docclean.documents import write_pages

    top = book[0].pixels[200:700]
    write_pages([book[0].with_pixels(one) for one in (top, 255 - top)], tmp_path / "b.pdf")
    options = Options(ocr=True, text=True, hocr=True, force=True)
    local, result, here, beside = both(tmp_path, tmp_path / "b.pdf", "b.pdf", options)
    assert local.status == "done" == result.status
    assert sorted(here) == sorted(beside) == ["b.hocr", "b.pdf", "b.txt"]
    assert here["b.txt"] == beside["b.txt"] and here["b.hocr"] == beside["b.hocr"]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["b.pdf", "c.tif", "a.png"])
def test_a_page_that_raises_ends_as_it_does_locally(tmp_path, letters, name, strict):
    marks = [RAISES] if name == "a.png" else [GOOD, RAISES, GOOD]
    source = scan(tmp_path, name, letters, 3, *marks)
    local, result, here, beside = both(tmp_path, source, name, Options(strict=strict))
    assert (result.status, result.message) == (
        local.status,
        local.message.replace("/here", "/rows"),
    )
    assert (result.fault, result.exit_status) == (local.fault, local.exit_status)
    assert here == beside
    if name == "b.pdf" and not strict:
        assert result.message.startswith("page 2 is as it was, not cleaned (a bug)")


# --- at least once -------------------------------------------------------------------------------


def test_a_row_that_is_done_twice_is_cleaned_once(tmp_path, letters):
    log = tmp_path / "log"
    work = work_of(tmp_path / "out", load=Loads(log=log))
    one = document(work, scan(tmp_path, "b.pdf", letters, 1, GOOD, GOOD), "b.pdf")
    rows = rows_of(work, one)
    with closing(Bench(work.load)) as bench:
        for row in (*rows, *rows):
            bench.page(work, row)
    assert len(log.read_text().splitlines()) == 2
    first = assembled(work, one, rows[0].key, [1, 2])
    before = (tmp_path / "out/b.pdf").stat()
    again = assembled(work, one, rows[0].key, [1, 2])
    assert (tmp_path / "out/b.pdf").stat().st_mtime_ns == before.st_mtime_ns
    assert again.result.decisions == first.result.decisions and again.result.status == "done"
    assert [row.number for row in rows_of(work, one)] == [0]  # its note tells that it is there


def test_a_driver_that_was_killed_finds_what_was_placed(tmp_path, letters):
    log = tmp_path / "log"
    work = work_of(tmp_path / "out", load=Loads(log=log))
    one = document(work, scan(tmp_path, "a.png", letters, 1), "a.png")
    for _ in range(2):
        (ended,) = inline(work, [one])
        assert ended.result.status == "done" and ended.result.pages == 1
    assert len(log.read_text().splitlines()) == 1
    assert ended.entry.made.endswith(":call") and list(ended.entry.outputs) == ["a.png"]


def test_somebody_elses_file_is_not_replaced(tmp_path, letters):
    source = scan(tmp_path, "a.png", letters, 1)
    for folder in ("here", "rows"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"mine")
    local, result, here, beside = both(tmp_path, source, "a.png")
    assert result.message == local.message.replace("/here", "/rows")
    assert "exists already" in result.message and here == beside == {"a.png": b"mine"}
    _, result, here, beside = both(tmp_path, source, "a.png", Options(overwrite=True))
    assert result.status == "done" and here == beside


def test_an_output_of_ours_is_replaced_when_its_source_has_changed(tmp_path, letters):
    work = work_of(tmp_path / "out")
    source = scan(tmp_path, "a.png", letters, 1)
    (ended,) = inline(work, [document(work, source, "a.png")])
    source.unlink()
    scan(tmp_path, "a.png", letters, 2)
    known = replace(ended.entry, decisions=())
    (again,) = inline(work, [document(work, source, "a.png", known)])
    assert again.result.status == "done" and not again.stayed
    (settled,) = inline(work, [document(work, source, "a.png", again.entry)])
    assert settled.stayed


def test_what_was_made_of_another_document_or_changed_by_hand_is_not_replaced(tmp_path, letters):
    work = work_of(tmp_path / "out")
    (ended,) = inline(work, [document(work, scan(tmp_path, "a.png", letters, 1), "a.png")])
    made = (tmp_path / "out/a.png").read_bytes()
    other = scan(tmp_path, "other.png", letters, 3)
    (refused,) = inline(work, [document(work, other, "a.png", ended.entry)])
    assert "exists already" in refused.result.message
    assert refused.entry.source == str(tmp_path / "a.png")
    assert (tmp_path / "out/a.png").read_bytes() == made
    (tmp_path / "out/a.png").write_bytes(b"by hand")
    source = scan(tmp_path, "more/a.png", letters, 4)
    known = replace(ended.entry, source=str(source))
    (refused,) = inline(work, [document(work, source, "a.png", known)])
    assert "exists already" in refused.result.message
    assert (tmp_path / "out/a.png").read_bytes() == b"by hand"


def test_a_page_of_a_source_that_has_changed_fails(tmp_path, letters):
    work = work_of(tmp_path / "out")
    source = scan(tmp_path, "b.pdf", letters, 1, GOOD, GOOD)
    one = document(work, source, "b.pdf")
    rows = rows_of(work, one)
    source.unlink()
    scan(tmp_path, "b.pdf", letters, 2, GOOD, GOOD)
    with closing(Bench(work.load)) as bench:
        for row in rows:
            bench.page(work, row)
    ended = assembled(work, one, rows[0].key, [1, 2])
    assert ended.result.status == "failed" and "has changed meanwhile" in ended.result.message
    assert not (tmp_path / "out/b.pdf").exists()
