"""Tables, charts and form lines keep their words; spirals and stacks lie off the sheet."""

import numpy as np
import pytest

from docclean.regions.kinds import Kind, bit
from docclean.scenes import camera, frames
from docclean.scenes.bindings import spiral, stack
from docclean.scenes.canvas import Canvas
from docclean.scenes.laying import Curl, corners_of, laid
from docclean.scenes.sheets import printed, sheet_with
from docclean.synth import TextSource, Word

TEXT = TextSource(())


@pytest.mark.parametrize("add", [frames.add_table, frames.add_boxes, frames.add_ruling])
@pytest.mark.parametrize("seed", range(3))
def test_lines_are_drawn_and_words_stay_text(add, seed):
    rng = np.random.default_rng(seed)
    canvas = sheet_with(rng, TEXT, 110, add, 0)
    before = canvas.rgb.copy()
    many = len(canvas.words)
    for _ in range(2):
        add(rng, canvas)
    changed = (canvas.rgb != before).any(2)
    assert changed.any()
    assert canvas.has(Kind.RULE)[changed].any()
    assert 0 < len(canvas.words) <= many
    text = canvas.has(Kind.TEXT)
    for word in canvas.words:
        assert text[word.top : word.bottom, word.left : word.right].all()


def test_an_erased_word_leaves_its_ground_and_its_neighbours():
    grey = np.full((40, 200), 200, np.uint8)
    grey[10:30, 20:80] = 0
    grey[10:30, 100:160] = 0
    one, other = Word("one", 20, 10, 80, 30), Word("other", 100, 10, 160, 30)
    canvas = Canvas.of_print(grey, [one, other], 100)
    canvas.rgb[12:28, 21:79] = 200  # mostly ground, as between letters
    canvas.erase([one])
    assert canvas.words == [other]
    assert (canvas.rgb[10:30, 20:80] == 200).all()
    assert not canvas.has(Kind.TEXT)[:, :100].any()
    assert canvas.has(Kind.TEXT)[10:30, 100:160].all()


def test_rows_are_lines_of_words():
    words = [Word("b", 50, 12, 60, 30), Word("a", 0, 10, 10, 28), Word("c", 0, 40, 9, 60)]
    assert frames.rows_of(words) == [(10, 30), (40, 60)]


def test_pictures_of_printed_layouts_are_pictures():
    for layout in ("pictures", "drawings"):
        canvas = printed(np.random.default_rng(1), TEXT, 100, layout)
        assert canvas.has(Kind.PICTURE).mean() > 0.02, layout


def test_a_stack_sticks_out_and_a_spiral_is_off_the_sheet():
    rng = np.random.default_rng(2)
    canvas = sheet_with(rng, TEXT, 80, frames.add_table, 0)
    size = (canvas.shape[0] + 160, canvas.shape[1] + 160)
    ground = np.full((*size, 3), 40, np.uint8)
    seen = corners_of(canvas.shape) + 80
    stack(rng, ground, seen)
    paper = ground[..., 0] > 120
    inside = np.zeros(size, np.bool_)
    inside[80:-80, 80:-80] = True
    assert (paper & ~inside).any()
    view = laid(rng, canvas, ground, seen, Curl(), 0.0)
    off, before = (view.layers & bit(Kind.OFF)) > 0, view.rgb.copy()
    spiral(rng, view)
    more = ((view.layers & bit(Kind.OFF)) > 0) & ~off
    assert more.any() and (view.rgb != before).any(2)[more].mean() > 0.8


def test_focus_falls_off_to_one_side():
    rng = np.random.default_rng(4)
    rgb = rng.integers(0, 256, (300, 300, 3)).astype(np.float32)
    soft = camera._out_of_focus(rng, rgb)
    rough = [float(piece.std()) for row in np.array_split(soft, 3) for piece in
             np.array_split(row, 3, 1)]  # fmt: skip
    assert min(rough) < 0.5 * max(rough) and max(rough) > 0.8 * rgb.std()
