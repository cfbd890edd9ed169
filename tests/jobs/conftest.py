"""What the tests of this folder share."""

import numpy as np
import pytest


@pytest.fixture
def scan(letters):
    """A scan of letters, large enough to be looked at."""
    return np.ascontiguousarray(np.tile(letters, (3, 3)))
