"""Chains of corruptions, batches on a device, the contact sheet, ranges of a recipe."""

import cv2
import numpy as np
import pytest
import torch
from family import EVERY, every_member, text_page

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.batches import corrupt_batch, corrupt_looks
from docclean.corruptions.chain import (
    CLEAN,
    Chain,
    apply_chain,
    check,
    dirty_by_name,
    draw_chain,
)
from docclean.errors import UsageError
from docclean.pairs.contact_sheet import CELL, write_contact_sheet
from docclean.recipe import Corrupt, Look, Recipe

SOFTENED = ["blur", "defocus", "low_resolution"]
"""Members whose clean side stays a little soft: nothing is to be taught crisper than it came."""


# --- chains ---------------------------------------------------------------------------------------


def test_a_seed_repeats_a_chain():
    chains = [draw_chain(np.random.default_rng(11), Corrupt()) for _ in range(2)]
    assert repr(chains[0].steps) == repr(chains[1].steps)
    assert chains[0].severity == chains[1].severity
    page = text_page()
    for one, two in zip(*(apply_chain(page, chain) for chain in chains), strict=True):
        assert (one == two).all()


def test_a_chain_keeps_the_physical_order():
    for seed in range(20):
        names = draw_chain(np.random.default_rng(seed), Corrupt()).names()
        assert names == sorted(names, key=EVERY.index)


def test_a_stage_left_out_changes_no_other_draw():
    for seed in range(10):
        both = draw_chain(np.random.default_rng(seed), Corrupt())
        page = draw_chain(np.random.default_rng(seed), Corrupt(), ("sheet", "page"))
        kept = [repr(params) for member, params in both.steps if member.stage == "page"]
        assert kept == [repr(params) for _, params in page.steps]


def test_an_unknown_member_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'crease'"):
        draw_chain(np.random.default_rng(0), Corrupt(members={"creese": 1.0}))


def test_the_recipe_sets_the_probabilities():
    members = {name: float(name in ("jpeg", "stain")) for name in EVERY}
    corrupt = Corrupt(clean_share=0.0, members=members)
    for seed in range(5):
        assert draw_chain(np.random.default_rng(seed), corrupt).names() == ["stain", "jpeg"]


def test_the_share_of_clean_pages_is_the_recipes():
    corrupt = Corrupt(clean_share=0.25, members=dict.fromkeys(EVERY, 1.0))
    print_only = [name for name in EVERY if CORRUPTIONS[name].both_sides]
    rng = np.random.default_rng(0)
    chains = [draw_chain(rng, corrupt).names() for _ in range(600)]
    assert all(names in (print_only, EVERY) for names in chains)
    share = sum(names == print_only for names in chains) / len(chains)
    assert share == pytest.approx(0.25, abs=0.06)  # more than three deviations of 600 draws


def test_a_clean_page_keeps_both_sides_equal():
    page = text_page()
    chain = draw_chain(np.random.default_rng(3), Corrupt(clean_share=1.0, members={}))
    dirty, clean = apply_chain(page, chain)
    assert (dirty == clean).all()


@every_member
def test_the_clean_side_keeps_its_ink_or_loses_it_to_white(name):
    """It is the print itself, or what is gone for good leaves paper; nothing is ever added."""
    member, page = CORRUPTIONS[name], text_page()
    for seed in range(4):
        params = member.sample(np.random.default_rng(seed), 0.9)
        _, clean = apply_chain(page, Chain(((member, params),), 0.9))
        assert clean.shape == page.shape and clean.dtype == np.uint8
        if not member.both_sides and name not in SOFTENED:
            assert (clean >= page).all()


@pytest.mark.parametrize("name", SOFTENED)
def test_softness_stays_on_the_clean_side_by_a_part(name):
    member, page = CORRUPTIONS[name], text_page()
    for seed in range(4):
        params = member.sample(np.random.default_rng(seed), 0.9)
        dirty, clean = apply_chain(page, Chain(((member, params),), 0.9))
        lost, kept = (np.abs(side.astype(int) - page).mean() for side in (dirty, clean))
        assert 0 < kept < 0.9 * lost
        assert abs(clean.mean() - page.mean()) < 1  # no ink is gone


def test_ink_weight_is_equal_on_both_sides():
    assert CORRUPTIONS["ink_weight"].both_sides
    for seed in range(4):
        dirty, clean = dirty_by_name(text_page(), {"ink_weight": 0.9}, seed)
        assert (dirty == clean).all()


def test_named_corruptions_repeat():
    members = {"faint_ink": 0.5, "stain": 0.8}
    one, two = (dirty_by_name(text_page(), members, 3) for _ in range(2))
    assert (one[0] == two[0]).all() and (one[1] == two[1]).all()
    assert (one[1] == text_page()).all()


# --- batches on the device ------------------------------------------------------------------------


def test_a_corrupted_batch_keeps_shape_and_range_and_repeats():
    batch = (torch.from_numpy(text_page(48, 64)).float() / 255).repeat(5, 1, 1, 1)
    before, twins = batch.clone(), batch.clone()
    corrupt = Corrupt(clean_share=0.0, members=dict.fromkeys(EVERY, 1.0))
    severities = [0.1, 0.9, 0.5, 0.3, 0.7]
    one, two = (
        corrupt_batch(batch, twins, severities, np.random.default_rng(2), corrupt) for _ in range(2)
    )
    for side, again in zip(one, two, strict=True):
        assert side.shape == batch.shape and side.dtype == batch.dtype
        assert side.min() >= 0 and side.max() <= 1
        assert torch.equal(side, again) and (side != batch).flatten(1).any(1).all()
    assert not torch.equal(*one)
    assert torch.equal(batch, before) and torch.equal(twins, before)


def test_patches_of_clean_sheets_stay():
    batch = torch.rand(4, 1, 16, 16)
    corrupt = Corrupt(members=dict.fromkeys(EVERY, 1.0))
    severities = [CLEAN, 0.5, CLEAN, 0.5]
    after, twins = corrupt_batch(batch, None, severities, np.random.default_rng(2), corrupt)
    assert twins is None
    changed = (after != batch).flatten(1).any(1).tolist()
    assert changed == [False, True, False, True]


def test_a_batch_suffers_by_the_severity_of_its_sheets():
    batch = torch.full((40, 1, 24, 24), 0.5)
    corrupt = Corrupt(only_named=True, members={"gaussian_noise": 1.0})
    severities = [0.0] * 20 + [1.0] * 20
    after, _ = corrupt_batch(batch, None, severities, np.random.default_rng(1), corrupt)
    assert after[:20].std() < 0.3 * after[20:].std()


def test_each_look_has_its_own_corruptions_on_a_batch():
    looks = tuple(
        Look(name, 1.0, Recipe().synth, Corrupt(only_named=True, members={name: 1.0}))
        for name in ("gaussian_noise", "threshold")
    )
    batch = torch.rand(6, 1, 24, 24) * 0.5 + 0.2
    facts = np.array([[0.5, look] for look in (0, 1, 0, 1, 0, 1)], np.float32)
    blank = torch.ones_like(batch)
    after, twins = corrupt_looks(batch, blank, facts, np.random.default_rng(1), Recipe(mix=looks))
    two_greys = [set(patch.unique().tolist()) <= {0.0, 1.0} for patch in after]
    assert two_greys == [False, True, False, True, False, True]
    assert torch.equal(twins, blank)


def test_each_look_has_its_own_ranges_and_the_members_where_it_says_nothing():
    ranges = [{"gaussian_noise": {"deviation": (level, level)}} for level in (0.02, 0.3)]
    looks = tuple(
        Look(str(place), 1.0, Recipe().synth, Corrupt(0.0, 1.0, True, {"gaussian_noise": 1.0}, own))
        for place, own in enumerate([*ranges, {}])
    )
    batch, facts = torch.full((9, 1, 48, 48), 0.5), np.zeros((9, 2), np.float32)
    facts[:, 1] = [0, 1, 2] * 3
    rng = np.random.default_rng(1)
    after, _ = corrupt_looks(batch, torch.ones_like(batch), facts, rng, Recipe(mix=looks))
    spread = [float(patch.std()) for patch in after]
    assert spread[::3] == pytest.approx([0.02] * 3, rel=0.1)
    assert spread[1::3] == pytest.approx([0.27] * 3, rel=0.15)  # clipped at black and at white
    assert max(spread[2::3]) < 0.06  # near severity 0 of the member's own


def test_a_range_that_no_member_has_is_named():
    corrupt = Corrupt(0.0, 1.0, True, {"blur": 1.0}, {"blur": {"sigmo": (0.1, 0.2)}})
    with pytest.raises(UsageError, match=r"has no 'sigmo'.*did you mean 'sigma'"):
        corrupt_batch(torch.ones(2, 1, 8, 8), None, [0.5] * 2, np.random.default_rng(0), corrupt)


def test_a_patch_that_nobody_could_read_stays_as_it_was():
    page = torch.from_numpy(text_page(96, 128)).float()[None, None] / 255
    faint = (1 - 0.4 * (1 - page)).repeat(2, 1, 1, 1)
    corrupt = Corrupt(
        only_named=True,
        members={"gaussian_noise": 1.0},
        ranges={"gaussian_noise": {"deviation": (0.005, 0.9)}},
    )
    recipe = Recipe(mix=(Look("noisy", 1.0, Recipe().synth, corrupt),))
    facts = np.array([[1.0, 0], [0.0, 0]], np.float32)
    clean = page.repeat(2, 1, 1, 1)
    after, _ = corrupt_looks(faint, clean, facts, np.random.default_rng(1), recipe)
    assert torch.equal(after[0], faint[0]) and not torch.equal(after[1], faint[1])


# --- the contact sheet ----------------------------------------------------------------------------


def test_the_contact_sheet_shows_every_member_twice(tmp_path):
    out = write_contact_sheet(tmp_path / "sheet.png", 1, text_page(260, 360))
    sheet = cv2.imread(str(out), cv2.IMREAD_GRAYSCALE)
    height, width = CELL[0] + 26, CELL[1] + 8
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    assert sheet.shape == (rows * height, columns * width)
    cells = sheet.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)
    filled = [cell for cell in cells if (cell < 255).any()]
    assert len(filled) == 2 * len(EVERY)
    again = write_contact_sheet(tmp_path / "again.png", 1, text_page(260, 360))
    assert out.read_bytes() == again.read_bytes()


def test_a_contact_sheet_of_a_page_smaller_than_a_cell(tmp_path):
    assert write_contact_sheet(tmp_path / "sheet.png", 1, text_page(9, 11)).stat().st_size


# --- ranges a recipe may set ----------------------------------------------------------------------


@every_member
def test_a_member_works_at_the_ends_of_its_own_ranges(name):
    member = CORRUPTIONS[name]
    member.check_ranges({key: (span.low, span.high) for key, span in member.ranges.items()})


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("gaussian_noise", {"mean": (0.0, 0.5), "deviation": (0.5, 1.5)}),
        ("salt_and_pepper", {"share": (0.2, 0.2)}),
        ("ink_weight", {"amount": (-0.3, 0.0)}),
        ("halo", {"amount": (4.0, 0.0)}),
        ("jpeg", {"quality": (1.0, 100.0)}),
        ("blur", {"sigma": (0.0, 3.0)}),
    ],
)
def test_a_range_wider_than_the_member_s_own_may_be_set(name, ranges):
    check(Corrupt(ranges={name: ranges}))


@pytest.mark.parametrize(
    ("name", "parameter", "pair", "told"),
    [
        ("blur", "sigma", (-3, -3), "must be from 0 to 18, not [-3, -3]; its own are [0.3, 1.8]"),
        ("blur", "sigma", (1e7, 1e7), "must be from 0 to 18"),
        ("jpeg", "quality", (500, -20), "must be from 1 to 100, not [500, -20]"),
        ("stain", "radius", (float("nan"), float("inf")), "must be from 0 to 480"),
        ("stain", "depth", (0.1, 30), "must be from 0 to 2"),
        ("gaussian_noise", "deviation", (-0.5, 0.5), "must be from 0 to 2"),
        ("handwriting", "width", (0, 0.3), "cannot be 0 (ZeroDivisionError); its own are [0.15,"),
    ],
)
def test_a_range_no_member_can_work_with_is_told(name, parameter, pair, told):
    with pytest.raises(UsageError) as caught:
        check(Corrupt(ranges={name: {parameter: pair}}), "office.toml")
    message = str(caught.value)
    assert message.startswith(f"office.toml: [corrupt.ranges.{name}] {parameter} {told}")
