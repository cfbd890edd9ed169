"""Neighbouring pages are worked on at once: in order, one ahead and one behind, errors told."""

import threading
import time

import numpy as np
import pytest
from fakes import Identity, Inverter
from made_pdfs import pdf_of

from docclean.documents import as_source, read_pages, write_pages
from docclean.jobs import pdf_page
from docclean.jobs.document import process_file
from docclean.jobs.pdf_page import Opened
from docclean.jobs.processes.overlap import ahead, behind
from docclean.page import Page
from docclean.recipe import Options


def test_one_item_is_made_ahead_and_no_more():
    made = []
    items = ahead(made.append(n) or n for n in range(5))
    for expected in range(5):
        assert next(items) == expected
        time.sleep(0.05)
        assert made == list(range(min(5, expected + 2)))


def test_what_making_an_item_raises_comes_in_its_turn():
    def items():
        yield 1
        raise ValueError("the second")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_one_item_is_consumed_behind_the_next():
    met = threading.Barrier(2, timeout=20)  # broken where the two do not run at once

    def items():
        for number in range(4):
            if number:
                met.wait()
            yield number

    taken = []

    def consume(given):
        for item in given:
            taken.append(item)
            if item < 3:
                met.wait()

    behind(consume, items())
    assert taken == [0, 1, 2, 3]


def test_whoever_fails_is_told_and_both_end():
    def bad():
        yield 1
        raise ValueError("making")

    def full(given):
        next(given)
        raise OSError("consuming")

    with pytest.raises(ValueError, match="making"):
        behind(lambda given: list(given), bad())
    with pytest.raises(OSError, match="consuming"):
        behind(full, iter(range(100)))
    assert threading.active_count() < 10


def pages(scan, count):
    return [Page(np.roll(scan, n, 0), (300.0, 300.0), n + 1) for n in range(count)]


def test_a_tiff_of_many_pages_comes_out_in_order(scan, tmp_path):
    came, out = tmp_path / "came.tif", tmp_path / "out.tif"
    write_pages(iter(pages(scan, 6)), came)
    result = process_file(came, out, Inverter())
    assert result.pages == 6
    assert [one["page"] for one in result.decisions] == list(range(1, 7))
    for page, own in zip(read_pages(out), pages(scan, 6), strict=True):
        assert np.array_equal(page.pixels, 255 - own.pixels)


def test_an_unreadable_page_in_the_middle_of_a_tiff_leaves_nothing(scan, tmp_path):
    came = tmp_path / "came.tif"
    write_pages(iter(pages(scan, 6)), came)
    data = bytearray(came.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    came.write_bytes(bytes(data))
    out = tmp_path / "out" / "out.tif"
    result = process_file(came, out, Inverter())
    assert (result.status, result.exit_status) == ("failed", 2)
    assert "came.tif" in result.message and not list(out.parent.iterdir())


class Unsteady(Identity):
    """A cleaner that fails on page 3 of those it inverts, and tarries at others."""

    def clean(self, page):
        time.sleep(0.02 * (page.number % 3))
        if page.number == 3:
            raise ValueError("no such page")
        return Inverter().clean(page)


@pytest.mark.parametrize("reopened", [1, 2, 100])
def test_pages_of_a_pdf_have_the_same_outcomes_one_by_one(scan, tmp_path, monkeypatch, reopened):
    monkeypatch.setattr(pdf_page, "REOPENED", reopened)
    path = tmp_path / "x.pdf"

    def spoil(pdf):
        pdf.pages[4].obj.Resources.XObject.Scan.write(b"no image")

    path.write_bytes(pdf_of(*(np.roll(scan, n, 0) for n in range(6)), edit=spoil))
    numbers, options = [1, 2, 3, 4, 5, 6], Options()

    def told(outcome):
        pictures = outcome.edit.pictures if outcome.edit else ()
        return outcome.number, outcome.decision, outcome.error, pictures

    one, other = (Opened(as_source(path), None, Unsteady()) for _ in range(2))
    at_once = [told(outcome) for outcome in one.outcomes(numbers, options)]
    assert at_once == [told(other.outcome(number, options)) for number in numbers]
    assert [bool(error) for _, _, error, _ in at_once] == [False, False, True, False, True, False]
    one.close()
    other.close()
