"""What the corruptions of print promise: bands, filled eyes, veils, dents."""

import cv2
import numpy as np

from docclean.corruptions.printing import CarbonCopy, FilledEyes, Letterpress, Ribbon
from docclean.page import Image

DPI = 300.0
SEEDS = range(6)


def dirty(member, page, severity=0.9, seed=1, **fixed):
    ranges = {name: (value, value) for name, value in fixed.items()}
    params = member.sample(np.random.default_rng(seed), severity, ranges)
    return member.on_page(page, params, DPI), params


def ring(page: Image, x: int, radius: int) -> None:
    cv2.circle(page, (x, 100), radius, 0, 3)


def test_a_ribbon_pales_one_side_of_each_line():
    page = np.full((300, 400), 255, np.uint8)
    for top in (40, 140, 240):
        page[top : top + 30, 20:380] = 0
    for seed in SEEDS:
        out, params = dirty(Ribbon(), page, 0.9, seed, edge=0, lean=0, force=0, weave=0)
        ink = 255 - out.astype(float)
        for top in (40, 140, 240):
            high, low = (
                ink[top + 3 : top + 9, 60:340].mean(),
                ink[top + 21 : top + 27, 60:340].mean(),
            )
            pale, dark = (high, low) if params["top"] else (low, high)
            assert pale < 0.7 * dark


def test_a_ribbon_strikes_harder_on_one_side_of_a_letter():
    page = np.full((200, 400), 255, np.uint8)
    for left in range(40, 360, 80):
        page[60:120, left : left + 24] = 0
    out, params = dirty(Ribbon(), page, 0.9, 1, pale=0, lean=0.5, force=0, weave=0)
    ink = 255 - out[70:110].astype(float)
    left, right = ink[:, 42:48].mean(), ink[:, 56:62].mean()
    assert (left < right - 20) if params["left"] else (right < left - 20)


def test_small_eyes_fill_on_both_sides_and_large_ones_stay_open():
    page = np.full((200, 400), 255, np.uint8)
    ring(page, 80, 6)
    ring(page, 250, 40)
    member = FilledEyes()
    filled, params = dirty(member, page, 1.0, 1, eyes=1)
    assert filled[100, 80] < 150 and filled[100, 250] == 255
    assert (filled[:, :60] == 255).all()  # the paper round the letters is no eye
    assert (member.on_clean(page, params, DPI) == filled).all()


def test_an_open_bay_is_no_eye():
    page = np.full((200, 400), 255, np.uint8)
    ring(page, 80, 6)
    page[90:110, 82:90] = 255  # a c
    assert (dirty(FilledEyes(), page, 1.0, 1, eyes=1)[0] == page).all()


def test_a_carbon_copy_greys_ink_and_smudges_the_paper_near_it_most():
    page = np.full((300, 400), 255, np.uint8)
    page[140:160, 40:360] = 0
    copies = [dirty(CarbonCopy(), page, 0.9, seed, reach=1)[0] for seed in SEEDS]
    copy = 255 - np.mean(copies, 0)[:, 60:340]
    ink, near, far = copy[145:155].mean(), copy[165:172].mean(), copy[250:].mean()
    assert 60 < ink < 200
    assert ink > near + 30 and near > far + 5 and far > 5


def test_letterpress_is_lighter_inside_than_at_the_rim():
    page = np.full((200, 300), 255, np.uint8)
    page[60:140, 60:240] = 0
    for seed in SEEDS:
        ink = 255 - dirty(Letterpress(), page, 0.9, seed, mottle=0)[0].astype(float)
        assert ink[90:110, 90:210].mean() < 0.8 * ink[61, 90:210].mean()


def test_letterpress_shades_both_walls_of_the_dent_unlike():
    page = np.full((200, 300), 255, np.uint8)
    page[60:140, 60:240] = 0
    page -= (page > 0).astype(np.uint8) * 60  # grey paper: light can be seen on it
    member = Letterpress()
    params = member.sample(np.random.default_rng(1), 0.9, {"squeeze": (0, 0), "emboss": (0.2, 0.2)})
    out = member.on_page(page, {**params, "light": 0.0}, DPI).astype(float)
    left, right = out[80:120, 55:59].mean() - 195, out[80:120, 241:245].mean() - 195
    assert left > 3 and right < -3
