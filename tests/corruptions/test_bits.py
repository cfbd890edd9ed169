"""One bit: two greys, blank pages stay white, both forms alike, a fax repeats."""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.bits import SCREENS, Dither, LocalThreshold, Threshold
from docclean.corruptions.fax import UP, Fax
from docclean.page import Image

MEMBERS = [Threshold(), LocalThreshold(), Dither(), Fax()]

every_member = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)


def text_page(height: int = 288, width: int = 288, ink: int = 30, paper: int = 225) -> Image:
    page = np.full((height, width), paper, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No. 7", (6, row), 0, 0.5, ink, 1)
    return page


@every_member
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.8)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@every_member
def test_two_greys_are_left(member):
    for seed in range(5):
        params = {**member.sample(np.random.default_rng(seed), 0.7), "up": UP.index("nearest")}
        for page in (
            member.on_page(text_page(), params),
            BatchCorruption.on_page(member, text_page(), params),
        ):
            assert set(np.unique(page)) == {0, 255}


@every_member
def test_both_forms_are_alike(member):
    for seed in range(5):
        params = member.sample(np.random.default_rng(seed), 0.2 + 0.15 * seed)
        fast = member.on_page(text_page(), params).astype(float)
        slow = BatchCorruption.on_page(member, text_page(), params).astype(float)
        assert fast.mean() == pytest.approx(slow.mean(), abs=2)
        assert fast.std() == pytest.approx(slow.std(), abs=2)


@every_member
@pytest.mark.parametrize("paper", [255, 200])
def test_a_blank_page_stays_white(member, paper):
    blank = np.full((90, 120), paper, np.uint8)
    for seed in range(6):
        params = member.sample(np.random.default_rng(seed), 1.0)
        assert (member.on_page(blank, params) == 255).all()
        assert (BatchCorruption.on_page(member, blank, params) == 255).all()


@every_member
def test_each_page_of_a_batch_has_its_own_level(member):
    grey, dark = text_page(96, 128, 150, 230), text_page(96, 128, 0, 140)
    batch = torch.stack([torch.from_numpy(page)[None] / 255 for page in (grey, dark)])
    params = {**member.sample(np.random.default_rng(3), 0.1), "errors": 0.0}
    shares = member.apply(batch, params).flatten(1).mean(1)
    assert (shares > 0.5).all() and (shares < 0.97).all()
    assert abs(float(shares[0] - shares[1])) < 0.12


def test_a_local_threshold_sees_faint_ink_in_a_shadow():
    page = text_page(ink=0, paper=255).astype(np.float32)
    page[:, :144] *= 0.3
    params = {"window": 41, "offset": 0.08, "noise": 0.1, "k": 0.0, "seed": 1}
    shadow = LocalThreshold().on_page(page.astype(np.uint8), params)[:, :110]
    whole = Threshold().on_page(page.astype(np.uint8), {"level": 0.5, "noise": 0.0, "seed": 1})
    assert (whole[:, :110] == 0).all()
    assert 0.05 < (shadow == 0).mean() < 0.5


def test_a_local_threshold_leaves_flecks_in_the_paper_when_it_is_bad():
    page = text_page()
    page[:140] = 225
    shares = []
    for severity in (0.0, 1.0):
        drawn = [LocalThreshold().sample(np.random.default_rng(k), severity) for k in range(8)]
        shares.append(
            np.mean([(LocalThreshold().on_page(page, p)[:80] == 0).mean() for p in drawn])
        )
    assert shares[0] < 0.001 < shares[1] < 0.1


def test_a_screen_shows_a_grey_by_its_share_of_dots():
    page = text_page(ink=0, paper=255)
    page[100:164, 100:164] = 128
    base = {"cell": 1, "tint": 0.0, "lift": 0.0, "seed": 2}
    for screen in ("4", "8", "noise"):
        dots = Dither().on_page(page, {**base, "screen": SCREENS.index(screen)})[100:164, 100:164]
        assert (dots == 255).mean() == pytest.approx(0.5, abs=0.03)
    assert (dots[:8, :8] != dots[8:16, :8]).any()
    bayer = Dither().on_page(page, {**base, "screen": SCREENS.index("4")})[100:164, 100:164]
    assert (bayer[:-4] == bayer[4:]).all()


def test_a_fax_repeats_and_its_line_makes_errors():
    page, member = text_page(), Fax()
    params = {**member.sample(np.random.default_rng(2), 0.8), "errors": 25.0}
    one, two = (member.on_page(page, params) for _ in range(2))
    assert (one == two).all()
    good = member.on_page(page, {**params, "errors": 0.0})
    spoilt = (one != good).any(1).mean()
    assert 0 < spoilt < 0.3
    assert (one != member.on_page(page, {**params, "seed": params["seed"] + 1})).any()


def test_a_fax_has_fewer_rows_than_columns():
    page = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    params = {
        "columns": 1.0,
        "rows": 0.5,
        "level": 0.5,
        "errors": 0.0,
        "up": UP.index("nearest"),
        "seed": 0,
    }
    sent = Fax().on_page(page, params)
    assert (sent[::2] == sent[1::2]).all() and (sent[:, ::2] != sent[:, 1::2]).any()


def test_an_even_piece_of_a_negative_stays_black():
    piece = np.full((60, 60), 20, np.uint8)
    for member in (Threshold(), Fax()):
        params = {**member.sample(np.random.default_rng(0), 0.5), "errors": 0.0}
        assert (member.on_page(piece, params) == 0).all()
