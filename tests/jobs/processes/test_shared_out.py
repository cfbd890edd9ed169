"""How many processes share the work where nobody says."""

import pytest

from docclean.clean.spec import CleanerSpec
from docclean.documents.base import Source
from docclean.jobs.pdf_pages import PdfPages
from docclean.jobs.processes import limits
from docclean.jobs.processes.limits import processes
from docclean.recipe import Options

OURS = CleanerSpec()


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_cores", lambda: 8)
    monkeypatch.setattr(limits, "_free_memory", lambda: 64e9)


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (7, 1), (8, 2), (31, 7), (1000, 8)])
def test_each_core_gets_a_process_where_there_is_enough_to_do(count: int, wanted: int) -> None:
    assert processes(Options(), count, OURS) == wanted


def test_what_is_said_comes_first() -> None:
    assert processes(Options(jobs=3), 1000, OURS) == 3
    assert processes(Options(jobs=3), 2, OURS) == 2
    assert processes(Options(jobs=1), 1000, OURS) == 1


def test_threads_and_memory_bound_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes(Options(threads=4), 1000, OURS) == 2
    monkeypatch.setattr(limits, "_free_memory", lambda: 2e9)
    assert processes(Options(), 1000, OURS) == 2
    assert processes(Options(ocr_engine="rapidocr"), 1000, OURS) == 1


def test_a_cleaner_of_somebody_else_stays_in_this_process() -> None:
    assert processes(Options(), 1000, lambda: None) == 1


def test_this_machine_tells_its_cores_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert limits._cores() >= 1
    assert limits._free_memory() > 1e8


def test_processes_share_the_cores_and_take_smaller_tiles() -> None:
    pages = PdfPages(Source("book.pdf", data=b""), OURS, Options(), 100)
    assert pages.jobs == 8
    spec = pages._open.args[2]
    assert (spec.options.jobs, spec.tile_area is not None) == (8, True)
    alone = PdfPages(Source("book.pdf", data=b""), OURS, Options(), 3)
    assert alone._open.args[2] is OURS
