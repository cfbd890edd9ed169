"""Every registered corruption keeps its family's contract; chains repeat and keep the sides apart.

To register a corruption is to be tested here.
"""

import cv2
import numpy as np
import pytest
import torch

from docclean.corruptions import CORRUPTIONS, BatchCorruption, PageCorruption
from docclean.corruptions.chain import (
    CLEAN,
    Chain,
    apply_chain,
    check,
    corrupt_batch,
    corrupt_looks,
    dirty_by_name,
    draw_chain,
)
from docclean.corruptions.shared.albumentation import albumentation
from docclean.errors import UsageError
from docclean.page import Image
from docclean.pairs.contact_sheet import CELL, write_contact_sheet
from docclean.recipe import Corrupt, Look, Recipe

EVERY = CORRUPTIONS.names()
BATCH = [name for name in EVERY if isinstance(CORRUPTIONS[name], BatchCorruption)]
SIZES = [(1, 1), (7, 513), (300, 200)]
VISIBLE = 0.4
"""Mean change in grey levels that an eye sees on a page of text, at a severity of 0.9."""
REQUIRED = {
    # ink
    *("ink_smear", "wet_smudge", "roller_smear", "ink_weight", "faint_ink", "uneven_ink"),
    *("broken_strokes", "dropped_ink", "typestrike", "ribbon", "filled_eyes", "carbon_copy"),
    *("dot_matrix", "thermal_fade", "letterpress", "photocopy", "ink_bleed", "overstrike"),
    *("strike_through", "scribble", "highlighter", "stamp", "signature", "underline"),
    "ruled_lines",
    # paper
    *("crease", "fold", "wrinkle", "crumple", "paper_texture", "fibres", "foxing", "yellowing"),
    *("stain", "water_stain", "footprint", "dirt", "tear", "hole", "punch_hole", "staple", "tape"),
    *("show_through", "bleed_through", "coloured_stock", "patterned_stock", "halftone_stock"),
    *("halftone_picture", "watermark"),
    # scanner, fax, camera
    *("uneven_light", "gutter", "cast_shadow", "vignetting", "black_border", "next_page"),
    *("glass_dust", "glass_hair", "streaks", "missing_rows", "banding", "moire", "quantization"),
    *("threshold", "local_threshold", "dither", "fax", "gaussian_noise", "sensor_noise"),
    *("correlated_noise", "salt_and_pepper", "speckle", "defocus", "motion_blur", "blur"),
    *("low_resolution", "halo", "jpeg", "chroma_jpeg", "warp", "skew", "auto_contrast"),
    *("contrast", "inverted"),
}  # fmt: skip
"""What the issue of the corruption engine names, one member or more for each."""

every_member = pytest.mark.parametrize("name", EVERY)
SOFTENED = ["blur", "defocus", "low_resolution"]
"""Members whose clean side stays a little soft: nothing is to be taught crisper than it came."""


def text_page(height: int = 300, width: int = 200) -> Image:
    """A white page with lines of black letters."""
    page = np.full((height, width), 255, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1)
    return page


def dirtied(page: Image, name: str, severity: float, seed: int) -> Image:
    member = CORRUPTIONS[name]
    return member.on_page(page, member.sample(np.random.default_rng(seed), severity))


def change(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(float) - other).mean())


# --- the family ----------------------------------------------------------------------------------


def test_the_required_members_are_there():
    assert not REQUIRED - set(EVERY)


@every_member
def test_a_member_says_who_it_is(name):
    member = CORRUPTIONS[name]
    assert member.name == name and 0 < member.probability <= 1
    assert (member.stage == "page") == isinstance(member, PageCorruption)
    assert (member.stage == "batch") == isinstance(member, BatchCorruption)
    told = str(type(member).__doc__).strip().splitlines()[0]
    assert told.endswith((".", ":")) or len(told) > 20, "a line says what it imitates"
    assert "Corruption" not in told
    assert member.ranges and all(span.unit for span in member.ranges.values())


@every_member
def test_every_range_can_be_set_and_is_used(name):
    member = CORRUPTIONS[name]
    for parameter, span in member.ranges.items():
        drawn = set()
        for value in (span.low, (span.low + span.high) / 2 + 0.01, span.high + 0.02):
            for seed in range(12):  # some parameters count only for one kind of mark
                ranges = {parameter: (value, value)}
                drawn.add((seed, repr(member.sample(np.random.default_rng(seed), 0.6, ranges))))
        assert len(drawn) > 12, f"{parameter} changes nothing that is drawn"


def test_an_unknown_range_names_the_nearest():
    with pytest.raises(UsageError, match=r"has no 'dept'.*did you mean 'depth'"):
        CORRUPTIONS["stain"].sample(np.random.default_rng(0), 0.5, {"dept": (0, 1)})
    for wrong in ({"stain": {"dept": (0.0, 1.0)}}, {"stian": {"depth": (0.0, 1.0)}}):
        with pytest.raises(UsageError, match="did you mean"):
            draw_chain(np.random.default_rng(0), Corrupt(ranges=wrong))


def test_from_the_lens_on_every_member_runs_on_tensors():
    """Else the physical order could not hold on a device: page members all run before."""
    stages = [member.stage for member in CORRUPTIONS]
    assert stages == sorted(stages, key=["page", "batch"].index)


@every_member
def test_a_probability_of_zero_leaves_the_bytes_alone(name):
    page = text_page(40, 60)
    corrupt = Corrupt(clean_share=0.0, only_named=True, members={name: 0.0})
    for seed in range(3):
        dirty, clean = apply_chain(page, draw_chain(np.random.default_rng(seed), corrupt))
        assert dirty.tobytes() == clean.tobytes() == page.tobytes()


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
    for seed, severity in ((1, 0.9), (2, 0.0), (3, 1.0)):
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
    changes = [change(dirtied(page, name, 0.9, seed), page) for seed in range(8)]
    assert np.median(changes) > VISIBLE
    assert max(changes) < 240  # a page, not a black sheet: a negative is the most there is


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
        np.mean([change(dirtied(page, name, severity, seed), page) for seed in range(11)])
        for severity in (0.05, 0.95)
    )
    assert mild < strong


@pytest.mark.parametrize("name", BATCH)
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


def test_kornia_and_albumentations_do_what_they_are_said_to_do(monkeypatch):
    """The project's promise: its corruptions are built on both."""
    import albumentations
    import kornia

    batch, seen = torch.rand(2, 1, 32, 32), set()

    def noting(owner, name):
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, **kw: (seen.add(name), real(*args, **kw))[1])

    noting(kornia.filters, "gaussian_blur2d")
    noting(kornia.filters, "motion_blur")
    for name in ("blur", "motion_blur"):
        member = CORRUPTIONS[name]
        member.apply(batch, member.sample(np.random.default_rng(0), 0.6))
    assert seen == {"gaussian_blur2d", "motion_blur"}
    albumentation.cache_clear()  # a transform made before keeps its own apply
    for name, kind in (("jpeg", "ImageCompression"), ("illumination", "Illumination")):
        seen.clear()
        noting(getattr(albumentations, kind), "apply")
        dirtied(text_page(40, 40), name, 0.6, 1)
        assert seen == {"apply"}
    albumentation.cache_clear()


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
    shown = member.on_page(page, params)[page == 255]
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


# --- batches on the device -----------------------------------------------------------------------


def test_a_corrupted_batch_keeps_shape_and_range_and_repeats():
    batch = (torch.from_numpy(text_page(48, 64)).float() / 255).repeat(5, 1, 1, 1)
    before = batch.clone()
    corrupt = Corrupt(clean_share=0.0, members=dict.fromkeys(EVERY, 1.0))
    severities = [0.1, 0.9, 0.5, 0.3, 0.7]
    one, two = (
        corrupt_batch(batch, severities, np.random.default_rng(2), corrupt) for _ in range(2)
    )
    assert one.shape == batch.shape and one.dtype == batch.dtype
    assert one.min() >= 0 and one.max() <= 1
    assert torch.equal(one, two) and torch.equal(batch, before)
    assert (one != batch).flatten(1).any(1).all()


def test_patches_of_clean_sheets_stay():
    batch = torch.rand(4, 1, 16, 16)
    corrupt = Corrupt(members=dict.fromkeys(EVERY, 1.0))
    after = corrupt_batch(batch, [CLEAN, 0.5, CLEAN, 0.5], np.random.default_rng(2), corrupt)
    changed = (after != batch).flatten(1).any(1).tolist()
    assert changed == [False, True, False, True]


def test_a_batch_suffers_by_the_severity_of_its_sheets():
    batch = torch.full((40, 1, 24, 24), 0.5)
    corrupt = Corrupt(only_named=True, members={"gaussian_noise": 1.0})
    severities = [0.0] * 20 + [1.0] * 20
    after = corrupt_batch(batch, severities, np.random.default_rng(1), corrupt)
    assert after[:20].std() < 0.3 * after[20:].std()


def test_each_look_has_its_own_corruptions_on_a_batch():
    looks = tuple(
        Look(name, 1.0, Recipe().synth, Corrupt(only_named=True, members={name: 1.0}))
        for name in ("gaussian_noise", "threshold")
    )
    batch = torch.rand(6, 1, 24, 24) * 0.5 + 0.2
    facts = np.array([[0.5, look] for look in (0, 1, 0, 1, 0, 1)], np.float32)
    blank = torch.ones_like(batch)
    after = corrupt_looks(batch, blank, facts, np.random.default_rng(1), Recipe(mix=looks))
    two_greys = [set(patch.unique().tolist()) <= {0.0, 1.0} for patch in after]
    assert two_greys == [False, True, False, True, False, True]


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
    after = corrupt_looks(faint, clean, facts, np.random.default_rng(1), recipe)
    assert torch.equal(after[0], faint[0]) and not torch.equal(after[1], faint[1])


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


# --- ranges a recipe may set ---------------------------------------------------------------------


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
