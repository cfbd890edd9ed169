"""Fidelity: equal to published figures and to independent programs, and sane at the edges."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from ink_pairs import picture, slow_drd, text

from docclean.scores.pixels import (
    drd,
    f_measure,
    ink_of,
    pseudo_f_measure,
    psnr,
    ssim,
)

DIBCO = Path(__file__).parents[2] / "shared/data/dibco-printed"


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


def counted(right: int, invented: int, lost: int, paper: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and reading with so many pixels of each kind, as one row of ink."""
    counts = [right, invented, lost, paper]
    return (
        np.repeat([True, False, True, False], counts)[None],
        np.repeat([True, True, False, False], counts)[None],
    )


# --- published figures ----------------------------------------------------------------------------


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


# --- independent programs -------------------------------------------------------------------------


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
