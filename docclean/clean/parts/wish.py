"""How the parts of a page are to be shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """How the parts of a page are to be shown.

    Attributes:
        tone: the paper keeps its own tone, evened, instead of white.
        desk: what the sheet lies on stays as it is.
        stamps: stamps and pens in colour stay.
        pens: pens that cross the print stay.
    """

    tone: bool = False
    desk: bool = False
    stamps: bool = True
    pens: bool = True


WISH = Wish()
"""White paper, no desk, all that was stamped and written."""
