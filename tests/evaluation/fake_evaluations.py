"""Shared by the tests beside: what they are made of."""

import threading
import time
from dataclasses import dataclass, field

import cv2
import numpy as np

from docclean.ocr import PageText, Word
from docclean.page import Page

DIRT = 40
"""Grey level of the dirt the fakes put on a page and take off again."""


@dataclass
class FakeEngine:
    """Reads the text written for a page's size; with dirt on the page, loses its last word."""

    texts: dict[int, str]
    delay: float = field(default=0.0, repr=False)
    together: int = field(default=0, repr=False)
    most: int = field(default=0, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    name = "fake"

    def read(self, page, *, words=False):
        with self.lock:
            self.together += 1
            self.most = max(self.most, self.together)
        time.sleep(self.delay)
        with self.lock:
            self.together -= 1
        text = self.texts[page.width]
        dirty = page.grey()[0, 0] == DIRT
        text = text.rsplit(" ", 1)[0] if dirty else text
        boxes = tuple(Word(word, 0, 0, 5, 5, 60.0 if dirty else 90.0) for word in text.split())
        return PageText(text, boxes if words else (), 0.5)


@dataclass
class Outcome:
    page: Page
    decision: str
    scale: float = 1.0

    @property
    def reading(self):
        return self.page


class FakeCleaner:
    """Takes the dirt off, or spoils pages of the widths it is told to."""

    def __init__(self, spoils=()):
        self.spoils = spoils

    def clean(self, page):
        pixels = page.grey().copy()
        pixels[0, 0] = DIRT if page.width in self.spoils else 255
        return Outcome(page.with_pixels(pixels), "cleaned: paper was dirty")


def write(path, width, dirty=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((20, width), 255, np.uint8)
    pixels[0, 0] = DIRT if dirty else 255
    cv2.imwrite(str(path), pixels)
