"""A network that sees a reduced picture of large letters, and paints the page's own pixels."""

from io import BytesIO
from random import Random

import numpy as np
import pytest
from dirty_scan import dirty
from PIL import Image as Pillow

from docclean.clean import cleaner as cleaner_module
from docclean.clean.cleaner import Cleaner
from docclean.clean.network import OnnxRuntime, cleaned_by, load_runtime
from docclean.clean.parts.seen import Seen
from docclean.clean.type_size import (
    enlarge,
    is_seen_too_small,
    pixels_seen_as_16,
    resized,
    x_height,
)
from docclean.corruptions.chain import dirty_by_name
from docclean.page import Image, Page
from docclean.scores.pixels import rmse
from docclean.synth import TextSource, typeset

DIRT = {"paper_texture": 0.5, "uneven_light": 0.5}


def dirty_page(dpi: int, inches: int = 8) -> tuple[Image, Image]:
    """Return a square of a letter and its clean twin."""
    side = inches * dpi
    clean = typeset(Random("large letters"), TextSource(()), dpi, "letter").page.pixels
    clean = np.ascontiguousarray(clean[:side, :side])
    dirty, _ = dirty_by_name(clean, DIRT, 5, float(dpi))
    return dirty, clean


@pytest.fixture(scope="module")
def small() -> OnnxRuntime:
    return load_runtime("small", "cpu", 1)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Collect height and pixels-for-16 of whatever the network is given."""
    given = []

    def spy(runtime, grey, area, px=16):
        given.append((len(grey), px))
        return cleaned_by(runtime, grey, area, px)

    monkeypatch.setattr(cleaner_module, "cleaned_by", spy)
    return given


@pytest.mark.parametrize(
    ("height", "px"), [(0, 16), (8, 16), (14, 16), (15, 16), (16, 18), (21, 24), (28, 32), (90, 48)]
)
def test_large_letters_are_reduced_to_one_size(height: float, px: int) -> None:
    assert pixels_seen_as_16(height) == px


def test_letters_seen_much_too_small_are_told() -> None:
    assert is_seen_too_small(15, 32)
    assert not is_seen_too_small(28, 32)
    assert not is_seen_too_small(5, 16)  # not reduced at all


def test_the_network_sees_the_reduced_picture_and_the_page_keeps_its_edges(small) -> None:
    dirty, clean = dirty_page(300, 5)
    half = (len(dirty) // 2, len(dirty) // 2)
    whole, reduced = cleaned_by(small, dirty, 10**9), cleaned_by(small, dirty, 10**9, 32)
    from_half = resized(cleaned_by(small, resized(dirty, half), 10**9), dirty.shape)
    assert rmse(reduced, clean) < 1.3 * rmse(whole, clean)  # dirt goes as it does at full size
    assert rmse(reduced, clean) < 0.8 * rmse(from_half, clean)  # strokes are no enlarged ones
    ink = clean < 128
    assert np.mean(reduced[ink] < 160) > 0.97 * np.mean(whole[ink] < 160)
    assert np.median(reduced[~ink]) == 255


@pytest.mark.parametrize("px", [19, 24, 32, 43])
def test_tiles_of_a_reduced_page_meet(small, px: int) -> None:
    dirty, _ = dirty_page(150)
    page = enlarge(dirty, 1.5)
    whole, tiled = cleaned_by(small, page, 10**9, px), cleaned_by(small, page, 900_000, px)
    apart = np.abs(whole.astype(int) - tiled)
    assert apart.max() <= 6  # the reduction itself sees no farther than its tile
    assert np.mean(apart > 1) < 1e-4


def test_a_page_of_large_letters_is_seen_once_and_small(small, seen) -> None:
    dirty, _ = dirty_page(300)
    cleaner = Cleaner.load(threads=1)
    height = cleaner.clean(Page(dirty, (300.0, 300.0))).decision.measures["x_height"]
    assert [px for _, px in seen] == [pixels_seen_as_16(height)]
    assert seen[0][1] >= 20


def test_a_page_of_small_letters_is_cleaned_only_enlarged(seen) -> None:
    dirty, _ = dirty_page(90)
    cleaned = Cleaner.load(threads=1).clean(Page(dirty, (90.0, 90.0)))
    assert cleaned.scale > 1
    assert [height for height, _ in seen] == [len(cleaned.reading.pixels)]


def test_letters_that_seemed_larger_than_they_are_are_looked_at_again(seen, monkeypatch) -> None:
    dirty, _ = dirty_page(200)
    huge = enlarge(resized(dirty, (400, 400)), 8)
    page = Page(dirty, (200.0, 200.0))
    right = Cleaner.load(threads=1).clean(page)
    monkeypatch.setattr(
        Seen, "two_toned", lambda self, grey, rows: np.where(huge[rows] < 150, 0, 255)
    )
    assert x_height(np.where(huge < 150, np.uint8(0), np.uint8(255))) > 30
    again = Cleaner.load(threads=1).clean(page)
    assert seen[-2][1] > seen[-1][1]  # once too small, once right
    assert again.decision.measures["x_height"] == pytest.approx(
        right.decision.measures["x_height"], abs=1
    )


def test_letters_that_seemed_smaller_than_they_are_are_looked_at_first(seen, monkeypatch) -> None:
    dirty, _ = dirty_page(300, 5)
    page = Page(dirty, (300.0, 300.0))
    crumbs = np.full(dirty.shape, 255, np.uint8)
    for row in range(10, 1400, 30):
        for column in range(10, 1400, 30):
            crumbs[row : row + 16, column : column + 12] = 0
    monkeypatch.setattr(Seen, "two_toned", lambda self, grey, rows: crumbs[rows])
    cleaned = Cleaner.load(threads=1).clean(page)
    assert [height for height, _ in seen] == [1.5 * len(dirty), len(dirty)]
    assert cleaned.decision.measures["x_height"] > 24
    assert cleaned.scale == 1


def test_a_stain_larger_than_all_letters_is_no_letter(seen) -> None:
    page = dirty(size=16)  # the stain of a JPEG's grain, as a PDF brings it
    buffer = BytesIO()
    Pillow.fromarray(page.pixels).save(buffer, format="JPEG", quality=75)
    stained = np.asarray(Pillow.open(buffer), np.uint8)
    cleaned = Cleaner.load(threads=1).clean(Page(stained, (200.0, 200.0)))
    assert cleaned.decision.measures["x_height"] == pytest.approx(9, abs=1)
    assert max(px for _, px in seen) <= 28  # of the page enlarged
