"""The true map of a page lies where its words, pictures, stamps and borders do, moved or not."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from PIL import Image as Pillow

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.chain import Chain
from docclean.pairs.make import make_pair, write_pairs
from docclean.pairs.true_map import DRAWN, TAKEN, true_map
from docclean.recipe import Corrupt, Recipe, Synth
from docclean.regions.kinds import Kind
from docclean.regions.page_map import CELL
from docclean.regions.reader import map_reader, shape_seen
from docclean.synth import LAYOUTS, TextSource, typeset

TEXT = TextSource(("en_US",))
PLAIN = Recipe(
    synth=Synth(dpi_range=(100, 100), locales=("en_US",), layouts={"book": 1.0}),
    corrupt=Corrupt(clean_share=0.0, only_named=True),
)


def cells_of(page, word) -> tuple[slice, slice]:
    """Return the cells that hold the middle half of a word's box."""
    seen = shape_seen(page.height, page.width)
    down, across = page.height / seen[0] * CELL, page.width / seen[1] * CELL
    middle, quarter = (word.top + word.bottom) / 2, (word.right - word.left) / 4
    row = int(middle / down)
    left, right = (word.left + quarter) / across, (word.right - quarter) / across
    return slice(row, row + 1), slice(int(left), int(right) + 1)


def marked(name: str, severity: float = 0.8, layout: str = "letter") -> np.ndarray:
    """Return the true map of a page that suffered one corruption."""
    made = typeset(Random(3), TEXT, 100, layout)
    member = CORRUPTIONS[name]
    step = (member, member.sample(np.random.default_rng(4), severity))
    return true_map(made, Chain((step,), severity))


@pytest.mark.parametrize("layout", LAYOUTS.names())
def test_every_layout_has_a_map_that_holds_its_words(layout):
    made = typeset(Random(1), TEXT, 90, layout)
    cells = true_map(made, Chain((), 0.0))
    assert cells.shape == map_reader(1)(made.page).shares.shape[1:]
    own = {Kind.TEXT, Kind.DARK, Kind.PANEL, Kind.PICTURE}
    held = [bool(np.isin(cells[cells_of(made.page, word)], list(own)).any()) for word in made.words]
    assert np.mean(held or [True]) > 0.98
    assert (Kind.TEXT in cells) == bool(made.words)


def test_photographs_and_drawings_are_pictures():
    assert (
        true_map(typeset(Random(2), TEXT, 90, "pictures"), Chain((), 0)) == Kind.PICTURE
    ).sum() > 20
    assert (
        true_map(typeset(Random(2), TEXT, 90, "drawings"), Chain((), 0)) == Kind.PICTURE
    ).sum() > 20
    assert Kind.PICTURE not in true_map(typeset(Random(2), TEXT, 90, "book"), Chain((), 0))


def test_text_is_where_the_page_has_been_moved_to():
    members = {"skew": 1.0, "warp": 1.0, "perspective": 1.0}
    recipe = replace(PLAIN, corrupt=replace(PLAIN.corrupt, members=members))
    pair = make_pair(2, 0, TEXT, recipe)
    cells = true_map(pair.typeset, pair.chain)
    held = [bool((cells[cells_of(pair.dirty, word)] == Kind.TEXT).any()) for word in pair.words]
    assert np.mean(held) > 0.98
    still = true_map(pair.typeset, Chain((), 0.0))
    held = [bool((still[cells_of(pair.dirty, word)] == Kind.TEXT).all()) for word in pair.words]
    moved = [bool((cells[cells_of(pair.dirty, word)] == Kind.TEXT).all()) for word in pair.words]
    assert np.mean(moved) > np.mean(held)


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("black_border", Kind.OFF, 60),
        ("next_page", Kind.OFF, 60),
        ("dog_ear", Kind.OFF, 1),
        ("stamp", Kind.STAMP, 4),
        ("signature", Kind.STAMP, 4),
        ("stain", Kind.DIRT, 4),
        ("halftone_picture", Kind.PICTURE, 9),
    ],
)
def test_what_corruptions_leave_is_on_the_map(name, kind, least):
    cells = marked(name)
    assert (cells == kind).sum() >= least
    assert kind not in marked("blur")


def test_a_negative_is_light_on_dark():
    cells = marked("inverted")
    assert (cells == Kind.DARK).mean() > 0.99


def test_every_corruption_that_is_named_exists():
    assert set(DRAWN) | set(TAKEN) <= set(CORRUPTIONS.names())


def test_maps_are_written_beside_the_words_boxes(tmp_path):
    write_pairs(tmp_path / "set", 1, 5, PLAIN)
    image = Pillow.open(tmp_path / "set" / "truth" / "00000.map.png")
    assert image.mode == "P"
    pair = make_pair(5, 0, TextSource(PLAIN.synth.locales), PLAIN)
    assert np.array_equal(np.asarray(image), true_map(pair.typeset, pair.chain))
