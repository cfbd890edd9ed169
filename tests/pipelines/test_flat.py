"""On flat scans the sheet's edge touches no word, and flattening moves no pixel."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "pipelines/parts"))  # scripts, no package

import flat  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
ONCE_TOUCHED = (111, 170, 192, 202, 298, 334)
"""Pages on which words went white with what seemed off the sheet, until letters kept it away."""
ONCE_PAINTED = (148, 168, 214, 288)
"""Pages on which --borders painted over gutters with letters in them and over dark panels."""


def counts(numbers):
    for number in numbers:
        _, page, boxes = flat.draw(number)
        yield flat.touched(page, boxes)


@pytest.mark.parametrize("number", [170, 192, 288])
def test_no_word_is_touched(number):
    (one,) = counts([number])
    assert one.words > 100
    assert (one.whitened, one.cropped, one.painted, one.bent) == (0, 0, 0, False)


@pytest.mark.slow
def test_no_word_of_more_pages_is_touched():
    for one in counts((*ONCE_TOUCHED, *ONCE_PAINTED, *range(20))):
        assert (one.whitened, one.cropped, one.painted) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the benchmark beside the project")
def test_no_word_of_public_pages_is_touched():
    pages = flat.public(DATA)
    for name, page, boxes in (next(pages) for _ in range(90)):
        one = flat.touched(page, boxes)
        assert (one.whitened, one.cropped) == (0, 0), name
