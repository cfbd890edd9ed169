"""A pause between two tries that grows."""

import time
from dataclasses import dataclass

LONGEST_PAUSE = 300.0
"""Seconds between two tries, at most."""


@dataclass
class Pause:
    """How often something was put off, and until when; each time twice as long.

    Attributes:
        first: seconds of the first pause.
        times: pauses so far.
        until: it is not tried before this, on the monotonic clock.
    """

    first: float = 1.0
    times: int = 0
    until: float = 0.0

    @property
    def now(self) -> bool:
        """Say whether it is too early."""
        return time.monotonic() < self.until

    def begin(self) -> None:
        """Put it off once more."""
        # bounded, as a power of two outgrows a float after three days of pauses
        seconds = self.first * 2.0 ** min(self.times, 30)
        self.until = time.monotonic() + min(seconds, LONGEST_PAUSE)
        self.times += 1
