"""Marks that are no text leave the picture that is read; letters, leaders and rules stay."""

from dataclasses import replace

import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.read.marks import FINENESS, in_lines, without_marks
from docclean.clean.reading import legible
from docclean.evaluation.synthetic import synthetic_recipe
from docclean.ocr import Tesseract
from docclean.pairs.make import make_pair
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.page_map import CELL, PageMap
from docclean.synth import TextSource

X_HEIGHT = 24.0
NONE = np.zeros((40, 30), np.bool_)
"""No cell is coloured, of a page of 1280 x 960 px seen at a quarter of that."""


def seen(text):
    """Return the map of a page whose cells are text where it is said, (40, 30)."""
    shares = np.zeros((len(MARKS), *text.shape), np.uint8)
    shares[MARKS.index(Kind.TEXT)] = np.where(text, 255, 0)
    small = np.full((text.shape[0] * CELL, text.shape[1] * CELL, 3), 255, np.uint8)
    return PageMap(shares, 4 * small.shape[0], 4 * small.shape[1], small, np.zeros(4, np.float32))


def page():
    """Return a page of letters as it is read and as it came, and the cells they are in."""
    read = np.full((1280, 960), 255, np.uint8)
    cells = NONE.copy()
    for top in range(200, 800, 60):
        for left in range(200, 700, 30):
            read[top : top + 24, left : left + 14] = 0
            read[top + 6 : top + 18, left + 4 : left + 10] = 255
    cells[200 // 32 : 800 // 32 + 1, 200 // 32 : 700 // 32 + 1] = True
    return read, np.where(read < 128, 40, 220).astype(np.uint8), cells


@pytest.mark.parametrize(
    ("place", "ink", "stays"),
    [
        (np.s_[1000:1012, 100:130], 40, False),  # a crumb, where there is no text
        (np.s_[1100:1106, 40:900], 40, True),  # a rule
        (np.s_[410:416, 760:766], 40, True),  # a point behind a line
        (np.s_[300:324, 60:80], 40, False),  # a shred of a border, away from the lines
        (np.s_[204:220, 216:228], 190, True),  # pale, but between letters
    ],
    ids=["crumb", "rule", "point", "shred", "pale in a line"],
)
def test_only_what_stands_by_itself_goes(place, ink, stays):
    read, raw, cells = page()
    read[place], raw[place] = 0, ink
    before = read.copy()
    plain = without_marks(read, raw, seen(cells), X_HEIGHT, NONE)
    assert (read == before).all()  # the picture given is left as it is
    assert (plain[place] < 255).all() == stays
    if not stays:
        assert (plain[place] == 255).all()
    plain[place] = before[place]
    assert (plain == before).all()  # no letter goes


def test_a_broken_rule_stays_whole_where_the_map_shows_no_text():
    read, raw, cells = page()
    dashes = np.s_[1000:1006, 100:900]
    row = np.tile(np.repeat([0, 255], (14, 12)).astype(np.uint8), 40)[:800]
    read[dashes] = row
    raw[dashes] = np.where(row, 220, 60)
    read[1003:1009, 480:494] = 0  # one hangs lower
    assert (without_marks(read, raw, seen(cells), X_HEIGHT, NONE) == read).all()


def test_the_back_of_the_sheet_goes_though_the_map_takes_it_for_text():
    read, raw, cells = page()
    back = np.s_[1000:1024, 200:700]
    read[back], raw[back] = read[200:224, 200:700], np.where(read[200:224, 200:700] < 128, 190, 220)
    cells[31:33, 6:22] = True
    plain = without_marks(read, raw, seen(cells), X_HEIGHT, NONE)
    assert (plain[back] == 255).all()
    assert (plain[:900] == read[:900]).all()
    coloured = NONE.copy()
    coloured[31:33, 6:22] = True  # light ink of a colour is ink
    assert (without_marks(read, raw, seen(cells), X_HEIGHT, coloured) == read).all()


def test_a_map_that_knows_no_text_here_takes_nothing():
    read, raw, _ = page()
    assert without_marks(read, raw, seen(NONE), X_HEIGHT, NONE) is read
    assert without_marks(read, raw, seen(page()[2]), 0.0, NONE) is read
    assert without_marks(read, raw, seen(page()[2]), FINENESS - 1, NONE) is read


def test_what_is_between_two_places_of_a_row_is_of_its_line():
    text = np.zeros((3, 90), np.bool_)
    text[0, [5, 60]] = text[1, 5] = True
    assert in_lines(text)[0, 5:61].all()
    assert not in_lines(text)[0, 64:].any()
    assert not in_lines(text)[1, 8:].any()
    assert not in_lines(text)[2].any()


@pytest.mark.slow
def test_a_page_whose_back_shines_through_loses_words_of_its_dirt(monkeypatch):
    """And what is shown of it stays as it was."""
    recipe, text = synthetic_recipe(), TextSource(("en_US",))
    pair = make_pair(11, 16, text, replace(recipe, synth=replace(recipe.synth, locales=("en_US",))))
    with_marks, plain = [], Cleaner.load().clean(pair.dirty)
    monkeypatch.setattr("docclean.clean.finishing.without_marks", lambda read, *_: read)
    before = Cleaner.load().clean(pair.dirty)
    assert (before.page.pixels == plain.page.pixels).all()
    for cleaned in (before, plain):
        words = Tesseract("eng").read(legible(cleaned), words=True).words
        blank = 0
        for word in words:
            box = [word.left, word.left + word.width, word.top, word.top + word.height]
            left, right, top, bottom = (int(side / cleaned.scale) for side in box)
            ink = pair.clean.grey()[top : bottom + 1, left : right + 1] < 160
            blank += float(ink.mean()) < 0.01
        with_marks.append(blank)
    assert with_marks[0] >= 10
    assert with_marks[1] <= 0.4 * with_marks[0]
