"""Pages that `both_ways.py` has stored, and what they come to, read in some way each."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docclean.clean.gate.measures import Measures
from docclean.scores.statistics import POINTS, f1_of, noise
from docclean.scores.text import Score

HALVES = ("val", "test", "made")


@dataclass(frozen=True)
class Stored:
    """A page read both ways.

    Attributes:
        group, name, half: the page.
        measures: what the gate decides by.
        routed: why it never came to the tables, '' where it did.
        faint: whether the network for weak print had cleaned it.
        views: its scores, a view each, in each way.
    """

    group: str
    name: str
    half: str
    measures: Measures
    routed: str
    faint: bool
    views: dict[str, tuple[Score, ...]]

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Stored":
        """Take a row of a store."""
        views = {name: tuple(Score(**one) for one in views) for name, views in row["views"].items()}
        measures = Measures(**row["measures"])
        return cls(
            row["set"], row["name"], row["half"], measures, row["routed"], row["faint"], views
        )

    def f1(self, way: str) -> float:
        """Return the word F1 of all views together."""
        return sum(self.views[way], Score()).f1

    def cer(self, way: str) -> float:
        """Return the CER of all views together."""
        return sum(self.views[way], Score()).cer

    @property
    def alike(self) -> bool:
        """Whether it reads the same cleaned as it came."""
        return self.views["kept"] == self.views["cleaned"]


Ways = Callable[[Stored], str]


@dataclass(frozen=True)
class Outcome:
    """What pages come to that are read in some way each.

    Attributes:
        f1, cer: means of the pages.
        better, worse: pages that gain, lose, more than two points of word F1 against grey, and
            more than one view alone moves that.
        lowest: the least gain of a page against grey.
        read: the way each page is read, in their order.
    """

    f1: float
    cer: float
    better: int
    worse: int
    lowest: float
    read: tuple[str, ...]

    @classmethod
    def of(cls, pages: Sequence[Stored], way: Ways) -> "Outcome":
        """Read every page in its way."""
        read = tuple(way(page) for page in pages)
        f1s, cers = (
            [getattr(page, rate)(name) for page, name in zip(pages, read, strict=True)]
            for rate in ("f1", "cer")
        )
        gains = [f1 - page.f1("grey") for page, f1 in zip(pages, f1s, strict=True)]
        least = [
            max(POINTS, noise(page.views["grey"], page.views[name], f1_of))
            for page, name in zip(pages, read, strict=True)
        ]
        return cls(
            float(np.mean(f1s)),
            float(np.mean(cers)),
            sum(gain > bound for gain, bound in zip(gains, least, strict=True)),
            sum(gain < -bound for gain, bound in zip(gains, least, strict=True)),
            min(gains),
            read,
        )


def oracle(page: Stored) -> str:
    """Return the way a page reads best of those the gate can choose."""
    return max(("kept", "cleaned"), key=page.f1)


def floor(pages: Sequence[Stored], one: Ways, other: Ways) -> float:
    """Return how far one view alone moves the difference of mean word F1 between two ways.

    Views of two ways move independently; pages that both read alike move nothing.
    """
    unlike = [page for page in pages if page.views[one(page)] != page.views[other(page)]]
    sides = (
        np.array([[v.f1 for v in page.views[way(page)]] for page in unlike]) for way in (one, other)
    )
    spread = [side.mean(0).var(ddof=1) for side in sides] if unlike else [0.0]
    return float(np.sqrt(sum(spread))) * len(unlike) / len(pages)


def load(stores: Sequence[Path]) -> list[Stored]:
    """Return the pages of some stores."""
    return [Stored.of(row) for path in stores for row in json.loads(path.read_text("utf-8"))]


def by_half(pages: Sequence[Stored]) -> dict[str, list[Stored]]:
    """Return the pages of each half there is."""
    halves = {half: [page for page in pages if page.half == half] for half in HALVES}
    return {half: some for half, some in halves.items() if some}
