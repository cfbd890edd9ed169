"""What became of the parts of a page that are no text, as frozen data: one by one, counted."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One picture, tinted panel, stamp or code of a page, as it came and as it is kept.

    Attributes:
        kind: 'picture', 'panel', 'stamp' or 'code'.
        page: which page of its document it is on, from 1.
        box: top, bottom, left, right on that page, px; bottom and right excluded.
        white_before: share of its pixels that were white, 0..1.
        white_after: that are white now.
        greys: correlation of its greys before and after, -1..1.
        chroma: correlation of its distances between channels; 1 where it has no colours.
        ink: share of its coloured ink that still has its colour; 1 where it has none.
        blackened: growth of the share of black, -1..1.
        decoded: whether every code read in it before is read now; None where none was.
        whole: whether it came out whole.
    """

    kind: str
    page: int
    box: tuple[int, int, int, int]
    white_before: float
    white_after: float
    greys: float
    chroma: float
    ink: float
    blackened: float
    decoded: bool | None
    whole: bool

    @property
    def loss(self) -> float:
        """How much of it is lost, 0..1: what the worst come first by."""
        if self.whole:
            return 0.0
        if self.kind == "stamp":
            return 1 - self.ink
        bleached = max(0.0, self.white_after - self.white_before)
        if self.kind == "code":
            return 1.0 if self.decoded is False else max(0.0, 1 - self.greys)
        if self.kind == "panel":
            return max(bleached, self.blackened)
        return min(1.0, max(bleached, 1 - self.greys))


@dataclass(frozen=True)
class PartCount:
    """How many parts of one kind were measured, and how many of them harmed."""

    kind: str
    measured: int
    harmed: int


def count(parts: Iterable[Part]) -> tuple[PartCount, ...]:
    """Count parts by kind, in the order in which the kinds come up."""
    by_kind: dict[str, list[Part]] = {}
    for part in parts:
        by_kind.setdefault(part.kind, []).append(part)
    return tuple(
        PartCount(kind, len(some), sum(not part.whole for part in some))
        for kind, some in by_kind.items()
    )
