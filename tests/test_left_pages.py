"""Pages that are to stay as they came: `Options.leave`."""

import io

import numpy as np
import pytest
from fakes import Inverter

from docclean.documents import Source, read_pages, write_pages
from docclean.errors import UsageError
from docclean.jobs.document import process_file
from docclean.page import Page
from docclean.recipe import Options
from docclean.recipe.options import page_numbers


@pytest.fixture
def scan(letters):
    return np.ascontiguousarray(np.tile(letters, (3, 3)))


def cleaned(scan, suffix, **asked):
    """Return the pages of a document of two, and what is told of them."""
    made, out = io.BytesIO(), io.BytesIO()
    write_pages([Page(scan, (150.0, 150.0))] * 2, made, suffix=suffix)
    options = Options(leave=frozenset({2}), **asked)
    result = process_file(Source(f"a{suffix}", data=made.getvalue()), out, Inverter(), options)
    assert result.status == "done", result.message
    return [page.grey() for page in read_pages(out.getvalue())], result.decisions


@pytest.mark.parametrize("suffix", [".pdf", ".tif"])
@pytest.mark.parametrize(
    "asked", [{}, {"deskew": True}, {"mrc": True, "format": "pdf"}, {"bitonal": True}]
)
def test_a_page_that_is_left_stays_and_the_others_change(suffix, asked, scan):
    (first, second), told = cleaned(scan, suffix, **asked)
    assert np.array_equal(second, scan)
    assert np.abs(first.astype(int) - scan).mean() > 40
    assert told[1]["reason"] == "left as it came, as was asked"
    assert told[1]["verdict"] == "kept"


def test_a_page_that_is_left_is_read_all_the_same(piece, tmp_path):
    page, words = piece
    source, out = tmp_path / "a.png", tmp_path / "b.png"
    write_pages([page], source)
    result = process_file(source, out, Inverter(), Options(leave=frozenset({1}), text=True))
    assert result.status == "done", result.message
    read = (tmp_path / "b.txt").read_text("utf-8")
    assert sum(word.text in read for word in words[:20]) > 15


def test_numbers_that_no_document_has_are_refused():
    assert page_numbers("3, 1-2") == {1, 2, 3}
    for told in ("1-99999999999", "²", "0", "-1"):
        with pytest.raises(UsageError):
            page_numbers(told)
    with pytest.raises(UsageError, match="leave"):
        Options(leave=frozenset({0}))
