"""The regression guard: what counts as worse, and what is only told."""

import json
from dataclasses import replace

import pytest

from docclean.errors import UnreadableInputError, UsageError
from docclean.report.baseline import hold_against, load_baseline
from docclean.report.report import Report
from docclean.scores.environment import Environment
from docclean.scores.results import Failure, PageResult, Reading
from docclean.scores.text import score

TRUTH = "one two three four five six seven eight nine ten"


def made(lost, group="s", version="5.3"):
    """Return a report of pages that lost so many of the ten words."""
    pages = []
    for number, words in enumerate(lost):
        text = " ".join(TRUTH.split()[: 10 - words])
        readings = tuple(Reading(name, text, score(TRUTH, text)) for name in ("grey", "cleaned"))
        pages.append(PageResult(group, f"p{number}", TRUTH, readings))
    return Report("x", tuple(pages), (), (), Environment("d", "m", {"Tesseract": version}))


@pytest.fixture
def baseline(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text(made([2, 1, 3, 0, 2, 1]).to_json(), "utf-8")
    return path


def test_the_same_and_the_better_pass(baseline):
    assert hold_against(made([2, 1, 3, 0, 2, 1]), baseline).lines() == []
    assert hold_against(made([1, 0, 2, 0, 1, 0]), baseline).passed


def test_worse_on_every_page_fails(baseline):
    verdict = hold_against(made([3, 2, 4, 1, 3, 2]), baseline)
    assert not verdict.passed
    assert [one.measure for one in verdict.setbacks] == ["CER", "word F1"]
    assert all(one.change.high < 0 and one.pages == 6 for one in verdict.setbacks)
    assert "s: CER is worse than the baseline by " in verdict.lines()[0]


def test_within_the_interval_passes(baseline):
    # one page lost, another won: the mean is worse, the interval holds 0
    verdict = hold_against(made([1, 1, 5, 0, 2, 1]), baseline)
    assert verdict.passed


def test_one_set_of_two_is_enough(tmp_path):
    path = tmp_path / "scores.json"
    good, other = made([2] * 6, "a"), made([2] * 6, "b")
    path.write_text(replace(good, pages=good.pages + other.pages).to_json(), "utf-8")
    now = replace(good, pages=made([0] * 6, "a").pages + made([3] * 6, "b").pages)
    assert {one.group for one in hold_against(now, path).setbacks} == {"b"}


def test_a_page_that_fails_now_is_worse(baseline):
    now = made([2, 1, 3, 0, 2])
    assert hold_against(now, baseline).passed  # not asked for is no failure
    assert "in the baseline and not read this time: s/p5" in hold_against(now, baseline).lines()
    for name in ("s/p5", "s/p5 (cleaned)"):
        failed = replace(now, failures=(Failure(name, "damaged"),))
        verdict = hold_against(failed, baseline)
        assert not verdict.passed and verdict.lost == ("s/p5",)


def test_another_truth_another_tesseract_another_method_are_told(baseline):
    now = made([2, 1, 3, 0, 2, 1], version="5.5")
    odd = replace(now.pages[0], truth=TRUTH[::-1])  # as long as the other
    now = replace(now, pages=(odd, *now.pages[1:]), methods={"s": "case folded"})
    notes = hold_against(now, baseline).notes
    assert "another truth than in the baseline, not compared: s/p0" in notes
    assert any("Tesseract 5.3, this run by 5.5" in note for note in notes)
    told = json.loads(baseline.read_text())
    told["sets"][0]["method"] = "case kept"
    baseline.write_text(json.dumps(told))
    notes = hold_against(now, baseline).notes
    assert "s: the baseline was made otherwise: case kept; now: case folded" in notes


def test_a_set_of_one_page_is_told_and_does_not_fail(tmp_path):
    path = tmp_path / "one.json"
    path.write_text(made([1]).to_json())
    verdict = hold_against(made([3]), path)
    assert verdict.passed and len(verdict.notes) == 2
    assert "too few pages to be sure; 1 pages" in verdict.lines()[0]


def test_nothing_in_common(baseline):
    with pytest.raises(UsageError, match="no page in common"):
        hold_against(made([1], "other"), baseline)
    with pytest.raises(UsageError, match="no page in common with this run of 'wolf'"):
        hold_against(made([1] * 6), baseline, "wolf")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pages": 3}', "\x00"])
def test_what_is_no_baseline(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UnreadableInputError, match="is not a baseline"):
        load_baseline(path)
    with pytest.raises(UnreadableInputError, match="is not a baseline"):
        load_baseline(tmp_path / "absent.json")


def test_a_baseline_of_another_version(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"pages": [{"set": "s", "name": "p", "readings": [{"who": 1}]}]}))
    with pytest.raises(UnreadableInputError, match="another version"):
        hold_against(made([1]), path)
    path.write_text('{"version": 99, "pages": []}')
    with pytest.raises(UnreadableInputError, match="another version"):
        load_baseline(path)
