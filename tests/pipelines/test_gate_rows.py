"""What each row of the gate is worth, of pages whose scores are made up."""

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "pipelines/reading"))  # scripts, no package

from gate import bars, by_gate, changed, rows_table, sets_table, variants
from learned_gate import learned
from stored_pages import Outcome, Stored, floor

from docclean.clean.gate import need_and_harm
from docclean.clean.gate.measures import Measures
from docclean.scores.text import Score

DARK = Measures(paper_grey=120.0, sharpness=1.0, contrast=240.0, stroke_width=4.0)
CLEAN = Measures(paper_grey=255.0, sharpness=1.0, contrast=240.0, stroke_width=4.0)


def page(measures, kept, cleaned, name="page", group="ocr/one", half="val"):
    """Return a page of 100 words of which so many are found in three views, half when divided."""
    views = {
        way: [asdict(Score(100 - found, 100, 0, 100, 100, found + view)) for view in (-1, 0, 1)]
        for way, found in (("grey", kept), ("kept", kept), ("cleaned", cleaned), ("divide", 50))
    }
    views["usual network"] = views["cleaned"]
    told = {"routed": "", "faint": False}
    row = {"set": group, "name": name, "half": half, "views": views, "measures": asdict(measures)}
    return Stored.of(row | told)


def test_a_row_is_worth_what_its_pages_lose_without_it():
    pages = [page(DARK, 70, 80), page(CLEAN, 90, 60, "clean")]
    assert [by_gate(one) for one in pages] == ["cleaned", "kept"]
    lines = {line.split(" | ")[1]: line.strip("| ").split(" | ") for line in rows_table(pages)[2:]}
    assert lines["nothing"][2:] == ["0", "0.8500", "0", "+0.000"]
    assert lines["paper"][2:] == ["1", "-0.0500 ± 0.0071", "0", "+0.000"]
    assert by_gate(pages[0]) == "cleaned"  # the gate is as it was


def test_every_row_is_taken_out_once():
    rows = sum(len(getattr(need_and_harm, name)) for name in ("NEEDS", "HARMS", "UNREAD"))
    taken = [one for one in variants() if one.kind in ("needs", "harms", "unread")]
    assert len({one.name for one in taken}) == len(taken) == rows


def test_limits_come_back_whatever_happens():
    before = need_and_harm.EVEN_PAPER
    with pytest.raises(ZeroDivisionError), changed(EVEN_PAPER=1.0):
        assert need_and_harm.EVEN_PAPER == 1.0
        raise ZeroDivisionError
    assert before == need_and_harm.EVEN_PAPER


def test_the_floor_is_of_the_pages_that_read_otherwise():
    pages = [page(DARK, 70, 80), page(CLEAN, 90, 90, "alike")]
    kept, cleaned = (lambda _: "kept"), (lambda _: "cleaned")
    assert floor(pages, kept, cleaned) == pytest.approx(0.01 * 2**0.5 / 2)
    assert floor(pages, kept, kept) == 0


def test_bars_name_the_sets_that_fall_short():
    pages = [page(DARK, 80, 70), page(CLEAN, 90, 90, group="ocr/two")]
    told = "\n".join(bars(pages))
    assert "one (-0.100, +0.200)" in told and "two" not in told and "1 of 2" in told
    assert sets_table(pages)[-1].startswith("| lowest | +0.000 ")
    assert Outcome.of(pages, by_gate).worse == 1


def test_a_scorer_learns_what_separates_the_pages():
    rng = np.random.default_rng(0)
    some = [
        page(Measures(paper_grey=grey, dirt=float(rng.random())), 70, 80 if grey < 150 else 60)
        for grey in rng.uniform(50, 250, 60)
    ]
    way = learned(some)
    right = [way(one) == ("cleaned" if one.measures.paper_grey < 150 else "kept") for one in some]
    assert np.mean(right) > 0.9
