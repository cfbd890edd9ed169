"""Pictures of other programs, in and out: numpy arrays and Pillow images instead of pages."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.documents.facts import dpi_of
from docclean.documents.pixels import to_pixels
from docclean.page import Page

Picture = TypeVar("Picture", Pillow.Image, NDArray[np.uint8])
Dpi = float | Sequence[float] | None


def page_of(picture: Pillow.Image | NDArray[np.uint8], dpi: Dpi = None) -> Page:
    """Return a picture as a page.

    Args:
        picture: an image of Pillow in any mode, or an array (H, W) or (H, W, 3) RGB, uint8.
        dpi: dots per inch, one number or two; None: what an image of Pillow says of itself.

    Raises:
        ValueError: the array has another type or shape.
    """
    if isinstance(picture, Pillow.Image):
        dpi = dpi or dpi_of(picture)
        pixels = to_pixels(picture)
    else:
        pixels = np.ascontiguousarray(picture)
    return Page(pixels, _pair(dpi))


def picture_of(page: Page, like: Picture) -> Picture:
    """Return a page as an array, or as an image of Pillow whose `info` holds the dpi."""
    if isinstance(like, np.ndarray):
        return page.pixels
    image = Pillow.fromarray(page.pixels)
    if page.dpi:
        image.info["dpi"] = page.dpi
    return image


def picture_like(page: Page, like: Picture) -> Picture:
    """Return a page as what it came from: an array of that shape, an image of Pillow of that mode.

    Of Pillow's modes 1, L and RGB are kept; the others become L or RGB.
    """
    made = picture_of(page, like)
    if isinstance(made, np.ndarray):
        return np.repeat(made[..., None], 3, 2) if made.ndim < np.ndim(like) else made
    if like.mode not in ("1", "L", "RGB") or like.mode == made.mode:
        return made
    told = made.info
    made = made.convert(like.mode, dither=Pillow.Dither.NONE)
    made.info.update(told)
    return made


def _pair(dpi: Dpi) -> tuple[float, float] | None:
    """Return dots per inch across and down; None where they say nothing."""
    if dpi is None:
        return None
    across, down = (dpi, dpi) if isinstance(dpi, (int, float)) else dpi
    return (float(across), float(down)) if across > 0 and down > 0 else None
