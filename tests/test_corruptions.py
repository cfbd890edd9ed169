"""Every registered corruption keeps its family's contract; chains repeat and keep the sides apart.

To register a corruption is to be tested here.
"""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions import CORRUPTIONS, BatchCorruption, PageCorruption, scan
from docclean.corruptions.chain import (
    Chain,
    apply_chain,
    apply_to_page,
    corrupt_batch,
    draw_chain,
)
from docclean.corruptions.sheet import CELL, write_contact_sheet
from docclean.errors import UsageError
from docclean.page import Image
from docclean.pairs import dirty_by_name
from docclean.recipe import Corrupt

EVERY = CORRUPTIONS.names()
SIZES = [(1, 1), (7, 513), (300, 200)]
VISIBLE = 0.4
"""Mean change in grey levels that an eye sees on a page of text, at a severity of 0.9."""
REQUIRED = {"ink_smear", "crease", "jpeg", "stain", "uneven_light", "bleed_through"} | {
    "paper_texture", "sensor_noise", "salt_and_pepper", "blur",
}  # fmt: skip

every_member = pytest.mark.parametrize("name", EVERY)


def text_page(height: int = 300, width: int = 200) -> Image:
    """A white page with lines of black letters."""
    page = np.full((height, width), 255, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1)
    return page


def dirtied(page: Image, name: str, severity: float, seed: int) -> Image:
    member = CORRUPTIONS[name]
    return apply_to_page(page, member, member.sample(np.random.default_rng(seed), severity))


def change(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(float) - other).mean())


# --- the family ----------------------------------------------------------------------------------


def test_the_required_members_are_there():
    assert set(EVERY) >= REQUIRED and len(EVERY) >= 10


@every_member
def test_a_member_says_who_it_is(name):
    member = CORRUPTIONS[name]
    assert member.name == name and 0 < member.probability <= 1
    assert (member.stage == "page") == isinstance(member, PageCorruption)
    assert (member.stage == "batch") == isinstance(member, BatchCorruption)


@every_member
def test_the_same_draw_gives_the_same_parameters(name):
    member = CORRUPTIONS[name]
    for severity in (0.0, 0.5, 1.0):
        one, two = (member.sample(np.random.default_rng(5), severity) for _ in range(2))
        assert repr(one) == repr(two)


@every_member
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_seed_repeats_and_the_input_stays(name, size):
    page = text_page(*size)
    before = page.copy()
    page.setflags(write=False)  # as a page that Pillow decoded is
    for seed, severity in ((1, 0.9), (2, 0.3), (3, 0.0), (4, 1.0)):
        first = dirtied(page, name, severity, seed)
        again = dirtied(page, name, severity, seed)
        assert first.shape == page.shape and first.dtype == np.uint8
        assert (first == again).all()
        assert (page == before).all()


@every_member
def test_torch_and_numpy_keep_their_own_randomness(name):
    torch.manual_seed(3)
    np.random.seed(3)
    dirtied(text_page(40, 40), name, 0.7, 1)
    after = float(torch.rand(())), float(np.random.rand())
    torch.manual_seed(3)
    np.random.seed(3)
    assert after == (float(torch.rand(())), float(np.random.rand()))


@every_member
def test_a_strong_one_is_seen_on_a_page_of_text(name):
    page = text_page()
    changes = [change(dirtied(page, name, 0.9, seed), page) for seed in range(12)]
    assert np.median(changes) > VISIBLE
    assert max(changes) < 200  # a page, not a black sheet


@every_member
def test_two_seeds_differ(name):
    page = text_page()
    pages = [dirtied(page, name, 0.8, seed) for seed in range(6)]
    assert any((pages[0] != other).any() for other in pages[1:])


@every_member
def test_the_mild_is_milder_than_the_strong(name):
    if name == "ink_weight":
        pytest.skip("how bold a print is does not grow with severity")
    page = text_page()
    mild, strong = (
        np.mean([change(dirtied(page, name, severity, seed), page) for seed in range(16)])
        for severity in (0.05, 0.95)
    )
    assert mild < strong


@pytest.mark.parametrize(
    "name", [name for name in EVERY if isinstance(CORRUPTIONS[name], BatchCorruption)]
)
def test_a_batch_keeps_shape_type_and_range(name):
    member = CORRUPTIONS[name]
    page = torch.from_numpy(text_page(64, 48)).float() / 255
    batch = page.repeat(3, 1, 1, 1)
    before = batch.clone()
    for severity in (0.1, 1.0):
        params = member.sample(np.random.default_rng(0), severity)
        after = member.apply(batch, params)
        assert after.shape == batch.shape and after.dtype == batch.dtype
        assert after.min() >= 0 and after.max() <= 1
        assert torch.equal(after, member.apply(batch, params))
        assert torch.equal(batch, before)


# --- the libraries they claim to use -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "transform"), [("sensor_noise", "ShotNoise"), ("jpeg", "ImageCompression")]
)
def test_albumentations_does_what_is_said(monkeypatch, name, transform):
    import albumentations

    assert "albumentations" in str(type(CORRUPTIONS[name]).apply.__doc__)
    scan._albumentations_member.cache_clear()  # a transform made before keeps its own apply
    kind = getattr(albumentations, transform)
    seen = []
    real = kind.apply
    monkeypatch.setattr(
        kind, "apply", lambda self, *args, **kw: (seen.append(1), real(self, *args, **kw))[1]
    )
    dirtied(text_page(40, 40), name, 0.6, 1)
    assert seen


@pytest.mark.parametrize("name", ["blur", "motion_blur"])
def test_kornia_filters_do_what_is_said(monkeypatch, name):
    import kornia

    function = {"blur": "gaussian_blur2d", "motion_blur": "motion_blur"}[name]
    real, seen = getattr(kornia.filters, function), []
    monkeypatch.setattr(
        kornia.filters, function, lambda *args, **kw: (seen.append(1), real(*args, **kw))[1]
    )
    dirtied(text_page(40, 40), name, 0.6, 1)
    assert seen


@pytest.mark.parametrize(
    ("name", "transform"),
    [
        ("salt_and_pepper", "RandomSaltAndPepperNoise"),
        ("gaussian_noise", "RandomGaussianNoise"),
    ],
)
def test_kornia_augmentations_do_what_is_said(monkeypatch, name, transform):
    import kornia

    kind = getattr(kornia.augmentation, transform)
    real, seen = kind.apply_transform, []
    monkeypatch.setattr(
        kind,
        "apply_transform",
        lambda self, *args, **kw: (seen.append(1), real(self, *args, **kw))[1],
    )
    dirtied(text_page(40, 40), name, 0.6, 1)
    assert seen


def test_every_batch_member_names_its_kornia_module():
    for member in CORRUPTIONS:
        if isinstance(member, BatchCorruption):
            assert "kornia." in str(type(member).run.__doc__)


# --- what single ones promise --------------------------------------------------------------------


def test_bleed_through_stays_fainter_than_the_pages_own_ink():
    blank = np.zeros((240, 400), bool)
    blank[:, 200:] = True
    for ink in (0, 90, 190):  # black print, pencil, a faint carbon copy
        page = np.maximum(text_page(240, 400), ink)
        page[blank] = 255
        for seed in range(8):
            other_side = dirtied(page, "bleed_through", 0.95, seed)[page == 255]
            own = 255 - ink
            assert 255 - int(other_side.min()) <= max(0.6 * own, 5)


def test_bleed_through_is_held_below_the_pages_own_ink():
    page, member = text_page(240, 400), CORRUPTIONS["bleed_through"]
    params = {**member.sample(np.random.default_rng(1), 0.9), "alpha": 5.0}
    shown = apply_to_page(page, member, params)[page == 255]
    assert 0.4 * 255 < 255 - int(shown.min()) <= 0.6 * 255


def test_bleed_through_leaves_ink_at_least_as_dark():
    page = text_page()
    assert (dirtied(page, "bleed_through", 0.9, 1) <= page).all()


def test_paper_never_gets_whiter_than_white_nor_ink_rubbed_out_by_a_crease():
    page = text_page()
    for seed in range(6):
        creased = dirtied(page, "crease", 1.0, seed)
        assert creased[page == 0].max() < 128


def test_a_threshold_leaves_two_greys():
    assert set(np.unique(dirtied(text_page(), "threshold", 0.5, 1))) <= {0, 255}


# --- chains --------------------------------------------------------------------------------------


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
        page = draw_chain(np.random.default_rng(seed), Corrupt(), ("page",))
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
def test_only_what_belongs_to_the_print_changes_the_clean_side(name):
    member, page = CORRUPTIONS[name], text_page()
    params = member.sample(np.random.default_rng(1), 0.9)
    dirty, clean = apply_chain(page, Chain(((member, params),), 0.9))
    assert (dirty != page).any()
    assert (clean != page).any() == member.both_sides
    if member.both_sides:
        assert (clean == dirty).all()


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


# --- batches on the device -----------------------------------------------------------------------


def test_a_corrupted_batch_keeps_shape_and_range_and_repeats():
    batch = (torch.from_numpy(text_page(48, 64)).float() / 255).repeat(5, 1, 1, 1)
    before = batch.clone()
    corrupt = Corrupt(clean_share=0.0, members=dict.fromkeys(EVERY, 1.0))
    one, two = (corrupt_batch(batch, np.random.default_rng(2), corrupt) for _ in range(2))
    assert one.shape == batch.shape and one.dtype == batch.dtype
    assert one.min() >= 0 and one.max() <= 1
    assert torch.equal(one, two) and torch.equal(batch, before)
    assert (one != batch).flatten(1).any(1).all()


def test_a_batch_of_clean_pages_stays():
    batch = torch.rand(4, 1, 16, 16)
    corrupt = Corrupt(clean_share=1.0, members=dict.fromkeys(EVERY, 1.0))
    assert torch.equal(corrupt_batch(batch, np.random.default_rng(2), corrupt), batch)


# --- the contact sheet ---------------------------------------------------------------------------


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
