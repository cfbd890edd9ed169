"""What dirt promises: treads of their own, specks counted by area, nothing as dark as ink."""

import cv2
import numpy as np
import pytest
from fakes import flat

from docclean.corruptions.base import PageCorruption
from docclean.corruptions.dirt import Dirt, Footprint, Specks

LARGE = [Footprint(), Dirt()]
TREADS = ("bars", "cross", "chevrons", "blocks", "rings", "studs", "waves", "herringbone")


@pytest.mark.parametrize("dpi", [72.0, 600.0])
@pytest.mark.parametrize("member", LARGE, ids=lambda member: member.name)
def test_a_piece_of_a_page_is_hit_at_any_resolution(member, dpi):
    means = [
        255 - member.on_page(flat(), member.sample(np.random.default_rng(seed), 0.9), dpi).mean()
        for seed in range(7)
    ]
    assert np.median(means) > 0.4


@pytest.mark.parametrize("member", LARGE, ids=lambda member: member.name)
def test_no_dirt_is_as_dark_as_ink(member):
    for seed in range(6):
        page = member.on_page(flat(), member.sample(np.random.default_rng(seed), 1.0), 150.0)
        assert np.percentile(page, 1) > 25


@pytest.mark.parametrize("tread", TREADS)
def test_every_tread_is_a_pattern_of_its_own(tread):
    member = Footprint()
    params = dict(member.sample(np.random.default_rng(3), 0.9, {"patchy": (0.2, 0.2)}))
    dirty = [
        member.on_page(flat(), params | {"tread": name, "form": "patch"}, 150.0).astype(float)
        for name in (tread, *(other for other in TREADS if other != tread))
    ]
    assert dirty[0].std() > 2
    assert all(np.abs(dirty[0] - other).mean() > 0.5 for other in dirty[1:])


def test_footprints_go_from_faint_to_plain():
    member = Footprint()

    def darkest(severity: float) -> float:
        pages = [
            member.on_page(flat(), member.sample(np.random.default_rng(seed), severity), 150.0)
            for seed in range(8)
        ]
        return float(np.mean([255.0 - np.percentile(page, 1) for page in pages]))

    assert darkest(0.0) < 40 < 70 < darkest(1.0)


def test_specks_are_counted_by_area_of_paper():
    member: PageCorruption = Specks()
    params = dict(member.sample(np.random.default_rng(2), 0.9, {"hairs": (0, 0)})) | {
        "light": False
    }
    marked = [
        cv2.connectedComponents((member.on_page(flat(), params, dpi) < 230).astype(np.uint8))[0]
        for dpi in (75.0, 300.0)
    ]
    assert marked[0] > 4 * marked[1] > 4
