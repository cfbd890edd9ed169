"""What was read once is not read again, within a document and from run to run."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.evaluation.reader import Cache, Reader, told_views, views_of
from docclean.ocr import PageText, Tesseract, Word
from docclean.page import Page


@dataclass
class Counting:
    calls: list = field(default_factory=list, repr=False)
    name = "counting"

    def read(self, page, *, words=False):
        self.calls.append(words)
        boxes = (Word("a", 1, 2, 3, 4, 55.5),) if words else ()
        return PageText(f"text {page.pixels.sum()}", boxes, 1.25)


def page(value=7, dpi=None):
    return Page(np.full((5, 6), value, np.uint8), dpi)


def test_equal_pixels_are_read_once():
    engine = Counting()
    reader = Reader(engine)
    first, again = reader.read(page()), reader.read(page())
    assert first == again and len(engine.calls) == 1 and first.cost.seconds == 1.25
    for other in (page(8), page(7, (300.0, 300.0)), Page(np.full((6, 5), 7, np.uint8))):
        reader.read(other)
    reader.read(page(), words=True)
    assert len(engine.calls) == 5
    reader = Reader(engine)
    with_words = reader.read(page(), words=True)
    assert reader.read(page()) == with_words and len(engine.calls) == 6


def test_views_change_nothing_but_what_a_page_says_of_its_dpi():
    given = page(7, (72.0, 72.0))
    assert views_of(given, 1) == (given,) and told_views(1) == ""
    views = views_of(given, 3)
    assert [one.dpi for one in views] == [None, (150.0, 150.0), (300.0, 300.0)]
    assert all(one.pixels is given.pixels for one in views)
    assert told_views(3) == ", 3 views a page (dpi unsaid, 150, 300), scores averaged"


def test_a_file_keeps_what_was_read(tmp_path):
    path = tmp_path / "c.jsonl"
    read = Reader(Counting(), Cache.load(path)).read(page(), words=True)
    engine = Counting()
    assert Reader(engine, Cache.load(path)).read(page(), words=True) == read
    assert engine.calls == [] and read.found.words[0].confidence == 55.5
    with path.open("a") as stream:
        stream.write('{"key": "cut o')  # the run was killed while it wrote
    assert len(Cache.load(path).known) == 1
    Cache.load(path).add("k", read)
    assert set(Cache.load(path).known) > {"k"}


def test_a_file_that_is_no_cache(tmp_path):
    path = tmp_path / "c.jsonl"
    for text in ("hello\nworld\n", '{"key": 1}\n', '["x"]\n{}\n'):
        path.write_text(text)
        with pytest.raises(UnreadableInputError, match="is not a cache of readings"):
            Cache.load(path)
    with pytest.raises(OutputError, match="cannot be written"):
        Reader(Counting(), Cache.load(tmp_path / "absent/c.jsonl")).read(page())


def test_variables_reach_tesseract_alone(monkeypatch):
    seen = []

    def read(self, page, *, words=False):
        seen.append(self.variables)
        return PageText("x")

    monkeypatch.setattr(Tesseract, "read", read)
    reader = Reader(Tesseract())
    reader.read(page())
    reader.read(page(), (("thresholding_method", "2"),))
    assert seen == [(), (("thresholding_method", "2"),)]
    with pytest.raises(UsageError, match="'counting' cannot be told"):
        Reader(Counting()).read(page(), (("a", "b"),))
