"""A spread is cut at its gutter, and only where the map shows nothing across it."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from docclean.documents import read_pages
from docclean.page import Page
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.page_map import PageMap
from docclean.straighten import straighten
from docclean.straighten.spread import crosses, find_gutter
from docclean.synth import TextSource, typeset

TABLE = Path(__file__).parents[3] / "shared/data/ocr/modern-eng/table_11.png"


@pytest.mark.parametrize("layout", ["book", "table", "form", "pictures"])
def test_a_spread_is_cut_where_its_pages_meet(layout):
    left, right = (typeset(Random(n), TextSource(()), 80, layout).page.pixels for n in (1, 2))
    rows = min(len(left), len(right))
    spread = np.concatenate((left[:rows], right[:rows]), 1)
    cut = straighten(Page(spread), split=True).cut
    assert cut == pytest.approx(left.shape[1] / spread.shape[1], abs=0.02)


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.PICTURE, Kind.RULE])
def test_nothing_printed_is_cut(kind):
    shares = np.zeros((len(MARKS), 60, 96), np.uint8)
    seen = np.full((480, 768, 3), 255, np.uint8)
    found = PageMap(shares, 960, 1536, seen, np.zeros(4, np.float32))
    assert not crosses(found, 0.5)
    shares[MARKS.index(kind), 20:30, 48] = 255
    assert crosses(found, 0.5) and not crosses(found, 0.6)


@pytest.mark.data
@pytest.mark.skipif(not TABLE.is_file(), reason="needs the benchmark beside the project")
def test_a_wide_table_is_one_page():
    page = next(iter(read_pages(TABLE)))
    assert find_gutter(page.grey()) is not None  # a column's gap lies in its middle
    assert straighten(page, split=True).cut is None
