"""What the tests of this folder share."""

from pathlib import Path

import pytest
from fakes import Identity


@pytest.fixture(autouse=True)
def no_model(monkeypatch) -> None:
    """Clean with a cleaner that changes nothing."""
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
