"""Temporary files of a run: where they go, and what is left when it ends."""

import os
import tempfile
from contextlib import ExitStack

import pytest

from docclean.jobs.processes.scratch import scratch


@pytest.mark.parametrize("said", [None, "here"])
@pytest.mark.parametrize("first_out", [0, 1])
def test_two_runs_of_a_process_may_end_in_any_order(first_out, said, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("TMPDIR", raising=False)
    if said:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = os.environ.get("TMPDIR"), tempfile.gettempdir()
    stacks = ExitStack(), ExitStack()
    folders = [stack.enter_context(scratch()) for stack in stacks]
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(folders[1])
    stacks[first_out].close()
    left = folders[1 - first_out]
    assert left.exists() and not folders[first_out].exists()
    with tempfile.NamedTemporaryFile() as made:
        assert made.name.startswith(str(left))
    stacks[1 - first_out].close()
    assert (os.environ.get("TMPDIR"), tempfile.gettempdir()) == before
    assert not any(folder.exists() for folder in folders)
