"""How sure a gain is: intervals by the bootstrap over pages, and the sign test."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import variance

import numpy as np
from numpy.typing import NDArray

from docclean.scores.text import Score

FEWEST = 3
"""Pages from which an interval is given."""
UNKNOWN = (math.nan, math.nan)
POINTS = 0.02
"""Change of a page's word F1 that a reader notices."""
Rate = Callable[[Score], float]


@dataclass(frozen=True)
class Interval:
    """A value and the bounds it lies between with 95 % confidence."""

    value: float
    low: float
    high: float


def paired_gains(
    before: Sequence[Score], after: Sequence[Score], *, rounds: int = 2000, seed: int = 0
) -> tuple[Interval, Interval]:
    """Return how far the micro CER fell and the micro word F1 rose, each with a 95 % interval.

    Positive is better in both. The pages are drawn with replacement, a page's two readings always
    together (paired percentile bootstrap: Efron 1979), because good and bad pages differ far more
    from each other than before from after. The same seed gives the same intervals. Fewer than
    `FEWEST` pages say nothing of others: the bounds are nan.

    Raises:
        ValueError: the two lists do not belong to the same pages.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} readings before, {len(after)} after")
    if not before:
        return Interval(math.nan, *UNKNOWN), Interval(math.nan, *UNKNOWN)
    counts = np.stack([_counts(before), _counts(after)])
    values = _gains(counts.sum(axis=1, dtype=np.int64))
    if len(before) < FEWEST:
        return Interval(float(values[0]), *UNKNOWN), Interval(float(values[1]), *UNKNOWN)
    drawn = [
        _gains(np.einsum("rp,spc->src", times, counts)) for times in _draws(rounds, before, seed)
    ]
    bounds = np.quantile(np.concatenate(drawn, axis=1), (0.025, 0.975), axis=1)
    cer, f1 = (
        Interval(float(values[row]), float(bounds[0, row]), float(bounds[1, row])) for row in (0, 1)
    )
    return cer, f1


def sign_test(better: int, worse: int) -> float:
    """Return the two-sided p-value of the sign test; pages that did not change are left out.

    Exact, from the binomial distribution with one half (Arbuthnot 1710): how often chance alone
    would divide the changed pages as unevenly as this, or more.
    """
    changed = better + worse
    tail = sum(math.comb(changed, count) for count in range(min(better, worse) + 1))
    return float(min(1.0, 2 * tail / 2**changed))


def cer_of(score: Score) -> float:
    """Return the character error rate."""
    return score.cer


def f1_of(score: Score) -> float:
    """Return the word F1."""
    return score.f1


def noise(before: Sequence[Score], after: Sequence[Score], rate: Rate) -> float:
    """Return how far one harmless view alone moves the difference of a rate.

    The root of the sum of the two variances over the views: views of two contenders move
    independently. 0 for fewer than two views.
    """
    pair = ([rate(one) for one in views] for views in (before, after))
    return math.sqrt(sum(variance(rates) if len(rates) > 1 else 0.0 for rates in pair))


def _counts(scores: Sequence[Score]) -> NDArray[np.int64]:
    """Return (pages, 5): what the rates of CER and F1 are made of."""
    rows = [(s.char_edits, s.chars, s.words, s.words_read, s.words_found) for s in scores]
    return np.array(rows, np.int64)


def _draws(rounds: int, pages: Sequence[Score], seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield (some rounds, pages): how often each page is drawn, blocks of bounded memory."""
    rng = np.random.default_rng(seed)
    block = max(1, 2_000_000 // len(pages))
    for done in range(0, rounds, block):
        size = min(block, rounds - done)
        yield rng.multinomial(len(pages), np.full(len(pages), 1 / len(pages)), size=size)


def _gains(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (2, ...) falls of CER and rises of F1 for counts (before | after, ..., 5)."""
    edits, chars, words, read, found = np.moveaxis(counts, -1, 0).astype(np.float64)
    # against an empty truth a reading is either right (0) or wholly wrong (1)
    cer = np.where(chars > 0, edits / np.maximum(chars, 1), edits > 0)
    both = words + read
    f1 = np.where(both > 0, 2 * found / np.maximum(both, 1), 1.0)
    return np.stack([cer[0] - cer[1], f1[1] - f1[0]])
