"""What the tests of this folder share."""

import pytest
from fake_evaluations import FakeEngine, write


@pytest.fixture
def folder(tmp_path):
    """Three labelled pages (the last one clean already) and an image without truth."""
    for name, width, text in (("a", 30, "one two"), ("b", 40, "three four"), ("c", 50, "fi ve")):
        write(tmp_path / f"{name}.png", width, dirty=name != "c")
        (tmp_path / f"{name}.gt.txt").write_text(text + "\n", encoding="utf-8")
    write(tmp_path / "unlabelled.png", 60)
    return tmp_path


@pytest.fixture
def engine():
    return FakeEngine({30: "one two", 40: "three four", 50: "fi ve"})
