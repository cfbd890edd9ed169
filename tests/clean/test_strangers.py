"""Pictures of other programs: arrays and Pillow images in and out."""

import numpy as np
import pytest
from dirty_scan import SENTENCES, dirty
from PIL import Image

from docclean import Cleaner, Tesseract
from docclean.page import Page
from docclean.scores.text import score


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner.load("small", threads=1)


def pillow(mode: str, size: int = 34) -> Image.Image:
    image = Image.fromarray(dirty(size=size).pixels).convert(mode)
    image.info["dpi"] = (200.0, 200.0)
    return image


def test_an_array_comes_back_as_an_array(cleaner):
    grey = dirty().pixels
    cleaned = cleaner.image(grey, 200)
    assert (cleaned.dtype, cleaned.shape) == (grey.dtype, grey.shape)
    assert (cleaned > 250).mean() > 0.7
    assert (cleaned == cleaner.clean(Page(grey, (200.0, 200.0))).page.pixels).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA"])
def test_pillow_comes_back_as_pillow(cleaner, mode):
    cleaned = cleaner.image(pillow(mode))
    assert cleaned.size == (680, 238)
    assert cleaned.mode in ((mode,) if mode in ("L", "RGB") else ("L", "RGB"))
    assert cleaned.info["dpi"] == (200.0, 200.0)
    assert (np.asarray(cleaned.convert("L")) > 250).mean() > 0.7


def test_black_and_white_stays_so(cleaner):
    speckled = np.asarray(pillow("L")) > 150
    image = Image.fromarray(speckled)
    cleaned = cleaner.image(image, 200)
    assert cleaned.mode == "1"
    assert cleaned.size == image.size


def test_colour_arrays_keep_their_shape(cleaner):
    colour = np.repeat(dirty().pixels[..., None], 3, 2)
    assert cleaner.image(colour).shape == colour.shape
    assert cleaner.image(colour, for_ocr=True).shape == colour.shape[:2]


def test_small_type_is_enlarged_for_reading(cleaner):
    read = cleaner.image(pillow("RGB", size=16), for_ocr=True)
    assert (read.mode, read.size) == ("L", (800, 280))
    assert read.info["dpi"] == pytest.approx((500.0, 500.0))
    text = Tesseract().read(Page(np.asarray(read), read.info["dpi"])).text
    assert score(" ".join(SENTENCES), text).f1 == 1


def test_what_needs_nothing_is_the_same_object(cleaner):
    blank = np.full((300, 400), 255, np.uint8)
    image = Image.fromarray(blank)
    assert cleaner.image(blank) is blank
    assert cleaner.image(image, for_ocr=True) is image


@pytest.mark.parametrize("array", [np.zeros((5, 5)), np.zeros((5, 5, 4), np.uint8), np.zeros(5)])
def test_other_arrays_are_refused(cleaner, array):
    with pytest.raises(ValueError, match="a page is uint8 of shape"):
        cleaner.image(array)
