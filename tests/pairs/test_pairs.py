"""A pair says what still stands on its page, and where: moved, torn away or struck over."""

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.chain import Chain
from docclean.errors import MissingProgramError, OutputError
from docclean.pairs import make as pairs
from docclean.pairs.make import make_pair, write_pairs
from docclean.recipe import Corrupt, Recipe, Synth
from docclean.synth import TextSource, Typeset, Word, typeset

PLAIN = Recipe(
    synth=Synth(dpi_range=(100, 100), locales=("en_US",), layouts={"book": 1.0}),
    corrupt=Corrupt(clean_share=0.0, only_named=True),
)


@pytest.fixture(scope="module")
def words() -> TextSource:
    return TextSource(("en_US",))


@pytest.fixture(scope="module")
def made() -> Typeset:
    return typeset(Random(4), TextSource(()), 100, "book")


def with_members(**members: float) -> Recipe:
    return replace(PLAIN, corrupt=replace(PLAIN.corrupt, members=members))


def ink_inside(image, boxes) -> float:
    ink = 255.0 - image
    mask = np.zeros(image.shape, bool)
    for box in boxes:
        mask[max(0, box.top) : box.bottom, max(0, box.left) : box.right] = True
    return float(ink[mask].sum() / ink.sum())


def test_word_boxes_follow_the_ink(words):
    """On a page turned, bent and stretched at once the boxes still hold the print."""
    recipe = with_members(skew=1.0, warp=1.0, perspective=1.0, feed_stretch=1.0)
    for index in range(3):
        pair = make_pair(2, index, words, recipe)
        assert len(pair.words) > 0.95 * len(pair.typeset.words)
        assert ink_inside(pair.clean.pixels, pair.words) > 0.97
        assert ink_inside(pair.clean.pixels, pair.typeset.words) < 0.97  # they had to move


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("albumentations:Affine", {"rotate": (3, 5), "shear": (-4, 4)}),
        pytest.param(
            "albumentations:ElasticTransform",
            {"alpha": 150, "sigma": 10},
            marks=pytest.mark.slow,
        ),
        pytest.param("albumentations:GridDistortion", {}, marks=pytest.mark.slow),
        ("albumentations:HorizontalFlip", {}),
        ("kornia:RandomPerspective", {"distortion_scale": 0.15}),
        pytest.param("kornia:RandomThinPlateSpline", {"scale": 0.06}, marks=pytest.mark.slow),
    ],
)
def test_word_boxes_follow_what_a_library_moves(words, name, arguments):
    ranges = {name: arguments}
    corrupt = replace(PLAIN.corrupt, members={name: 1.0}, ranges=ranges)
    pair = make_pair(2, 1, words, replace(PLAIN, corrupt=corrupt))
    assert pair.chain.names() == [name]
    assert (pair.dirty.pixels == pair.clean.pixels).all()
    assert len(pair.words) > 0.85 * len(pair.typeset.words)  # some are stretched out of knowledge
    moved = pairs._move_words(pair.typeset, pair.chain)
    assert ink_inside(pair.clean.pixels, moved) > 0.97
    assert ink_inside(pair.clean.pixels, pair.typeset.words) < 0.97  # they had to move
    area = [
        sum((word.right - word.left) * (word.bottom - word.top) for word in some)
        for some in (moved, pair.typeset.words)
    ]
    assert area[0] < 2.5 * area[1]  # boxes as tight as the move lets them be


def test_without_corruptions_all_words_stay(words):
    pair = make_pair(2, 0, words, PLAIN)
    assert pair.words == pair.typeset.words and pair.text == pair.typeset.text
    assert pair.text.split() == [word.text for word in pair.words]


def test_words_in_a_hole_are_neither_in_the_text_nor_in_the_boxes(words):
    recipe = with_members(tear=1.0, hole=1.0)
    lost = 0
    for index in range(4):
        pair = make_pair(3, index, words, recipe)
        gone = [word for word in pair.typeset.words if word not in pair.words]
        lost += len(gone)
        assert pair.text.split() == [word.text for word in pair.words]
        for word in gone:
            box = np.s_[word.top : word.bottom, word.left : word.right]
            before = 255.0 - pair.typeset.page.pixels[box]
            assert (255.0 - pair.clean.pixels[box]).sum() < 0.6 * before.sum()
    assert lost > 0


def test_words_struck_over_are_dropped_and_bolder_print_is_not(made):
    clean = made.page.pixels.copy()
    struck = made.words[5]
    box = clean[struck.top : struck.bottom, struck.left : struck.right]
    box[box.shape[0] // 4 : -2 : 2] = 0
    kept = pairs._still_there(made, list(made.words), clean)
    assert [word for word, there in zip(made.words, kept, strict=True) if not there] == [struck]
    bold = CORRUPTIONS["ink_weight"]
    params = {**bold.sample(np.random.default_rng(0), 0.5), "amount": 0.4}
    heavy = bold.on_page(made.page.pixels, params, 100)
    assert all(pairs._still_there(made, list(made.words), heavy))


def test_the_right_one_of_equal_words_is_dropped(made):
    twice = "hard against the wall stood against them"
    boxes = tuple(Word(word, 0, 0, 1, 1) for word in twice.split())
    page = replace(made, text=f"{twice}\nand more", words=boxes)
    kept = [place != 5 for place in range(len(boxes))]
    assert pairs._text_of(page, kept) == "hard against the wall stood them\nand more"


def test_a_page_without_words_is_a_pair_too(words):
    recipe = replace(with_members(stain=1.0), synth=replace(PLAIN.synth, layouts={"blank": 1.0}))
    pairs_made = [make_pair(1, index, words, recipe) for index in range(10)]
    assert any(not pair.words for pair in pairs_made)
    assert all(len(pair.text.split()) == len(pair.words) for pair in pairs_made)


def test_boxes_are_written_beside_the_text_and_read_back(tmp_path):
    from docclean.truth import read_truth

    write_pairs(tmp_path / "set", 1, 5, with_members(skew=1.0))
    told = json.loads((tmp_path / "set" / "truth" / "00000.words.json").read_text("utf-8"))
    text = (tmp_path / "set" / "truth" / "00000.gt.txt").read_text("utf-8")
    assert [word["text"] for word in told["words"]] == text.split()
    truth = read_truth(tmp_path / "set" / "truth" / "00000.words.json")
    assert len(truth.words) == len(told["words"]) > 10
    first = told["words"][0]["bbox"]
    assert (truth.words[0].left, truth.words[0].top) == (first[0], first[1])


def test_a_folder_with_pages_is_not_written_into(tmp_path):
    write_pairs(tmp_path / "set", 1, 5, PLAIN)
    with pytest.raises(OutputError, match="holds pages already"):
        write_pairs(tmp_path / "set", 1, 6, PLAIN)


def test_a_chain_moves_points_member_by_member():
    skew = CORRUPTIONS["skew"]
    twice = Chain([(skew, {"angle": 1.0}), (skew, {"angle": -1.0})], 0.5)
    points = np.array([[10.0, 20.0], [150.0, 90.0]])
    moved = pairs.move_points(points, twice, (200, 300), 100)
    assert np.abs(moved - points).max() < 0.3


def test_a_page_dirtied_on_a_device_is_the_page_of_opencv(words):
    """The same chain: geometry and text are equal, pixels differ by noise and rounding alone."""
    recipe = with_members(skew=1.0, blur=1.0, low_resolution=1.0, contrast=1.0, jpeg=1.0)
    for index in range(2):
        here = make_pair(2, index, words, recipe)
        there = make_pair(2, index, words, recipe, device="cpu")  # torch's processor: all have one
        assert here.chain.names() == there.chain.names() and here.words == there.words
        far = np.abs(here.dirty.pixels.astype(int) - there.dirty.pixels)
        assert 0 < far.mean() < 2
        assert (here.clean.pixels == there.clean.pixels).all()


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a device")
def test_a_device_that_is_not_there_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(MissingProgramError, match="--device cuda: torch sees no such device"):
        write_pairs(tmp_path / "set", 1, 5, PLAIN, device="cuda")
    assert not (tmp_path / "set").exists()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_page_dirtied_on_a_gpu_is_the_page_of_opencv(words):
    recipe = with_members(skew=1.0, blur=1.0, contrast=1.0)
    here, there = (make_pair(2, 0, words, recipe, device=device) for device in ("cpu", "cuda"))
    assert np.abs(here.dirty.pixels.astype(int) - there.dirty.pixels).mean() < 1
