"""Pages that need nothing are told without the network; all others go the whole way."""

import numpy as np
import pytest
from dirty_scan import dirty
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.at_a_glance import needs_nothing, toned
from docclean.page import Image, Page


def clean(size: int = 34) -> Image:
    """A white page of sharp black words."""
    picture = Pillow.new("L", (40 * size, 24 * size), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=size)
    for line in range(12):
        words = "The harbour office keeps every letter that was written"
        pen.text((size, size + line * size * 1.8), words, fill=0, font=font)
    return np.asarray(picture)


class NeverRun:
    stride, reach, name = 16, 191, "never"

    def __call__(self, tiles):
        raise AssertionError("the network was asked")


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner.load("small", threads=1)


@pytest.mark.parametrize("size", [34, 14])
def test_the_network_is_not_asked_and_the_page_comes_out_as_if_it_were(cleaner, size, monkeypatch):
    page = Page(clean(size), (200.0, 200.0))
    quick = Cleaner(NeverRun()).clean(page)
    monkeypatch.setattr(Cleaner, "_at_a_glance", lambda *_: None)
    whole = cleaner.clean(page)
    assert quick.page is page
    assert (quick.decision.verdict, quick.decision.reason) == ("kept", whole.decision.reason)
    assert quick.scale == whole.scale
    assert (quick.reading.pixels == whole.reading.pixels).all()


def stained(page: Image) -> Image:
    page[200:420, 300:700] = np.minimum(page[200:420, 300:700], 215)
    return page


def pictured(page: Image) -> Image:
    page[500:700, 200:600] = np.linspace(60, 200, 400, dtype=np.uint8)
    return page


def rimmed(page: Image) -> Image:
    page[:, :60] = 0
    return page


def pale(page: Image) -> Image:
    return (page // 2 + 127).astype(np.uint8)


def grained(page: Image) -> Image:
    rng = np.random.default_rng(0)
    return np.clip(page - rng.normal(8, 6, page.shape), 0, 255).astype(np.uint8)


def blurred(page: Image) -> Image:
    rows = page.astype(np.float32)
    for _ in range(3):
        rows = (np.roll(rows, 1, 1) + rows + np.roll(rows, -1, 1)) / 3
    return rows.astype(np.uint8)


def peppered(page: Image) -> Image:
    rng = np.random.default_rng(0)
    return np.where(rng.random(page.shape) < 0.03, 0, page).astype(np.uint8)


@pytest.mark.parametrize("harm", [stained, pictured, rimmed, pale, grained, blurred, peppered])
def test_whatever_is_less_than_certain_goes_the_whole_way(harm):
    assert needs_nothing(clean()) is not None
    assert needs_nothing(harm(clean().copy())) is None


def test_dirty_and_blank_pages_go_the_whole_way():
    assert needs_nothing(dirty().pixels) is None
    assert needs_nothing(np.full((300, 400), 255, np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (7, 900), (8, 8), (9, 17)])
def test_any_size(shape):
    assert needs_nothing(np.full(shape, 255, np.uint8)) is None
    assert toned(np.zeros(shape, np.uint8), 255, 255)[1] in (0, 1)
