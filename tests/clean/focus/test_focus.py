"""Pages out of focus come into focus; all others stay as they are."""

from functools import lru_cache
from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.focus import blur as focus
from docclean.clean.focus.blur import Blur, find_blur, refocus
from docclean.clean.gate.decision import Decision
from docclean.page import Image, Page
from docclean.scores.pixels import rmse
from docclean.synth import TextSource, typeset

BLURS = [
    Blur("window", 5, 1e-3, 1.25),
    Blur("window", 6, 1e-3, 1.5),
    Blur("window", 6, 1e-3, 3.0),
    Blur("disc", 5.25, 1e-3),
]


@lru_cache
def book() -> Image:
    return typeset(Random("focus"), TextSource(()), 300, "book").page.pixels[300:1500, 200:1500]


def blurred(page: Image, blur: Blur) -> Image:
    """Spread the points of a page, by OpenCV."""
    return np.asarray(cv2.filter2D(page, -1, blur.kernel()), np.uint8)


def scanned(page: Image, deviation: float) -> Image:
    """Lay a page on grey paper and add a sensor's noise."""
    noise = np.random.default_rng(0).normal(0, deviation, page.shape)
    return np.clip(40 + page * (190 / 255) + noise + 0.5, 0, 255).astype(np.uint8)


def test_kernels_spread_and_keep_the_light() -> None:
    for blur in BLURS:
        kernel = blur.kernel()
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        assert kernel.shape[0] == kernel.shape[1] == 2 * np.ceil(blur.radius) + 1
        assert (kernel == kernel.T).all() and (kernel == kernel[::-1]).all()
    assert Blur("window", 6, 0.0, 3.0).width() == pytest.approx(2, rel=0.05)
    assert Blur("disc", 5.0, 0.0).width() == pytest.approx(2.5, rel=0.02)  # radius / 2
    assert np.allclose(  # OpenCV's own window of the same deviation
        Blur("window", 5, 0.0, 1.25).kernel()[5], cv2.getGaussianKernel(11, 4)[:, 0] * 0.1183,
        atol=2e-3,
    )  # fmt: skip


@pytest.mark.parametrize("blur", BLURS, ids=str)
def test_a_blur_is_found_and_turned_back(blur: Blur) -> None:
    soft = blurred(book(), blur)
    before = soft.copy()
    found = find_blur(soft)
    assert found is not None
    assert found.width() == pytest.approx(blur.width(), abs=0.4)
    assert rmse(refocus(soft, found), book()) < 0.6 * rmse(soft, book())
    assert (soft == before).all()


def test_a_scan_out_of_focus_is_found_under_its_noise() -> None:
    soft = scanned(blurred(book(), Blur("disc", 5.25, 0.0)), 2)
    found = find_blur(soft)
    assert found is not None
    assert found.shape == "disc" and found.radius == pytest.approx(5.25, abs=0.3)
    assert found.noise > 1e-3


@pytest.mark.parametrize(
    "page",
    [
        lambda: book(),
        lambda: scanned(book(), 3),
        lambda: scanned(blurred(book(), Blur("window", 3, 0.0, 3.0)), 6),  # soft type in grain
        lambda: scanned(cv2.resize(book(), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), 4),
        lambda: np.full((900, 700), 255, np.uint8),
        lambda: cv2.GaussianBlur(scanned(np.full((900, 700), 200, np.uint8), 60), (0, 0), 9),
        lambda: np.zeros((1, 1), np.uint8),
        lambda: np.full((255, 4000), 7, np.uint8),
    ],
    ids=["sharp", "scan", "grain", "small", "blank", "clouds", "dot", "strip"],
)  # fmt: skip
def test_other_pages_are_left_alone(page) -> None:
    assert find_blur(page()) is None


def test_tiles_make_the_page_that_one_piece_would(monkeypatch: pytest.MonkeyPatch) -> None:
    blur = BLURS[0]
    soft = blurred(book(), blur)
    whole = refocus(soft, blur)
    monkeypatch.setattr(focus, "TILE_AREA", 300_000)
    tiled = refocus(soft, blur)
    off = np.abs(whole.astype(int) - tiled)[64:-64, 64:-64]
    assert np.percentile(off, 99) <= 4 and off.max() < 20  # rings of a far-off edge


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
def test_the_cleaner_brings_a_page_into_focus_and_says_so(colour: bool) -> None:
    soft = blurred(book(), BLURS[0])
    page = Page(np.dstack([soft] * 3) if colour else soft, (300, 300))
    cleaned = Cleaner.load("small").clean(page)
    told = cleaned.decision.to_dict()
    assert told["verdict"] == "cleaned" and "out of focus" in str(told["reason"])
    assert told["blur"] == pytest.approx(2.85, abs=0.1)
    assert cleaned.page.pixels.shape == page.pixels.shape
    assert rmse(cleaned.page.grey(), book()) < 0.6 * rmse(soft, book())


def test_what_the_gate_keeps_afterwards_is_still_not_the_page_that_came() -> None:
    kept = Decision("kept", "nothing to clean", {"crumbs": 1.0}, untouched=True)
    told = kept.after_focus(2.345)
    assert told.verdict == "cleaned" and not told.untouched
    assert told.reason == "the page was out of focus (2.3 px); then left so: nothing to clean"
    assert told.measures == {"crumbs": 1.0, "blur": 2.35}


def test_the_soft_rim_of_a_picture_is_no_blur():
    """A wide disc has hardly any edges: what little there is of them says nothing of focus."""
    page = np.full((512, 768), 255, np.uint8)
    cv2.circle(page, (384, 256), 180, 90, -1)
    assert find_blur(np.asarray(cv2.GaussianBlur(page, (0, 0), 2), np.uint8)) is None
