"""What the tests of this folder share."""

import pytest

from docclean.truth import read_truth


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a truth file and reads it."""

    def read(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_truth(path)

    return read
