"""A watched folder at its edges: one document's own trouble must not become everyone's."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from watching import scan, until

from docclean.jobs.retry import retry
from docclean.jobs.watch import ending, taking
from docclean.jobs.watch.pause import LONGEST_PAUSE, Pause


def test_a_broken_document_whose_name_is_no_text(folder, letters):
    (folder.inbox / os.fsdecode(b"bad\xff.png")).write_bytes(b"bad")
    scan(folder.inbox / "good.png", letters)
    assert folder.once() == 4
    assert folder.out() == ["good.png"]
    assert len(folder.failed()) == 2


def test_an_output_that_cannot_be_written_keeps_no_other_up(folder, letters):
    folder.outbox.mkdir()
    (folder.outbox / "sub").write_text("a file where a folder is to be")
    scan(folder.inbox / "sub/a.png", letters, 1)
    with folder.watched() as watcher:
        until(lambda: watcher.books.standing.paused)
        scan(folder.inbox / "b.png", letters, 2)
        scan(folder.inbox / "c.png", letters, 3)
        until(lambda: folder.done() == ["b.png", "c.png"])
        assert folder.lying() == ["sub/a.png"]
        (folder.outbox / "sub").unlink()
        until(lambda: len(folder.done()) == 3, 90)
    assert folder.failed() == []


def test_an_original_that_cannot_be_moved_keeps_no_other_up(folder, letters, monkeypatch):
    put = ending.put_away

    def refused(original: Path, place: Path) -> None:
        if original.name == "a.png" and not moved:
            raise PermissionError(1, "Operation not permitted")
        put(original, place)

    moved: list[bool] = []
    monkeypatch.setattr(ending, "put_away", refused)
    scan(folder.inbox / "a.png", letters, 1)
    with folder.watched():
        until(lambda: "cannot be put away" in folder.log)
        scan(folder.inbox / "b.png", letters, 2)
        until(lambda: folder.done() == ["b.png"])
        moved.append(True)
        until(lambda: folder.done() == ["a.png", "b.png"])
    assert folder.out() == ["a.png", "b.png"]
    assert folder.log.count("cannot be put away") == 1


def test_once_gives_up_an_original_that_cannot_be_moved(folder, letters, monkeypatch):
    monkeypatch.setattr(ending, "MOST_TIMES", 1)

    def refused(original: Path, place: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(ending, "put_away", refused)
    scan(folder.inbox / "a.png", letters)
    assert folder.once() == 4
    assert (folder.out(), folder.lying()) == (["a.png"], ["a.png"])
    monkeypatch.undo()
    assert folder.once() == 0
    assert (folder.out(), folder.done()) == (["a.png"], ["a.png"])


def test_once_ends_where_a_document_cannot_be_read(folder, letters, monkeypatch):
    def refused(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(taking, "content_hash", refused)
    scan(folder.inbox / "a.png", letters)
    assert folder.once(settle=0.05) == 4
    assert "a.png cannot be read (Permission denied); left alone" in folder.log
    assert folder.lying() == ["a.png"]


def test_another_folder_in_the_place_of_the_outbox_is_not_written_to(folder, letters):
    """As where a disk is unmounted; the ledger lies elsewhere and cannot tell."""
    state = folder.root / "state"
    with folder.watched(state=state) as watcher:
        scan(folder.inbox / "a.png", letters, 1)
        until(lambda: folder.done() == ["a.png"])
        folder.outbox.rename(folder.root / "away")
        folder.outbox.mkdir()
        until(lambda: "not mounted" in watcher.books.standing.paused)
        scan(folder.inbox / "b.png", letters, 2)
        until(lambda: watcher.books.standing.waiting == 1)
        assert list(folder.outbox.iterdir()) == []
        folder.outbox.rmdir()
        (folder.root / "away").rename(folder.outbox)
        until(lambda: folder.done() == ["a.png", "b.png"])
    assert folder.out() == ["a.png", "b.png"]


def test_retry_where_somebody_took_the_original(folder):
    for name in ("a.png", "b.png"):
        (folder.inbox / name).write_bytes(name.encode())
    assert folder.once() == 4
    (folder.inbox / ".failed/a.png").unlink()
    assert [path.name for path in retry(folder.outbox).back] == ["b.png"]
    assert retry(folder.outbox).back == []


def test_commands_run_one_after_the_other(folder, letters, tmp_path):
    log = tmp_path / "log"
    for number in range(3):
        scan(folder.inbox / f"{number}.png", letters, number)
    command = f"echo begin >> {log}; sleep 0.3; echo end >> {log}"
    assert folder.once(on_done=command) == 0
    assert log.read_text().split() == ["begin", "end"] * 3


def test_a_consumer_may_take_outputs_at_once(folder, letters):
    """Whoever watches the outbox moves files away as they appear."""
    taken = folder.root / "taken"
    taken.mkdir()
    for number in range(4):
        scan(folder.inbox / f"{number}.png", letters, number)
    script = f'while :; do mv "{folder.outbox}"/*.png "{taken}"; done 2>/dev/null'
    with subprocess.Popen(["bash", "-c", script], start_new_session=True) as consumer:
        try:
            assert folder.once() == 0
            until(lambda: len(list(taken.iterdir())) == 4)
        finally:
            consumer.kill()
    shutil.copy2(next((folder.inbox / ".done").rglob("0.png")), folder.inbox / "0.png")
    assert folder.once() == 0  # done once is done, wherever the output is now
    assert folder.out() == []


def test_pauses_grow_to_a_longest_one_and_never_break():
    pause = Pause(2.0)
    lengths = []
    for _ in range(2000):  # a share that is gone for a week
        pause.begin()
        lengths.append(pause.until - time.monotonic())
    assert pause.now
    assert [round(length) for length in lengths[:4]] == [2, 4, 8, 16]
    assert round(lengths[-1]) == LONGEST_PAUSE
    assert pause.times == 2000
