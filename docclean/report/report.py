"""The result of an evaluation: the pages, and everything that can be computed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from docclean.errors import UsageError
from docclean.report.exports import to_csv, to_json
from docclean.report.harmed import harmed_pages
from docclean.report.html.document import write_html
from docclean.report.tables import to_markdown, to_text
from docclean.scores.environment import Environment
from docclean.scores.results import (
    Curve,
    Failure,
    PageResult,
    SetSummary,
    Summary,
    Totals,
)
from docclean.scores.statistics import Interval
from docclean.scores.text import Score, micro
from docclean.scores.totals import CLEANED, RAW, bar_of, compare, readings_of, shown_of, total

ALL_SETS = "all sets"


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
        scores = [one.score for one in readings_of(self.pages, contender) if one.score]
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
        worse = [page for page in self.pages if page.is_worse(self.before, self.after)]
        return sorted(worse, key=lambda page: page.change(self.before, self.after))

    def harmed(self) -> list[PageResult]:
        """Return the pages whose pictures, panels, stamps or codes `after` harms, worst first."""
        return [self.pages[at] for at, _ in harmed_pages(self.pages, self.after)]

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
        """Return tables for a terminal; pages harmed, made worse and failures first."""
        return to_text(self.summary(), self.made_worse(), self.harmed())

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
