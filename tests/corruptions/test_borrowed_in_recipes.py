"""Borrowed transforms in a recipe and a chain: their place, their arguments, what is refused."""

import inspect
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from family import text_page

import docclean.corruptions
from docclean.cli import run
from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.borrowed import borrowed, is_borrowed
from docclean.corruptions.borrowed.member import LIBRARIES
from docclean.corruptions.chain import apply_chain, check, dirty_sheet, draw_chain, move_points
from docclean.errors import UsageError
from docclean.recipe import Corrupt, Recipe

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
    page = draw_chain(np.random.default_rng(0), corrupt, ("sheet", "page"))
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


@pytest.mark.slow
def test_every_pair_that_is_compared_can_be_made(tmp_path):
    """The table of `pipelines/results/libraries.md` is made of these."""
    folder = Path(__file__).parents[2] / "pipelines" / "corruptions"
    pairs = tomllib.loads((folder / "pairs.toml").read_text("utf-8"))["pair"]
    assert len(pairs) > 100 and len({pair["member"] for pair in pairs}) > 40
    for pair in pairs:
        assert pair["member"] in CORRUPTIONS.names()
        path = tmp_path / "pair.toml"
        lines = [f"{key} = {written(value)}" for key, value in pair.get("arguments", {}).items()]
        path.write_text("\n".join([f'[corrupt.ranges."{pair["transform"]}"]', *lines]))
        check(Recipe.load(path).corrupt, str(path))


def written(value):
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {written(item)}' for key, item in value.items())} }}"
    return json.dumps(value)


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
