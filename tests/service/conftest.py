"""One service for the tests that leave it as it was."""

from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="the extra 'serve' is not installed")
from served import Served, scan


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def png() -> bytes:
    return scan()
