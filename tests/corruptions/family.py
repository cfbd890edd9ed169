"""Shared by the tests beside: what they are made of."""

import cv2
import numpy as np
import pytest

from docclean.corruptions import CORRUPTIONS
from docclean.page import Image

EVERY = CORRUPTIONS.names()
every_member = pytest.mark.parametrize("name", EVERY)


def text_page(height: int = 300, width: int = 200) -> Image:
    """A white page with lines of black letters."""
    page = np.full((height, width), 255, np.uint8)
    for row in range(18, height, 18):
        cv2.putText(page, "Scan of 1938, No.", (6, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1)
    return page
