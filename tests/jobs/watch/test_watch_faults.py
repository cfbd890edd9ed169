"""What goes wrong around a watched folder: disks, locks, deadly documents, a dead watcher."""

import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from batches import ABORTS, HANGS, leftovers, load_misbehaving, page_of
from watching import scan, until

from docclean.documents import write_pages
from docclean.errors import OutputError, UsageError
from docclean.jobs.watch import waking
from docclean.jobs.watch.places import InboxLock, kind_of, without_events
from docclean.jobs.watch.waking import Waking
from docclean.recipe import Options


def mounted(*arguments: object) -> None:
    """Mount something, or skip the test where that is not allowed."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def at_last(*command: object) -> None:
    """Run a command until it works: while the watcher has a file open there, it cannot."""
    until(lambda: not subprocess.run([*map(str, command)], capture_output=True).returncode)


def fill_up(path: Path) -> None:
    """Write until the disk is full."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError):
        while True:
            os.write(number, b"x" * 4096)
    os.close(number)


def test_a_second_watcher_is_refused_and_a_dead_ones_lock_is_taken_over(folder, letters):
    with (
        folder.watched(),
        pytest.raises(UsageError, match=rf"is watched already, by process {os.getpid()}"),
    ):
        folder.once()
    assert (folder.inbox / ".docclean/lock").exists()
    scan(folder.inbox / "a.png", letters)
    assert folder.once() == 0
    assert folder.out() == ["a.png"]


def test_an_inbox_that_is_none_or_cannot_be_written_to(folder, monkeypatch):
    with pytest.raises(UsageError, match="is no folder; create it"):
        folder.inbox = folder.root / "nowhere"
        folder.once()
    folder.inbox = folder.root / "inbox"

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OutputError, match="originals could not be put away"):
        InboxLock(folder.inbox)


@pytest.mark.slow
def test_deadly_documents_fail_and_nothing_goes_in_circles(folder, letters):
    for name, mark in (("hangs", HANGS), ("aborts", ABORTS)):
        write_pages([page_of(letters, mark)], folder.inbox / f"{name}.png")
    for number in range(3):
        scan(folder.inbox / f"good-{number}.png", letters, number)
    assert folder.once(Options(jobs=2, timeout=3), load_misbehaving) == 4
    assert folder.out() == ["good-0.png", "good-1.png", "good-2.png"]
    assert [name for name in folder.failed() if name.endswith("png")] == ["aborts.png", "hangs.png"]
    notes = {
        path.name: path.read_text() for path in (folder.inbox / ".failed").glob("*.error.json")
    }
    assert "took longer than 3 s" in notes["hangs.png.error.json"]
    assert "crashed (SIGABRT), twice" in notes["aborts.png.error.json"]
    assert '"tries": 2' in notes["aborts.png.error.json"]
    assert leftovers(folder.outbox) == []


@pytest.mark.parametrize("status", ["waiting", "running", "placing", "placed"])
def test_what_a_dead_watcher_left_is_ended(status, folder, letters):
    """Killed after any step, its successor goes on from there and does nothing twice."""
    original = scan(folder.inbox / "a.png", letters)
    kept = original.read_bytes()
    assert folder.once() == 0
    (done,) = (folder.inbox / ".done").rglob("a.png")
    written = (folder.outbox / "a.png").stat().st_ino
    shutil.copy2(done, original)
    done.unlink()
    watcher = folder.watcher()
    with watcher.books.ledger() as ledger:
        (entry,) = ledger.entries()
        gone = status in ("waiting", "running")
        ledger.put(
            [replace(entry, status=status, original="", outputs={} if gone else entry.outputs)]
        )
    if gone:
        (folder.outbox / "a.png").unlink()
    (folder.outbox / ".docclean-00000000-dead.part").touch()
    os.utime(folder.outbox / ".docclean-00000000-dead.part", (1, 1))
    assert folder.once() == 0
    assert (folder.out(), folder.done(), folder.lying()) == (["a.png"], ["a.png"], [])
    if not gone:
        assert (folder.outbox / "a.png").stat().st_ino == written
    (done,) = (folder.inbox / ".done").rglob("a.png")
    assert done.read_bytes() == kept


def test_a_document_that_the_watcher_dies_of_is_given_up(folder, letters):
    scan(folder.inbox / "a.png", letters)
    assert folder.once() == 0
    (done,) = (folder.inbox / ".done").rglob("a.png")
    done.rename(folder.inbox / "a.png")
    with folder.watcher().books.ledger() as ledger:
        (entry,) = ledger.entries()
        ledger.put([replace(entry, status="running", original="", tries=10)])
    assert folder.once() == 4
    assert "each time the watcher died of it" in folder.log


def test_a_full_disk_is_waited_for(folder, letters):
    folder.outbox.mkdir()
    mounted("-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.outbox)
    try:
        ballast = folder.outbox / "ballast"
        with folder.watched() as watcher:
            fill_up(ballast)
            scan(folder.inbox / "a.png", letters)
            until(lambda: watcher.books.standing.paused)
            assert "disk" in watcher.books.standing.paused
            assert folder.out() == ["ballast"] and folder.lying() == ["a.png"]
            ballast.unlink()
            until(lambda: folder.done() == ["a.png"])
            assert watcher.books.standing.paused == ""
        assert folder.failed() == []
        assert "goes on" in folder.log
    finally:
        subprocess.run(["umount", "-l", str(folder.outbox)], check=True)


def test_an_outbox_that_is_read_only_or_unmounted_is_waited_for(folder, letters):
    folder.outbox.mkdir()
    real = folder.root / "real"
    real.mkdir()
    mounted("--bind", real, folder.outbox)
    try:
        with folder.watched() as watcher:
            scan(folder.inbox / "a.png", letters, 1)
            until(lambda: folder.done() == ["a.png"])
            at_last("umount", folder.outbox)
            until(lambda: "is gone or not mounted" in watcher.books.standing.paused)
            scan(folder.inbox / "b.png", letters, 2)
            time.sleep(0.6)  # it would be written after 0.2 s
            assert list(folder.outbox.iterdir()) == []  # nothing is written below a mount point
            mounted("--bind", real, folder.outbox)
            until(lambda: len(folder.done()) == 2)
            at_last("mount", "-o", "remount,bind,ro", folder.outbox)
            scan(folder.inbox / "c.png", letters, 3)
            until(lambda: watcher.books.standing.paused)
            assert folder.lying() == ["c.png"]
            mounted("-o", "remount,bind,rw", folder.outbox)
            until(lambda: len(folder.done()) == 3)
        assert folder.failed() == []
    finally:
        subprocess.run(["umount", "-l", str(folder.outbox)], check=False)


def test_an_inbox_that_is_renamed_is_waited_for_and_watched_again(folder, letters):
    with folder.watched() as watcher:
        scan(folder.inbox / "a.png", letters, 1)
        until(lambda: folder.done() == ["a.png"])
        folder.inbox.rename(folder.root / "elsewhere")
        until(lambda: "is gone or not mounted" in watcher.books.standing.paused)
        folder.inbox.mkdir()
        until(lambda: not watcher.books.standing.paused)
        scan(folder.inbox / "b.png", letters, 2)
        until(lambda: folder.done() == ["b.png"])
    assert folder.out() == ["a.png", "b.png"]


def test_where_events_do_not_come_the_folder_is_looked_at(folder, letters, monkeypatch):
    assert without_events("nfs4") and without_events("cifs") and without_events("fuse.sshfs")
    assert not without_events("ext4") and not without_events("tmpfs")
    assert kind_of(Path("/proc")) == "proc"
    told: list[str] = []
    monkeypatch.setattr(waking, "kind_of", lambda _: "cifs")
    on_share = Waking(told.append, poll=False)
    on_share.start(folder.inbox)
    assert on_share.interval == waking.POLLED
    assert "is on cifs, where changes raise no events: it is looked at every 2 s" in told[0]
    with folder.watched():
        scan(folder.inbox / "a.png", letters)
        until(lambda: folder.done() == ["a.png"])


def test_when_inotify_has_run_out_the_folder_is_looked_at(folder, letters):
    """In a name space of its own, whose users may have no watch at all."""
    from watching import command

    limit = "echo 0 > /proc/sys/user/max_inotify_instances"
    if subprocess.run(["unshare", "-U", "-r", "sh", "-c", limit], capture_output=True).returncode:
        pytest.skip("no user name space can be made here")
    scan(folder.inbox / "a.png", letters)
    process = command(
        *("watch", folder.inbox, folder.outbox, "--settle", "0.1"),
        prefix=["unshare", "-U", "-r", "sh", "-c", f'{limit}; exec "$@"', "sh"],
    )
    try:
        until(lambda: folder.done() == ["a.png"])
        scan(folder.inbox / "b.png", letters, 2)
        until(lambda: len(folder.done()) == 2)
    finally:
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert b"cannot be watched by events" in told
    assert process.returncode == 0
