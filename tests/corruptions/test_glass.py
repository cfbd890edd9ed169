"""What dust and hair on the glass promise beyond the family's contract."""

import numpy as np
import pytest
from fakes import drawn

from docclean.corruptions.glass import GlassDust, GlassHair

DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


def test_dust_grows_with_the_area_and_not_with_the_resolution():
    counts = []
    for dpi in (200, 400):
        page = np.full((4 * dpi, 4 * dpi), 255, np.uint8)
        params = drawn(GlassDust(), 1, size=0.2, grains=150.0, light=0.0)
        counts.append((GlassDust().on_page(page, params, dpi) < 200).mean())
    assert counts[0] == pytest.approx(counts[1], rel=0.6)


def test_dust_on_black_is_light():
    params = drawn(GlassDust(), 1, 1.0, light=1.0)
    assert GlassDust().on_page(INK, params, DPI).max() > 80
    assert (GlassDust().on_page(PAPER, params, DPI) == 255).all()


def test_a_hair_is_long_and_thin():
    for seed in range(5):
        params = drawn(GlassHair(), seed, 0.9, hairs=0.0, length=40.0, curl=0.5, width=0.08)
        page = GlassHair().on_page(PAPER, params, DPI)
        rows, columns = np.nonzero(page < 245)
        extent = np.hypot(np.ptp(rows), np.ptp(columns))
        assert extent > 50 and len(rows) < 6 * 40 * 1.2 * DPI / 25.4
