"""What shadows, slopes of light and glare promise beyond the family's contract."""

import cv2
import numpy as np
import pytest

from docclean.corruptions.light import CastShadow, Glare, UnevenLight, Vignetting

EVERY = [UnevenLight(), CastShadow(), Vignetting(), Glare()]
DPI = 150.0
PAPER = np.full((400, 300), 255, np.uint8)
INK = np.zeros_like(PAPER)


def drawn(member, seed, severity=0.9, **changes):
    return {**member.sample(np.random.default_rng(seed), severity), **changes}


@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_ink_stays_darker_than_the_paper_around_it(member):
    for seed in range(12):
        params = drawn(member, seed, 1.0)
        ink, paper = (member.on_page(page, params, DPI).astype(int) for page in (INK, PAPER))
        assert (paper - ink).min() >= 25


@pytest.mark.parametrize("member", EVERY, ids=lambda member: member.name)
def test_light_changes_slowly(member):
    """No step from one pixel to the next that could be taken for a stroke."""
    for seed in range(12):
        page = member.on_page(PAPER, drawn(member, seed, 0.8), DPI).astype(int)
        for axis in (0, 1):
            assert np.abs(np.diff(page, axis=axis)).max() < 60


@pytest.mark.parametrize("kind", ["hand", "phone", "head", "edge"])
def test_a_shadow_comes_in_from_a_side_and_leaves_part_of_the_page(kind):
    for seed in range(6):
        params = drawn(CastShadow(), seed, 0.8, kind=kind)
        page = CastShadow().on_page(PAPER, params, DPI)
        edges = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
        assert edges.min() < 200 and page.max() > 230


def test_a_hand_has_fingers():
    changes = {"kind": "hand", "side": 0, "size": 0.8, "reach": 0.7, "turn": 0.0, "x": 0.5}
    page = CastShadow().on_page(PAPER, drawn(CastShadow(), 1, edge=0.01, **changes), DPI)
    shade = np.uint8(page < 180)
    crossed = [cv2.connectedComponents(row[None, :])[0] - 1 for row in shade]
    assert max(crossed) >= 4


def test_the_corners_are_darkest_and_the_middle_keeps_its_light():
    page = Vignetting().on_page(PAPER, drawn(Vignetting(), 1, 0.9, x=0.5, y=0.5), DPI)
    assert page[200, 150] >= 253 and page[0, 0] < 160
    assert page[0, 0] == page.min() and page[0, 0] < page[0, 150]


def test_glare_washes_ink_out_but_not_away():
    for kind in ("spot", "tube", "window"):
        params = drawn(Glare(), 1, 1.0, kind=kind, x=0.5, y=0.5, wash=0.78)
        ink = Glare().on_page(INK, params, DPI)
        assert 150 < ink.max() <= 0.8 * 255 and ink.min() < 80
