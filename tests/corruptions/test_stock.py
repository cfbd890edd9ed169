"""The sheet under the print: whatever lies behind stays fainter than ink."""

import numpy as np
import pytest
from fakes import letter

from docclean.corruptions.stock import BleedThrough, ColouredStock, ShowThrough, Watermark
from docclean.page import Image

BEHIND = [BleedThrough(), ShowThrough(), ColouredStock(), Watermark()]


def below(page: Image) -> np.ndarray:
    return page[165:].astype(float)


@pytest.mark.parametrize("member", BEHIND, ids=lambda member: member.name)
def test_what_lies_behind_never_hides_the_ink(member):
    page = letter()
    for seed in range(8):
        dirty = member.on_page(page, member.sample(np.random.default_rng(seed), 1.0), 200.0)
        assert dirty[page < 40].mean() < 45
        assert dirty[page == 255].mean() > dirty[page < 40].mean() + 45
        assert (member.on_clean(page, {}, 200.0) == page).all()


def behind(severity: float, seed: int) -> float:
    """Return how dark the other side's darkest strokes are in the blank half, 0..255."""
    member = BleedThrough()
    params = dict(member.sample(np.random.default_rng(seed), severity)) | {"dy": 0.5, "dx": 0.0}
    page = letter()
    return float(255 - np.percentile(below(member.on_page(page, params, 150.0)), 1))


def test_bleed_through_goes_from_faint_to_strong_and_stays_below_the_own_ink():
    faint, strong = (
        [behind(severity, seed) for seed in range(12)] for severity in (0.0, 1.0)
    )  # fmt: skip
    assert np.mean(faint) < 45
    assert np.mean(strong) > 85 and max(strong) <= 0.57 * 255


def test_bleed_through_is_mirrored_and_the_next_sheet_is_not():
    page = np.full((200, 200), 255, np.uint8)
    page[20:180, 20:60] = 0
    bleed = {"alpha": 0.5, "blur": 0.2, "patchy": 0.0, "soaked": 0.0, "dx": 0.0, "dy": 0.0,
             "flip": False, "seed": 1}  # fmt: skip
    mirrored = BleedThrough().on_page(page, bleed, 150.0).astype(float)
    assert mirrored[60:140, 145:175].mean() < 150 < 250 < mirrored[60:140, 85:115].mean()
    next_sheet = {"alpha": 0.3, "veil": 0.0, "blur": 0.3, "dx": -0.3, "dy": 0.0, "zoom": 1.0,
                  "behind": "next sheet"}  # fmt: skip
    shown = ShowThrough().on_page(page, next_sheet, 150.0).astype(float)
    assert shown[60:140, 85:115].mean() < 200 < 250 < shown[60:140, 140:190].mean()


def test_a_blank_page_has_nothing_behind_it():
    page = np.full((120, 90), 255, np.uint8)
    params = BleedThrough().sample(np.random.default_rng(1), 1.0)
    assert (BleedThrough().on_page(page, params, 150.0) == 255).all()


def test_coloured_stock_is_even():
    member = ColouredStock()
    for severity, low, high in ((0.0, 215, 250), (1.0, 105, 160)):
        ranges = {"mottle": (0.01, 0.01)}
        params = member.sample(np.random.default_rng(2), severity, ranges)
        paper = below(member.on_page(letter(), params, 150.0))
        assert low < paper.mean() < high and paper.std() < 6


def test_a_watermark_is_there_on_a_piece_smaller_than_its_letters():
    member = Watermark()
    page = np.full((300, 300), 255, np.uint8)
    covered = [
        (member.on_page(page, member.sample(np.random.default_rng(seed), 0.9), 600.0) < 250).mean()
        for seed in range(10)
    ]
    assert min(covered) > 0.01 and max(covered) < 0.7


@pytest.mark.parametrize(("member", "way"), [(BleedThrough(), -1), (ShowThrough(), 1)])
@pytest.mark.parametrize("across", [True, False])
def test_no_letter_behind_is_cut_or_doubled_where_the_page_is_continued(member, way, across):
    page = np.full((240, 240), 255, np.uint8)
    for left in range(8, 230, 20):
        page[:6, left : left + 13] = page[30:44, left : left + 13] = 0  # one line cut, one whole
    fixed = {"alpha": 0.5, "veil": 0.0, "blur": 0.1, "patchy": 0.0, "soaked": 0.0, "zoom": 1.0,
             "behind": "back", "flip": False, "seed": 1, "dx": 0.0, "dy": -0.25 * way}  # fmt: skip
    if across:
        page, fixed = page.T.copy(), fixed | {"dx": 0.25 * way, "dy": 0.0}
    dirty = member.on_page(page, fixed, 100.0)
    shown = dirty.T[::-1] if across else dirty
    assert shown[52:78].min() > 250  # the seam is at row 60
    assert shown[92:102].min() < 200  # the whole line is there
