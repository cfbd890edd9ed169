"""Stamps, prints, blots, form lines and overtyping: what they hide and what they leave."""

import cv2
import numpy as np
import pytest

from docclean.corruptions.base import PageCorruption
from docclean.corruptions.formwork import Overstrike, RuledLines
from docclean.corruptions.shared.rubber import rubber
from docclean.corruptions.stamps import Fingerprint, InkBlot, Stamp
from docclean.page import Image

SEEDS = range(8)


@pytest.fixture
def stripes() -> Image:
    """A page (300, 400) of vertical bars: text wherever one looks."""
    image = np.full((300, 400), 255, np.uint8)
    image[:, ::4] = 0
    return image


def blotted(image: Image, seed: int, opacity: float) -> tuple[Image, Image]:
    member = InkBlot()
    ranges = {"opacity": (opacity, opacity), "radius": (2.0, 2.0)}
    params = member.sample(np.random.default_rng(seed), 0.9, ranges)
    return member.on_page(image, params, 150), member.on_clean(image, params, 150)


def test_an_opaque_blot_takes_the_text_on_both_sides_and_nothing_else(stripes: Image) -> None:
    white, taken = np.full_like(stripes, 255), 0
    for seed in SEEDS:
        (dirty, clean), (alone, _) = (blotted(page, seed, 1.0) for page in (stripes, white))
        gone = (clean == 255) & (stripes == 0)
        taken += int(gone.sum())
        # where the clean side lost its text, text and paper look the same under the ink
        assert (np.abs(dirty.astype(int) - alone)[gone] <= 1).all()
        kept = clean == stripes
        assert (kept | gone).all()
        assert (dirty == stripes)[~gone & (alone == 255)].all()
    assert taken > 100


def test_a_translucent_blot_leaves_the_clean_side(stripes: Image) -> None:
    for seed in SEEDS:
        dirty, clean = blotted(stripes, seed, 0.5)
        assert (dirty != stripes).any()
        assert (clean == stripes).all()


def test_overstrikes_are_print_on_both_sides_and_hit_words() -> None:
    page = np.full((200, 300), 255, np.uint8)
    page[90:100, 30:270] = 60
    page[:, 78:90] = page[:, 138:150] = page[:, 198:210] = 255
    for seed in SEEDS:
        params = Overstrike().sample(np.random.default_rng(seed), 0.9)
        dirty = Overstrike().on_page(page, params, 150)
        assert (dirty == Overstrike().on_clean(page, params, 150)).all()
        rows = np.flatnonzero((dirty != page).any(1))
        assert len(rows) and rows.min() > 70 and rows.max() < 120


@pytest.mark.parametrize("member", [RuledLines(), Stamp(), Fingerprint()], ids=lambda m: m.name)
def test_the_rest_is_translucent_and_one_sided(member: PageCorruption, stripes: Image) -> None:
    for seed in SEEDS:
        params = member.sample(np.random.default_rng(seed), 0.9)
        dirty = member.on_page(stripes, params, 150)
        assert dirty[stripes == 0].max() == 0
        assert dirty[stripes == 255].min() < 255
        assert member.on_clean(stripes, params, 150) is stripes


def test_ruled_lines_are_fainter_than_ink_and_evenly_spaced() -> None:
    white, member = np.full((600, 300), 255, np.uint8), RuledLines()
    ranges = {"tilt": (0.0, 0.0), "spacing": (8.0, 8.0), "uneven": (0.1, 0.1)}
    params = {**member.sample(np.random.default_rng(0), 1.0, ranges), "kind": "lines"}
    dirty = member.on_page(white, params, 150)
    assert dirty.min() > 60
    starts = np.flatnonzero(np.diff((dirty.mean(1) < 250).astype(int)) == 1)
    assert np.allclose(np.diff(starts), 8 * 150 / 25.4, atol=1.5)


@pytest.mark.parametrize("kind", ["plain", "framed", "double", "round"])
def test_a_stamp_has_its_size_and_mostly_paper_in_it(kind: str) -> None:
    for seed in SEEDS:
        plate = rubber(np.random.default_rng(seed), kind, 40, 0.5, 150)
        assert plate.shape[1] == pytest.approx(
            40 * 150 / 25.4 * (2 / 3 if kind == "round" else 1), abs=2
        )
        assert 0.05 < (plate > 128).mean() < 0.6
        if kind == "round":
            corner = plate.shape[0] // 8
            assert plate[:corner, :corner].max() == 0


def test_a_fingerprint_has_ridges_only_where_the_scan_can_show_them() -> None:
    ranges = {"prints": (0.0, 0.0), "smudge": (0.02, 0.02)}

    def contrast(dpi: float) -> float:
        size = round(dpi * 1.6)
        white = np.full((size, size), 255, np.uint8)
        params = Fingerprint().sample(np.random.default_rng(2), 0.9, ranges)
        return float(255 - Fingerprint().on_page(white, params, dpi).min())

    assert contrast(300) > 60 > 25 > contrast(50)


def test_a_blot_cuts_no_white_hole_into_panels_and_photos() -> None:
    page = np.full((300, 400), 255, np.uint8)
    page[20:280, 200:390] = 0  # a black panel with white letters
    page[40:260:20, 220:370:8] = 255
    page[20:280, 100:190] = np.linspace(60, 200, 90).astype(np.uint8)  # a photo
    page[:, 10:60:8] = 0  # strokes
    panel, strokes = np.s_[:, 100:], np.s_[:, :60]
    taken = 0
    for seed in range(16):
        _, clean = blotted(page, seed, 1.0)
        assert (clean[panel] == page[panel]).all()
        taken += int((clean[strokes] != page[strokes]).sum())
    assert taken > 0


def test_a_typist_strikes_few_words() -> None:
    page = np.full((1200, 1200), 255, np.uint8)  # 4.1 square decimetres at 150 dpi
    for top in range(20, 1180, 30):
        for left in range(20, 1150, 70):
            page[top : top + 10, left : left + 50 : 3] = 0
    struck = {}
    for severity in (0.1, 1.0):
        counts = []
        for seed in SEEDS:
            params = Overstrike().sample(np.random.default_rng(seed), severity)
            changed = (Overstrike().on_page(page, params, 150) != page).astype(np.uint8)
            near = cv2.dilate(changed, np.ones((9, 9), np.uint8))
            counts.append(cv2.connectedComponents(near)[0] - 1)
        struck[severity] = float(np.mean(counts)) / 4.1
    assert struck[0.1] < 1 < struck[1.0] < 3
