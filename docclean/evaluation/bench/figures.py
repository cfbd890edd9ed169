"""One thing that was measured, and how it is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing that was measured.

    Attributes:
        what: in words.
        value: a number, in `unit`; None where it cannot be measured here.
        unit: of the number.
        why: it could not be measured.
    """

    what: str
    value: float | None
    unit: str
    why: str = ""

    def told(self) -> str:
        """Return the number as people write it."""
        if self.value is None:
            return self.why
        whole = isinstance(self.value, int) or self.value >= 100
        places = 0 if whole else 2 if self.value < 10 else 1
        return f"{self.value:,.{places}f} {self.unit}"


def lines(figures: list[Figure]) -> list[str]:
    """Return figures as a Markdown table."""
    rows = [f"| {figure.what} | {figure.told()} |" for figure in figures]
    return ["| what | measured |", "|---|--:|", *rows]
