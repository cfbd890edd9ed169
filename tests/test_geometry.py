"""What a turned, curled, stretched or negative page promises beyond the family's contract."""

import cv2
import numpy as np
import pytest

from docclean.corruptions.geometry import FeedStretch, Inverted, Perspective, Skew, Warp

MOVING = [Skew(), Warp(), Perspective(), FeedStretch()]
DPI = 150.0


def drawn(member, seed, severity=0.9, **changes):
    return {**member.sample(np.random.default_rng(seed), severity), **changes}


def text_page(height=300, width=260, ink=0):
    page = np.full((height, width), 255, np.uint8)
    for row in range(18, height, 22):
        cv2.putText(page, "Scan of 1938, No. 7", (-9, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1)
    return page


@pytest.mark.parametrize("member", [*MOVING, Inverted()], ids=lambda member: member.name)
def test_both_sides_move_alike(member):
    page = text_page()
    grey = np.uint8(60 + page * 0.6)
    for seed in range(6):
        params = drawn(member, seed)
        clean = member.on_clean(page, params, DPI).astype(float)
        dirty = member.on_page(grey, params, DPI).astype(float)
        assert (member.on_page(page, params, DPI) == clean).all()
        assert np.corrcoef(clean.ravel(), dirty.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("member", MOVING, ids=lambda member: member.name)
def test_ink_is_moved_and_not_made_or_lost(member):
    page = np.full((300, 260), 255, np.uint8)
    page[80:220, 60:200] = text_page(140, 140)
    for seed in range(6):
        moved = member.on_page(page, drawn(member, seed), DPI)
        assert (255 - moved.astype(float)).sum() == pytest.approx(
            (255 - page.astype(float)).sum(), rel=0.12
        )


@pytest.mark.parametrize("member", MOVING[:3], ids=lambda member: member.name)
def test_ink_cut_at_the_edge_leaves_no_streaks(member):
    """What comes in at the edge is the paper's own grey."""
    page = np.full((300, 260), 200, np.uint8)
    page[100:140:8, :] = 0  # rules that run out of the page on both sides
    page[:, 130] = 0
    for seed in range(6):
        params = drawn(member, seed, 1.0)
        x, y = member.sources(page.shape, params, DPI)
        outside = (x < -2) | (y < -2) | (x > 261) | (y > 301)
        moved = member.on_page(page, params, DPI)
        assert not outside.any() or moved[outside].min() >= 190
    black = 255 - page
    params = drawn(member, 1, 1.0)
    x, y = member.sources(page.shape, params, DPI)
    outside = (x < -2) | (y < -2) | (x > 261) | (y > 301)
    assert not outside.any() or member.on_page(black, params, DPI)[outside].max() <= 65


def test_a_page_is_turned_by_the_angle_drawn():
    page = np.full((300, 400), 255, np.uint8)
    page[150:153, 20:380] = 0
    for angle in (-3.0, 1.5):
        turned = Skew().on_page(page, {"angle": angle}, DPI)
        heights = [turned[:, column].argmin() for column in (60, 340)]
        slope = np.rad2deg(np.arctan2(heights[1] - heights[0], 280))
        assert abs(slope) == pytest.approx(abs(angle), abs=0.25)


def test_angles_stay_within_three_degrees():
    angles = [drawn(Skew(), seed, 1.0)["angle"] for seed in range(40)]
    assert max(angles) <= 3 and min(angles) >= -3 and min(angles) < 0 < max(angles)


def test_a_warp_is_slight_in_millimetres():
    for seed in range(6):
        x, y = Warp().sources((576, 576), drawn(Warp(), seed, 1.0), 300)
        places = np.arange(576)
        assert np.abs(x - places[None, :]).max() < 2.0 * 300 / 25.4
        assert (np.diff(x, axis=1) > 0.3).all() and (np.diff(y, axis=0) > 0.3).all()


def test_stretched_rows_keep_their_order_and_their_ends():
    ramp = np.repeat(np.linspace(0, 255, 300).astype(np.uint8)[:, None], 20, 1)
    for seed in range(6):
        moved = FeedStretch().on_page(ramp, drawn(FeedStretch(), seed, sideways=False), DPI)
        assert (np.diff(moved[:, 0].astype(int)) >= 0).all()
        assert moved[0, 0] == 0 and moved[-1, 0] >= 254
        assert np.abs(moved.astype(int) - ramp).max() > 1


def test_a_negative_is_light_on_dark():
    page = text_page()
    negative = Inverted().on_page(page, {"ground": 0.0}, DPI)
    assert (negative == 255 - page).all()
    grey = Inverted().on_page(page, drawn(Inverted(), 1, 0.0), DPI)
    assert 20 < np.median(grey) < 70 and grey.max() == 255


@pytest.mark.parametrize("member", MOVING, ids=lambda member: member.name)
def test_points_go_where_the_ink_goes(member):
    """A word's box is moved with the word: dots are found where they are said to be."""
    places = np.array([[60.0, 70.0], [200.0, 80.0], [130.0, 150.0], [70.0, 230.0], [205.0, 240.0]])
    for seed in range(6):
        params = drawn(member, seed)
        moved = member.move_points(places, params, (300, 260), DPI)
        for place, (x, y) in zip(places, moved, strict=True):
            dot = np.full((300, 260), 255, np.uint8)
            cv2.circle(dot, tuple(int(side) for side in place), 3, 0, -1)
            ink = 255.0 - member.on_page(dot, params, DPI)
            rows, columns = np.indices(ink.shape)
            assert (columns * ink).sum() / ink.sum() == pytest.approx(x, abs=1.0)
            assert (rows * ink).sum() / ink.sum() == pytest.approx(y, abs=1.0)
