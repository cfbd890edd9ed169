"""The gate that reads: it follows what Tesseract yields, not what the pixels say."""

from random import Random

import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.by_reading import BAND_HEIGHT, BANDS, decide_by_reading
from docclean.clean.gate.decision import Decision
from docclean.evaluation.cleaners import tried_by
from docclean.ocr import Tesseract
from docclean.page import Image, Page
from docclean.synth import TextSource, typeset

READER = Tesseract("eng", psm=6)
NEEDED = Decision("kept", "the pixels say so", {"dirt": 0.1})
CLEANED = Decision("cleaned", "the paper was dirty", {})


class Eraser:
    """A network that leaves nothing."""

    stride, reach, name = 16, 0, "eraser"

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        return np.full_like(tiles, 255)


@pytest.fixture(scope="module")
def text() -> Image:
    """The head of a clean page, 900 px wide: few lines are read sooner."""
    return typeset(Random("trial"), TextSource(()), 130, "article").page.pixels[:450, :900]


@pytest.fixture(scope="module")
def noisy(text: Image) -> Image:
    noise = np.random.default_rng(1).normal(0, 90, text.shape)
    return np.clip(0.4 * text + 80 + noise, 0, 255).astype(np.uint8)


@pytest.mark.slow
def test_the_page_that_yields_more_goes_on(text: Image, noisy: Image) -> None:
    better = decide_by_reading(Page(noisy), Page(text), READER, NEEDED)
    assert better.verdict == "cleaned"
    assert better.measures["yield_cleaned"] > better.measures["yield_raw"]
    assert better.measures["yield_cleaned"] > 100  # every word counts, not the first alone
    assert better.measures["dirt"] == 0.1
    worse = decide_by_reading(Page(text), Page(noisy), READER, NEEDED)
    assert worse.verdict == "kept"
    assert "letters" in worse.reason
    shown = decide_by_reading(Page(text), Page(noisy), READER, CLEANED)
    assert (shown.verdict, shown.reason) == ("cleaned", CLEANED.reason)
    assert not shown.reads_cleaned and "letters" in shown.unread


def test_a_page_that_needs_nothing_is_not_read(text: Image) -> None:
    first = Decision("kept", "nothing to clean", {}, untouched=True)

    class Unread(Tesseract):
        def read(self, page: Page, *, words: bool = False):  # type: ignore[no-untyped-def]
            raise AssertionError("read")

    assert decide_by_reading(Page(text), Page(text), Unread(), first) is first


def test_only_bands_of_a_long_page_are_read(text: Image) -> None:
    seen: list[int] = []

    class Counted(Tesseract):
        def read(self, page: Page, *, words: bool = False):  # type: ignore[no-untyped-def]
            seen.append(page.height)
            return super().read(page.with_pixels(page.pixels[:60]), words=words)  # a line or two

    long = Page(np.tile(text[:, :400], (4, 1)))
    decide_by_reading(long, long, Counted("eng", psm=6), NEEDED)
    assert seen == [BAND_HEIGHT] * (2 * BANDS)


def test_a_cleaner_asks_its_reader(text: Image, noisy: Image) -> None:
    done = Cleaner(Eraser(), reader=READER).clean(Page(noisy))
    assert done.decision.verdict == "kept"
    assert done.decision.measures["yield_cleaned"] == 0
    assert (done.page.pixels == noisy).all()


def test_the_contender_reads_its_sample_with_the_engine_of_the_set(noisy: Image) -> None:
    asked: list[tuple[str, int | None]] = []

    class Noted(Tesseract):
        def read(self, page: Page, *, words: bool = False):  # type: ignore[no-untyped-def]
            asked.append((self.lang, self.psm))
            return super().read(page, words=words)

    contender = tried_by(Cleaner(Eraser()), "tried")
    assert contender.trial is not None
    treated = contender.trial(Page(noisy), Noted("eng", psm=3))
    assert asked == [("eng", 6)] * 2
    assert (treated.page.pixels == noisy).all() and "letters" in treated.note
