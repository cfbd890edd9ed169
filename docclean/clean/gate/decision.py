"""What became of a page, and why."""

from dataclasses import dataclass, replace
from typing import Any, Literal

Verdict = Literal["cleaned", "kept"]


@dataclass(frozen=True)
class Decision:
    """What became of a page, why, and the measures behind it."""

    verdict: Verdict
    reason: str
    measures: dict[str, float]
    untouched: bool = False
    """Whether the page needed no cleaning in the first place."""

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

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain values for JSON."""
        return {"verdict": self.verdict, "reason": self.reason, **self.measures}
