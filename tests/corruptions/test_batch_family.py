"""Every form a batch goes through keeps its family's contract: to list it is to test it here."""

import numpy as np
import pytest
import torch
from fakes import text_page
from torch import Tensor

from docclean.corruptions import CORRUPTIONS, batch
from docclean.corruptions.batch import BatchCorruption, BatchForm
from docclean.corruptions.batches import corrupt_batch, forms
from docclean.recipe import Corrupt

FORMS = forms()
OWN = [form for form in FORMS if isinstance(form, BatchCorruption)]
SIZES = [(1, 1), (7, 513), (192, 192)]
ROWS = 5
LEVEL = 1 / 255
ROUGH = 2e-3
"""Share of the pixels that may fall on the other side of a threshold or of a rounding."""

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.member.name)


def patches(height: int = 96, width: int = 120, rows: int = ROWS) -> Tensor:
    """Pieces of pages whose print and paper differ, one of them blank."""
    pages = [text_page(height, width, 20 * row, 255 - 14 * row) for row in range(rows - 1)]
    pages.append(np.full((height, width), 231, np.uint8))
    return torch.from_numpy(np.stack(pages))[:, None].float() / 255


def drawn(form: BatchForm, rows: int = ROWS, seed: int = 0) -> dict[str, Tensor]:
    return form.sample_batch(np.random.default_rng(seed), np.linspace(0.2, 1, rows))


def sides(form: BatchForm, images: Tensor, params: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    return form.apply(images, params), form.apply_clean(images, params)


def part(params: dict[str, Tensor], rows: list[int]) -> dict[str, Tensor]:
    return {name: values[rows] for name, values in params.items()}


def unlike(one: Tensor, two: Tensor, least: float = 1e-5) -> float:
    """Return the share of pixels that differ by more than `least`."""
    return float(((one - two).abs() > least).double().mean())


@every_form
def test_every_parameter_has_a_row_for_each_patch(form):
    params = drawn(form)
    assert params and all(values.shape[0] == ROWS for values in params.values())
    one, two = drawn(form), drawn(form, seed=1)
    assert all(torch.equal(one[name], params[name]) for name in params)
    assert any(one[name].shape != two[name].shape or (one[name] != two[name]).any() for name in two)


@every_form
@pytest.mark.parametrize("size", [(96, 120), (37, 53)], ids=str)
def test_a_row_is_the_same_alone_and_among_others(form, size):
    for seed in range(3):
        images, params = patches(*size), drawn(form, seed=seed)
        together = sides(form, images, params)
        for rows in ([0], [1], [2], [3], [4], [3, 1]):
            apart = sides(form, images[rows], part(params, rows))
            for one, other in zip(together, apart, strict=True):
                assert unlike(one[rows], other) <= 1e-4


@every_form
def test_by_the_handful_or_all_at_once_is_the_same(form, monkeypatch):
    images, params = patches(48, 64), drawn(form)
    whole = sides(form, images, params)
    monkeypatch.setattr(batch, "AT_ONCE", 2 * 48 * 64)
    for one, other in zip(whole, sides(form, images, params), strict=True):
        assert unlike(one, other) <= 1e-4


@every_form
def test_a_seed_repeats_and_nothing_else_moves(form):
    images, params = patches(), drawn(form)
    before = images.clone()
    torch.manual_seed(3)
    np.random.seed(3)
    state, told = torch.get_rng_state(), repr(np.random.get_state())
    kept = {name: values.clone() for name, values in params.items()}
    first = sides(form, images, params)
    assert repr(np.random.get_state()) == told
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(params[name], kept[name]) for name in params)
    assert torch.equal(images, before)
    torch.manual_seed(4)
    for one, again in zip(first, sides(form, images, params), strict=True):
        assert torch.equal(one, again)


@every_form
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_shape_type_and_range_stay(form, size):
    images = patches(*size)
    for seed in range(2):
        params = drawn(form, seed=seed)
        for after in sides(form, images, params):
            assert after.shape == images.shape and after.dtype == images.dtype
            assert bool(torch.isfinite(after).all()) and after.min() >= 0 and after.max() <= 1
    assert form.apply(images[:0], part(params, [])).shape == (0, 1, *size)


@every_form
def test_a_batch_of_text_changes_and_no_two_rows_alike(form):
    page = patches(192, 192, 2)[:1].repeat(12, 1, 1, 1)
    params = form.sample_batch(np.random.default_rng(5), [0.9] * 12)
    after = form.apply(page, params)
    changed = (after - page).abs().flatten(1).mean(1) * 255
    assert changed.median() > 0.2
    assert len({row.numpy().tobytes() for row in after}) > 6


@pytest.mark.parametrize("form", OWN, ids=lambda form: form.name)
def test_it_agrees_with_the_page_form(form):
    """Pixel by pixel, or in mean and deviation where random pixels are drawn."""
    page = text_page(192, 288, 30, 225)
    params = drawn(form, 8, seed=2)
    images = torch.from_numpy(page).float().expand(8, 1, -1, -1) / 255
    after = form.apply(images, params)[:, 0].numpy() * 255.0
    twins = form.apply_clean(images, params)[:, 0].numpy() * 255.0
    for row in range(8):
        one = {name: values[row].tolist() for name, values in params.items()}
        for many, alone in (
            (after[row], form.on_page(page, one)),
            (twins[row], form.on_clean(page, one)),
        ):
            if "seed" not in params:
                assert np.abs(many - alone).mean() <= 2
            assert many.mean() == pytest.approx(alone.mean(), abs=2)
            assert many.std() == pytest.approx(alone.std(), abs=2)


def agree(one: Tensor, two: Tensor) -> None:
    """Two grey levels nearly everywhere, and on the mean: what is rounded may fall either way."""
    assert unlike(one.double(), two.double(), 2 * LEVEL) <= ROUGH
    assert float((one.double() - two.double()).abs().mean()) <= 2 * LEVEL


@every_form
def test_more_digits_change_nothing_that_is_seen(form):
    """What another device's order of sums may change is less than what twice the digits do."""
    for seed in range(2):
        images, params = patches(), drawn(form, seed=seed)
        single, double = sides(form, images, params), sides(form, images.double(), params)
        for one, two in zip(single, double, strict=True):
            assert two.dtype == torch.float64
            agree(one, two)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@every_form
def test_a_device_agrees_with_the_processor(form):
    for seed in range(2):
        images, params = patches(), drawn(form, seed=seed)
        here, there = sides(form, images, params), sides(form, images.cuda(), params)
        for one, two in zip(here, there, strict=True):
            assert two.is_cuda
            agree(one, two.cpu())


@every_form
def test_ranges_are_used(form):
    """A range pinned to its other end changes what is drawn, and draws of a pinned one repeat."""
    for name, span in form.member.ranges.items():
        low, high = (
            form.sample_batch(np.random.default_rng(1), [0.5] * 64, {name: (end, end)})
            for end in (span.low, span.high + 0.25 * (span.high - span.low) + 0.02)
        )
        assert any(
            low[key].shape != high[key].shape or (low[key] != high[key]).any() for key in low
        ), f"{name} changes nothing that is drawn"


@every_form
def test_patches_of_several_looks_have_ranges_of_their_own(form):
    """Ends given row by row draw what the same ends draw for all."""
    for name, span in form.member.ranges.items():
        ends = (span.low, (span.low + span.high) / 2)
        rows = {name: tuple(np.full(ROWS, end) for end in ends)}
        one, other = (
            form.sample_batch(np.random.default_rng(1), [0.5] * ROWS, ranges)
            for ranges in ({name: ends}, rows)
        )
        assert one.keys() == other.keys()
        for key, values in one.items():
            assert torch.equal(values, other[key]), f"{name}: {key}"


@every_form
def test_probabilities_are_used(form):
    name, images = form.member.name, patches(48, 48, 2)[:1].repeat(60, 1, 1, 1)
    shares = []
    for wanted in (0.0, 0.5, 1.0):
        corrupt = Corrupt(clean_share=0.0, only_named=True, members={name: wanted})
        rng = np.random.default_rng(3)
        after, _ = corrupt_batch(images, None, [0.9] * 60, rng, corrupt, ("page", "batch"))
        shares.append(float((after != images).flatten(1).any(1).double().mean()))
    assert shares[0] == 0 < shares[1] <= 0.75 and shares[2] >= 1.2 * shares[1]


def test_every_member_from_the_lens_on_has_a_form():
    listed = {form.member.name for form in FORMS}
    assert {member.name for member in CORRUPTIONS if member.stage == "batch"} <= listed
