"""Stand-ins: cleaners that change nothing or misbehave, pages of text, drawn parameters.

Hundreds of processes load the cleaners, so what only pages need is imported where it is used.
"""

import time
from dataclasses import dataclass

import numpy as np

from docclean.page import Image, Page


@dataclass(frozen=True)
class FakeDecision:
    cleaned: bool = True
    reason: str = "fake"

    def to_dict(self) -> dict[str, object]:
        return {"cleaned": self.cleaned, "reason": self.reason}


@dataclass(frozen=True)
class FakeCleaned:
    page: Page
    decision: FakeDecision

    scale = 1.0

    @property
    def reading(self) -> Page:
        return self.page


class Identity:
    """A cleaner that hands every page back as it came."""

    def clean(self, page: Page) -> FakeCleaned:
        return FakeCleaned(page, FakeDecision())

    def __call__(self, page: Page) -> Page:
        return self.clean(page).page


class Inverter(Identity):
    """A cleaner that changes every pixel."""

    def clean(self, page: Page) -> FakeCleaned:
        return FakeCleaned(page.with_pixels(255 - page.pixels), FakeDecision())


class Interrupted(Identity):
    """A cleaner during which the user presses Ctrl-C on page 2."""

    def clean(self, page: Page) -> FakeCleaned:
        if page.number == 2:
            raise KeyboardInterrupt
        return super().clean(page)


class Broken(Identity):
    """A cleaner with a bug."""

    def clean(self, page: Page) -> FakeCleaned:
        raise ZeroDivisionError("a bug")


def load_identity() -> Identity:
    """Load the identity; picklable, for worker processes."""
    return Identity()


def load_inverter() -> Inverter:
    """Load the inverter."""
    return Inverter()


class Slow(Identity):
    """A cleaner that takes its time, to be interrupted."""

    def clean(self, page: Page) -> FakeCleaned:
        time.sleep(0.5)
        return super().clean(page)


def drawn(member, seed, severity=0.9, **changes):
    """Draw a corruption's parameters, then fix some."""
    return {**member.sample(np.random.default_rng(seed), severity), **changes}


def text_page(height: int = 240, width: int = 420, ink: int = 0, paper: int = 255) -> Image:
    """A page full of lines of large letters."""
    import cv2

    page = np.full((height, width), paper, np.uint8)
    for row in range(40, height, 50):
        cv2.putText(page, "Scan of 1938", (8, row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, ink, 3)
    return page


def letter() -> Image:
    """Text in the upper half only, so that what is behind shows in the lower."""
    import cv2

    page = np.full((300, 300), 255, np.uint8)
    for row in range(24, 150, 22):
        cv2.putText(page, "Dear Sirs, 1938", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    return page


BASELINES = (60, 120, 180)
"""Of the lines of `page_of_words`."""


def page_of_words() -> Image:
    """Three lines of words whose small letters are 10 px high; the right half is blank."""
    image = np.full((220, 400), 255, np.uint8)
    for baseline in BASELINES:
        for word in range(3):
            for letter in range(5):
                x = 20 + word * 60 + letter * 9
                image[baseline - 10 : baseline, x : x + 6] = 0
    return image


def flat(grey: int = 255, height: int = 300, width: int = 300) -> Image:
    """An even piece of paper."""
    return np.full((height, width), grey, np.uint8)


def both(member, page: Image, params) -> list[Image]:
    """A batch member's result by its way on the CPU and by its tensor form."""
    from docclean.corruptions.batch import BatchCorruption

    return [member.on_page(page, params), BatchCorruption.on_page(member, page, params)]
