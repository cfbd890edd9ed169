"""How the command ends when it is told to: nothing half done stays, and the status says why."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from docclean import outputs
from docclean.documents import write_pages
from docclean.errors import ExitStatus
from docclean.outputs import PART, Outputs, open_output, sweep
from docclean.page import Page

WAYS = {
    "one file": (["1.png"], "x.pdf"),
    "a folder, two processes": ([".", "--jobs", "2"], ""),
    "a book, two processes": ([".", "--jobs", "2"], "book.pdf"),
}
PATIENCE = 60.0


def parts(folder: Path) -> list[Path]:
    return [*folder.rglob("*.part"), *folder.parent.joinpath("tmp").rglob("*.part")]


def begun(scans, out, inputs, name, **more) -> subprocess.Popen[str]:
    """Start a cleaning in a session of its own and wait until it has something half done."""
    aside = out.parent / "tmp"
    aside.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "docclean", "clean", *inputs, "-o", f"{out}/{name}"],
        cwd=scans,
        env={**os.environ, "TMPDIR": str(aside)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )
    deadline = time.monotonic() + PATIENCE
    while not parts(out) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert parts(out), process.communicate()[1]
    return process


@pytest.fixture
def scans(tmp_path, book) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    dark = book[0].pixels // 2
    for number in range(1, 5):
        write_pages([Page(np.roll(dark, number, 0), (300.0, 300.0))], folder / f"{number}.png")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing(number, way, scans, out):
    """As a terminal that closes tells it: every process of the session at once."""
    inputs, name = WAYS[way]
    process = begun(scans, out, inputs, name)
    os.killpg(process.pid, number)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    (line,) = [one for one in told.splitlines() if "left" not in one]
    assert line.startswith(f"docclean: {ExitStatus(128 + number).sentence}")
    left = {path.name for path in (out.parent / "tmp").iterdir()}
    assert parts(out) == [] and left <= {".ses"}  # which is ONNX Runtime's
    assert {path.name for path in out.iterdir()} <= {".docclean"}


@pytest.mark.slow
def test_under_nohup_a_terminal_may_close(scans, out):
    def deaf() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = begun(scans, out, ["1.png"], "x.pdf", preexec_fn=deaf)
    os.killpg(process.pid, signal.SIGHUP)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and (out / "x.pdf").exists()


@pytest.mark.slow
def test_what_a_killed_call_left_is_gone_after_the_next(scans, out):
    process = begun(scans, out, ["1.png"], "x.pdf")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(parts(out)) == 1
    shutil.rmtree(out.parent / "tmp")
    second = begun(scans, out, ["2.png"], "y.pdf")
    second.communicate(timeout=PATIENCE)
    assert second.returncode == 0
    assert [path.name for path in out.iterdir()] == ["y.pdf"]


# --- whose a temporary output is ------------------------------------------------------------------


def test_a_temporary_output_says_whose_it_is_and_stays_while_that_lives(out):
    with open_output(out / "x") as stream:
        (part,) = out.glob("*.part")
        machine, process, began, number = part.name[len(PART[0]) : -len(PART[1])].split("-")
        assert (int(process), began) == (os.getpid(), outputs._began(os.getpid()))
        assert len(machine) == len(number) == 8
        assert sweep(out) == 0 and part.exists()
        stream.write(b"whole")
    assert [path.name for path in out.iterdir()] == ["x"]


@pytest.mark.parametrize(
    ("whose", "goes"),
    [
        ("{machine}-{pid}-1-0123abcd", True),  # another process has the number now
        ("{machine}-999999999-1-0123abcd", True),
        ("{machine}-{pid}-{began}-0123abcd", False),
        ("{machine}-0123456789ab", True),  # of an older docclean
        ("00000000-{pid}-1-0123abcd", False),  # of another machine, and young
    ],
)
def test_dead_runs_are_swept(whose, goes, out):
    own = {"pid": os.getpid(), "began": outputs._began(os.getpid()), "machine": outputs._machine()}
    part = out / f"{PART[0]}{whose.format(**own)}{PART[1]}"
    part.touch()
    assert sweep(out) == goes
    assert part.exists() != goes


def test_a_lock_keeps_what_a_name_would_not(out, monkeypatch):
    monkeypatch.setattr(outputs, "_began", lambda process: "1")
    with Outputs() as some:
        some.open(out / "x")
        monkeypatch.setattr(outputs, "_began", lambda process: "2")
        assert sweep(out) == 0
