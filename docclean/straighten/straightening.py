"""A page set straight, one step after the other, each only where it is asked for."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from docclean.page import Page
from docclean.straighten.borders import find_off_sheet, painted
from docclean.straighten.flattening import sheet_alone
from docclean.straighten.orientation import orientation
from docclean.straighten.skew import rotated, skew
from docclean.straighten.spread import gutter


@dataclass(frozen=True, eq=False)
class Straightened:
    """A page set straight, and what that took.

    Attributes:
        page: the page.
        turned: degrees clockwise it was turned by to stand upright: 0, 90, 180 or 270.
        angle: degrees counter-clockwise it was then turned by to be level.
        whitened: share of its area that was border.
        cut: share of its width at which two pages meet, or None.
        sheet: height and width in px of the sheet that was cut out, or None.
    """

    page: Page
    turned: int = 0
    angle: float = 0.0
    whitened: float = 0.0
    cut: float | None = None
    sheet: tuple[int, int] | None = None

    @property
    def moved(self) -> bool:
        """Say whether pixels are not as they came; a turn alone moves none."""
        return bool(self.angle or self.whitened or self.sheet)

    def told(self) -> dict[str, Any]:
        """Return what was done as plain data, nothing for nothing."""
        told = {
            "turned": self.turned,
            "level": self.angle,
            "border": self.whitened,
            "cut": self.cut,
            "sheet": self.sheet and list(self.sheet),
        }
        return {name: value for name, value in told.items() if value}


def straighten(
    page: Page,
    *,
    orient: bool = False,
    deskew: bool = False,
    borders: bool = False,
    split: bool = False,
    crop: bool = False,
    flatten: bool = False,
) -> Straightened:
    """Set a page straight, each step only where it is asked for and something is found.

    Raises:
        MissingProgramError: `orient` without a network for it, Tesseract or its pack `osd`.
    """
    turned = orientation(page) if orient else 0
    if turned:
        dpi = page.dpi and (page.dpi[::-1] if turned % 180 else page.dpi)
        pixels = np.ascontiguousarray(np.rot90(page.pixels, -turned // 90))
        page = replace(page, pixels=pixels, dpi=dpi)
    shape = (page.height, page.width)
    if crop or flatten:
        page = sheet_alone(page, crop, flatten)
    whitened, angle = 0.0, 0.0
    if borders:
        border = find_off_sheet(page)
        whitened = float(border.mean())
        if whitened:
            page = page.with_pixels(painted(page.pixels, border))
    if deskew:
        angle = skew(page.grey())
        if angle:
            page = page.with_pixels(rotated(page.pixels, angle))
    cut = gutter(page) if split else None
    sheet = (page.height, page.width) if (page.height, page.width) != shape else None
    return Straightened(page, turned, angle, round(whitened, 4), cut, sheet)
