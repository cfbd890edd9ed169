"""Documents that hang, abort or eat all memory cost only themselves."""

import time

import pytest
from batches import ABORTS, EXITS, HANGS, HUNGRY, fill, leftovers, load_misbehaving, page_of

from docclean.documents import write_pages
from docclean.jobs.batch import process_batch, process_many
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.plan import plan_outputs
from docclean.recipe import Options

TIMEOUT = 3.0


@pytest.fixture
def poisoned(tmp_path, letters):
    """Ten good scans with four bad ones among them."""
    fill(tmp_path / "in", letters, 10)
    for name, mark in (("1", HANGS), ("3", ABORTS), ("5", HUNGRY), ("7", EXITS)):
        write_pages([page_of(letters, mark)], tmp_path / f"in/scan-00{name}-bad.png")
    return tmp_path / "in"


def test_each_bad_one_fails_with_its_own_reason_and_the_others_are_done(poisoned, tmp_path):
    out = tmp_path / "out"
    options = Options(jobs=2, timeout=TIMEOUT, memory="3G")
    plan = plan_outputs([poisoned], out)
    started = time.monotonic()
    batch = process_batch(plan, out, load_misbehaving, options, state=out / ".docclean")
    assert time.monotonic() - started < 2 * TIMEOUT + 20
    assert len([one for one in batch.results if one.status == "done"]) == 10
    reasons = [one.message for one in sorted(batch.failed, key=lambda one: one.source)]
    for reason, words in zip(
        reasons,
        (
            "took longer than 3 s; give it more with --timeout",
            "its process crashed (SIGABRT), twice",
            "needs more memory than it may take",
            "was killed, most often for want of memory",
        ),
        strict=True,
    ):
        assert words in reason
    assert [one.fault for one in sorted(batch.failed, key=lambda one: one.source)] == [
        *("late", "crash", "memory", "memory")
    ]
    assert leftovers(out) == []
    with Ledger(out / ".docclean") as ledger:
        assert [entry.tries for entry in ledger.entries("failed")] == [2] * 4
    again = process_batch(plan, out, load_misbehaving, options, state=out / ".docclean")
    assert again.results == [] and len(again.failed) == 4


def test_without_a_ledger_too(poisoned, tmp_path):
    """One document alone, where a bound is given."""
    bad = poisoned / "scan-003-bad.png"
    (result,) = process_many(
        [(bad, tmp_path / "x.png")], load_misbehaving, Options(timeout=TIMEOUT)
    )
    assert "SIGABRT" in result.message
    assert result.exit_status == 4


def test_time_is_given_by_the_number_of_pages(tmp_path, make_pdf, monkeypatch):
    from docclean.jobs import task
    from docclean.jobs.processes.limits import allowed

    seen: list[float] = []
    monkeypatch.setattr(task, "within", _noting(seen))
    (tmp_path / "a.pdf").write_bytes(make_pdf(7))
    with task.in_time(tmp_path / "a.pdf", Options()):
        pass
    assert seen[-1] == allowed(7, None) == 60 + 7 * 60
    with task.in_time(tmp_path / "a.pdf", Options(timeout=5)):
        pass
    assert seen[-1] == 5


def _noting(seen):
    from contextlib import contextmanager

    @contextmanager
    def within(seconds):
        seen.append(seconds)
        yield

    return within
