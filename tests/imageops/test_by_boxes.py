"""A picture made by boxes is the picture, whatever is asked of it; few pixels take little room."""

import tracemalloc

import numpy as np

from docclean.imageops.by_boxes import ByBoxes, whole, window


def test_boxes_steps_and_windows_are_those_of_the_picture():
    page = np.random.default_rng(0).integers(0, 256, (2500, 70), np.uint8)
    made = ByBoxes(page.shape, lambda rows, columns: page[rows, columns])
    assert len(made) == 2500 and (whole(made) == page).all() and whole(page) is page
    for box in (np.s_[3:900, 5:60], np.s_[::4, ::4], np.s_[7:2400:3, 1:], np.s_[2400:9000, :99]):
        assert (made[box] == page[box]).all()
        if not box[0].step:
            assert (whole(window(made, box)) == page[box]).all()
    assert (made[10:20] == page[10:20]).all()
    inner = window(window(made, np.s_[100:2000, 10:]), np.s_[50:, :20])
    assert (whole(inner) == page[150:2000, 10:30]).all()


def test_every_fourth_pixel_of_a_large_picture_takes_little_room():
    made = ByBoxes((20_000, 4_000), lambda r, c: np.zeros((r.stop - r.start, 4_000), np.uint8))
    tracemalloc.start()
    assert made[::4, ::4].shape == (5_000, 1_000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 25e6
