"""Components: the same boxes and areas as OpenCV finds."""

import cv2
import numpy as np
import pytest

from docclean.imageops.components import components


def _sorted(columns: list[np.ndarray]) -> list[tuple[int, ...]]:
    return sorted(map(tuple, np.stack(columns, 1).tolist()))


@pytest.mark.parametrize(
    ("shape", "share"),
    [((200, 300), 0.3), ((200, 300), 0.45), ((7, 513), 0.5), ((1, 1), 1.0), ((90, 3), 0.6)],
)
def test_finds_what_opencv_finds(shape: tuple[int, int], share: float) -> None:
    ink = np.random.default_rng(3).random(shape) < share
    found = components(ink)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    ours = [found.left, found.top, found.width, found.height, found.area]
    assert _sorted(ours) == _sorted([stats[1:, column] for column in range(5)])


def test_a_spiral_is_one_component() -> None:
    ink = np.zeros((41, 41), np.bool_)
    left, right = 0, 40
    while left < right:  # arms that meet only at their ends
        ink[left, max(0, left - 2) : right + 1] = True
        ink[left : right + 1, right] = True
        ink[right, left : right + 1] = True
        ink[left + 2 : right + 1, left] = True
        left, right = left + 2, right - 2
    count, _ = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    found = components(ink)
    assert len(found.area) == count - 1
    assert found.area.sum() == np.count_nonzero(ink)


def test_no_ink_no_components() -> None:
    found = components(np.zeros((5, 9), np.bool_))
    assert len(found.area) == len(found.height) == len(found.width) == 0


def test_touching_corners_join_and_the_edges_of_the_page_do_not() -> None:
    ink = np.eye(6, dtype=np.bool_)
    assert components(ink).area.tolist() == [6]
    ink = np.zeros((4, 8), np.bool_)
    ink[1, 7] = ink[2, 0] = True  # the end of a row and the start of the next
    assert components(ink).area.tolist() == [1, 1]


def test_pixels_are_those_of_the_chosen_components():
    ink = np.random.default_rng(3).random((40, 60)) < 0.3
    found = components(ink)
    chosen = found.area > 4
    row, column, label = found.pixels(chosen)
    assert ink[row, column].all() and chosen[label].all()
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == found.area[chosen].sum()
    assert (np.bincount(label, minlength=len(chosen))[chosen] == found.area[chosen]).all()
