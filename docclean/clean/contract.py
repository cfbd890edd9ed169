"""What everyone who cleans a page promises: `Cleaner` is one, a test's stand-in another."""

from collections.abc import Callable
from typing import Any, Protocol

from docclean.page import Page


class PageDecision(Protocol):
    """Why a page is cleaned or left alone."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""


class CleanedPage(Protocol):
    """A cleaned page and the decision about it."""

    @property
    def page(self) -> Page:
        """The page that is kept."""

    @property
    def reading(self) -> Page:
        """The page an OCR engine is to read."""

    @property
    def scale(self) -> float:
        """Pixels of `reading` for one of `page`."""

    @property
    def decision(self) -> PageDecision:
        """Why it is cleaned or left alone."""


class PageCleaner(Protocol):
    """Cleans one page."""

    def clean(self, page: Page) -> CleanedPage:
        """Return the page cleaned, or as it came."""


Loader = Callable[[], PageCleaner]
"""Makes a cleaner; picklable where other processes call it."""
