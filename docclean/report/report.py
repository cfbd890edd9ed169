"""The result of an evaluation: the pages, and everything that can be computed of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from docclean.errors import UsageError
from docclean.report.exports import to_csv, to_json
from docclean.report.html.document import write_html
from docclean.report.tables import to_markdown, to_text
from docclean.scores.pixels import Fidelity
from docclean.scores.results import (
    Comparison,
    Cost,
    Curve,
    Environment,
    Failure,
    PageResult,
    Reading,
    SetSummary,
    Signs,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval, paired_gains, sign_test
from docclean.scores.text import Score, macro, micro

RAW, GREY, CLEANED = "raw", "grey", "cleaned"
TWIN = "clean twin"
"""The contender every other is measured against in pixels; it is no cleaner."""
ALL_SETS = "all sets"

Values = TypeVar("Values", Fidelity, Signs)


@dataclass(frozen=True)
class Report:
    """The result of one evaluation.

    Attributes:
        title: what was read.
        pages: the pages that could be read, set by set.
        failures: the pages that could not, and contenders that failed on a page.
        curves: robustness curves, where they were asked for.
        environment: date, machine, versions.
        remark: what was read and what was not.
        methods: by set, how it was read and compared.
    """

    title: str
    pages: tuple[PageResult, ...]
    failures: tuple[Failure, ...] = ()
    curves: tuple[Curve, ...] = ()
    environment: Environment | None = None
    remark: str = ""
    methods: Mapping[str, str] = field(default_factory=dict)

    def contenders(self) -> tuple[str, ...]:
        """Return the contenders' names, in the order they were asked for."""
        names = [one.contender for page in self.pages for one in page.readings]
        return tuple(dict.fromkeys(names))

    @cached_property
    def before(self) -> str:
        """The contender that is the bar; see `bar_of`."""
        return bar_of(self.contenders())

    @cached_property
    def after(self) -> str:
        """The contender shown against the bar; see `shown_of`."""
        return shown_of(self.contenders())

    def sets(self) -> tuple[str, ...]:
        """Return the names of the sets, in order; ('',) for a single folder."""
        return tuple(dict.fromkeys(page.group for page in self.pages))

    def scores(self, contender: str) -> list[Score]:
        """Return one contender's score on every page that has truth.

        Raises:
            UsageError: it was not among the contenders, or there is no truth.
        """
        scores = [one.score for one in _readings(self.pages, contender) if one.score]
        if not scores:
            raise UsageError(f"{self.title}: '{contender}' read no page of which the text is known")
        return scores

    @property
    def cer_raw(self) -> float:
        """Micro CER of the pages as given."""
        return micro(self.scores(RAW)).cer

    @property
    def cer_clean(self) -> float:
        """Micro CER of the cleaned pages."""
        return micro(self.scores(CLEANED)).cer

    @property
    def f1_raw(self) -> float:
        """Micro word F1 of the pages as given."""
        return micro(self.scores(RAW)).f1

    @property
    def f1_clean(self) -> float:
        """Micro word F1 of the cleaned pages."""
        return micro(self.scores(CLEANED)).f1

    @property
    def gain(self) -> Interval:
        """How far the CER fell from the bar to the cleaned pages, with a 95 % interval."""
        return compare(self.pages, self.before, self.after).cer

    def totals(self, contender: str) -> Totals:
        """Add up one contender's pages, all sets together."""
        return total(self.pages, contender)

    def made_worse(self) -> list[PageResult]:
        """Return the pages cleaning made worse, the worst first."""
        changed = [(page.change(self.before, self.after), page) for page in self.pages]
        return [page for gain, page in sorted(changed, key=lambda pair: pair[0]) if gain < 0]

    @cached_property
    def _summary(self) -> Summary:
        sets = tuple(
            self._set(name, [page for page in self.pages if page.group == name])
            for name in self.sets()
        )
        labelled = [one for one in sets if one.labelled]
        overall = labelled[0] if len(labelled) == 1 else None
        if len(labelled) > 1:
            overall = self._set(ALL_SETS, [page for page in self.pages if page.truth is not None])
        return Summary(
            title=self.title,
            sets=sets,
            overall=overall,
            before=self.before,
            after=self.after,
            failures=self.failures,
            curves=self.curves,
            environment=self.environment,
            remark=self.remark,
            method=_sentence(self.methods),
        )

    def summary(self) -> Summary:
        """Return the head of the report: totals and comparisons of every set."""
        return self._summary

    def to_text(self) -> str:
        """Return tables for a terminal; pages made worse and failures first."""
        return to_text(self.summary(), self.made_worse())

    def to_json(self, *, texts: bool = True) -> str:
        """Return every number, and with `texts` every text, as JSON; pages from worst to best."""
        return to_json(self.summary(), self.pages, texts=texts)

    def to_csv(self) -> str:
        """Return one line a page and contender."""
        return to_csv(self.pages)

    def to_markdown(self) -> str:
        """Return the table of sets and contenders with date, machine and versions."""
        return to_markdown(self.summary())

    def to_html(self, path: str | Path) -> None:
        """Write the report as one HTML file with a before/after slider for every page."""
        write_html(self.summary(), self.pages, Path(path))

    def _set(self, name: str, pages: Sequence[PageResult]) -> SetSummary:
        names = [one for one in self.contenders() if any(page.reading(one) for page in pages)]
        labelled = any(page.truth is not None for page in pages)
        others = [one for one in names if one != self.before] if labelled else []
        return SetSummary(
            name,
            len(pages),
            labelled,
            tuple(total(pages, one) for one in names),
            tuple(compare(pages, self.before, one) for one in others if self.before in names),
            self.methods.get(name, ""),
        )


def _sentence(methods: Mapping[str, str]) -> str:
    """Tell how all sets were read; the commonest way comes first, the others name their sets."""
    ways: dict[str, list[str]] = {}
    for name, method in methods.items():
        ways.setdefault(method, []).append(name.rpartition("/")[2])
    ordered = sorted(ways.items(), key=lambda way: -len(way[1]))
    rest = [f"{', '.join(names)}: {method}" for method, names in ordered[1:]]
    return f"Read and compared by: {'; '.join([ordered[0][0], *rest])}." if ordered else ""


def bar_of(names: Sequence[str]) -> str:
    """Return the contender that is the bar: the scan turned grey, where it took part.

    Tesseract reads colour worse, so raw would be too low a bar; else raw, else the first.
    """
    return next((name for name in (GREY, RAW, *names) if name in names), RAW)


def shown_of(names: Sequence[str]) -> str:
    """Return the contender shown against the bar: 'cleaned', or else the last one asked for."""
    cleaners = [name for name in names if name != TWIN]
    return CLEANED if CLEANED in cleaners or not cleaners else cleaners[-1]


def total(pages: Sequence[PageResult], contender: str) -> Totals:
    """Add up one contender over some pages.

    Raises:
        UsageError: it was not among the contenders.
    """
    readings = _readings(pages, contender)
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
    )


def compare(pages: Sequence[PageResult], before: str, after: str) -> Comparison:
    """Compare two contenders over the pages both have read and whose text is known."""
    pairs = []
    for page in pages:
        first, second = page.reading(before), page.reading(after)
        if first and second and first.score and second.score:
            pairs.append((first.score, second.score))
    cer, f1 = paired_gains([one for one, _ in pairs], [two for _, two in pairs])
    better = sum(two.cer < one.cer for one, two in pairs)
    worse = sum(two.cer > one.cer for one, two in pairs)
    same = len(pairs) - better - worse
    return Comparison(before, after, cer, f1, better, same, worse, sign_test(better, worse))


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


def _readings(pages: Sequence[PageResult], contender: str) -> list[Reading]:
    found = [page.reading(contender) for page in pages]
    return [one for one in found if one is not None]
