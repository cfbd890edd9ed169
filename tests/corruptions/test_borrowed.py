"""Transforms of albumentations and kornia as members: all of them work or are refused, by the
rules of our own members: pure, repeatable, both sides and the points by one draw."""

import inspect
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from family import text_page

import docclean.corruptions
from docclean.cli import run
from docclean.corruptions.borrowed import borrowed, is_borrowed
from docclean.corruptions.borrowed.member import LIBRARIES
from docclean.corruptions.chain import apply_chain, check, dirty_sheet, draw_chain, move_points
from docclean.errors import UsageError
from docclean.recipe import Corrupt, Recipe

NEEDED = {
    "albumentations:Affine": {"rotate": (-5, 5), "shear": (-3, 3)},
    "albumentations:ConstrainedCoarseDropout": {"mask_indices": (1,)},
    "albumentations:CropAndPad": {"percent": 0.05},
    "albumentations:GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 3},
    "albumentations:LongestMaxSize": {"max_size": 50},
    "albumentations:Resize": {"height": 96, "width": 80},  # the trial's own size
    "albumentations:SmallestMaxSize": {"max_size": 50},
    "albumentations:TextImage": {"font_path": "DejaVuSans.ttf"},
    "albumentations:ThinPlateSpline": {"scale_range": (0.05, 0.1)},
    "albumentations:XYMasking": {
        **{"num_masks_x": (1, 2), "mask_x_length": (3, 9)},
        **{"num_masks_y": (1, 2), "mask_y_length": (3, 9)},
    },
    "kornia:CenterCrop": {"size": (40, 40)},
    "kornia:ColorJiggle": {"brightness": 0.3},
    "kornia:ColorJitter": {"contrast": 0.3},
    "kornia:Denormalize": {"mean": (0.1,), "std": (0.9,)},
    "kornia:LongestMaxSize": {"max_size": 50},
    "kornia:Normalize": {"mean": (0.1,), "std": (0.9,)},
    "kornia:PadTo": {"size": (200, 200)},
    "kornia:RandomAffine": {"degrees": 6.0},
    "kornia:RandomBrightness": {"brightness": (0.7, 1.2)},
    "kornia:RandomContrast": {"contrast": (0.7, 1.2)},
    "kornia:RandomCrop": {"size": (40, 40)},
    "kornia:RandomFisheye": {
        **{"center_x": (-0.1, 0.1), "center_y": (-0.1, 0.1), "gamma": (0.9, 1.1)}
    },
    "kornia:RandomGamma": {"gamma": (0.7, 1.3)},
    "kornia:RandomGaussianBlur": {"kernel_size": (5, 5), "sigma": (0.5, 1.5)},
    "kornia:RandomMotionBlur": {"kernel_size": 5, "angle": 30.0, "direction": 0.5},
    "kornia:RandomPerspective": {"distortion_scale": 0.2},
    "kornia:RandomResizedCrop": {"size": (40, 40)},
    "kornia:RandomRotation": {"degrees": 6.0},
    "kornia:RandomRotation90": {"times": (2, 2)},
    "kornia:RandomShear": {"shear": 5.0},
    "kornia:RandomTranslate": {"translate_x": (-0.1, 0.1), "translate_y": (-0.1, 0.1)},
    "kornia:Resize": {"size": (96, 80)},
    "kornia:SmallestMaxSize": {"max_size": 50},
}
"""What a transform is given here because it has no default, or one that does nothing."""
EVERY = [f"{owner}:{name}" for owner, one in LIBRARIES.items() for name in one.transforms()]
MOVING = [
    *("Affine", "CropAndPad", "ElasticTransform", "GridDistortion", "GridElasticDeform"),
    *("HorizontalFlip", "OpticalDistortion", "Perspective", "PiecewiseAffine", "Rotate"),
    *("SafeRotate", "ShiftScaleRotate", "ThinPlateSpline", "VerticalFlip"),
    *("RandomAffine", "RandomElasticTransform", "RandomFisheye", "RandomHorizontalFlip"),
    *("RandomPerspective", "RandomRotation", "RandomRotation90", "RandomShear"),
    *("RandomThinPlateSpline", "RandomTranslate", "RandomVerticalFlip"),
]
"""Geometric ones, named here only to be sure that none of them falls out unseen."""
BOTH = Corrupt(clean_share=0.0, only_named=True)


def marked(name):
    """PiecewiseAffine takes a second a page."""
    return pytest.param(name, marks=pytest.mark.slow if name.endswith("PiecewiseAffine") else ())


def member_of(name):
    return borrowed(name, NEEDED.get(name))


def full(short):
    owner = next(name for name, one in LIBRARIES.items() if short in one.transforms())
    return f"{owner}:{short}"


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


# --- in a chain -----------------------------------------------------------------------------------


MIXED = {
    "jpeg": 1.0,
    "kornia:RandomPlasmaShadow": 1.0,
    "stain": 1.0,
    "albumentations:RandomShadow": 1.0,
}


def test_they_come_after_the_page_and_before_the_lens_in_the_recipes_order():
    corrupt = Corrupt(clean_share=0.0, only_named=True, members=MIXED)
    chain = draw_chain(np.random.default_rng(0), corrupt)
    lent = [name for name in MIXED if is_borrowed(name)]
    assert chain.names() == ["stain", *lent, "jpeg"]
    other = dict(reversed(MIXED.items()))
    turned = draw_chain(np.random.default_rng(0), Corrupt(0.0, only_named=True, members=other))
    assert turned.names() == ["stain", *lent[::-1], "jpeg"]
    page = draw_chain(np.random.default_rng(0), corrupt, ("page",))
    assert page.names() == ["stain", *lent]
    assert draw_chain(np.random.default_rng(0), corrupt, ("batch",)).names() == ["jpeg"]


def test_they_move_no_draw_of_our_own_members():
    for seed in range(5):
        own = draw_chain(np.random.default_rng(seed), Corrupt())
        both = draw_chain(
            np.random.default_rng(seed), Corrupt(members={"kornia:RandomPlasmaShadow": 1.0})
        )
        kept = [repr(params) for member, params in both.steps if not is_borrowed(member.name)]
        assert kept == [repr(params) for _, params in own.steps]


def test_a_seed_repeats_a_chain_of_them():
    corrupt = Corrupt(0.0, only_named=True, members=MIXED)
    one, two = (dirty_sheet(text_page(), np.random.default_rng(4), corrupt) for _ in range(2))
    assert (one[0] == two[0]).all() and repr(one[2].steps) == repr(two[2].steps)
    other = dirty_sheet(text_page(), np.random.default_rng(5), corrupt)
    assert (one[0] != other[0]).any()


def test_a_milder_try_draws_fewer_of_them():
    corrupt = Corrupt(0.0, only_named=True, members={"albumentations:GaussNoise": 1.0})
    rng = np.random.default_rng(0)
    drawn = [len(draw_chain(rng, corrupt, share=0.25).steps) for _ in range(200)]
    assert 0.1 < np.mean(drawn) < 0.4


def test_points_go_through_a_whole_chain():
    corrupt = Corrupt(
        clean_share=0.0,
        only_named=True,
        members={"skew": 1.0, "albumentations:HorizontalFlip": 1.0},
    )
    chain = draw_chain(np.random.default_rng(2), corrupt)
    page = np.full((200, 160), 255, np.uint8)
    page[118:123, 38:43] = 0
    dirty, clean = apply_chain(page, chain)
    rows, columns = np.nonzero(clean < 128)
    there = move_points(np.array([[40.5, 120.5]]), chain, page.shape)
    assert np.abs(there - (columns.mean() + 0.5, rows.mean() + 0.5)).max() < 1
    assert columns.min() > 100 and (dirty == clean).all()


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        (
            "albumentations:RandomShadw",
            {},
            "albumentations has no 'RandomShadw' (did you mean 'Rando",
        ),
        ("kornia:RandomPlasmaShade", {}, "(did you mean 'RandomPlasmaShadow'?)"),
        ("albumentation:Blur", {}, "no library 'albumentation' (did you mean 'albumentations'?)"),
        ("kornia:RandomAffine", {}, "must give degrees, for which there is no default"),
        ("albumentations:GaussNoise", {"std_rang": (0, 1)}, "(did you mean 'std_range'?); known: "),
        ("albumentations:GaussNoise", {"p": 0.5}, "has no 'p'; known: std_range, "),
        (
            *("albumentations:GaussNoise", {"mean_range": (0, 0), "std_range": (0.1, 5)}),
            "std_range cannot be [0.1, 5] (ValueError: std_range All values in (0.1, 5.0) must be",
        ),
        (
            *("albumentations:ImageCompression", {"compression_type": "gif"}),
            "compression_type cannot be 'gif' (ValueError: compression_type Input should be 'jpeg'",
        ),
        (
            *("kornia:RandomGaussianBlur", {"kernel_size": (4, 4), "sigma": (1, 2)}),
            "kernel_size cannot be [4, 4] (BaseError: Kernel size must be an odd integer",
        ),
        ("kornia:RandomAffine", {"degrees": "x"}, "degrees cannot be 'x' (TypeError: "),
    ],
)
def test_a_wrong_name_or_argument_is_told_in_a_sentence(name, arguments, told):
    corrupt = Corrupt(members={name: 0.5}, ranges={name: arguments} if arguments else {})
    with pytest.raises(UsageError) as caught:
        check(corrupt, "fog.toml")
    message = str(caught.value)
    assert message.startswith("fog.toml: [corrupt.")
    assert told in message and len(message.splitlines()) == 1
    with pytest.raises(UsageError):
        draw_chain(np.random.default_rng(0), corrupt)


def test_arguments_are_checked_even_where_nothing_is_drawn():
    with pytest.raises(UsageError, match="did you mean 'fog_coef_range'"):
        check(Corrupt(ranges={"albumentations:RandomFog": {"fog_coef_rang": (0, 1)}}))


def test_a_page_that_a_transform_cannot_take_is_told():
    wide = borrowed("kornia:RandomGaussianBlur", {"kernel_size": (31, 31), "sigma": (3, 3)})
    with pytest.raises(
        UsageError, match=r"'kornia:RandomGaussianBlur' fails on a page of 9 x 8 px"
    ):
        wide.on_page(np.full((8, 9), 255, np.uint8), {"seed": 0})


def test_no_argument_that_the_chain_decides_can_be_set():
    for owner, library in LIBRARIES.items():
        for name, kind in library.transforms().items():
            assert not {"p", "same_on_batch", "keepdim"} & library.settable(kind).keys(), name
            assert (
                library.settable(kind).keys() <= inspect.signature(kind.__init__).parameters.keys()
            )
        assert owner == library.name


# --- in a recipe ----------------------------------------------------------------------------------


def test_the_example_of_the_readme_runs(tmp_path):
    text = (Path(docclean.corruptions.__file__).with_name("README.md")).read_text("utf-8")
    blocks = [block.split("```")[0] for block in text.split("```toml\n")[1:]]
    (example,) = [block for block in blocks if "albumentations:" in block]
    path = tmp_path / "fog.toml"
    path.write_text(example, "utf-8")
    corrupt = Recipe.load(path).corrupt
    check(corrupt, str(path))
    lent = {name for name in corrupt.members if is_borrowed(name)}
    assert lent >= corrupt.ranges.keys() and len(lent) == 3
    seen, rng = set(), np.random.default_rng(0)
    for _ in range(12):
        dirty, clean, chain = dirty_sheet(text_page(200, 160), rng, corrupt)
        seen |= set(chain.names())
        assert dirty.shape == clean.shape
    assert seen == set(corrupt.members)


def test_a_look_of_a_mix_may_borrow(tmp_path):
    look = '[corrupt.members]\n"kornia:RandomPlasmaShadow" = 1.0\n'
    look += '[corrupt.ranges."kornia:RandomPlasmaShadow"]\nroughness = [0.2, 0.3]\n'
    (tmp_path / "shade.toml").write_text(look)
    (tmp_path / "all.toml").write_text("[mix]\nshade = 1.0\n")
    (only,) = Recipe.load(tmp_path / "all.toml").looks()
    assert only.corrupt.ranges == {"kornia:RandomPlasmaShadow": {"roughness": (0.2, 0.3)}}
    assert (
        "kornia:RandomPlasmaShadow"
        in (draw_chain(np.random.default_rng(0), only.corrupt, share=1.0).names())
        or only.corrupt.clean_share > 0
    )


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("0.5", 0.5),
        ("3", 3),
        ("true", True),
        ('"word"', "word"),
        ("[0.1, 2]", (0.1, 2)),
        ("[[1, 2], [3, 4]]", ((1, 2), (3, 4))),
        ("{ x = [0.9, 1.1], how = 'so' }", {"x": (0.9, 1.1), "how": "so"}),
    ],
)
def test_arguments_of_a_library_may_be_anything_that_toml_writes(tmp_path, value, kept):
    path = tmp_path / "any.toml"
    path.write_text(f'[corrupt.ranges."kornia:RandomAffine"]\ndegrees = {value}\n')
    found = Recipe.load(path).corrupt.ranges["kornia:RandomAffine"]["degrees"]
    assert found == kept and type(found) is type(kept)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '"kornia:RandomAffine" = 3',
            '"kornia:RandomAffine" must be like { p_range = [0.1, 0.5] }',
        ),
        (
            '"kornia:RandomAffine".degrees = 1979-05-27',
            ".degrees must be like 0.3, [0.1, 0.5], true",
        ),
        ('"kornia:RandomAffine".degrees = [1, inf]', ".degrees must be a finite number, not inf"),
        ("stain.depth = true", "ranges.stain.depth must be like [0.1, 0.5], not True"),
        ("stain.depth = [[1]]", "ranges.stain.depth must be like [0.1, 0.5], not [[1]]"),
    ],
)
def test_what_no_argument_can_be_is_told_with_the_file(tmp_path, text, told):
    path = tmp_path / "odd.toml"
    path.write_text(f"[corrupt.ranges]\n{text}\n")
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    assert str(caught.value).startswith(f"{path}: [corrupt] ranges") and told in str(caught.value)


def test_synth_makes_pages_with_them(tmp_path, capsys):
    path = tmp_path / "fog.toml"
    path.write_text(
        "[synth]\ndpi_range = [72, 72]\nlayouts = { book = 1 }\n[corrupt]\nonly_named = true\n"
        'clean_share = 0.0\n[corrupt.members]\n"albumentations:RandomFog" = 1.0\n'
        '[corrupt.ranges."albumentations:RandomFog"]\nfog_coef_range = [0.1, 0.2]\n'
    )
    assert run(["synth", "-o", str(tmp_path / "out"), "--count", "1", "--recipe", str(path)]) == 0
    (line,) = (tmp_path / "out" / "index.jsonl").read_text().splitlines()
    assert json.loads(line)["corruptions"] == ["albumentations:RandomFog"]
    path.write_text(path.read_text().replace("RandomFog", "RandomFrog"))
    capsys.readouterr()
    assert run(["synth", "-o", str(tmp_path / "two"), "--count", "1", "--recipe", str(path)]) != 0
    told = capsys.readouterr().err
    assert f"{path}: " in told and "(did you mean 'RandomFog'?)" in told
    assert not (tmp_path / "two" / "noisy").exists()
