"""What machines that print promise: dots at their pitch, fading columns, copies of copies."""

import cv2
import numpy as np
import pytest
from fakes import text_page

from docclean.corruptions.printers import DotMatrix, Photocopy, ThermalFade

DPI = 300.0
SEEDS = range(6)


def dirty(member, page, severity=0.9, seed=1, dpi=DPI, **fixed):
    ranges = {name: (value, value) for name, value in fixed.items()}
    params = member.sample(np.random.default_rng(seed), severity, ranges)
    return member.on_page(page, params, dpi), params


@pytest.mark.parametrize("dpi", [200.0, 300.0, 600.0])
def test_needles_stand_at_their_pitch(dpi):
    page = np.zeros((400, 400), np.uint8)
    out, _ = dirty(DotMatrix(), page, 0.9, 1, dpi, pitch=0.36, between=0, tired=0)
    spectrum = np.abs(np.fft.rfft(out.astype(float).mean(0) - out.mean()))
    assert 400 / int(np.argmax(spectrum)) == pytest.approx(0.36 / 25.4 * dpi, rel=0.05)


def test_dots_cover_the_letters_and_nothing_else():
    page = text_page()
    dots = dirty(DotMatrix(), page, 0.9, 1)[0]
    reach = cv2.erode(page, np.ones((15, 15)))
    assert (dots[reach == 255] == 255).all()
    assert (255 - dots[page == 0].astype(int)).min() > 20


def test_thermal_print_fades_column_by_column():
    page = np.zeros((400, 400), np.uint8)
    for seed in SEEDS:
        out = dirty(ThermalFade(), page, 0.9, seed, paper=0, veil=0)[0].astype(float)
        assert out.mean(0).std() > 1.5 * out.mean(1).std()


def test_a_receipt_greys_paper_less_than_ink():
    page = text_page()
    for seed in SEEDS:
        out = dirty(ThermalFade(), page, 1.0, seed)[0]
        assert 120 < out[page == 255].mean() < 250
        assert out[page == 0].mean() < out[page == 255].mean() - 20


def test_each_copy_is_worse_than_the_one_before():
    page = text_page()
    fixed = {"blur": 0.05, "hard": 2, "level": 0.5, "rough": 0.1, "specks": 4}
    change = []
    for count in (1, 2, 4):
        copies = [dirty(Photocopy(), page, 0.5, seed, generations=count, **fixed) for seed in SEEDS]
        change.append(np.mean([np.abs(copy - page.astype(float)).mean() for copy, _ in copies]))
    assert change == sorted(change) and change[2] > 1.2 * change[0]


def test_toner_falls_on_empty_paper():
    blank = np.full((600, 600), 255, np.uint8)
    copies = [dirty(Photocopy(), blank, 0.9, seed, specks=4)[0] for seed in SEEDS]
    assert all(0 < (copy < 128).mean() < 0.01 for copy in copies)
