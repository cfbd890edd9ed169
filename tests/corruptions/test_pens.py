"""What pens leave on a sheet: where it lies, and that the letters below stay."""

import numpy as np
import pytest
from fakes import BASELINES, page_of_words

from docclean.corruptions.base import PageCorruption
from docclean.corruptions.pens import Highlighter, Scribble, StrikeThrough, Underline
from docclean.corruptions.shared.penstrokes import Box, Layout
from docclean.page import Image

SEEDS = range(8)
MEMBERS = [Underline(), StrikeThrough(), Scribble(), Highlighter()]


@pytest.fixture
def page() -> Image:
    return page_of_words()


def dirty(member: PageCorruption, page: Image, seed: int, severity: float = 0.8) -> Image:
    return member.on_page(page, member.sample(np.random.default_rng(seed), severity), 150)


def test_layout_finds_the_words_and_their_small_letters(page: Image) -> None:
    layout = Layout(page, 150)
    assert len(layout.words) == 9
    box = layout.run(np.random.default_rng(0), 1)
    assert min(abs(box.bottom - baseline) for baseline in BASELINES) <= 2
    assert abs(box.bottom - box.top - 10) <= 3
    longer = layout.run(np.random.default_rng(0), 3)
    assert longer.right - longer.left > box.right - box.left


def test_blank_places_are_blank_and_taken_once(page: Image) -> None:
    layout, rng = Layout(page, 150), np.random.default_rng(0)
    x, y, ink = layout.blank(rng, 120, 200)
    assert ink < 0.01 and x >= 180
    layout.take(x, y, 120, 200)
    assert layout.blank(rng, 120, 200)[2] > 0.03


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_pens_only_darken_and_the_clean_side_stays(member: PageCorruption, page: Image) -> None:
    for seed in SEEDS:
        params = member.sample(np.random.default_rng(seed), 0.8)
        after = member.on_page(page, params, 150)
        assert (after <= page).all() and (after < page).any()
        assert member.on_clean(page, params, 150) is page


def test_underlines_lie_below_the_words(page: Image) -> None:
    for seed in SEEDS:
        changed = np.flatnonzero((dirty(Underline(), page, seed) != page).any(1))
        below = [
            min(row - baseline for baseline in BASELINES if row >= baseline - 4)
            for row in changed
            if row >= BASELINES[0] - 4
        ]
        assert changed.min() >= BASELINES[0] - 1
        assert max(below) < 30 and np.median(below) >= 1


def test_strikes_go_through_the_words_and_leave_most_of_the_paper(page: Image) -> None:
    hits = []
    for seed in SEEDS:
        rows = np.flatnonzero((dirty(StrikeThrough(), page, seed) != page).any(1))
        hits += [min(abs(row - baseline + 5) for baseline in BASELINES) for row in rows]
        assert (dirty(StrikeThrough(), page, seed) != page).mean() < 0.1
    assert np.mean(np.array(hits) <= 9) > 0.9


def test_a_highlighter_keeps_ink_darker_than_its_band(page: Image) -> None:
    for seed in SEEDS:
        after = dirty(Highlighter(), page, seed, 1.0)
        assert after[page == 0].max() == 0
        assert after[page == 255].min() > 80


@pytest.mark.parametrize("member", [Underline(), StrikeThrough(), Highlighter()])
def test_a_reader_marks_at_most_about_a_quarter_of_the_words(
    member: PageCorruption, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = np.full((576, 576), 255, np.uint8)
    words = 0
    for top in range(10, 560, 30):
        for left in range(10, 520, 54):
            page[top : top + 10, left : left + 45 : 3] = 0
            words += 45
    widths: list[float] = []
    run = Layout.run

    def counted(layout: Layout, rng: np.random.Generator, length: float) -> Box:
        widths.append(float((box := run(layout, rng, length)).right - box.left))
        return box

    monkeypatch.setattr(Layout, "run", counted)
    shares = []
    for seed in SEEDS:
        widths.clear()
        params = member.sample(np.random.default_rng(seed), 1.0, {"words": (6.0, 6.0)})
        member.on_page(page, params, 100)
        shares.append(sum(widths) / words)
    assert max(shares) < 0.3  # with the run that was too much
