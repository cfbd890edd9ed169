"""What the readings of many pages come to: sums, means and comparisons of contenders."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from docclean.errors import UsageError
from docclean.scores.parts import count
from docclean.scores.pixels import Fidelity
from docclean.scores.results import (
    Comparison,
    Cost,
    PageResult,
    Reading,
    Signs,
    Totals,
)
from docclean.scores.statistics import POINTS, cer_of, f1_of, noise, paired_gains, sign_test
from docclean.scores.text import Score, macro, micro

RAW, GREY, CLEANED = "raw", "grey", "cleaned"
TWIN = "clean twin"
"""The contender every other is measured against in pixels; it is no cleaner."""


def bar_of(names: Sequence[str]) -> str:
    """Return the contender that is the bar: the scan turned grey, where it took part.

    Tesseract reads colour worse, so raw would be too low a bar; else raw, else the first.
    """
    return next((name for name in (GREY, RAW, *names) if name in names), RAW)


def shown_of(names: Sequence[str]) -> str:
    """Return the contender shown against the bar: 'cleaned', or else the last one asked for."""
    cleaners = [name for name in names if name != TWIN]
    return CLEANED if CLEANED in cleaners or not cleaners else cleaners[-1]


def readings_of(pages: Sequence[PageResult], contender: str) -> list[Reading]:
    """Return what one contender made of the pages it could read."""
    found = [page.reading(contender) for page in pages]
    return [one for one in found if one is not None]


def total(pages: Sequence[PageResult], contender: str) -> Totals:
    """Add up one contender over some pages.

    Raises:
        UsageError: it was not among the contenders.
    """
    readings = readings_of(pages, contender)
    if not readings:
        raise UsageError(f"'{contender}' was not among the contenders of this report")
    scores = [one.score for one in readings if one.score]
    return Totals(
        contender,
        micro(scores) if scores else None,
        macro(scores) if scores else None,
        mean_fidelity([one.fidelity for one in readings if one.fidelity]),
        mean_signs([one.signs for one in readings if one.signs]),
        mean_cost([one.treat for one in readings]),
        mean_cost([one.ocr for one in readings]),
        len(readings),
        count(part for one in readings for part in one.parts),
    )


def compare(pages: Sequence[PageResult], before: str, after: str) -> Comparison:
    """Compare two contenders over the pages both have read and whose text is known."""
    pairs: list[tuple[Reading, Reading]] = []
    cers, f1s = [], []  # of each page: 1 where it became better, -1 worse, 0 neither
    for page in pages:
        first, second = page.reading(before), page.reading(after)
        if first and second and first.score and second.score:
            pairs.append((first, second))
            cers.append(_turn(page.change(before, after), page.noise(before, after)))
            least = max(POINTS, page.noise(before, after, f1_of))
            f1s.append(_turn(second.score.f1 - first.score.f1, least))
    firsts, seconds = [one for one, _ in pairs], [two for _, two in pairs]
    cer, f1 = paired_gains(*([one.score or Score() for one in side] for side in (firsts, seconds)))
    one, two = _by_view(firsts), _by_view(seconds)
    several = min(len(one), len(two)) > 1
    return Comparison(
        before,
        after,
        cer,
        f1,
        cers.count(1),
        cers.count(0),
        cers.count(-1),
        sign_test(cers.count(1), cers.count(-1)),
        cer_noise=noise(one, two, cer_of) if several else math.nan,
        f1_noise=noise(one, two, f1_of) if several else math.nan,
        f1_better=f1s.count(1),
        f1_worse=f1s.count(-1),
    )


def _turn(change: float, floor: float) -> int:
    """Return 1 for a change above the floor, -1 for one below minus the floor, else 0."""
    return (change > floor) - (change < -floor)


def _by_view(readings: Sequence[Reading]) -> list[Score]:
    """Add up the pages' scores view by view."""
    return [sum(pages, Score()) for pages in zip(*(one.views for one in readings), strict=True)]


def averaged(views: Sequence[Reading]) -> Reading:
    """Make one reading of those of several views: scores added up, costs and signs averaged."""
    if len(views) == 1:
        return views[0]
    scores = [one.score for one in views if one.score]
    ordered = sorted(views, key=lambda one: one.score.cer if one.score else 0.0)
    signs = mean_signs([one.signs for one in views if one.signs])
    if signs:
        signs = replace(signs, words=round(signs.words / len(views)))
    return replace(
        views[0],
        text=ordered[len(views) // 2].text if scores else views[0].text,
        score=sum(scores, Score()) if scores else None,
        signs=signs,
        ocr=mean_cost([one.ocr for one in views]),
        views=tuple(scores),
    )


def mean_fidelity(values: Sequence[Fidelity]) -> Fidelity | None:
    """Return the mean of every measure; the PSNR only of pages that differ from their twins."""
    return Fidelity(*_means(values)) if values else None


def mean_signs(values: Sequence[Signs]) -> Signs | None:
    """Return the mean of every sign (confidence 0 on empty pages) and the sum of the words."""
    if not values:
        return None
    known = [one.known for one in values if one.known is not None]
    return Signs(
        _mean(one.sureness for one in values) if any(one.words for one in values) else math.nan,
        sum(one.words for one in values),
        _mean(known) if known else None,
        _mean(one.agreement for one in values),
        _mean(one.paper_noise for one in values),
        _mean(one.specks for one in values),
    )


def summed(costs: Sequence[Cost]) -> Cost:
    """Return the sum of the seconds and the highest of the peaks."""
    whole = mean_cost(costs)
    return replace(whole, seconds=whole.seconds * len(costs))


def mean_cost(costs: Sequence[Cost]) -> Cost:
    """Return the mean of the seconds and the highest of the peaks."""
    peaks = [one.peak_mb for one in costs if one.peak_mb is not None]
    return Cost(_mean(one.seconds for one in costs), max(peaks) if peaks else None)


def _means(values: Sequence[Fidelity]) -> list[float]:
    names = [one.name for one in fields(Fidelity)]
    return [_mean(getattr(one, name) for one in values) for name in names]


def _mean(values: Iterable[float]) -> float:
    """Return the mean of the finite values; of none, whatever the first value was, else nan."""
    given = list(values)
    finite = [value for value in given if math.isfinite(value)]
    if finite:
        return math.fsum(finite) / len(finite)
    return given[0] if given else math.nan
