"""What came after a blur is taken out before the blur is turned back; pages in focus stay."""

from functools import lru_cache
from random import Random

import cv2
import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.focus.blur import find_blur, soft_beneath
from docclean.clean.focus.focusing import in_focus
from docclean.clean.focus.later_marks import filled, without_later_marks, without_pepper
from docclean.clean.gate.measures import speckled
from docclean.clean.gate.need_and_harm import MOST_SPECKS
from docclean.page import Image, Page
from docclean.regions.reader import map_reader
from docclean.scores.pixels import rmse
from docclean.synth import TextSource, typeset


@lru_cache
def book() -> Image:
    return typeset(Random("later"), TextSource(()), 300, "book").page.pixels[300:1500, 200:1500]


def soft() -> Image:
    return np.asarray(cv2.GaussianBlur(book(), (11, 11), 4), np.uint8)


def peppered(page: Image, share: float = 0.08) -> Image:
    drawn = np.random.default_rng(1).random(page.shape)
    ends = np.where(drawn < share / 2, 0, np.where(drawn > 1 - share / 2, 255, page))
    return ends.astype(np.uint8)


def scribbled(page: Image) -> Image:
    """Draw three curves of a pen, 3 px wide, over a page."""
    along = np.linspace(0, 1, 300)
    over = np.full_like(page, 255)
    for turn in range(3):
        x = 100 + 1000 * along
        y = 200 + 350 * turn + 90 * np.sin(12 * along + turn)
        line = np.rint(np.stack((x, y), 1)).astype(np.int32)
        cv2.polylines(over, [line], False, 90, 3, cv2.LINE_AA)
    return np.minimum(page, over)


@pytest.mark.parametrize("spoil", [peppered, scribbled])
def test_a_blur_is_found_beneath_what_came_later(spoil) -> None:
    page = spoil(soft())
    assert find_blur(page) is None
    seen = in_focus(Page(page, (300, 300)), page)
    assert seen.blur == pytest.approx(2.85, abs=0.2)
    read = seen.grey if seen.print_only is None else seen.print_only
    assert rmse(read, book()) < 0.75 * rmse(soft(), book())


def test_a_pen_stays_on_the_page_that_is_kept_and_not_on_the_one_that_is_read() -> None:
    page = scribbled(soft())
    pen = np.minimum(scribbled(np.full_like(page, 255)), 255) < 120
    seen = in_focus(Page(page, (300, 300)), page)
    assert seen.print_only is not None
    assert seen.grey[pen].mean() < 100
    alone = pen & (cv2.erode(book(), np.ones((15, 15), np.uint8)) > 200)  # no print near
    assert seen.print_only[alone].mean() > 235
    cleaned = Cleaner.load("small").clean(Page(page, (300, 300)))
    assert cleaned.page.grey()[alone].mean() < 150
    ratio = len(cleaned.reading.pixels) / len(page)
    read = cv2.resize(cleaned.reading.pixels, page.shape[::-1], interpolation=cv2.INTER_AREA)
    assert ratio >= 1 and read[alone].mean() > 240


def test_specks_are_no_pen() -> None:
    page = peppered(soft())
    later = without_later_marks(page)
    assert later is not None and not later.drawn.any()
    assert rmse(later.page, soft()) < 0.2 * rmse(page, soft())


@pytest.mark.parametrize(
    "page",
    [book, lambda: peppered(book()), lambda: scribbled(book()),
     lambda: np.full((900, 700), 255, np.uint8), lambda: np.zeros((1, 1), np.uint8)],
    ids=["sharp", "sharp, peppered", "sharp, scribbled", "blank", "dot"],
)  # fmt: skip
def test_a_page_in_focus_stays(page) -> None:
    grey = page()
    assert soft_beneath(grey) == 0
    seen = in_focus(Page(grey, None), grey)
    assert seen.blur == 0 and np.array_equal(seen.grey, grey) and seen.print_only is None


def test_a_gap_is_filled_from_around_and_nothing_else_moves() -> None:
    ramp = np.tile(np.arange(0, 200, 2, dtype=np.uint8), (60, 1))
    gone = np.zeros(ramp.shape, np.bool_)
    gone[20:26, 40:46] = True
    spoilt = np.where(gone, 255, ramp).astype(np.uint8)
    made = filled(spoilt, gone, 200)
    assert np.array_equal(made[~gone], ramp[~gone])
    assert np.abs(made.astype(int) - ramp).max() <= 1


def test_a_sharp_desk_around_a_soft_sheet_does_not_hide_that_it_is_soft() -> None:
    wood = np.random.default_rng(3).integers(60, 140, (1800, 1900)).astype(np.uint8)
    desk = np.repeat(np.repeat(wood[::3, ::3], 3, 0), 3, 1)[:1800, :1900]
    sheet = soft()
    desk[300 : 300 + sheet.shape[0], 300 : 300 + sheet.shape[1]] = sheet
    page = Page(desk, (300, 300))
    assert in_focus(page, desk).blur == 0  # the desk is all that is looked at
    seen = in_focus(page, desk, map_reader(1)(page))
    assert seen.blur == pytest.approx(2.85, abs=0.2)


def weak(page: Image) -> Image:
    """Fade the ink of a page to a light grey."""
    return (255 - (255 - page.astype(np.float32)) * 0.35).astype(np.uint8)


def test_pepper_over_weak_ink_goes_before_anything_is_cleaned() -> None:
    page = peppered(weak(book()))
    quiet = without_pepper(page)
    assert quiet is not None and rmse(quiet, weak(book())) < 0.15 * rmse(page, weak(book()))
    cleaned = Cleaner.load("small").clean(Page(page, (300, 300)))
    assert cleaned.decision.verdict == "cleaned" and "specks" in cleaned.decision.reason
    assert cleaned.page.grey()[book() < 30].mean() < 120  # ink, darker than it came


@pytest.mark.parametrize(
    "page", [book, lambda: peppered(book()), lambda: weak(book()), lambda: book()[::2, ::2]]
)
def test_black_ink_is_no_pepper(page) -> None:
    assert without_pepper(page()) is None


def test_pepper_on_black_letters_is_not_averaged_into_grey() -> None:
    """What is reduced before the network sees it has grey for pepper."""
    large = np.asarray(cv2.resize(book(), None, fx=1.4, fy=1.4), np.uint8)
    page = peppered(large)
    assert speckled(page) > MOST_SPECKS > speckled(large)
    cleaned = Cleaner.load("small").clean(Page(page, (420, 420)))
    assert rmse(cleaned.page.grey(), large) < 0.2
