"""The regression guard: is a set read worse than it was, beyond what its pages' spread explains?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docclean.errors import UnreadableInputError, UsageError
from docclean.report.report import Report
from docclean.score import Interval, Score, paired_gains


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
        return (
            f"{self.group or 'the set'}: {self.measure} is worse than the baseline by "
            f"{-points[0]:.2f} points (95 % interval {-points[2]:.2f} to {-points[1]:.2f}; "
            f"{self.pages} pages)"
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
    bootstrap over its pages) lies on the wrong side of 0.

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
    then = _scores(baseline, told, name)
    now = {
        (page.group, page.name): reading.score
        for page in report.pages
        if (reading := page.reading(name)) and reading.score
    }
    common = [key for key in then if key in now and then[key].chars == now[key].chars]
    if not common:
        raise UsageError(f"{baseline}: has no page in common with this run of '{name}'")
    setbacks = []
    for group in dict.fromkeys(key[0] for key in common):
        keys = [key for key in common if key[0] == group]
        changes = paired_gains([then[key] for key in keys], [now[key] for key in keys])
        for measure, change in zip(("CER", "word F1"), changes, strict=True):
            if change.high < 0:
                setbacks.append(Setback(group, measure, len(keys), change))
    failed = {one.name for one in report.failures}
    lost = tuple(
        page
        for key in then
        if key not in now
        and (page := "/".join(filter(None, key)))
        and not failed.isdisjoint({page, f"{page} ({name})"})
    )
    return Verdict(tuple(setbacks), lost, tuple(_notes(told, report, then, now)))


def _notes(
    told: Mapping[str, Any],
    report: Report,
    then: Mapping[tuple[str, str], Score],
    now: Mapping[tuple[str, str], Score],
) -> list[str]:
    notes = []
    changed = sum(then[key].chars != now[key].chars for key in then if key in now)
    if changed:
        notes.append(f"{changed} pages have another truth than in the baseline: not compared")
    if missing := sum(key not in now for key in then):
        notes.append(f"{missing} pages of the baseline were not read this time")
    old = ((told.get("environment") or {}).get("versions") or {}).get("Tesseract")
    new = report.environment.versions.get("Tesseract") if report.environment else None
    if old and new and old != new:
        notes.append(f"the baseline was read by Tesseract {old}, this run by {new}")
    return notes


def load_baseline(path: Path) -> dict[str, Any]:
    """Return what an earlier evaluation wrote as JSON.

    Raises:
        UnreadableInputError: it cannot be read, or is no such file.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{path}: is not a baseline: {error}") from error
    if not isinstance(told, dict) or not isinstance(told.get("pages"), list):
        raise UnreadableInputError(
            f"{path}: is not a baseline; write one with docclean evaluate FOLDER --json {path}"
        )
    return told


def _scores(path: Path, told: Mapping[str, Any], contender: str) -> dict[tuple[str, str], Score]:
    try:
        return {
            (page["set"], page["name"]): Score(**reading["score"])
            for page in told["pages"]
            for reading in page["readings"]
            if reading["contender"] == contender and reading["score"]
        }
    except (KeyError, TypeError) as error:
        raise UnreadableInputError(
            f"{path}: is a baseline of another version; write it anew with --json"
        ) from error
