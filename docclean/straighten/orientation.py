"""Upright: how far a page is turned, in quarters, as Tesseract sees it."""

import re

import pytesseract
from PIL import Image as Pillow

from docclean.errors import MissingProgramError
from docclean.ocr.tesseract import NO_TESSERACT
from docclean.page import Page

SURE_OF_ORIENTATION = 5.0
"""Tesseract's confidence from which a page is turned; pages it would turn wrongly stay below 4."""


def orientation(page: Page) -> int:
    """Return the degrees clockwise that turn a page upright; 0 where Tesseract is not sure.

    Raises:
        MissingProgramError: Tesseract or its pack `osd` is not installed.
    """
    image = Pillow.fromarray(page.grey())
    image.format = "PPM"
    try:
        told = pytesseract.image_to_osd(image, config=f"--dpi {_plain_dpi(page)}", timeout=120)
    except pytesseract.TesseractNotFoundError as error:
        raise MissingProgramError(NO_TESSERACT) from error
    except pytesseract.TesseractError as error:
        if "osd.traineddata" in str(error.message):
            raise MissingProgramError(
                "Tesseract has no pack for orientation: apt-get install tesseract-ocr-osd"
            ) from error
        return 0  # too few letters
    except RuntimeError:
        return 0  # it took too long
    sure = re.search(r"Orientation confidence: ([\d.]+)", told)
    turn = re.search(r"Rotate: (\d+)", told)
    if not sure or not turn or float(sure[1]) < SURE_OF_ORIENTATION:
        return 0
    return int(turn[1]) % 360


def _plain_dpi(page: Page) -> int:
    return min(max(round(page.dpi[1]), 70), 2400) if page.dpi else 300
