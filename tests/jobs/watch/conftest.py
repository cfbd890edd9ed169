"""One folder for each test, and a watcher that looks at it often: nobody waits for seconds here."""

import pytest
from watching import Folder

from docclean.jobs.watch import waking, watcher


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Folder:
    monkeypatch.setattr(watcher, "TURN", 0.1)
    monkeypatch.setattr(watcher, "LOOK", 0.05)
    monkeypatch.setattr(waking, "DEBOUNCE", 60)
    return Folder(tmp_path)
