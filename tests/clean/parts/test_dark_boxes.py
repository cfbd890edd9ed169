"""Dark grounds reach as far as their tint, and print on a ground is told light or dark."""

import numpy as np

from docclean.clean.parts.dark_boxes import fitted
from docclean.clean.parts.rectangles import Rectangle
from docclean.clean.parts.tint_and_ink import ink_on

TRUE = Rectangle(200, 320, 60, 460)


def page_with_light_print():
    """Return a small picture with lines of light print on a dark ground, dark ones below it."""
    seen = np.full((600, 520, 3), 200, np.uint8)
    seen[TRUE.top : TRUE.bottom, TRUE.left : TRUE.right] = (30, 40, 60)
    for top in range(206, 500, 14):
        grey = 190 if top < TRUE.bottom else 40
        if top + 6 <= TRUE.bottom or top > TRUE.bottom + 2:
            for left in range(70, 450, 5):
                seen[top : top + 6, left : left + 2] = grey
    return seen


def test_a_dark_box_grows_and_shrinks_to_its_tint():
    seen = page_with_light_print()
    half = Rectangle(214, 320, 60, 280)
    wide = Rectangle(200, 320, 10, 460)
    for told in (half, wide):
        (found,) = fitted(seen, (told,), ())
        for side in ("top", "bottom", "left", "right"):
            assert abs(getattr(found, side) - getattr(TRUE, side)) <= 1


def test_pieces_of_one_dark_tint_are_one_ground():
    pieces = (Rectangle(200, 260, 60, 460), Rectangle(260, 320, 60, 460))
    assert len(fitted(page_with_light_print(), pieces, ())) == 1


def test_a_box_of_a_light_tint_stays():
    seen = page_with_light_print()
    seen[20:120, 60:460] = (180, 150, 120)
    box = Rectangle(30, 120, 60, 400)
    assert fitted(seen, (box,), ()) == (box,)


def test_print_is_dark_on_a_screen_with_paper_at_its_rim():
    y, x = np.mgrid[:100, :200]
    light = np.where((x % 4 < 2) ^ (y % 4 < 2), 250.0, 30.0)
    light[40:46, 20:180] = 10
    light[:2] = light[-2:] = 255
    light = np.repeat(light[..., None], 3, 2).astype(np.float32)
    inside = np.ones((100, 200), np.bool_)
    ink = ink_on(light, inside, np.full(3, 140, np.float32))
    assert ink.max() < 140
    assert ink_on(255 - light, inside, np.full(3, 60, np.float32)).min() > 60
