"""What hands write on a sheet: where it lies, and that the letters below stay."""

import cv2
import numpy as np
import pytest
from fakes import page_of_words

from docclean.corruptions.base import PageCorruption
from docclean.corruptions.handwriting import Handwriting, Signature
from docclean.page import Image

SEEDS = range(8)
MEMBERS = [Handwriting(), Signature()]


@pytest.fixture
def page() -> Image:
    return page_of_words()


def dirty(member: PageCorruption, page: Image, seed: int, severity: float = 0.8) -> Image:
    return member.on_page(page, member.sample(np.random.default_rng(seed), severity), 150)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_pens_only_darken_and_the_clean_side_stays(member: PageCorruption, page: Image) -> None:
    for seed in SEEDS:
        params = member.sample(np.random.default_rng(seed), 0.8)
        after = member.on_page(page, params, 150)
        assert (after <= page).all() and (after < page).any()
        assert member.on_clean(page, params, 150) is page


def test_notes_go_where_the_page_is_blank(page: Image) -> None:
    member = Handwriting()
    left = right = 0
    for seed in SEEDS:
        params = {**member.sample(np.random.default_rng(seed), 0.3), "across": False, "turn": 0.0}
        changed = member.on_page(page, params, 150) != page
        left, right = left + int(changed[:, :190].sum()), right + int(changed[:, 190:].sum())
    assert right > 2 * left


def test_a_hand_writes_connected_strokes(page: Image) -> None:
    blank = np.full((400, 600), 255, np.uint8)
    mark = np.asarray(dirty(Signature(), blank, 1) < 255, np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mark, connectivity=8)
    assert stats[1:, cv2.CC_STAT_WIDTH].max() > 60
