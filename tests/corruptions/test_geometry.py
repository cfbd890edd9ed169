"""How a sheet lies: what is turned by a library lies where our own map says."""

import cv2
import numpy as np
import pytest
from family import text_page

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.geometry import Moved, Skew


@pytest.mark.parametrize("angle", [-9.0, -1.3, 0.2, 3.0])
@pytest.mark.parametrize("size", [(300, 200), (90, 410)])
def test_a_page_is_turned_as_our_own_map_turns_it(angle, size):
    """So that boxes, which follow the map, follow the ink, which albumentations turns."""
    page, params = (text_page(*size) // 2 + 70).astype(np.uint8), {"angle": angle}
    by_library = CORRUPTIONS["skew"].on_page(page, params, 150).astype(int)
    by_map = Moved.apply(Skew(), page, params, 150).astype(int)
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(by_library - by_map)[inside].mean() < 0.5
    assert np.abs(by_library - page)[inside].mean() > 1


def test_the_paper_goes_on_past_the_edge_of_a_turned_page():
    page = np.full((120, 90), 180, np.uint8)
    cv2.putText(page, "edge", (0, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 20, 3)
    turned = CORRUPTIONS["skew"].on_page(page, {"angle": 8.0}, 150)
    corners = turned[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 180).all()
