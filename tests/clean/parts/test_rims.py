"""A part ends where the paper begins; a sky that meets its edge is its own."""

from pathlib import Path

import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.parts.grounds import Ground
from docclean.clean.parts.rims import without_paper
from docclean.documents import read_pages

CASES = Path(__file__).parents[2] / "cases"


def cells(*lines: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a part (any sign but a point) and what of it is blank (o)."""
    signs = np.array([list(line) for line in lines])
    return signs != ".", (signs == "o") | (signs == ".")


def test_a_rim_of_paper_goes_and_what_it_frames_stays():
    part, blank = cells(
        ".........", ".ooooooo.", ".oXXXXXo.", ".oXXXXXo.", ".ooooooo.", "........."
    )
    assert np.array_equal(without_paper(part, blank), part & ~blank)


def test_a_sky_stays():
    part, blank = cells(
        ".........", ".XoooooX.", ".XoooooX.", ".XoooooX.", ".XXXXXXX.", ".XXXXXXX.", "........."
    )
    assert np.array_equal(without_paper(part, blank), part)
    assert not without_paper(part, blank, part)[1, 3]  # of a panel it would be paper


def test_paper_inside_a_drawing_stays_where_it_is_closed_in():
    part, blank = cells(
        "..........", ".oooooooo.", ".oXXXXooo.", ".oXooXooo.", ".oXooXooo.", ".oXXXXooo.",
        ".oooooooo.", "..........",
    )  # fmt: skip
    left = without_paper(part, blank)
    assert left[3:5, 3:5].all() and not left[1].any() and not left[:, 6:].any()


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("stamp_and_signature", np.s_[1110:1170, 480:540]),  # within the pen's wave
        ("codes", np.s_[860:1000, 610:715]),  # between two codes
        ("panels", np.s_[266:290, 150:500]),  # between two panels
    ],
)
def test_paper_beside_a_part_is_white(name, box):
    page = next(iter(read_pages(CASES / f"{name}.jpg")))
    shown = Cleaner.load(threads=1).clean(page).page.grey()
    assert (shown[box] >= 252).mean() > 0.97


def test_large_print_on_a_tint_is_no_dark_ground():
    """A stain was taken for a panel, and the words on it were cut to pieces."""

    def ground(tint, ink):
        colours = (np.full(3, value, np.float32) for value in (tint, ink))
        nothing = np.zeros((0, 0), np.uint8)
        return Ground((slice(0, 0), slice(0, 0)), nothing, nothing > 0, *colours)

    stain = ground(182, 0)
    assert ground(0, 255).is_print_of(stain)
    assert ground(0, 0).is_print_of(stain)  # a stroke so wide that it has no print in it
    assert not ground(90, 255).is_print_of(stain) and not ground(60, 0).is_print_of(stain)
