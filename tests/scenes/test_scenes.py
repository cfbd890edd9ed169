"""Scenes: a seed repeats one, and the map lies where the things are."""

import numpy as np
import pytest
import zxingcpp

from docclean.regions.kinds import Kind
from docclean.scenes import CELL, draw_scene, sample
from docclean.scenes import parts as made
from docclean.scenes.canvas import Canvas
from docclean.scenes.grounds import add_grounds
from docclean.scenes.sheets import sheet_with
from docclean.synth import TextSource

TEXT = TextSource(())


def test_a_seed_repeats_a_scene():
    one, other = (draw_scene(np.random.default_rng(5), TEXT, 80) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb)
    assert np.array_equal(one.layers, other.layers)


def test_a_sample_has_a_cell_for_every_eight_pixels():
    view = draw_scene(np.random.default_rng(8), TEXT, 90)
    got = sample(view, 512)
    assert max(got.rgb.shape) <= 512 + CELL
    assert got.layers.shape == (got.rgb.shape[0] // CELL, got.rgb.shape[1] // CELL)


def test_every_word_lies_in_text():
    canvas = sheet_with(np.random.default_rng(3), TEXT, 100, made.add_stamp, 0)
    text = canvas.has(Kind.TEXT)
    assert canvas.words
    for word in canvas.words:
        assert text[word.top : word.bottom, word.left : word.right].all()
    assert text.mean() < 0.6


@pytest.mark.parametrize("name", sorted(set(made.CODES)))
def test_codes_can_be_read(name):
    plate = made.code(np.random.default_rng(2), name)
    assert zxingcpp.read_barcodes(plate)


@pytest.mark.parametrize(
    ("add", "kind"),
    [
        (made.add_picture, Kind.PICTURE),
        (made.add_panel, Kind.PANEL),
        (made.add_dark, Kind.DARK),
        (made.add_code, Kind.CODE),
        (made.add_stamp, Kind.STAMP),
        (made.add_highlighter, Kind.STAMP),
    ],
)
def test_a_part_is_marked_where_it_changed_the_sheet(add, kind):
    rng = np.random.default_rng(4)
    canvas = sheet_with(rng, TEXT, 100, made.add_stamp, 0)
    before = canvas.rgb.copy()
    add(rng, canvas)
    changed = (canvas.rgb != before).any(2)
    assert changed.any()
    marked = canvas.has(kind)
    assert np.mean(marked[changed]) > 0.85  # the rest: margins of a picture, the soft edge of ink


@pytest.mark.parametrize("seed", range(4))
def test_grounds_that_touch_are_marked_where_they_changed_the_sheet(seed):
    rng = np.random.default_rng(seed)
    canvas = sheet_with(rng, TEXT, 100, made.add_stamp, 0)
    before = canvas.rgb.copy()
    add_grounds(rng, canvas)
    changed = (canvas.rgb != before).any(2)
    grounds = canvas.has(Kind.PANEL) | canvas.has(Kind.DARK)
    assert np.mean(grounds[changed]) > 0.98 and len(canvas.taken) > 1
    inner = canvas.rgb[canvas.has(Kind.DARK) & (before.min(2) > 250)]
    assert inner.size == 0 or np.median(inner) < 130


def test_words_under_a_picture_are_gone():
    rng = np.random.default_rng(6)
    canvas = sheet_with(rng, TEXT, 100, made.add_picture, 1)
    assert canvas.has(Kind.PICTURE).any()
    for word in canvas.words:
        assert not canvas.has(Kind.PICTURE)[word.top : word.bottom, word.left : word.right].any()


def test_large_letters_are_no_dark_ground():
    grey = np.full((200, 300), 255, np.uint8)
    grey[50:150, 40:60] = 0
    from docclean.synth import Word

    canvas = Canvas.of_print(grey, [Word("I", 38, 48, 62, 152)], 100)
    assert not canvas.has(Kind.DARK).any()
