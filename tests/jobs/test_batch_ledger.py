"""A batch and its ledger: nothing twice, nothing lost, nothing of anyone else's overwritten."""

import os
import shutil
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from batches import Counting, fill, leftovers
from fakes import load_inverter

from docclean.errors import OutputError, UnreadableInputError
from docclean.jobs.batch import Batch, process_batch
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.plan import plan_outputs
from docclean.jobs.reuse import Part
from docclean.recipe import Options


@pytest.fixture
def scans(tmp_path, letters) -> Path:
    """A folder of three scans at two levels."""
    fill(tmp_path / "in", letters, 2)
    fill(tmp_path / "in/deep", letters[:, :100], 1)
    return tmp_path / "in"


def batch(scans: Path, out: Path, options: Options | None = None, **more) -> Batch:
    options = options or Options()
    plan = plan_outputs([scans], out, options.format)
    state = more.pop("state", out / ".docclean")
    return process_batch(plan, out, load_inverter, options, state=state, **more)


def test_a_second_call_does_nothing(scans, tmp_path):
    out = tmp_path / "out"
    first = batch(scans, out)
    assert [one.status for one in first.results] == ["done"] * 3
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    second = batch(scans, out)
    assert second.results == [] and len(second.before.done) == 3
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.png")} == before
    assert leftovers(out) == []


def test_a_changed_input_or_call_redoes_just_what_it_touches(scans, tmp_path, letters):
    out = tmp_path / "out"
    batch(scans, out)
    fill(scans, letters[:80], 1)
    assert [Path(one.source).name for one in batch(scans, out).results] == ["scan-000.png"]
    os.utime(scans / "scan-001.png")  # touched, not changed
    assert batch(scans, out).results == []
    assert len(batch(scans, out, Options(grey=True)).results) == 3
    assert len(batch(scans, out, Options(grey=True, model="base")).results) == 3
    assert batch(scans, out, Options(grey=True, model="base", jobs=2, timeout=99)).results == []


def test_a_deleted_output_is_made_again_and_a_changed_one_stays(scans, tmp_path):
    out = tmp_path / "out"
    batch(scans, out)
    made = (out / "scan-000.png").read_bytes()
    (out / "scan-000.png").unlink()
    assert [Path(one.source).name for one in batch(scans, out).results] == ["scan-000.png"]
    assert (out / "scan-000.png").read_bytes() == made
    (out / "scan-000.png").write_bytes(b"somebody's own work")
    third = batch(scans, out)
    assert (third.results, len(third.before.changed)) == ([], 1)
    (refused,) = (one for one in batch(scans, out, Options(grey=True)).results if one.message)
    assert "exists already" in refused.message and refused.fault == "output"
    assert (out / "scan-000.png").read_bytes() == b"somebody's own work"
    assert len(batch(scans, out, Options(grey=True, overwrite=True)).results) == 1
    assert (out / "scan-000.png").read_bytes() != b"somebody's own work"


def test_outputs_of_before_the_ledger_are_not_overwritten(scans, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "scan-000.png").write_bytes(b"older")
    first = batch(scans, out)
    assert sorted(one.status for one in first.results) == ["done", "done", "failed"]
    (out / "scan-000.png").unlink()  # the way is free: no need to ask for another try
    assert [one.status for one in batch(scans, out).results] == ["done"]


def test_a_failure_for_good_waits_for_a_change(scans, tmp_path, letters):
    out = tmp_path / "out"
    (scans / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    assert [one.message for one in batch(scans, out).failed] != []
    again = batch(scans, out)
    assert again.results == [] and "bad.png" in again.failed[0].message
    fill(scans, letters, 3)
    (scans / "scan-002.png").replace(scans / "bad.png")
    assert [one.status for one in batch(scans, out).results] == ["done"]


def test_a_locked_document_is_tried_again_with_a_password(tmp_path, make_pdf):
    scans, out = tmp_path / "in", tmp_path / "out"
    scans.mkdir()
    (scans / "locked.pdf").write_bytes(make_pdf(password="word"))
    (scans / "open.pdf").write_bytes(make_pdf())
    assert len(batch(scans, out).failed) == 1
    assert batch(scans, out).results == []
    (now,) = batch(scans, out, Options(password="word")).results
    assert now.status == "done"
    for path in (out / ".docclean").iterdir():
        assert b"word" not in path.read_bytes().replace(b"passwords", b"")


@pytest.mark.parametrize("whole", [True, False], ids=["named", "not-named"])
def test_a_document_whose_process_died_between_renaming_and_noting(whole, scans, tmp_path):
    """The ledger knew what was to appear, so it knows whether it did."""
    out = tmp_path / "out"
    batch(scans, out, Options(text=False))
    with Ledger(out / ".docclean") as ledger:
        entry = next(one for one in ledger.entries() if one.target == "scan-000.png")
        ledger.put([replace(entry, status="placing")])
    before = (out / "scan-000.png").stat().st_mtime_ns
    if not whole:
        (out / "scan-000.png").unlink()
    (result,) = batch(scans, out).results
    assert result.status == "done"
    after = (out / "scan-000.png").stat().st_mtime_ns
    assert (after == before) == whole


def test_shards_share_the_folder_and_nothing_else(scans, tmp_path):
    out = tmp_path / "out"
    for number in (1, 2):
        part = batch(scans, out, part=Part((number, 2)))
        assert len(part.results) == [2, 1][number - 1]
    assert sorted(path.name for path in (out / ".docclean").glob("*.sqlite")) == [
        "ledger-1-of-2.sqlite",
        "ledger-2-of-2.sqlite",
    ]
    assert batch(scans, out).results == []  # a call without shards knows what shards did


def test_limit_and_newest_first(scans, tmp_path):
    out = tmp_path / "out"
    os.utime(scans / "deep/scan-000.png", (2e9, 2e9))
    first = batch(scans, out, part=Part(limit=1, newest_first=True))
    assert [Path(one.source).parent.name for one in first.results] == ["deep"]
    assert first.left == 2
    assert len(batch(scans, out).results) == 2


def test_two_calls_at_once_share_the_work(tmp_path, letters):
    scans, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    fill(scans, letters, 6)
    plan = plan_outputs([scans], out)
    load = partial(Counting, log, 0.3)
    batches: list[Batch] = []

    def call() -> None:
        batches.append(process_batch(plan, out, load, state=out / ".docclean"))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(one.results) for one in batches) == 6 == len(log.read_text().splitlines())
    assert sum(one.before.held for one in batches) == 6


def test_when_asked_to_stop_what_is_in_hand_is_finished(tmp_path, letters):
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 8)
    stop = threading.Event()
    found = batch(scans, out, stop=stop, on_result=lambda _: stop.set())
    assert found.stopped and 1 <= len(found.results) < 8
    assert found.left == 8 - len(found.results)
    assert len(list(out.glob("*.png"))) == len(found.results)
    assert len(batch(scans, out).results) == found.left


@pytest.mark.slow
def test_sidecars_belong_to_the_document(tmp_path, book):
    from docclean.documents import write_pages

    scans, out = tmp_path / "in", tmp_path / "out"
    scans.mkdir()
    write_pages([book[0]], scans / "a.png")
    batch(scans, out, Options(text=True))
    (out / "a.txt").unlink()
    assert len(batch(scans, out, Options(text=True)).results) == 1
    assert (out / "a.txt").read_text().strip()


def test_the_state_may_lie_elsewhere(scans, tmp_path):
    out, state = tmp_path / "out", tmp_path / "state"
    batch(scans, out, state=state)
    assert not (out / ".docclean").exists()
    shutil.move(out, tmp_path / "moved")
    moved = process_batch(
        plan_outputs([scans], tmp_path / "moved"), tmp_path / "moved", load_inverter, state=state
    )
    assert moved.results == []


def test_a_ledger_that_is_none_is_told(scans, tmp_path):
    out = tmp_path / "out"
    (out / ".docclean").mkdir(parents=True)
    (out / ".docclean/ledger.sqlite").write_bytes(b"no ledger, but long enough to be read" * 9)
    with pytest.raises(UnreadableInputError, match=r"ledger\.sqlite: is no ledger"):
        batch(scans, out)
    (out / ".docclean/ledger.sqlite").unlink()
    (out / ".docclean").rmdir()
    (out / ".docclean").touch()
    with pytest.raises(OutputError, match="choose another --state"):
        batch(scans, out)


def test_a_name_that_is_no_utf8(tmp_path, letters):
    scans, out = tmp_path / "in", tmp_path / "out"
    fill(scans, letters, 1)[0].rename(scans / os.fsdecode(b"caf\xe9\n.png"))
    assert [one.status for one in batch(scans, out).results] == ["done"]
    assert batch(scans, out).results == []
    assert os.fsencode(next(out.glob("*.png")).name) == b"caf\xe9\n.png"
