"""A picture put away comes back as it was, whole or by rows."""

import numpy as np
import pytest

from docclean.imageops.packed import ROWS, Packed


@pytest.mark.parametrize("height", [1, ROWS, 2 * ROWS + 17])
def test_what_is_put_away_comes_back(height):
    page = np.random.default_rng(0).integers(0, 256, (height, 40), np.uint8)
    packed = Packed(40)
    for top in range(0, height, 100):  # whatever rows come together
        packed.put(page[top : top + 100])
    assert packed.shape == page.shape and (packed.whole() == page).all()
    rows = slice(height // 3, height // 2 + 1)
    assert (packed.rows(rows) == page[rows]).all()
    assert (packed[rows, slice(3, 9)] == page[rows, 3:9]).all()
    out = np.zeros_like(page)
    packed.into(out)
    assert (out == page).all()


def test_a_white_page_takes_no_room():
    packed = Packed.of(np.full((1000, 1000), 255, np.uint8))
    assert packed.nbytes < 10_000
