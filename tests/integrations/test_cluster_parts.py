"""What a cluster keeps between its machines: parts, notes, and what a deadly page leaves."""

import os
import pickle
import zlib
from contextlib import closing
from dataclasses import replace

import pikepdf
import pytest
from cluster_pieces import DIES, GOOD, document, inline, scan, work_of

from docclean.errors import UnreadableInputError
from docclean.integrations.cluster import notes
from docclean.integrations.cluster.bench import Bench, Worker, rows_of
from docclean.integrations.cluster.conductor import assembled
from docclean.integrations.cluster.parts import DonePages, Parts
from docclean.jobs.results import failure
from docclean.recipe import Options

# --- parts and notes -----------------------------------------------------------------------------


def test_pages_of_another_call_are_removed(tmp_path, letters):
    old, new = (replace(work_of(tmp_path / "out"), call=call) for call in ("old", "new"))
    source = scan(tmp_path, "b.pdf", letters, 1, GOOD, GOOD)
    one = document(old, source, "b.pdf")
    first = rows_of(old, one)
    with closing(Bench(old.load)) as bench:
        bench.page(old, first[0])
    kept = Parts(old.out, one.name, first[0].key)
    assert 1 in kept and 2 not in kept
    rows_of(old, one)
    assert 1 in kept
    rows_of(new, one)
    assert 1 not in kept


def test_a_part_that_would_run_code_is_refused(tmp_path):
    parts = Parts(str(tmp_path), "b.pdf", "key")

    class Evil:
        def __reduce__(self):
            return (os.getenv, ("HOME",))

    parts.put(1, failure("a", "b", ValueError("x")))
    (path,) = (tmp_path / ".docclean/parts").rglob("page-*")
    path.write_bytes(zlib.compress(pickle.dumps(Evil())))
    with pytest.raises(UnreadableInputError, match=r"it holds os\.getenv"):
        parts.get(1)
    path.write_bytes(b"half")
    with pytest.raises(UnreadableInputError, match="not as it was written"):
        parts.get(1)
    path.unlink()
    with pytest.raises(UnreadableInputError, match="gone meanwhile"):
        DonePages(parts, [1])[1]


def test_a_note_keeps_an_entry(tmp_path, letters):
    work = work_of(tmp_path / "out")
    one = document(work, scan(tmp_path, "a.png", letters, 1), "a.png")
    (ended,) = inline(work, [one])
    kept = notes.read(work.out, "a.png")
    assert kept.outputs["a.png"].hash == ended.entry.outputs["a.png"].hash
    assert replace(kept, outputs={}) == replace(ended.entry, outputs={})
    assert notes.read_all(work.out) == {"a.png": kept}
    notes.drop(work.out, "a.png")
    assert notes.read(work.out, "a.png") is None
    (tmp_path / "out/.docclean/notes/x.json").write_text('{"half": ')
    assert notes.read_all(work.out) == {}


# --- pages that kill their process ---------------------------------------------------------------


@pytest.mark.slow
def test_a_page_that_kills_its_process_costs_itself(tmp_path, letters):
    work = work_of(tmp_path / "out")
    pdf = document(work, scan(tmp_path, "b.pdf", letters, 1, GOOD, DIES, GOOD), "b.pdf")
    png = document(work, scan(tmp_path, "a.png", letters, 2, DIES), "a.png")
    tif = document(work, scan(tmp_path, "c.tif", letters, 3, GOOD, DIES), "c.tif")
    worker = Worker(work)
    try:
        rows = rows_of(work, pdf)
        assert [worker.do(row) for row in rows] == [None] * 3
        (dead,) = rows_of(work, png)
        ended = worker.do(dead)
        first, second = rows_of(work, tif)
        assert worker.do(first) is None
        lost = worker.do(second)
    finally:
        worker.close()
    assert "its process was killed" in ended.result.message and ended.result.fault == "memory"
    assert str(tmp_path / "a.png") in ended.result.message and ended.entry.content
    assert lost.result.fault == "memory"
    whole = assembled(work, pdf, rows[0].key, [1, 2, 3])
    assert whole.result.message.startswith("page 2 is as it was, not cleaned (a process died of it")
    with pikepdf.open(tmp_path / "out/b.pdf") as written:
        assert len(written.pages) == 3


def test_what_a_worker_cannot_load_is_told(tmp_path, letters):
    from docclean.clean.spec import CleanerSpec
    from docclean.errors import UsageError

    work = work_of(tmp_path / "out", load=CleanerSpec(Options(model="none-such")))
    (row,) = rows_of(work, document(work, scan(tmp_path, "a.png", letters, 1), "a.png"))
    worker = Worker(work)
    try:
        with pytest.raises(UsageError, match="none-such"):
            worker.do(row)
    finally:
        worker.close()
