"""What became of a page, as it is shown and as it is read, and why."""

from dataclasses import dataclass, replace
from typing import Any, Literal

Verdict = Literal["cleaned", "kept"]


@dataclass(frozen=True)
class Decision:
    """What became of a page, why, and the measures behind it.

    Attributes:
        verdict: what is shown.
        reason: why.
        measures: what was measured, as it is told.
        untouched: whether the page needed no cleaning in the first place.
        unread: why a page that is shown cleaned is read as it came; '' where it is read cleaned.
    """

    verdict: Verdict
    reason: str
    measures: dict[str, float]
    untouched: bool = False
    unread: str = ""

    @property
    def reads_cleaned(self) -> bool:
        """Tell whether the cleaned page is the one that is read."""
        return self.verdict == "cleaned" and not self.unread

    def with_measures(self, **measures: float) -> "Decision":
        """Return the decision with more measures."""
        return replace(self, measures=self.measures | measures)

    def after_focus(self, width: float) -> "Decision":
        """Return the decision about a page that was first brought into focus, so is not as it came.

        Args:
            width: standard deviation of what had blurred it, px.
        """
        left = "then left so: " if self.verdict == "kept" else ""
        reason = f"the page was out of focus ({width:.1f} px); {left}{self.reason}"
        focused = replace(self, verdict="cleaned", reason=reason, untouched=False)
        return focused.with_measures(blur=round(width, 2))

    def without_other_side(self, share: float) -> "Decision":
        """Return the decision about a page from which its back went first, so is not as it came.

        Args:
            share: of its pixels where the back shone through.
        """
        left = "then left so: " if self.verdict == "kept" else ""
        reason = f"the other side of the sheet shone through; {left}{self.reason}"
        cleaned = replace(self, verdict="cleaned", reason=reason, untouched=False)
        return cleaned.with_measures(other_side=share)

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain values for JSON."""
        unread = {"read_as_it_came": self.unread} if self.unread else {}
        return {"verdict": self.verdict, "reason": self.reason, **unread, **self.measures}
