"""The lightest and the darkest of what lies around a pixel."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter

from docclean.imageops.morphology import darkest, spread, widest


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (40, 31)], ids=str)
def test_they_are_what_pillow_finds(shape: tuple[int, int], side: int) -> None:
    page = np.random.default_rng(side).integers(0, 256, shape, dtype=np.uint8)
    image = Pillow.fromarray(page)
    if min(shape) > side:
        assert (widest(page, side) == np.asarray(image.filter(ImageFilter.MaxFilter(side)))).all()
        assert (darkest(page, side) == np.asarray(image.filter(ImageFilter.MinFilter(side)))).all()
    assert (darkest(page, side) == 255 - widest(255 - page, side)).all()
    assert (spread(page > 200, side // 2) == (widest(page, side) > 200)).all()
