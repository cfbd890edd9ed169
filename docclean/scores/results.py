"""What an evaluation found, as plain frozen data: readings, pages, sets, the whole."""

import math
from dataclasses import dataclass

from docclean.scores.environment import Environment
from docclean.scores.parts import Part, PartCount
from docclean.scores.pixels import Fidelity
from docclean.scores.statistics import Interval, Rate, cer_of, noise
from docclean.scores.text import PLAIN, Rates, Score, TextRules


def full_name(group: str, name: str) -> str:
    """Return a page's name with its set before it."""
    return f"{group}/{name}" if group else name


@dataclass(frozen=True)
class Cost:
    """What a step took.

    Attributes:
        seconds: wall time.
        peak_mb: most memory held during the step, MB (10^6 bytes): of this process for steps that
            run inside it, of the program for those that do not; None where it cannot be told.
    """

    seconds: float = 0.0
    peak_mb: float | None = None


@dataclass(frozen=True)
class Signs:
    """What can be told of a reading without its truth.

    Attributes:
        confidence: Tesseract's own, 0..100, mean of the words weighted by their letters; nan where
            there are no words.
        words: how many words were read; of several pages, on all of them.
        known: share 0..1 of the words found in the language's dictionary; None without one.
        agreement: likeness 0..1 of the text to that of the bar (see `Summary.before`), 1 where
            equal.
        paper_noise: unevenness of the bare paper, grey levels (0..255).
        specks: dark dots smaller than type, a megapixel.
    """

    confidence: float
    words: int
    known: float | None
    agreement: float
    paper_noise: float
    specks: float

    @property
    def sureness(self) -> float:
        """The confidence, 0 where nothing was read."""
        return 0.0 if math.isnan(self.confidence) else self.confidence


@dataclass(frozen=True)
class Reading:
    """What one contender made of one page.

    Attributes:
        contender: 'raw', 'cleaned' and so on.
        text: what the engine read; of several views, the middle one.
        score: the text against the truth, the counts of several views added up; None where there
            is no truth.
        fidelity: the page's pixels against its clean twin; None where there is none, or where the
            contender changed the size of the page.
        signs: what can be told without truth; None where there is truth.
        treat: what the contender took.
        ocr: what the engine took.
        note: what the gate or the program had to say.
        views: the score under each view, where the page was read under several.
        parts: what became of its pictures, panels, stamps and codes; none where it has none, or
            where the contender changed its size.
    """

    contender: str
    text: str
    score: Score | None = None
    fidelity: Fidelity | None = None
    signs: Signs | None = None
    treat: Cost = Cost()
    ocr: Cost = Cost()
    note: str = ""
    views: tuple[Score, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """A page before and after as WebP files small enough to travel inside the HTML."""

    before: bytes
    after: bytes


@dataclass(frozen=True)
class PageResult:
    """All readings of one page of one set.

    Attributes:
        group: the set it belongs to; '' where the folder is a single set.
        name: unique in its set.
        truth: what stands on it; None where that is not known.
        readings: one a contender.
        pictures: before and after, where they were asked for; of a document, its first page.
        rules: what counts as the same text in its scores.
    """

    group: str
    name: str
    truth: str | None
    readings: tuple[Reading, ...]
    pictures: Pictures | None = None
    rules: TextRules = PLAIN

    @property
    def full_name(self) -> str:
        """The page's name with its set before it."""
        return full_name(self.group, self.name)

    def reading(self, contender: str) -> Reading | None:
        """Return the reading of one contender, None where it did not take part."""
        return next((one for one in self.readings if one.contender == contender), None)

    def change(self, before: str, after: str) -> float:
        """Return how much better `after` reads: positive is better, 0 where either is missing.

        With truth it is the fall of the CER; without, the rise of the confidence, 0..1, that of a
        page on which nothing was read being 0.
        """
        first, second = self.reading(before), self.reading(after)
        if first is None or second is None:
            return 0.0
        if first.score and second.score:
            return first.score.cer - second.score.cer
        if first.signs and second.signs:
            return (second.signs.sureness - first.signs.sureness) / 100
        return 0.0

    def is_worse(self, before: str, after: str) -> bool:
        """Tell whether `after` reads worse, beyond the noise of the instrument."""
        return self.change(before, after) < -self.noise(before, after)

    def noise(self, before: str, after: str, rate: Rate = cer_of) -> float:
        """Return how far one view alone moves a change of the CER, or of another rate, 0..1.

        0 where either was read under one view only. A change within it is none.
        """
        first, second = self.reading(before), self.reading(after)
        return noise(first.views, second.views, rate) if first and second else 0.0


@dataclass(frozen=True)
class Failure:
    """A page that could not be read, or a contender that failed on it, and why."""

    name: str
    message: str


@dataclass(frozen=True)
class Totals:
    """One contender over all pages of a set.

    Attributes:
        contender: its name.
        micro: rates of the sums; None without truth.
        macro: means of the pages' rates; None without truth.
        fidelity: means over the pages that have a twin of the same size; None where none has.
        signs: means over the pages; None with truth.
        treat: mean seconds a page and highest peak of the contender.
        ocr: the same of the engine.
        pages: how many pages these numbers are of; fewer than the set has where the contender
            failed on some or (the clean twin) is not there for all.
        parts: how many parts were measured and harmed, by kind; none where no page has any.
    """

    contender: str
    micro: Rates | None
    macro: Rates | None
    fidelity: Fidelity | None = None
    signs: Signs | None = None
    treat: Cost = Cost()
    ocr: Cost = Cost()
    pages: int = 0
    parts: tuple[PartCount, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One contender against the bar, page by page of one set.

    Attributes:
        before: the contender that is the bar ('grey' where it took part, else 'raw').
        after: the contender that is compared.
        cer: how far the micro CER fell, positive is better, with its 95 % interval.
        f1: how far the micro word F1 rose, positive is better, with its 95 % interval.
        better, same, worse: pages whose CER fell, stayed, rose, by more than their noise.
        p_value: two-sided sign test over the pages that changed; 1 where none did.
        cer_noise: how far one view alone moves the gain of CER; nan where there is one view only.
        f1_noise: the same of the word F1.
        f1_better, f1_worse: pages whose word F1 rose, fell, by more than `POINTS` and their noise.
    """

    before: str
    after: str
    cer: Interval
    f1: Interval
    better: int
    same: int
    worse: int
    p_value: float
    cer_noise: float = math.nan
    f1_noise: float = math.nan
    f1_better: int = 0
    f1_worse: int = 0


@dataclass(frozen=True)
class SetSummary:
    """One set: a line a contender, and each contender against the bar.

    `comparisons` is empty where there is no truth; `method` says how the set was read and compared.
    """

    name: str
    pages: int
    labelled: bool
    totals: tuple[Totals, ...]
    comparisons: tuple[Comparison, ...] = ()
    method: str = ""

    def comparison(self, after: str) -> Comparison | None:
        """Return how one contender compares with the bar, None where it was not compared."""
        return next((one for one in self.comparisons if one.after == after), None)

    def total(self, contender: str) -> Totals | None:
        """Return one contender's line, None where it did not take part."""
        return next((one for one in self.totals if one.contender == contender), None)


@dataclass(frozen=True)
class Curve:
    """One corruption at rising severity on rendered pages with known text.

    Attributes:
        corruption: the member's name.
        severities: 0..1, rising; the first is 0, the page without the corruption.
        before: micro CER of the dirty pages as they are, one a severity.
        after: micro CER of the cleaned pages.
        pages: how many pages each point stands for.
    """

    corruption: str
    severities: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    pages: int


@dataclass(frozen=True)
class Summary:
    """The head of a report.

    Attributes:
        title: what was read.
        sets: one entry a set, in order.
        overall: all labelled sets together where there are several, else the only one; None
            where nothing has truth.
        before: the contender that is the bar.
        after: the contender that is shown against it.
        failures: what could not be read.
        curves: robustness curves, where they were asked for.
        environment: date, machine, versions.
        remark: one line about what was read.
        method: one line about how it was read and compared.
    """

    title: str
    sets: tuple[SetSummary, ...]
    overall: SetSummary | None
    before: str
    after: str
    failures: tuple[Failure, ...] = ()
    curves: tuple[Curve, ...] = ()
    environment: Environment | None = None
    remark: str = ""
    method: str = ""
