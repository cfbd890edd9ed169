"""A watched folder: what is taken and when, what comes out, where originals go."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from watching import names, scan, until

from docclean.errors import UsageError
from docclean.jobs.retry import retry
from docclean.jobs.status import standing
from docclean.recipe import Options


def test_what_is_there_already_and_what_lands_later(folder, letters):
    scan(folder.inbox / "early.png", letters, 1)
    with folder.watched():
        until(lambda: folder.out() == ["early.png"])
        scan(folder.inbox / "late.png", letters, 2)
        scan(folder.root / "made/deep/er.tif", letters, 3)
        (folder.root / "made").rename(folder.inbox / "moved in")
        until(lambda: len(folder.done()) == 3)
    assert folder.out() == ["early.png", "late.png", "moved in/deep/er.tif"]
    assert folder.done() == folder.out()
    assert folder.lying() == []
    assert standing(folder.outbox).done == 3


def test_a_document_is_taken_once_it_rests(folder, letters):
    whole = scan(folder.root / "whole.png", letters).read_bytes()
    with folder.watched(settle=1.0):
        slow = folder.inbox / "slow.png"
        with slow.open("wb") as stream:
            for at in range(0, len(whole), len(whole) // 5 + 1):
                stream.write(whole[at : at + len(whole) // 5 + 1])
                stream.flush()
                assert folder.out() == []
                time.sleep(0.4)
        until(lambda: folder.done() == ["slow.png"])
    assert folder.failed() == []


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".tif"])
def test_a_document_that_rests_half_written_is_waited_for(suffix, folder, letters, make_pdf):
    """A truncated file may open; a scanner may reopen one after seconds."""
    whole = (
        make_pdf() if suffix == ".pdf" else scan(folder.root / f"a{suffix}", letters).read_bytes()
    )
    path = folder.inbox / f"half{suffix}"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    with folder.watched(settle=0.3):  # given up after 3.6 s
        time.sleep(1.0)
        assert (folder.out(), folder.failed()) == ([], [])
        with path.open("ab") as stream:
            stream.write(whole[len(whole) * 3 // 4 :])
        until(lambda: folder.done() == [path.name])
    assert folder.failed() == []


def test_a_broken_one_fails_with_its_reason(folder, letters):
    good = scan(folder.inbox / "good.png", letters).read_bytes()
    (folder.inbox / "sub").mkdir()
    (folder.inbox / "sub/bad.png").write_bytes(good[: len(good) // 2])
    (folder.inbox / "empty.pdf").touch()
    assert folder.once() == 4
    assert folder.out() == ["good.png"]
    assert folder.failed() == [
        *("empty.pdf", "empty.pdf.error.json", "sub/bad.png", "sub/bad.png.error.json")
    ]
    told = json.loads((folder.inbox / ".failed/sub/bad.png.error.json").read_text())
    assert "truncated or damaged" in told["reason"]
    assert (told["file"], told["fault"]) == ("bad.png", "input")
    assert told["tries"] >= 1 and told["when"].startswith("20")
    found = standing(folder.outbox)
    assert (found.done, found.failed, found.waiting) == (1, 2, 0)
    assert found.failures[0].original.startswith(str(folder.inbox / ".failed"))


def test_names_that_are_no_documents_yet(folder, letters):
    for name in ("a.png.part", ".hidden.png", "~$b.png", "c.png~", "d.tmp", "e.filepart", "f.txt"):
        scan(folder.inbox / "x.png", letters).rename(folder.inbox / name)
    assert folder.once() == 0
    assert folder.out() == []
    assert len(folder.lying()) == 6
    assert "f.txt is no document by its name; left alone" in folder.log
    (folder.inbox / "a.png.part").rename(folder.inbox / "a.png")
    assert folder.once() == 0
    assert folder.out() == ["a.png"]


def test_the_same_content_is_done_once_and_the_same_name_twice(folder, letters):
    scan(folder.inbox / "a.png", letters, 1)
    scan(folder.inbox / "twin.png", letters, 1)
    assert folder.once() == 0
    assert folder.out() == ["a.png"]
    assert "twin.png is the same as a.png, done before as" in folder.log
    scan(folder.inbox / "a.png", letters, 2)
    assert folder.once() == 0
    assert folder.out() == ["a (2).png", "a.png"]
    assert folder.done() == ["a (2).png", "a.png", "twin.png"]
    scan(folder.inbox / "a.png", letters, 2)  # other options, another result
    assert folder.once(Options(grey=True)) == 0
    assert folder.out() == ["a (2).png", "a (3).png", "a.png"]


def test_folders_that_would_go_round_in_circles_are_refused(folder):
    inside = folder.inbox / "inside"
    for outbox, more in (
        (folder.inbox, {}),
        (folder.root, {}),
        (folder.outbox, {"done": folder.inbox}),
        (folder.outbox, {"failed": folder.root}),
    ):
        folder.outbox = outbox
        with pytest.raises(UsageError, match=r"choose (another|folders)"):
            folder.watcher(**more)
    folder.outbox = inside
    folder.watcher(done=inside / "done")


def test_outbox_done_and_failed_may_lie_in_the_inbox(folder, letters):
    folder.outbox = folder.inbox / "out"
    scan(folder.inbox / "a.png", letters)
    (folder.inbox / "b.png").write_bytes(b"bad")
    more = {"done": folder.inbox / "done", "failed": folder.inbox / "bad"}
    assert folder.once(**more) == 4
    assert folder.once(**more) == 0
    assert names(folder.inbox) == ["bad/b.png", "bad/b.png.error.json", "done/a.png", "out/a.png"]


def test_odd_names_and_links(folder, letters):
    outside = scan(folder.root / "outside.png", letters, 9)
    (folder.inbox / "link.png").symlink_to(outside)
    (folder.inbox / "loop").symlink_to(folder.inbox)
    os.mkfifo(folder.inbox / "pipe.png")
    odd = [b"-o.png", b"new\nline.png", b"caf\xe9.png", b"n" * 246 + b".png", b"#%&;$(touch x).png"]
    for number, name in enumerate(odd):
        scan(folder.root / "x.png", letters, number).rename(folder.inbox / os.fsdecode(name))
    assert folder.once() == 0
    assert sorted(map(os.fsencode, folder.out())) == sorted(odd)
    assert folder.lying() == ["link.png", "pipe.png"]
    assert folder.log.count("is a link and is left alone") == 2
    assert "new\\x0aline.png ->" in folder.log
    scan(folder.inbox / os.fsdecode(odd[3]), letters, 77)
    (folder.inbox / os.fsdecode(odd[3])).write_bytes(b"long and bad")
    assert folder.once() == 4
    assert sorted(len(os.fsencode(name)) for name in folder.failed()) == [250, 255]


def test_originals_go_across_file_systems_too(folder, letters):
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == folder.root.stat().st_dev:
        pytest.skip("no second file system is at hand")
    import tempfile

    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        original = scan(folder.inbox / "a.png", letters)
        data, at = original.read_bytes(), original.stat().st_mtime_ns
        assert folder.once(done=Path(other) / "done") == 0
        moved = Path(other) / "done/a.png"
        assert (moved.read_bytes(), moved.stat().st_mtime_ns) == (data, at)
        assert names(Path(other)) == ["done/a.png"]
    assert folder.lying() == []


def test_a_document_replaced_while_it_is_cleaned_is_not_lost(folder, letters):
    path = scan(folder.inbox / "a.png", letters, 1)
    watcher = folder.watcher()
    put = watcher.ending.put_away

    def replaced() -> None:
        if watcher.books.ended and "second" not in seen:
            seen.append("second")
            scan(path, letters, 2)
        put()

    seen: list[str] = []
    watcher.ending.put_away = replaced  # type: ignore[method-assign]
    import threading

    thread = threading.Thread(target=watcher.run)
    thread.start()
    until(lambda: len(folder.out()) == 2 and folder.done())
    watcher.stop.set()
    thread.join(30)
    assert "was replaced while it was cleaned" in folder.log
    assert folder.out() == ["a (2).png", "a.png"]
    assert folder.done() == ["a.png"]  # the second one; the first was not ours any more


def test_retry_brings_originals_back(folder, letters):
    bad = folder.inbox / "bad.png"
    bad.write_bytes(b"not yet")
    scan(folder.inbox / "good.png", letters)
    assert folder.once() == 4
    again = retry(folder.outbox)
    assert (again.back, folder.failed()) == ([bad], [])
    scan(bad, letters, 5)
    assert folder.once() == 0
    retry(folder.outbox, ["good.png"])
    shutil.rmtree(folder.outbox / "good.png", ignore_errors=True)
    assert folder.once() == 0
    assert folder.out() == ["bad.png", "good (2).png", "good.png"]


def test_sidecars_get_names_with_their_document(folder, letters):
    (folder.outbox).mkdir()
    (folder.outbox / "a.txt").write_text("somebody's")
    scan(folder.inbox / "a.png", letters)
    assert folder.once(Options(text=True)) == 0
    assert folder.out() == ["a (2).png", "a (2).txt", "a.txt"]
    assert (folder.outbox / "a.txt").read_text() == "somebody's"
