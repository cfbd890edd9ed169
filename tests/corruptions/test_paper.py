"""What paper itself is: grain keeps to paper, age comes from the edges, wires run in lines."""

import numpy as np
import pytest

from docclean.corruptions.base import PageCorruption
from docclean.corruptions.paper import Fibres, LaidPaper, PaperTexture, Yellowing
from docclean.page import Image


def white(height: int = 300, width: int = 240) -> Image:
    return np.full((height, width), 255, np.uint8)


def drawn(member: PageCorruption, seed: int, severity: float = 0.9, **ranges: float) -> Image:
    fixed = {name: (value, value) for name, value in ranges.items()}
    params = member.sample(np.random.default_rng(seed), severity, fixed)
    return member.on_page(white(), params, 150.0)


@pytest.mark.parametrize("member", [PaperTexture(), Yellowing(), Fibres(), LaidPaper()])
def test_paper_darkens_and_ink_stays_black(member):
    params = member.sample(np.random.default_rng(3), 0.9)
    page = white()
    page[100:140] = 0
    dirty = member.on_page(page, params, 150.0)
    assert (dirty[100:140] == 0).all() and dirty[160:].mean() < 252


def test_grain_is_measured_on_paper_not_in_pixels():
    """The same paper seen at twice the resolution has blobs of twice the pixels."""
    member = PaperTexture()
    params = member.sample(np.random.default_rng(1), 0.9, {"clouds": (0, 0), "fibres": (0, 0)})
    roughness = [
        float(np.abs(np.diff(member.on_page(white(), params, dpi).astype(float))).mean())
        for dpi in (100.0, 400.0)
    ]
    assert roughness[0] > 1.5 * roughness[1]


def test_age_comes_from_the_edges():
    inner, outer = [], []
    for seed in range(8):
        page = drawn(Yellowing(), seed, reach=0.08, blotches=0.05).astype(float)
        inner.append(page[110:190, 80:160].mean())
        outer.append(min(page[:12].mean(), page[-12:].mean(), page[:, :12].mean(),
                         page[:, -12:].mean()))  # fmt: skip
    assert np.mean(outer) < np.mean(inner) - 30


def test_recycled_paper_has_threads_lighter_and_darker_than_itself():
    page = drawn(Fibres(), 2, tint=0.2, bright=0.5)
    ground = np.median(page)
    assert (page < ground - 8).mean() > 0.01 and (page > ground + 8).mean() > 0.005


def test_laid_lines_run_one_way():
    page = drawn(LaidPaper(), 5, wires=0.13, chains=0.0, tone=0.0).astype(float)
    down, right = (np.abs(np.diff(page, axis=axis)).mean() for axis in (0, 1))
    assert max(down, right) > 2.5 * min(down, right)
