"""Stand-ins at the outer door: a cleaner that changes nothing, and ones that misbehave."""

import time
from dataclasses import dataclass

from docclean.page import Page


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


class Identity:
    """A cleaner that hands every page back as it came."""

    def clean(self, page: Page) -> FakeCleaned:
        return FakeCleaned(page, FakeDecision())

    def __call__(self, page: Page) -> Page:
        return self.clean(page).page


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


class Slow(Identity):
    """A cleaner that takes its time, to be interrupted."""

    def clean(self, page: Page) -> FakeCleaned:
        time.sleep(0.5)
        return super().clean(page)
