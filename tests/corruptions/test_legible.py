"""What an eye can still read is legible; what is lost in noise, in paper or for good is not."""

import cv2
import numpy as np
import pytest

from docclean.corruptions import chain
from docclean.corruptions.chain import dirty_sheet
from docclean.corruptions.shared.legible import is_legible
from docclean.recipe import Corrupt


def text_page(height=300, width=260, ink=0, paper=255):
    page = np.full((height, width), paper, np.uint8)
    for row in range(24, height, 26):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, ink, 2)
    return page


def noisy(page, deviation, seed=0):
    noise = np.random.default_rng(seed).normal(0, deviation, page.shape)
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def test_clean_faint_inverted_and_shaded_pages_are_legible():
    page = text_page()
    shade = np.linspace(0.2, 1, page.shape[1])[None]
    for dirty in (
        page,
        text_page(ink=205),  # a carbon copy
        255 - page,
        (page * 0.3).astype(np.uint8),
        np.clip(page * shade, 0, 255).astype(np.uint8),
        noisy(page, 60),
    ):
        assert is_legible(dirty, page)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: noisy(np.clip(page, 200, 255), 90),
        lambda page: np.full_like(page, 120),
        lambda page: np.clip(page, 247, 255),
        lambda page: np.where(np.random.default_rng(1).random(page.shape) < 0.8, 0, page),
    ],
    ids=["noise", "gone", "as pale as paper", "four pixels of five black"],
)
def test_what_nobody_reads_is_not(spoil):
    page = text_page()
    assert not is_legible(np.asarray(spoil(page), np.uint8), page)


def test_half_a_page_rubbed_out_is_not():
    page = text_page()
    dirty = page.copy()
    dirty[: page.shape[0] // 2] = 255
    assert not is_legible(dirty, page)


def test_blank_and_tiny_pages_are_legible():
    for shape in ((1, 1), (7, 513), (50, 60)):
        blank = np.full(shape, 255, np.uint8)
        assert is_legible(noisy(blank, 30), blank)


def test_an_unreadable_sheet_is_drawn_again_milder(monkeypatch):
    page = text_page()
    told = []
    real = chain.is_legible

    def judge(dirty, clean):
        told.append(real(dirty, clean))
        return told[-1]

    monkeypatch.setattr(chain, "is_legible", judge)
    corrupt = Corrupt(
        clean_share=0.0,
        severity_power=0.01,  # always as bad as can be
        only_named=True,
        members={"gaussian_noise": 1.0, "faint_ink": 1.0},
        ranges={"gaussian_noise": {"deviation": (0.0, 1.5)}},
    )
    for seed in range(5):
        told.clear()
        dirty, clean, drawn = dirty_sheet(page, np.random.default_rng(seed), corrupt)
        assert not told[0] and len(told) > 1
        assert real(dirty, clean)
        assert drawn.severity < 0.6
        again, _, _ = dirty_sheet(page, np.random.default_rng(seed), corrupt)
        assert (dirty == again).all()
