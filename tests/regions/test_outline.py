"""The outline of a sheet, and the sheet flattened by it."""

import cv2
import numpy as np
import pytest

from docclean.page import Page
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.outline import find_outline
from docclean.regions.page_map import PageMap
from docclean.scenes.canvas import Canvas
from docclean.scenes.laying import Curl, laid
from docclean.scenes.scene import true_map
from docclean.straighten.flattening import flattened, is_flat, sheet_alone

CORNERS = np.array([(120, 90), (760, 150), (700, 1010), (60, 940)], np.float64)


def lying(curl: Curl, corners: np.ndarray = CORNERS, lines: bool = True):
    """Return a sheet of level lines laid on a desk."""
    grey = np.full((900, 640), 250, np.uint8)
    if lines:
        for top in range(60, 880, 40):
            grey[top : top + 6, 40:600] = 0
    canvas = Canvas.of_print(grey, (), 75)
    ground = np.full((1100, 820, 3), 70, np.uint8)
    return laid(np.random.default_rng(0), canvas, ground, corners, curl, shadow=0.0)


def test_a_picture_that_is_all_sheet_has_no_outline():
    shares = np.zeros((len(MARKS), 96, 68), np.uint8)
    seen = np.full((768, 544, 3), 255, np.uint8)
    assert find_outline(PageMap(shares, 3000, 2125, seen, np.zeros(4, np.float32))) is None


@pytest.mark.parametrize("lift", [0.0, 40.0, -40.0])
def test_corners_are_found_within_a_hundredth_of_the_diagonal(lift):
    view = lying(Curl(lift=lift))
    outline = find_outline(true_map(view))
    assert outline is not None
    off = np.hypot(*(outline.corners - view.corners).T)
    assert off.max() < 0.01 * np.hypot(*view.rgb.shape[:2])


def test_a_sheet_is_flattened_so_that_its_lines_are_level():
    view = lying(Curl(lift=45.0))
    outline = find_outline(true_map(view))
    assert outline is not None and not is_flat(outline, view.rgb.shape)
    flat = flattened(view.rgb, outline)
    assert flat.shape[0] == pytest.approx(900, rel=0.06)
    inside = flat[20:-20, 50:-50, 0] < 128
    # level lines fill their rows; those of the sheet as it lay fill none
    assert np.mean(inside.mean(1) > 0.9) > 0.05
    assert (view.rgb[200:900, 200:600, 0] < 40).mean(1).max() < 0.6


def test_a_flat_page_stays_as_it_is():
    page = Page(np.full((1100, 800), 250, np.uint8))
    assert sheet_alone(page, crop=False, flatten=True) is page


def test_an_upright_sheet_is_flat():
    straight = np.array([(100, 80), (740, 80), (740, 980), (100, 980)], np.float64)
    view = lying(Curl(), straight)
    outline = find_outline(true_map(view))
    assert outline is not None and is_flat(outline, view.rgb.shape)
    assert np.abs(straight - view.corners).max() < 1e-2


def test_sides_run_between_the_corners():
    view = lying(Curl(lift=30.0))
    outline = find_outline(true_map(view))
    assert outline is not None
    top, right, bottom, left = outline.points(11)
    for side, (start, end) in zip(
        (top, right, bottom, left), ((0, 1), (1, 2), (3, 2), (0, 3)), strict=True
    ):
        assert np.allclose(side[0], outline.corners[start])
        assert np.allclose(side[-1], outline.corners[end])
    assert cv2.contourArea(outline.corners.astype(np.float32)) > 0
    assert Kind.OFF in MARKS
