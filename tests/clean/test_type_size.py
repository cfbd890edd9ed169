"""How large letters are told to be, and what is done about small ones."""

from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean import type_size as scale
from docclean.clean.type_size import (
    LARGEST_FACTOR,
    MAX_WORK,
    WORKING_X_HEIGHT,
    bring_back,
    enlarge,
    resized,
    working_factor,
    x_height,
)
from docclean.imageops.morphology import widest
from docclean.page import Image
from docclean.scores.pixels import rmse
from docclean.synth import TextSource, typeset


def _page(dpi: int, layout: str) -> Image:
    return typeset(Random("scale"), TextSource(()), dpi, layout).page.pixels


@pytest.mark.parametrize("layout", ["book", "letter", "typescript", "newspaper"])
def test_x_height_grows_with_the_resolution(layout: str) -> None:
    small, large = x_height(_page(150, layout)), x_height(_page(300, layout))
    assert 5 <= small <= 25
    assert large == pytest.approx(2 * small, abs=2)


def test_ascenders_and_capitals_do_not_count() -> None:
    page = np.full((400, 900), 255, np.uint8)
    for row in range(40, 360, 40):
        for index, column in enumerate(range(20, 880, 20)):
            rise = 10 if index % 5 == 0 else 0  # one letter in five has an ascender
            page[row - rise : row + 16, column : column + 12] = 0
    assert x_height(page) == 16


def test_no_text_no_height() -> None:
    assert x_height(np.full((300, 300), 255, np.uint8)) == 0
    assert x_height(np.zeros((300, 300), np.uint8)) == 0
    speckled = np.full((300, 300), 255, np.uint8)
    speckled[::9, ::7] = 0
    assert x_height(speckled) == 0


def test_a_large_page_is_told_from_bands() -> None:
    page = _page(200, "letter")
    assert x_height(np.tile(page, (3, 2))) == pytest.approx(x_height(page), abs=1)


@pytest.mark.parametrize("height", [4, 8, 11, 15])
def test_small_letters_come_near_the_working_size(height: float) -> None:
    factor = working_factor(height, (800, 600))
    assert factor > 1
    assert factor == LARGEST_FACTOR or abs(factor * height - WORKING_X_HEIGHT) <= height / 4


def test_large_letters_blank_and_huge_pages_stay() -> None:
    assert working_factor(17, (800, 600)) == working_factor(40, (800, 600)) == 1
    assert working_factor(0, (800, 600)) == 1
    assert working_factor(8, (MAX_WORK // 1000, 1000)) == 1


def test_there_and_back_loses_no_letter() -> None:
    page = _page(100, "book")
    work = enlarge(page, 1.5)
    assert work.shape == (round(1.5 * page.shape[0]), round(1.5 * page.shape[1]))
    back = bring_back(page, work, work)
    assert rmse(back, page) < 0.005
    assert rmse(resized(work, page.shape), page) > 0.02  # what it makes up for


def test_dirt_that_was_cleaned_does_not_come_back() -> None:
    grain = np.random.default_rng(1).integers(180, 240, (60, 80), dtype=np.uint8)
    work = enlarge(grain, 2)
    assert (bring_back(grain, work, np.full_like(work, 255)) == 255).all()


def test_letters_that_were_made_darker_come_back_sharp() -> None:
    clean = _page(100, "book")
    pale = np.asarray(120 + clean * (90 / 255), np.uint8)  # ink of 120 on paper of 210
    work, cleaned = enlarge(pale, 2.5), enlarge(clean, 2.5)
    back = rmse(bring_back(pale, work, cleaned), clean)
    assert back < 0.75 * rmse(resized(cleaned, clean.shape), clean)
    alone = resized(cleaned, clean.shape) + (pale - resized(work, pale.shape).astype(np.float32))
    assert back < 0.85 * rmse(np.clip(alone, 0, 255).astype(np.uint8), clean)


def test_the_pages_own_greys_make_edges_truer(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = _page(100, "letter")
    light = np.linspace(0.6, 0.9, clean.shape[1])[None]
    grey = np.asarray(clean * light, np.uint8)  # in a shadow
    work, cleaned = enlarge(grey, 2.5), cv2.GaussianBlur(enlarge(clean, 2.5), (0, 0), 1)
    cleaned = np.asarray(cleaned, np.uint8)
    mixed = rmse(bring_back(grey, work, cleaned), clean)
    monkeypatch.setattr(scale, "OWN", 0.0)
    monkeypatch.setattr(scale, "STRETCH", 1.0)
    assert mixed < 0.8 * rmse(bring_back(grey, work, cleaned), clean)


def test_widest_is_a_dilation() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (23, 40), dtype=np.uint8)
    assert (widest(grey, 5) == cv2.dilate(grey, np.ones((5, 5)))).all()
    assert (widest(grey[:1, :1], 5) == grey[:1, :1]).all()
