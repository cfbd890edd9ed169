"""The pages whose back shines through, and how what is read of them is counted."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "pipelines/reading"))  # scripts, no package

import backs


def test_a_word_counts_once_for_each_time_that_it_is_there():
    assert backs.word_f1("one two two", ["two", "one", "two"]) == 1
    assert backs.word_f1("one one", ["one", "two"]) == 0.5
    assert backs.word_f1("", ["one"]) == 0


@pytest.mark.parametrize("strength", backs.STRENGTHS)
def test_the_back_lies_where_the_front_is_blank(strength):
    page, words = backs.through("letter", strength, 1)
    blank = page.pixels[1900:2200]  # below the letter's last line
    assert len(words) > 100
    assert np.quantile(blank, 0.02) < 0.75 * np.median(blank)
