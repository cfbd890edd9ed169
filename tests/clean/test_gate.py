"""The gate: what it keeps, what it lets through, and that its measures mean what they say."""

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.letters import Letters
from docclean.clean.gate.measures import Measures, blank_paper, crumbs, specks, stroke_width
from docclean.clean.gate.need_and_harm import (
    EVEN_PAPER,
    HARMS,
    MOST_ADDED,
    MOST_CRUMBS,
    MOST_LOST,
    MOST_SPECKS,
    NEEDS,
    UNREAD,
    WEAK_INK,
)
from docclean.clean.gate.need_and_harm import decide as decide_by_measures
from docclean.clean.route import is_drawing
from docclean.page import Page


def written(paper=235, ink=30, noise=0.0, shape=(512, 640), seed=0):
    """Return a page of letter-sized blocks on paper with Gaussian noise."""
    rng = np.random.default_rng(seed)
    page = np.full(shape, paper, np.float32)
    for top in range(10, shape[0] - 12, 22):
        for left in range(10, shape[1] - 12, 11):
            page[top : top + 11, left : left + 3] = ink
    return np.clip(page + rng.normal(0, noise, shape), 0, 255).astype(np.uint8)


def decide(raw, cleaned, scale=1.0):
    return decide_by_measures(Measures.of(raw, cleaned, scale))


def bleached(page):
    """Return the page with white paper and its ink as it is."""
    return np.where(page < 130, page, 255).astype(np.uint8)


def test_a_dirty_page_whose_ink_stays_is_cleaned():
    page = written(paper=200, noise=12)
    assert decide(page, bleached(page)).verdict == "cleaned"


def test_dark_even_paper_is_cleaned():
    page = written(paper=150)
    assert decide(page, bleached(page)).verdict == "cleaned"


def test_even_light_paper_is_left_alone():
    page = written(paper=245, noise=1)
    told = decide(page, bleached(page))
    assert told.verdict == "kept"
    assert told.measures["paper_deviation"] < EVEN_PAPER
    assert "even" in told.reason


def test_one_stain_on_a_white_page_is_cleaned():
    page = written(paper=245)
    rows, columns = np.indices(page.shape)
    stain = (rows - 200) ** 2 + (columns - 300) ** 2 < 40**2
    page[stain] = (page[stain] * 0.7).astype(np.uint8)
    told = decide(page, bleached(page))
    assert told.verdict == "cleaned"
    assert told.measures["paper_deviation"] < EVEN_PAPER * 3


def test_a_page_whose_letters_would_go_is_left_alone():
    page = written(paper=200, noise=12)
    gone = bleached(page)
    gone[:, ::2] = 255  # half of every stroke
    told = decide(page, gone)
    assert told.verdict == "kept"
    assert told.measures["ink_lost"] > MOST_LOST
    assert "ink" in told.reason


def test_ink_lost_is_the_share_that_went():
    page = written()
    half = page.copy()
    half[:, : page.shape[1]][np.indices(page.shape)[0] % 2 == 0] = 255
    assert Letters.of(page, page).lost() == 0
    assert Letters.of(page, half).lost() == pytest.approx(0.5, abs=0.06)
    assert Letters.of(page, np.full_like(page, 255)).lost() == 1


def test_pepper_is_no_ink_and_has_to_go():
    page = written()
    drawn = np.random.default_rng(0).random(page.shape)
    spoilt = np.where(drawn < 0.04, 0, np.where(drawn > 0.96, 255, page)).astype(np.uint8)
    assert specks(page).mean() < 0.2 * MOST_SPECKS
    assert (
        Letters.of(spoilt, page).lost()
        > MOST_LOST
        > Letters.of(spoilt, page, specks(spoilt)).lost()
    )
    told = decide(spoilt, page)
    assert told.verdict == "cleaned" and "specks" in told.reason
    assert told.measures["specks"] > MOST_SPECKS


def test_soft_letters_on_white_paper_are_cleaned():
    page = written()
    soft = np.asarray(cv2.GaussianBlur(page, (0, 0), 1.3), np.uint8)
    sharp = [Letters.of(image, page).sharpness() for image in (page, soft)]
    assert sharp[1] < 0.45 < sharp[0]
    told = decide(soft, np.where(soft < 190, page.min(), 255).astype(np.uint8))
    assert told.verdict == "cleaned" and "weak" in told.reason  # what is blurred is paler too
    assert decide(page, page).verdict == "kept"


def test_weak_ink_on_white_paper_is_mended_unless_it_is_small():
    bold = np.ones((1, 4), np.uint8)
    weak = np.asarray(cv2.erode(written(paper=255, ink=120), bold), np.uint8)
    cleaned = np.where(weak < 200, 20, 255).astype(np.uint8)
    told = decide(weak, cleaned)
    assert told.measures["contrast"] < WEAK_INK
    assert told.verdict == "cleaned" and "weak" in told.reason
    assert decide(weak, cleaned, scale=2).verdict == "kept"
    assert decide(np.where(weak < 200, 40, 255).astype(np.uint8), cleaned).verdict == "kept"


def test_blank_paper_is_measured_away_from_strokes():
    page = written(paper=220, noise=7)
    grey, deviation, dirt = blank_paper(page, bleached(page))
    assert dirt < 0.01
    assert grey == pytest.approx(220, abs=1)
    assert deviation == pytest.approx(7, abs=0.5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (64, 64), (65, 63), (2000, 40)])
def test_any_size_gets_a_verdict(shape):
    page = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert decide(page, page).verdict in ("cleaned", "kept")


def test_a_large_page_is_sampled():
    page = np.tile(written(paper=200, noise=12), (8, 8))
    few = decide(page[:512, :640], bleached(page[:512, :640])).measures
    many = decide(page, bleached(page)).measures
    assert many["paper_deviation"] == pytest.approx(few["paper_deviation"], rel=0.05)


@pytest.mark.parametrize("width", [2, 5, 9])
def test_stroke_width_is_the_width_of_strokes(width):
    page = np.full((300, 300), 255, np.uint8)
    for left in range(20, 280, 40):
        page[10:290, left : left + width] = 0
    assert stroke_width(page) == pytest.approx(width, rel=0.1)
    assert stroke_width(np.full((9, 9), 255, np.uint8)) == 0


def test_ink_made_of_paper_is_refused():
    page = written(paper=210, noise=6)
    invented = bleached(page)
    for row in (12, 13, 17, 18, 22, 26, 27):  # dark lines where the page has nothing but grain
        invented[row::22, 20:600] = 20
    assert Letters.of(page, bleached(page)).added() == 0
    assert Letters.of(page, invented).added() > MOST_ADDED
    told = decide(page, invented)
    assert told.verdict == "kept" and "paper" in told.reason


def test_letters_in_crumbs_are_shown_and_not_read_where_the_paper_is_light():
    page = written(paper=238, noise=4.0)
    page[40:60, 100:300] = 170  # a spot, so that there is something to clean
    crumbled = bleached(page)
    ink = crumbled < 130
    rows = np.indices(page.shape)[0]
    crumbled[ink & (rows % 3 == 0)] = 190  # each letter's core in pieces, held by grey
    assert crumbs(bleached(page)) <= 1.2
    assert crumbs(crumbled) > MOST_CRUMBS
    told = decide(page, crumbled)
    assert told.verdict == "cleaned" and not told.reads_cleaned and "crumbs" in told.unread
    assert told.to_dict()["read_as_it_came"] == told.unread
    dark = np.clip(page.astype(int) - 70, 0, 255).astype(np.uint8)
    assert decide(dark, crumbled).reads_cleaned  # what cannot be read cannot be harmed


class Crumbler:
    """A network that bleaches the paper and leaves every letter in crumbs."""

    stride, reach, name = 16, 0, "crumbler"

    def __call__(self, tiles):
        made = np.where(tiles < 130, tiles, 255).astype(np.uint8)
        rows = np.indices(made.shape)[1]
        made[(made < 130) & (rows % 3 == 0)] = 190
        return made


def test_a_page_that_reads_worse_cleaned_is_shown_cleaned_and_read_as_it_came():
    pixels = written(paper=238, noise=4.0)
    pixels[40:60, 100:300] = 170
    page = Page(pixels)
    done = Cleaner(Crumbler(), scale=False).clean(page)
    assert done.decision.verdict == "cleaned" and "crumbs" in done.decision.unread
    assert (done.page.pixels[40:60, 100:300] != 170).any()
    assert (done.reading.pixels == pixels).all() and not done.untouched
    assert (Cleaner(Crumbler(), scale=False).image(pixels, for_ocr=True) == pixels).all()


def test_a_blank_page_has_no_added_ink_and_no_crumbs():
    blank = np.full((300, 300), 240, np.uint8)
    assert Letters.of(blank, blank).added() == 0
    assert crumbs(blank) == 0


def test_a_chart_is_a_drawing_and_a_scan_of_one_is_not():
    rng = np.random.default_rng(0)
    chart = np.full((300, 400, 3), 255, np.uint8)
    for row, colour in enumerate([(70, 120, 190), (190, 80, 70), (240, 180, 90)]):
        chart[40 + 80 * row : 60 + 80 * row, 30:370] = colour
    text = np.repeat(written()[..., None], 3, 2)
    scanned = np.clip(chart + rng.normal(0, 4, chart.shape), 0, 255).astype(np.uint8)
    told = [is_drawing(page, Page(page).grey()) for page in (chart, scanned, text)]
    assert told == [True, False, False]


def test_a_drawing_is_kept_and_no_network_sees_it():
    chart = np.full((300, 400, 3), 255, np.uint8)
    chart[100:200, 50:350] = (70, 120, 190)
    done = Cleaner(None).clean(Page(chart))
    assert done.page.pixels is chart and done.decision.verdict == "kept"


def test_every_row_of_the_gate_names_what_it_looks_at_and_where_its_limits_were_chosen():
    rows = (*NEEDS, *HARMS, *UNREAD)
    assert len(rows) <= 12
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.chosen in ("validation", "all real pages", "before the split")
        assert "{" not in row.told(Measures())


def test_a_page_that_needs_nothing_is_told_so_whatever_cleaning_would_do_to_it():
    """The need is asked first: what is not cleaned cannot be harmed."""
    clean = Measures(
        ink_lost=1.0, paper_grey=255.0, stroke_width=3.0, sharpness=1.0, contrast=240.0
    )
    told = decide_by_measures(clean)
    assert told.untouched and told.verdict == "kept" and "nothing to clean" in told.reason
    dirty = Measures(ink_lost=1.0, paper_grey=120.0, sharpness=1.0, contrast=240.0)
    told = decide_by_measures(dirty)
    assert not told.untouched and "100% of the ink" in told.reason
