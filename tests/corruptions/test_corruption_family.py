"""Every registered corruption keeps its family's contract; chains repeat and keep the sides apart.

To register a corruption is to be tested here."""

import numpy as np
import pytest
import torch
from family import EVERY, every_member, text_page

from docclean.corruptions import CORRUPTIONS, BatchCorruption, PageCorruption
from docclean.corruptions.chain import (
    apply_chain,
    draw_chain,
)
from docclean.corruptions.shared.albumentation import albumentation
from docclean.errors import UsageError
from docclean.page import Image
from docclean.recipe import Corrupt

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


def dirtied(page: Image, name: str, severity: float, seed: int) -> Image:
    member = CORRUPTIONS[name]
    return member.on_page(page, member.sample(np.random.default_rng(seed), severity))


def change(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(float) - other).mean())


# --- the family -----------------------------------------------------------------------------------


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


# --- the libraries they claim to use --------------------------------------------------------------


def test_kornia_and_albumentations_do_what_they_are_said_to_do(monkeypatch):
    """The project's promise: its corruptions are built on both."""
    import albumentations
    import kornia

    batch, seen = torch.rand(2, 1, 32, 32), set()

    def noting(owner, name):
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, **kw: (seen.add(name), real(*args, **kw))[1])

    noting(kornia.filters, "filter2d")
    noting(kornia.enhance, "adjust_gamma")
    for name, used in (
        ("defocus", "filter2d"),
        ("motion_blur", "filter2d"),
        ("contrast", "adjust_gamma"),
    ):
        seen.clear()
        member = CORRUPTIONS[name]
        member.apply(batch, member.sample(np.random.default_rng(0), 0.6))
        assert seen == {used}
    albumentation.cache_clear()  # a transform made before keeps its own apply
    for name, kind in (("jpeg", "ImageCompression"), ("illumination", "Illumination")):
        seen.clear()
        noting(getattr(albumentations, kind), "apply")
        dirtied(text_page(40, 40), name, 0.6, 1)
        assert seen == {"apply"}
    albumentation.cache_clear()


# --- what single ones promise ---------------------------------------------------------------------


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
