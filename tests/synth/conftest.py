"""What the tests of this folder share."""

import pytest
from typeset_pages import ENGLISH, _forget_fonts

from docclean.synth import (
    TextSource,
    fonts,
)


@pytest.fixture(scope="module")
def words() -> TextSource:
    return TextSource(ENGLISH)


@pytest.fixture
def no_system_fonts(monkeypatch):
    """A machine without fontconfig."""
    monkeypatch.setattr(fonts, "which", lambda program: None)
    _forget_fonts()
    yield
    _forget_fonts()
