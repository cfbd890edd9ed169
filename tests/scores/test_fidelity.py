"""Fidelity: equal to published figures and to independent programs, and sane at the edges."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from docclean.scores.pixels import (
    Fidelity,
    compare,
    drd,
    f_measure,
    ink_of,
    pseudo_f_measure,
    psnr,
    rmse,
    ssim,
)

DIBCO = Path(__file__).parents[2] / "shared/data/dibco-printed"

shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)
pages = hnp.arrays(np.uint8, shapes)
masks = hnp.arrays(np.bool_, shapes)


@st.composite
def pairs(draw, kind):
    first = draw(kind)
    return first, draw(hnp.arrays(first.dtype, first.shape))


def text(seed: int = 0) -> np.ndarray:
    """A page of type, grey, 0..255."""
    page = np.full((150, 420), 255, np.uint8)
    rng = np.random.default_rng(seed)
    for line in range(4):
        words = "".join(rng.choice(list("abcdefghiklmnoprstu   "), 26))
        cv2.putText(page, words, (6, 32 + 34 * line), cv2.FONT_HERSHEY_COMPLEX, 0.8, 0, 2)
    return page


def binary_pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Truth and reading of several kinds, as ink."""
    rng = np.random.default_rng(1)
    truth = ink_of(text())
    solid = truth.astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    return {
        "noise": (rng.random((61, 83)) < 0.5, rng.random((61, 83)) < 0.5),
        "thin": (truth, cv2.erode(solid, square) > 0),
        "thick": (truth, cv2.dilate(solid, square) > 0),
        "speckled": (truth, truth ^ (rng.random(truth.shape) < 0.02)),
        "shifted": (truth, np.roll(truth, 1, axis=1)),
        "cropped": (truth[:77, :91], np.roll(truth, 2, axis=0)[:77, :91]),
    }


PAIRS = binary_pairs()
each_pair = pytest.mark.parametrize(("truth", "ink"), PAIRS.values(), ids=PAIRS.keys())


def slow_drd(truth: np.ndarray, ink: np.ndarray, block: int = 8) -> float:
    """The definition of Lu, Kot & Shi, pixel by pixel; of each block the first `block` pixels."""
    steps = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if dy or dx]
    whole = sum(1 / math.hypot(*step) for step in steps)
    height, width = truth.shape
    total = 0.0
    for y, x in np.argwhere(truth != ink):
        for dy, dx in steps:
            if 0 <= y + dy < height and 0 <= x + dx < width and truth[y + dy, x + dx] != ink[y, x]:
                total += 1 / math.hypot(dy, dx) / whole
    blocks = [
        truth[top : top + block, left : left + block]
        for top in range(0, height - 7, 8)
        for left in range(0, width - 7, 8)
    ]
    return total / max(sum(bool(one.any() and not one.all()) for one in blocks), 1)


def counted(right: int, invented: int, lost: int, paper: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and reading with so many pixels of each kind, as one row of ink."""
    counts = [right, invented, lost, paper]
    return (
        np.repeat([True, False, True, False], counts)[None],
        np.repeat([True, True, False, False], counts)[None],
    )


def picture(ink: np.ndarray) -> np.ndarray:
    return np.where(ink, 0, 255).astype(np.uint8)


# --- published figures ---


def test_example_of_the_dibco_2009_call():
    # "CTP = 27, CFP = 11, CFN = 8 ... FM = 73.9 %"
    assert f_measure(*counted(27, 11, 8, 100)) == pytest.approx(73.9, abs=0.1)


def test_sample_run_of_the_dibco_tool():
    # the readme of the contest's DIBCO_metrics prints 93.598747 and 15.816293 for its sample PR
    truth, ink = counted(61573, 1929, 6493, 251404)
    assert f_measure(truth, ink) == pytest.approx(93.598747, abs=1e-6)
    assert psnr(picture(truth), picture(ink)) == pytest.approx(15.816293, abs=1e-6)


def test_worked_example_of_lu_kot_shi():
    truth = np.zeros((8, 8), bool)
    for y, x in [(0, 5), (2, 0), (3, 1), (4, 2), (4, 3), (4, 4), (6, 6), (7, 1), (7, 7)]:
        truth[y, x] = True
    ink = truth.copy()
    ink[4, 3] = False
    # two neighbours beside the lost pixel, one a knight's move off: 2 x 0.0724 + 0.0324
    assert drd(truth, ink) == pytest.approx(0.1771, abs=5e-5)


# pseudo-F of Otsu's ink by a port of the contest tool's weights, from outside this project
OFFICIAL = {
    "2009-P01": 91.558,
    "2009-P02": 98.314,
    "2009-P03": 99.018,
    "2009-P04": 81.358,
    "2009-P05": 93.466,
    "2011-PR1": 97.467,
    "2011-PR2": 74.531,
    "2011-PR3": 96.709,
    "2011-PR4": 98.189,
    "2011-PR5": 76.827,
    "2011-PR6": 91.555,
    "2011-PR7": 89.470,
    "2011-PR8": 90.369,
}


@pytest.mark.data
@pytest.mark.skipif(not DIBCO.is_dir(), reason="needs the benchmark beside the project")
@pytest.mark.parametrize("name", OFFICIAL)
def test_on_dibco_pages(name):
    truth, ink = (
        ink_of(cv2.imread(str(DIBCO / side / f"{name}.png"), cv2.IMREAD_GRAYSCALE))
        for side in ("clean", "noisy")
    )
    assert pseudo_f_measure(truth, ink) == pytest.approx(OFFICIAL[name], abs=0.15)
    assert drd(truth, ink) == pytest.approx(slow_drd(truth, ink))
    doxapy = pytest.importorskip("doxapy")
    theirs = doxapy.calculate_performance(picture(truth), picture(ink))
    assert f_measure(truth, ink) == pytest.approx(theirs["fm"], abs=0.01)
    assert psnr(picture(truth), picture(ink)) == pytest.approx(theirs["psnr"], abs=0.01)


# --- independent programs ---


@each_pair
def test_equals_doxa(truth, ink):
    doxapy = pytest.importorskip("doxapy")
    theirs = doxapy.calculate_performance(picture(truth), picture(ink))
    assert f_measure(truth, ink) == pytest.approx(theirs["fm"], abs=1e-6)
    assert psnr(picture(truth), picture(ink)) == pytest.approx(theirs["psnr"], abs=1e-6)
    # doxapy 0.9 looks at 7 x 7 pixels of each block of 8 x 8 and so divides by too few blocks
    assert slow_drd(truth, ink, block=7) == pytest.approx(theirs["drdm"], rel=1e-4)
    assert drd(truth, ink) == pytest.approx(slow_drd(truth, ink))


@pytest.mark.parametrize("size", [(200, 300), (600, 40), (11, 12), (513 + 10, 30)])
def test_ssim_equals_scikit_image(size):
    metrics = pytest.importorskip("skimage.metrics")
    rng = np.random.default_rng(2)
    a = cv2.resize(text(), size[::-1])
    b = np.clip(a * 0.8 + rng.normal(20, 25, size), 0, 255).astype(np.uint8)
    for one, other in [(a, b), (a, a // 2), (255 - a // 64, 255 - b // 64)]:
        theirs = metrics.structural_similarity(
            one,
            other,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
        assert ssim(one, other) == pytest.approx(theirs, abs=1e-4)


# --- meaning ---


def test_pseudo_f_forgives_thin_strokes_not_lost_or_joined_ones():
    truth = np.zeros((80, 120), bool)
    truth[10:70, 20:29] = truth[10:70, 35:44] = True
    thinner, broken, joined, stained = (truth.copy() for _ in range(4))
    thinner[:, [20, 28, 35, 43]] = False
    broken[35:37] = False
    joined[35:37, 20:44] = True
    stained[35:37, 90:96] = True
    assert pseudo_f_measure(truth, thinner) == 100
    assert f_measure(truth, thinner) < 90
    assert pseudo_f_measure(truth, broken) < 100
    assert pseudo_f_measure(truth, joined) < pseudo_f_measure(truth, stained)


def test_a_break_costs_the_same_in_thick_and_thin_strokes():
    readings = []
    for width in (5, 11, 21):
        truth = np.zeros((200, 80), bool)
        truth[20:180, 30 : 30 + width] = True
        ink = truth.copy()
        ink[100:110] = False
        readings.append(pseudo_f_measure(truth, ink))
    assert max(readings) - min(readings) < 0.5


def test_a_lost_dot_counts():
    truth = np.zeros((40, 40), bool)
    truth[5:35, 10:15] = truth[20:22, 30:32] = True  # thinning leaves nothing of 2 x 2 pixels
    ink = truth.copy()
    ink[20:22, 30:32] = False
    assert pseudo_f_measure(truth, ink) < 100


def test_otsu_splits_a_page_and_leaves_bare_paper_whole():
    rng = np.random.default_rng(3)
    page = text()
    printed = page < 128
    assert np.array_equal(ink_of(picture(printed)), printed)
    worn = np.clip(page * 0.5 + 90 + rng.normal(0, 6, page.shape), 0, 255).astype(np.uint8)
    assert f_measure(printed, ink_of(worn)) > 98
    assert not ink_of(np.full((30, 40), 231, np.uint8)).any()
    assert not ink_of(np.clip(rng.normal(225, 8, page.shape), 0, 255).astype(np.uint8)).any()


def test_compare_takes_all_measures():
    twin = text()
    page = np.clip(twin * 0.7 + 40, 0, 255).astype(np.uint8)
    truth, ink = ink_of(twin), ink_of(page)
    assert compare(page, twin) == Fidelity(
        rmse(page, twin),
        psnr(page, twin),
        ssim(page, twin),
        f_measure(truth, ink),
        pseudo_f_measure(truth, ink),
        drd(truth, ink),
    )


# --- edges ---


@given(page=pages)
def test_equal_pages(page):
    found = compare(page, page.copy())
    assert found == Fidelity(0, math.inf, pytest.approx(1, abs=1e-5), 100, 100, 0)


@given(both=pairs(pages))
def test_measures_stay_in_range(both):
    found = compare(*both)
    assert 0 <= found.rmse <= 1
    assert -1.001 <= found.ssim <= 1.001
    assert 0 <= found.f_measure <= 100
    assert 0 <= found.pseudo_f <= 100 + 1e-9
    assert 0 <= found.drd < math.inf
    assert ssim(*both) == pytest.approx(ssim(*both[::-1]), abs=1e-5)


@given(both=pairs(masks))
def test_any_masks(both):
    truth, ink = both
    assert 0 <= pseudo_f_measure(truth, ink) <= 100 + 1e-9
    assert drd(truth, ink) == pytest.approx(slow_drd(truth, ink))
    assert f_measure(truth, ink) == f_measure(ink, truth)
    assert np.array_equal(ink_of(picture(truth)), truth) or truth.all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 9), (20, 33)])
def test_empty_and_full(shape):
    none, full = np.zeros(shape, bool), np.ones(shape, bool)
    for measure in (f_measure, pseudo_f_measure):
        assert measure(none, none) == measure(full, full) == 100
        assert measure(none, full) == measure(full, none) == 0
    assert drd(none, none) == drd(full, full) == 0
    assert drd(none, full) == drd(full, none)
    speck = none.copy()
    speck[0, 0] = True
    assert math.isfinite(drd(none, speck)) and math.isfinite(drd(speck, none))
    assert 0 <= pseudo_f_measure(speck, full) <= 100
    assert 0 <= pseudo_f_measure(full, speck) <= 100


@pytest.mark.parametrize("measure", [rmse, psnr, ssim, compare])
def test_pages_of_different_shape(measure):
    with pytest.raises(ValueError, match="different shape"):
        measure(np.zeros((9, 9), np.uint8), np.zeros((9, 8), np.uint8))


@pytest.mark.parametrize("measure", [f_measure, pseudo_f_measure, drd])
def test_masks_of_different_shape(measure):
    with pytest.raises(ValueError, match="different shape"):
        measure(np.zeros((9, 9), bool), np.zeros((8, 9), bool))


def test_rmse_and_psnr_of_black_and_white():
    black, white = np.zeros((600, 4), np.uint8), np.full((600, 4), 255, np.uint8)
    assert rmse(black, white) == 1
    assert psnr(black, white) == 0
