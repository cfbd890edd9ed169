"""The regression guard: is a set read worse than it was, beyond what its pages' spread explains?"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docclean.errors import UnreadableInputError, UsageError
from docclean.report.exports import JSON_VERSION, digest
from docclean.report.report import Report
from docclean.scores.results import full_name
from docclean.scores.statistics import Interval, paired_gains
from docclean.scores.text import Score

Key = tuple[str, str]
"""A page: its set and its name."""
LISTED = 5
"""Pages named in a note; of more, their number."""


@dataclass(frozen=True)
class Setback:
    """One set of which one measure became worse.

    Attributes:
        group: the set.
        measure: 'CER' or 'word F1'.
        pages: how many pages were compared.
        change: how far it became better (so below 0), with its 95 % interval.
    """

    group: str
    measure: str
    pages: int
    change: Interval

    def sentence(self) -> str:
        """Return it as one line."""
        points = tuple(
            100 * value for value in (self.change.value, self.change.low, self.change.high)
        )
        sure = f"95 % interval {-points[2]:.2f} to {-points[1]:.2f}"
        if math.isnan(self.change.high):
            sure = "too few pages to be sure"
        return (
            f"{self.group or 'the set'}: {self.measure} is worse than the baseline by "
            f"{-points[0]:.2f} points ({sure}; {self.pages} pages)"
        )


@dataclass(frozen=True)
class Verdict:
    """What became worse, which pages went missing, and what else to know of the comparison."""

    setbacks: tuple[Setback, ...]
    lost: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is worse."""
        return not self.setbacks and not self.lost

    def lines(self) -> list[str]:
        """Return one line each."""
        lost = [f"{name}: was read for the baseline and failed now" for name in self.lost]
        return [*(one.sentence() for one in self.setbacks), *lost, *self.notes]


def hold_against(report: Report, baseline: Path, contender: str | None = None) -> Verdict:
    """Compare a report with an earlier one, page by page of each set.

    A set is worse where the whole 95 % interval of the change of its micro CER or word F1 (paired
    bootstrap over its pages) lies on the wrong side of 0. Sets of fewer than `FEWEST` pages have
    no interval: a change is told, and not a failure.

    Args:
        report: the readings of now.
        baseline: a JSON file an earlier evaluation wrote.
        contender: whose readings are compared; those of `report.after` where None.

    Raises:
        UnreadableInputError: the baseline cannot be read.
        UsageError: the two have no page of this contender in common.
    """
    name = contender or report.after
    told = load_baseline(baseline)
    then = _then(baseline, told, name)
    now = _now(report, name)
    common = [key for key in then if key in now and then[key].same_truth(now[key])]
    if not common:
        raise UsageError(f"{baseline}: has no page in common with this run of '{name}'")
    setbacks, small = _setbacks([(key, then[key].score, now[key].score) for key in common])
    lost = _lost([key for key in then if key not in now], report, name)
    return Verdict(setbacks, lost, (*small, *_notes(told, report, then, now)))


def _now(report: Report, contender: str) -> dict[Key, "Known"]:
    """Return what a contender's readings of now are held against the baseline with."""
    return {
        (page.group, page.name): Known(reading.score, digest(page.truth))
        for page in report.pages
        if (reading := page.reading(contender)) and reading.score
    }


def _setbacks(
    pairs: Sequence[tuple[Key, Score, Score]],
) -> tuple[tuple[Setback, ...], tuple[str, ...]]:
    """Return what is surely worse, set by set, and a line for what is worse on too few pages.

    Args:
        pairs: of each page its set and name, its score then and its score now.
    """
    setbacks, notes = [], []
    for group in dict.fromkeys(key[0] for key, _, _ in pairs):
        pages = [(then, now) for key, then, now in pairs if key[0] == group]
        changes = paired_gains([then for then, _ in pages], [now for _, now in pages])
        for measure, change in zip(("CER", "word F1"), changes, strict=True):
            setback = Setback(group, measure, len(pages), change)
            if change.high < 0:
                setbacks.append(setback)
            elif math.isnan(change.high) and change.value < 0:
                notes.append(setback.sentence())
    return tuple(setbacks), tuple(notes)


def _lost(missing: Sequence[Key], report: Report, contender: str) -> tuple[str, ...]:
    """Return the missing pages on which the run or the contender failed."""
    failed = {one.name for one in report.failures}
    names = (full_name(*key) for key in missing)
    return tuple(name for name in names if not failed.isdisjoint({name, f"{name} ({contender})"}))


@dataclass(frozen=True)
class Known:
    """One reading's score, and a mark of the truth it was held against; None where not kept."""

    score: Score
    truth: str | None

    def same_truth(self, other: "Known") -> bool:
        """Tell whether two readings were held against the same text, as far as can be told."""
        if self.truth and other.truth:
            return self.truth == other.truth
        return self.score.chars == other.score.chars


def _notes(
    told: Mapping[str, Any],
    report: Report,
    then: Mapping[Key, Known],
    now: Mapping[Key, Known],
) -> list[str]:
    notes = []
    changed = [key for key in then if key in now and not then[key].same_truth(now[key])]
    if changed:
        notes.append(f"another truth than in the baseline, not compared: {_listed(changed)}")
    missing = [key for key in then if key not in now]
    if missing:
        notes.append(f"in the baseline and not read this time: {_listed(missing)}")
    old = ((told.get("environment") or {}).get("versions") or {}).get("Tesseract")
    new = report.environment.versions.get("Tesseract") if report.environment else None
    if old and new and old != new:
        notes.append(f"the baseline was read by Tesseract {old}, this run by {new}")
    for one in told.get("sets", []):
        name, method = one.get("name"), one.get("method")
        if method and report.methods.get(name, method) != method:
            notes.append(
                f"{name or 'the set'}: the baseline was made otherwise: {method}; "
                f"now: {report.methods[name]}"
            )
    return notes


def _listed(keys: Sequence[Key]) -> str:
    """Name the first pages of many."""
    names = [full_name(*key) for key in keys]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"


def load_baseline(path: Path) -> dict[str, Any]:
    """Return what an earlier evaluation wrote as JSON.

    Raises:
        UnreadableInputError: it cannot be read, or is no such file.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{path}: is not a baseline: {error}") from error
    if isinstance(told, dict) and told.get("version", JSON_VERSION) != JSON_VERSION:
        raise UnreadableInputError(
            f"{path}: is a baseline of another version; write it anew with --json"
        )
    if not isinstance(told, dict) or not isinstance(told.get("pages"), list):
        raise UnreadableInputError(
            f"{path}: is not a baseline; write one with docclean evaluate FOLDER --json {path}"
        )
    return told


def _then(path: Path, told: Mapping[str, Any], contender: str) -> dict[Key, Known]:
    try:
        return {
            (page["set"], page["name"]): Known(Score(**reading["score"]), page.get("truth_digest"))
            for page in told["pages"]
            for reading in page["readings"]
            if reading["contender"] == contender and reading["score"]
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableInputError(
            f"{path}: is a baseline of another version; write it anew with --json"
        ) from error
