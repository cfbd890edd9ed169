"""Transforms of albumentations and kornia as members: all of them work or are refused, by the
rules of our own members: pure, repeatable, both sides and the points by one draw."""

import random

import numpy as np
import pytest
import torch
from borrowing import EVERY, full, marked, member_of
from family import text_page

from docclean.corruptions.borrowed import borrowed
from docclean.corruptions.borrowed.member import LIBRARIES
from docclean.corruptions.chain import dirty_sheet
from docclean.errors import UsageError
from docclean.recipe import Corrupt

MOVING = [
    *("Affine", "CropAndPad", "ElasticTransform", "GridDistortion", "GridElasticDeform"),
    *("HorizontalFlip", "OpticalDistortion", "Perspective", "PiecewiseAffine", "Rotate"),
    *("SafeRotate", "ShiftScaleRotate", "ThinPlateSpline", "VerticalFlip"),
    *("RandomAffine", "RandomElasticTransform", "RandomFisheye", "RandomHorizontalFlip"),
    *("RandomPerspective", "RandomRotation", "RandomRotation90", "RandomShear"),
    *("RandomThinPlateSpline", "RandomTranslate", "RandomVerticalFlip"),
]
"""Geometric ones, named here only to be sure that none of them falls out unseen."""


def states():
    random_, numpy_, torch_ = random.getstate(), np.random.get_state(), torch.get_rng_state()
    return random_, tuple(numpy_[1]), numpy_[2:], torch_.tolist()


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [marked(name) for name in EVERY])
def test_every_transform_works_on_a_grey_page_or_says_why_not(name):
    before = states()
    try:
        member = member_of(name)
    except UsageError as error:
        message = str(error)
        assert name in message or repr(name) in message
        assert (
            "cannot be used: it " in message
            or "there is no default" in message
            or ("Error: " in message)
        ), message
        assert len(message.splitlines()) == 1 and len(message) < 400
        assert states() == before
        return
    assert states() == before
    page = text_page(96, 112) // 2 + 60
    page.setflags(write=False)
    kept, seen = page.copy(), set()
    for seed in range(3):
        params = {"seed": seed}
        dirty, clean = (side(page, params, 150) for side in (member.on_page, member.on_clean))
        for made in (dirty, clean):
            assert made.shape == page.shape and made.dtype == np.uint8
        assert (dirty == member.on_page(page, params, 150)).all()
        assert (page == kept).all()
        assert not member.both_sides or (dirty == clean).all()
        seen.add(dirty.tobytes())
    assert states() == before, "a library's own randomness is its user's"
    assert seen != {page.tobytes()}


@pytest.mark.slow
def test_most_of_both_libraries_work():
    """None falls out unseen; what is refused at its defaults stands in NEEDED or has a reason."""
    working = dict.fromkeys(LIBRARIES, 0)
    for name in EVERY:
        try:
            member_of(name)
        except UsageError:
            continue
        working[name.partition(":")[0]] += 1
    assert working["albumentations"] >= 70 and working["kornia"] >= 42


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("albumentations:Resize", "it changes the size of a page"),
        ("albumentations:RandomRotate90", "it changes the size of a page"),
        ("albumentations:CenterCrop", "it cuts a page, whose size must stay"),
        ("albumentations:PadIfNeeded3D", "it changes volumes, not pages"),
        ("albumentations:OverlayElements", "it wants overlay_metadata beside the page"),
        ("albumentations:ChannelShuffle", "it leaves a grey page as it is"),
        ("albumentations:Normalize", "it gives float32, not a page's greys"),
        ("albumentations:RandomGridShuffle", "it tears a page in pieces"),
        ("albumentations:DualTransform", "it is what transforms derive from"),
        ("kornia:RandomHue", "it leaves a grey page as it is; it can be given hue"),
        ("kornia:RandomAffine3D", "it changes volumes, not pages"),
        ("kornia:RandomCutMixV2", "it mixes the pieces of pages"),
        ("kornia:AugmentationSequential", "it holds other augmentations"),
        ("kornia:RandomCrop", "it changes the size of a page"),
    ],
)
def test_why_a_transform_cannot_be_used(name, told):
    with pytest.raises(UsageError) as caught:
        member_of(name)
    assert f"'{name}' cannot be used: {told}" in str(caught.value)


# --- what moves ink -------------------------------------------------------------------------------


@pytest.mark.parametrize("short", [marked(name) for name in MOVING])
def test_points_go_where_their_ink_goes(short):
    member, shape = member_of(full(short)), (300, 220)
    assert member.both_sides
    points = np.array([(x, y) for y in (70, 150, 230) for x in (60, 110, 160)], np.float64)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    measured = 0
    for seed in range(2):
        params = {"seed": seed}
        moved = member.move_points(points + 0.5, params, shape) - 0.5
        for (x, y), there in zip(points.astype(int), moved, strict=True):
            page = np.full(shape, 255, np.uint8)
            page[y - 2 : y + 3, x - 2 : x + 3] = 0
            dirty, clean = (side(page, params) for side in (member.on_page, member.on_clean))
            assert (dirty == clean).all()
            ink = np.where(dirty < 215, 255.0 - dirty, 0)
            if ink.sum() < 2500:  # it left the page
                continue
            found = np.array([(ink * columns).sum(), (ink * rows).sum()]) / ink.sum()
            assert np.hypot(*(found - there)) < 1.5
            measured += 1
    assert measured >= 6


def test_a_point_that_leaves_the_page_stays_at_its_edge():
    member = borrowed("kornia:RandomThinPlateSpline")
    points = np.array([(0.5, 0.5), (109.5, 149.5)])
    for seed in range(6):
        moved = member.move_points(points, {"seed": seed}, (150, 110))
        assert moved.min() >= -1 and (moved <= (112, 152)).all()


def test_what_leaves_the_page_leaves_paper_not_black():
    blank = np.full((90, 120), 255, np.uint8)
    for name in ("albumentations:Rotate", "albumentations:Affine", "kornia:RandomAffine"):
        for seed in range(4):
            assert member_of(name).on_page(blank, {"seed": seed}).min() == 255
    black = borrowed("albumentations:Rotate", {"limit": (20, 20), "fill": 0})
    assert black.on_page(blank, {"seed": 1}).min() == 0
    assert black.on_clean(blank, {"seed": 1}).min() == 255 and not black.both_sides


# --- the clean side -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("albumentations:CoarseDropout", None),
        ("albumentations:GridDropout", {"fill": "random"}),
        ("albumentations:Erasing", {"fill": 128}),
        ("albumentations:TimeMasking", {"time_mask_param": 60}),
        ("kornia:RandomErasing", {"value": 0.5}),
    ],
)
def test_what_is_covered_for_good_is_not_asked_for(name, arguments):
    """A network asked for strokes that nobody can see learns to invent them."""
    member, page = borrowed(name, arguments), text_page(96, 112)
    assert not member.both_sides
    covered = 0
    for seed in range(4):
        dirty, clean = (side(page, {"seed": seed}) for side in (member.on_page, member.on_clean))
        gone = clean != page
        covered += gone.any()
        assert (clean[gone] == 255).all()
        asked = clean < 128
        assert asked.any() and (dirty == page)[asked].all()
    assert covered


@pytest.mark.parametrize(
    "name",
    ["albumentations:PixelDropout", "albumentations:RandomShadow", "kornia:RandomPlasmaShadow"],
)
def test_what_only_dirties_leaves_the_clean_side(name):
    page = text_page(60, 70)
    assert all((member_of(name).on_clean(page, {"seed": seed}) == page).all() for seed in range(3))


def test_clean_sheets_stay_clean_and_may_be_turned():
    names = ("albumentations:RandomFog", "albumentations:CoarseDropout", "kornia:RandomRotation")
    corrupt = Corrupt(
        clean_share=1.0,
        only_named=True,
        members=dict.fromkeys(names, 1.0),
        ranges={"kornia:RandomRotation": {"degrees": (4.0, 6.0)}},
    )
    dirty, clean, chain = dirty_sheet(text_page(), np.random.default_rng(1), corrupt)
    assert chain.names() == ["kornia:RandomRotation"]
    assert (dirty == clean).all() and (dirty != text_page()).any()
