"""The read-out: lines that run across the page, the same ones in both forms."""

import numpy as np
import pytest
import torch
from fakes import both, flat, text_page

from docclean.corruptions.readout import LOST, Banding, MissingRows, Moire, Streaks

LINES = [Banding(), Streaks(), MissingRows(), Moire()]


@pytest.mark.parametrize("member", LINES, ids=lambda member: member.name)
def test_a_batch_keeps_shape_type_and_range_and_repeats(member):
    batch = torch.from_numpy(text_page(48, 64, 20, 215)).float().repeat(3, 1, 1, 1) / 255
    before = batch.clone()
    params = member.sample(np.random.default_rng(1), 0.9)
    after = member.apply(batch, params)
    assert after.shape == batch.shape and after.dtype == batch.dtype
    assert after.min() >= 0 and after.max() <= 1
    assert torch.equal(after, member.apply(batch, params))
    assert torch.equal(batch, before) and not torch.equal(after, before)


@pytest.mark.parametrize("member", LINES, ids=lambda member: member.name)
def test_both_forms_draw_the_same_lines(member):
    page = text_page(288, 288, 20, 215)
    for seed in range(8):
        fast, slow = both(member, page, member.sample(np.random.default_rng(seed), 0.8))
        assert np.abs(fast.astype(int) - slow).max() <= 1


def test_bands_and_streaks_run_along_the_page():
    for member in (Banding(), Streaks()):
        for seed in range(4):
            params = {**member.sample(np.random.default_rng(seed), 0.9), "vertical": True}
            page = member.on_page(flat(200), params)
            assert (page == page[:1]).all() and page[0].std() > 0


def test_bands_return_after_their_period():
    params = {"depth": 0.3, "period": 25.0, "drift": 0.0, "phase": 0.3, "overtone": 0.4}
    page = Banding().on_page(flat(200), {**params, "vertical": False}).astype(int)
    assert np.abs(page[25:] - page[:-25]).max() <= 1 and page[:25, 0].std() > 10


def test_missing_rows_repeat_the_row_before_or_are_white():
    page = np.random.default_rng(0).integers(0, 200, (300, 50), np.uint8)
    base = {"share": 0.03, "run": 1, "seed": 5}
    repeated = MissingRows().on_page(page, {**base, "kind": LOST.index("repeat")})
    changed = np.flatnonzero((repeated != page).any(1))
    assert 4 <= len(changed) <= 9
    assert all((repeated[row] == repeated[row - 1]).all() for row in changed)
    white = MissingRows().on_page(page, {**base, "kind": LOST.index("white")})
    assert (white[(white != page).any(1)] == 255).all() and (white == 255).any()


def test_moire_is_slow_faint_and_waves():
    base = {"depth": 0.1, "period": 30.0, "bend": 0.0, "angle": 0.0, "second": 0.0}
    page = Moire().on_page(flat(200), {**base, "x": 0.5, "y": 0.5}).astype(float)
    power = np.abs(np.fft.rfft(page[0] - page[0].mean()))
    assert power.argmax() == 10  # 300 px / 30 px
    assert page.min() >= 200 * 0.9 - 1 and page.max() <= 200
