"""A page divided by its paper, without OpenCV."""

import numpy as np
import pytest
from fakes import text_page

from docclean.evaluation.rivals.classical import divide_background
from docclean.imageops.division import divided


def test_shade_goes_and_strokes_stay():
    page = text_page()
    shade = np.linspace(1, 0.5, page.shape[1])
    made = divided((page * shade).astype(np.uint8))
    assert made.dtype == np.uint8 and made.shape == page.shape
    assert made[page == 255].mean() > 253
    assert made[page < 40].mean() < 60


def test_it_does_what_the_classical_way_does():
    noise = np.random.default_rng(3).normal(0, 4, (240, 420))
    shade = np.linspace(250, 130, 420)
    page = np.clip(text_page() / 255 * shade + noise, 0, 255).astype(np.uint8)
    apart = np.abs(divided(page).astype(int) - divide_background(page))
    assert apart.mean() < 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 2), (4, 5), (22, 3), (100, 31)])
def test_any_size_will_do(shape):
    grey = np.full(shape, 120, np.uint8)
    assert divided(grey).shape == shape
    if min(shape) > 2:
        assert (divided(grey) == 255).all()
    assert (divided(np.zeros(shape, np.uint8)) == 0).all()
