"""What the counts of a page's greys tell of its pixels."""

import numpy as np
import pytest

from docclean.imageops.threshold import histogram, percentiles


@pytest.mark.parametrize("pixels", [1, 2, 3, 10, 11, 101, 5000])
@pytest.mark.parametrize("greys", [2, 20, 256])
def test_percentiles_of_counts_are_those_of_the_pixels(pixels, greys):
    values = np.random.default_rng(pixels).integers(0, greys, (pixels, 1), dtype=np.uint8)
    asked = (0, 3, 10, 50, 90, 97.5, 100)
    assert percentiles(histogram(values), *asked) == pytest.approx(np.percentile(values, asked))


def test_percentiles_of_many_rows_are_those_of_each():
    rows = np.random.default_rng(0).integers(0, 256, (5, 77), dtype=np.uint8)
    counts = np.stack([histogram(row[None]) for row in rows])
    assert percentiles(counts, 3, 98) == pytest.approx(np.percentile(rows, (3, 98), axis=1))
