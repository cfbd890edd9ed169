"""Twins of page members on batches: as strong, as varied and as seen as the page form itself."""

import numpy as np
import pytest
import torch
from family import text_page

from docclean.corruptions import CORRUPTIONS, PageCorruption
from docclean.corruptions.device import DEVICE

DPI = 150.0
SIDE = 192
ON_SHEET = {"uneven_light", "illumination", "cast_shadow", "vignetting", "glare", "yellowing"}
"""Members whose twin shows a window of a sheet's field: compared with whole sheets."""
CUTS = {"punch_hole", "hole", "tear", "black_border", "worn_edges", "feed_shadow"}
"""Members that take ink for good."""
NAMED = {
    *("ink_smear", "roller_smear", "wet_smudge", "crease", "fold", "wrinkle", "crumple", "stain"),
    *("water_stain", "ink_bleed", "show_through", "bleed_through", "paper_texture", "tape"),
    *("uneven_light", "cast_shadow", "punch_hole", "black_border", "perspective", "warp", "skew"),
}
"""What the issue of the batches names."""

every_twin = pytest.mark.parametrize("name", list(DEVICE))


def patches(count: int, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
    page = text_page(height + 2 * count, width)
    rows = [page[2 * row : 2 * row + height] for row in range(count)]
    return torch.from_numpy(np.stack(rows)).float()[:, None] / 255


def drawn(name: str, count: int, severity: float, seed: int = 1, dpi=DPI) -> dict:
    return DEVICE[name].sample_batch(np.random.default_rng(seed), np.full(count, severity), dpi=dpi)


def rows_of(params: dict, row: int) -> dict:
    return {name: values[row : row + 1] for name, values in params.items()}


# --- the family of twins --------------------------------------------------------------------------


def test_what_the_issue_names_has_its_twin_and_a_twin_declares_nothing_of_its_own():
    assert not NAMED - set(DEVICE)
    for name, form in DEVICE.items():
        assert isinstance(form.member, PageCorruption)
        assert type(form.member) is type(CORRUPTIONS[name])
        assert not hasattr(form, "ranges") and not hasattr(form, "probability")


@every_twin
def test_a_strong_twin_is_seen_and_a_mild_one_is_milder(name):
    batch = patches(32)
    mild, strong = (
        (255 * (DEVICE[name].apply(batch, drawn(name, 32, severity)) - batch)).abs().mean((1, 2, 3))
        for severity in (0.05, 0.9)
    )
    assert strong.median() > 0.25 and strong.mean() > 0.5
    assert mild.mean() < strong.mean()


@every_twin
def test_a_row_is_its_own_at_every_dpi_and_the_batch_stays_as_it_was(name):
    batch, dpi = patches(4, 100, 130), np.array([100.0, 300.0, 150.0, 200.0])
    before, params = batch.clone(), drawn(name, 4, 0.8, dpi=dpi)
    together = DEVICE[name].apply(batch, params)
    assert torch.equal(together, DEVICE[name].apply(batch, params))
    assert torch.equal(batch, before) and together.shape == batch.shape
    for row in range(4):
        alone = DEVICE[name].apply(batch[row : row + 1], rows_of(params, row))
        assert torch.allclose(alone[0], together[row], atol=2e-3)  # sums of floats differ a little


@every_twin
def test_the_clean_side_is_the_print_itself_or_loses_ink_for_good(name):
    batch, form = patches(12), DEVICE[name]
    params = drawn(name, 12, 0.9)
    clean = form.apply_clean(batch, params)
    if form.member.both_sides:
        assert torch.equal(clean, form.apply(batch, params)) and not torch.equal(clean, batch)
    elif name in CUTS:
        assert (clean >= batch - 1e-6).all() and (clean > batch + 0.5).any()
    else:
        assert torch.equal(clean, batch)


@every_twin
@pytest.mark.parametrize("size", [(1, 1), (7, 513), (64, 48)], ids=str)
@pytest.mark.parametrize("grey", [0.0, 0.6, 1.0])
def test_small_and_blank_patches_do_not_fail(name, size, grey):
    batch = torch.full((3, 1, *size), grey)
    for severity in (0.0, 1.0):
        params = drawn(name, 3, severity)
        for after in (DEVICE[name].apply(batch, params), DEVICE[name].apply_clean(batch, params)):
            assert after.shape == batch.shape and torch.isfinite(after).all()
            assert after.min() >= 0 and after.max() <= 1


@every_twin
def test_a_twin_changes_a_page_as_much_as_the_page_form(name):
    count, severity, member = 100, 0.6, CORRUPTIONS[name]
    batch = patches(count)
    after = 255 * (DEVICE[name].apply(batch, drawn(name, count, severity, seed=7)) - batch)
    page, dpi = (batch[0, 0].numpy() * 255).astype(np.uint8), DPI
    if name in ON_SHEET:
        page, dpi = text_page(421, 298), 36.0
    changes = []
    for seed in range(count):
        params = member.sample(np.random.default_rng((seed, 3)), severity)
        changes.append(member.on_page(page, params, dpi).astype(float) - page)
    wanted = np.array([[np.abs(change).mean(), change.std()] for change in changes]).mean(0)
    mean, deviation = float(after.abs().mean()), float(after.std((1, 2, 3)).mean())
    assert mean == pytest.approx(wanted[0], rel=0.4)
    if name not in ON_SHEET:
        assert deviation == pytest.approx(wanted[1], rel=0.4)


@every_twin
def test_a_recipe_may_move_every_range_to_its_limits(name):
    form, batch, dpi = DEVICE[name], patches(3, 40, 50), np.array([100.0, 150.0, 300.0])
    for parameter, span in form.member.ranges.items():
        for value in span.limits():
            ranges = {parameter: (value, value)}
            rng, severe = np.random.default_rng(0), np.array([0.1, 0.5, 0.9])
            params = form.sample_batch(rng, severe, ranges, dpi)
            for after in (form.apply(batch, params), form.apply_clean(batch, params)):
                assert torch.isfinite(after).all(), (parameter, value)


@every_twin
def test_no_patch_is_no_work(name):
    params = DEVICE[name].sample_batch(np.random.default_rng(0), np.empty(0))
    assert len(DEVICE[name].apply(torch.empty(0, 1, 20, 20), params)) == 0


# --- single promises ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["skew", "perspective", "inverted"])
def test_one_geometry_in_both_forms(name):
    page, member = text_page(SIDE, SIDE), CORRUPTIONS[name]
    params = member.sample(np.random.default_rng(4), 0.7)
    given = params
    if name == "perspective":
        right, down = (np.array(params["corners"])[None, :, axis] for axis in range(2))
        given = {"right": torch.tensor(right), "down": torch.tensor(down)}
    batch = torch.from_numpy(page).float()[None, None] / 255
    twin = 255 * DEVICE[name].apply(batch, given)[0, 0].numpy()
    inner = (slice(20, -20),) * 2  # past the edge the one mirrors, the other has blank paper
    off = np.abs(twin - member.on_page(page, params))[inner]
    assert off.mean() < 2


def test_both_sides_of_a_moved_patch_keep_each_other():
    batch = patches(6)
    for name in ("skew", "warp", "perspective", "feed_stretch"):
        params = drawn(name, 6, 0.8)
        dirty = DEVICE[name].apply(0.5 * batch, params)
        clean = DEVICE[name].apply_clean(batch, params)
        assert torch.allclose(dirty.clamp(0.02, 0.48), (0.5 * clean).clamp(0.02, 0.48), atol=0.06)


def test_the_other_side_stays_fainter_than_the_pages_own_ink():
    batch = patches(16)
    batch[..., : SIDE // 2] = 1
    for name in ("bleed_through", "show_through"):
        after = DEVICE[name].apply(batch, drawn(name, 16, 0.95))
        shown = 1 - after[batch == 1]
        assert 0.2 < shown.max() < 0.62


def test_a_crease_rubs_no_ink_out_and_a_smear_takes_none():
    batch = patches(16)
    creased = DEVICE["crease"].apply(batch, drawn("crease", 16, 1.0))
    assert creased[batch == 0].max() < 0.5
    for name in ("ink_smear", "roller_smear", "ink_bleed", "bleed_through"):
        assert (DEVICE[name].apply(batch, drawn(name, 16, 0.9)) <= batch + 1e-4).all()


def test_a_hole_is_cut_from_both_sides_at_one_place():
    ink = torch.zeros(24, 1, SIDE, SIDE)
    params = drawn("punch_hole", 24, 0.8) | {"bed": torch.full((24,), 0.8)}
    dirty, clean = (side(ink, params) for side in sides("punch_hole"))
    lost = clean > 0.99
    assert 200 < lost.sum((1, 2, 3)).float().median() < 4000
    assert (dirty[lost] > 0.2).all()
    assert (dirty[clean < 0.01] < 0.01).float().mean() > 0.99


def sides(name: str):
    return DEVICE[name].apply, DEVICE[name].apply_clean


def test_large_fields_differ_from_window_to_window():
    batch = torch.ones(64, 1, 96, 96)
    for name in ("vignetting", "yellowing", "uneven_light", "cast_shadow"):
        after = DEVICE[name].apply(batch, drawn(name, 64, 0.8))
        assert after.mean((1, 2, 3)).std() > 0.05, name
