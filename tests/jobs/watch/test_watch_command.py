"""The command `watch`: signals, status, logs, commands after documents."""

import json
import signal
import socket
import time

import pytest
from watching import Folder, command, scan, until

from docclean.cli import run
from docclean.recipe import Options


def watch(folder: Folder, *more: object, **how):
    return command("watch", folder.inbox, folder.outbox, "--settle", "0.1", *more, **how)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_is_in_hand_be_finished(number, folder, letters, tmp_path):
    scan(folder.inbox / "a.png", letters)
    status = tmp_path / "status.json"
    process = watch(folder, "--status", status)
    until(lambda: folder.done() == ["a.png"])
    scan(folder.inbox / "b.png", letters, 2)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"stopped: " in told
    now = json.loads(status.read_text())
    assert now["done"] == len(folder.done()) == len(folder.out())
    assert time.time() - now["heartbeat"] < 30
    assert set(now) == {
        *("pid", "started", "heartbeat", "waiting", "in_hand", "done", "failed", "per_minute"),
        *("last_error", "paused"),
    }


def test_sighup_rereads_the_recipe(folder, letters, tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[clean]\nformat = "png"\n')
    scan(folder.inbox / "a.png", letters, 1)
    process = watch(folder, "--recipe", recipe)
    try:
        until(lambda: folder.out() == ["a.png"])
        recipe.write_text('[clean]\nformat = "wrong"\n')
        process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        scan(folder.inbox / "b.png", letters, 2)
        until(lambda: "b.png" in folder.out())
        recipe.write_text('[clean]\nformat = "pdf"\n')
        process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        scan(folder.inbox / "c.png", letters, 3)
        until(lambda: "c.pdf" in folder.out())
    finally:
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert b"the recipe stays as it was: " in told
    assert b"the recipe was read again" in told


def test_commands_after_documents_find_the_paths_in_their_environment(folder, letters, tmp_path):
    log = tmp_path / "hooks"
    scan(folder.inbox / "-odd $(name).png", letters)
    (folder.inbox / "bad.png").write_bytes(b"bad")
    done = (
        f'printf "%s|%s|%s\\n" "$DOCCLEAN_OUTPUT" "$DOCCLEAN_ORIGINAL" "$DOCCLEAN_PAGES" >> {log}'
    )
    fail = f'printf "%s|%s\\n" "$DOCCLEAN_REASON" "$DOCCLEAN_NOTE" >> {log}; exit 3'
    assert folder.once(on_done=done, on_fail=fail) == 4
    first, second = log.read_text().splitlines()
    output, original, pages = first.split("|")
    assert output == str(folder.outbox / "-odd $(name).png") and pages == "1"
    assert original.startswith(str(folder.inbox / ".done"))
    assert second.endswith(f"|{folder.inbox}/.failed/bad.png.error.json")
    assert "the command after bad.png ended with status 3" in folder.log


def test_a_log_for_machines(folder, letters):
    scan(folder.inbox / "new\nline.png", letters)
    process = watch(folder, "--log-json", "--once")
    _, told = process.communicate(timeout=60)
    events = [json.loads(line) for line in told.decode().splitlines()]
    assert [event["event"] for event in events] == ["start", "done", "stop"]
    assert events[1]["source"].endswith("new\nline.png") and events[1]["pages"] == 1


def test_the_service_manager_is_told(folder, letters, tmp_path):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(30)
        scan(folder.inbox / "a.png", letters)
        process = watch(folder, "--once", env={"NOTIFY_SOCKET": str(address)})
        told = []
        while not told or told[-1] != "STOPPING=1":
            told.append(manager.recv(4096).decode())
        process.communicate(timeout=30)
    assert told[0] == "READY=1"
    assert any(line.startswith("WATCHDOG=1") for line in told)


def test_options_of_clean_hold_here_too(folder, piece):
    from docclean.documents import write_pages

    write_pages([piece[0]], folder.inbox / "a.png")
    asked = Options(format="pdf", ocr=True, text=True, grey=True)
    assert folder.once(asked) == 0
    assert folder.out() == ["a.pdf", "a.txt"]
    words = (folder.outbox / "a.txt").read_text().split()
    assert len(words) > 20


def test_wrong_calls(folder, tmp_path, capsys):
    for arguments, words in (
        (["watch", str(tmp_path / "no"), str(tmp_path / "out")], "is no folder; create it"),
        (["watch", str(folder.inbox), str(folder.inbox)], "is the inbox itself"),
        (["watch", str(folder.inbox), str(tmp_path / "o"), "--model", "smal"], "there is no model"),
        (["watch", str(folder.inbox), str(tmp_path / "o"), "--pages", "1"], "--pages"),
        (["watch", str(folder.inbox), str(tmp_path / "o"), "--settle", "-1"], "--settle"),
        (["status", str(tmp_path)], "no ledger is in it"),
        (["retry", str(tmp_path)], "no ledger is in it"),
    ):
        assert run(arguments) in (1, 2)
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_with_a_grace_of_nothing_the_document_stays_in_the_inbox(folder, letters):
    from functools import partial

    from batches import Counting

    scan(folder.inbox / "slow.png", letters)
    load = partial(Counting, folder.root / "log", 30.0)
    with folder.watched(load=load, grace=0.0) as watcher:
        until(lambda: watcher.taking.in_hand)
    assert (folder.out(), folder.lying()) == ([], ["slow.png"])
    assert folder.once() == 0
    assert folder.out() == ["slow.png"]
