"""What the measures of fidelity mean, and their edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ink_pairs import picture, slow_drd, text

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

shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)
pages = hnp.arrays(np.uint8, shapes)
masks = hnp.arrays(np.bool_, shapes)


@st.composite
def pairs(draw, kind):
    first = draw(kind)
    return first, draw(hnp.arrays(first.dtype, first.shape))


# --- meaning --------------------------------------------------------------------------------------


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


# --- edges ----------------------------------------------------------------------------------------


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
