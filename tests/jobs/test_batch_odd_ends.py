"""Batches at their edges: another folder of the same names, interrupted second tries, odd names."""

import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from batches import HUNGRY, fill, load_misbehaving, page_of
from fakes import load_inverter

from docclean.documents import write_pages
from docclean.jobs.batch import Batch, process_batch
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.plan import plan_outputs
from docclean.jobs.processes.workers import Workers
from docclean.jobs.retry import retry
from docclean.jobs.reuse import Part
from docclean.jobs.status import standing
from docclean.recipe import Options


def batch(
    scans: Path, out: Path, load=load_inverter, options: Options | None = None, **more
) -> Batch:
    plan = plan_outputs([scans], out)
    return process_batch(plan, out, load, options, state=out / ".docclean", **more)


def test_another_folder_with_the_same_names_overwrites_nothing(tmp_path, letters):
    first, second, out = tmp_path / "a", tmp_path / "b", tmp_path / "out"
    fill(first, letters, 1)
    fill(second, letters[:70], 1)
    batch(first, out)
    made = (out / "scan-000.png").read_bytes()
    (refused,) = batch(second, out).results
    assert "exists already" in refused.message
    assert (out / "scan-000.png").read_bytes() == made
    shutil.copytree(first, tmp_path / "moved")
    assert batch(tmp_path / "moved", out).failed == []  # the same bytes elsewhere are the same
    assert (out / "scan-000.png").read_bytes() == made


def test_a_failure_whose_name_is_no_text_is_noted(tmp_path, letters):
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 1)
    (scans / os.fsdecode(b"bad\xff.png")).write_bytes(b"no picture")
    assert [one.status for one in batch(scans, out).results].count("failed") == 1
    assert len(batch(scans, out).failed) == 1
    (told,) = standing(out).failures
    assert "bad\\udcff.png" in told.reason


def test_a_want_of_memory_gets_its_second_try_after_an_interruption(tmp_path, letters):
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 1)
    write_pages([page_of(letters, HUNGRY)], scans / "hungry.png")
    options = Options(memory="3G")
    (bad,) = batch(scans, out, load_misbehaving, options).failed
    assert "--memory" in bad.message
    with Ledger(out / ".docclean") as ledger:
        (entry,) = ledger.entries("failed")
        assert entry.tries == 2
        ledger.put([replace(entry, tries=1)])
    assert len(batch(scans, out, load_misbehaving, options).results) == 1


def test_the_newest_ledger_knows_best(tmp_path, letters):
    """A document that changed hands between shards was done by the last one that had it."""
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 2)
    batch(scans, out, part=Part((2, 2)))  # scan-001 is the second shard's
    fill(scans, letters[:80], 2)
    only = [(scans / "scan-001.png", out / "scan-001.png")]
    state = out / ".docclean"
    process_batch(only, out, load_inverter, state=state, name="ledger-1-of-2")
    again = batch(scans, out, part=Part((2, 2)))
    assert (again.results, len(again.before.done)) == ([], 1)


def test_a_fault_of_the_work_leaves_its_process_free(tmp_path):
    with Workers(1, partial(int, 1)) as workers:
        for _ in range(2):
            workers.give(_divided, 0)
            with pytest.raises(ZeroDivisionError):
                list(workers.take())
        workers.give(_divided, 2)
        assert list(workers.take()) == [(2, 0.5)]


def _divided(one: int, by: int) -> float:
    return one / by


def test_retry_by_name_does_what_is_done_again(tmp_path, letters):
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 2)
    from docclean.jobs.batch import clean_folder

    clean_folder([scans], out)
    (scans / "scan-000.png").write_bytes(b"broken")
    assert len(clean_folder([scans], out).failed) == 1
    assert len(retry(out).batch.failed) == 1
    fill(scans, letters, 1)
    assert [one.status for one in retry(out).batch.results] == ["done"]
    assert retry(out).batch.results == []
    assert [one.status for one in retry(out, ["scan-001.png"]).batch.results] == ["done"]


def test_an_output_without_overwrite_never_takes_the_place_of_another(tmp_path, monkeypatch):
    """Not even of one that appears in the very last moment."""
    from docclean import outputs
    from docclean.errors import OutputError

    target = tmp_path / "x.png"
    link = os.link

    def late(source, destination):
        target.write_bytes(b"somebody was faster")
        return link(source, destination)

    monkeypatch.setattr(outputs.os, "link", late)
    with pytest.raises(OutputError, match="exists already"), outputs.open_output(target) as stream:
        stream.write(b"ours")
    assert target.read_bytes() == b"somebody was faster"
    assert list(tmp_path.iterdir()) == [target]


def test_a_report_shows_failures_changed_pages_and_kept_ones(tmp_path, piece):
    from docclean.jobs.batch import clean_folder
    from docclean.jobs.showing import write_report

    scans, out, path = tmp_path / "in", tmp_path / "out", tmp_path / "r.html"
    scans.mkdir()
    page = piece[0]
    dark = page.with_pixels((page.pixels // 2).astype("uint8"))
    write_pages([dark, page], scans / "<two>.pdf")
    (scans / "bad.png").write_bytes(b"bad")
    first = clean_folder([scans], out)
    write_report("my & batch", first.whole, path)
    told = path.read_text()
    assert told.count("<img ") == 2 and "data:image/webp;base64," in told
    assert "my &amp; batch" in told and "&lt;two&gt;.pdf, page 1" in told
    assert told.index("bad.png is not a document") < told.index('id="changed"')
    assert told.index('id="changed"') < told.index('id="kept"') < told.index("page 2")
    assert "<script" not in told and "default-src 'none'" in told
    write_report("again", clean_folder([scans], out).whole, path)  # of what was done before
    assert path.read_text().count("<img ") == 2
