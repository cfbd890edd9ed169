"""Numbers as a report writes them: a true minus sign, a dash where there is nothing to tell."""

import math


def number(value: float | None, form: str) -> str:
    """Write a number; '' for None, a dash for nan, a sign for infinity."""
    if value is None:
        return ""
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else format(value, form)


def percent(rate: float) -> str:
    """Write a rate as a percentage, such as '4.20%'."""
    return number(rate, ".2%")


def in_points(rate: float) -> str:
    """Write a difference of rates as points, such as '+1.20'."""
    return f"{100 * rate:+.2f}".replace("-", "−")


def signed(value: float) -> str:
    """Write a difference with its sign, such as '+0.012'; a dash unless finite."""
    return f"{value:+.3f}".replace("-", "−") if math.isfinite(value) else "–"


def span(low: float, high: float) -> str:
    """Write an interval of rates in points, such as '+0.40 to +2.00'."""
    return f"{in_points(low)} to {in_points(high)}" if math.isfinite(low) else "–"


def gain_in_words(gain: float) -> str:
    """Write the fall of an error rate, such as '1.20 points lower'."""
    if not math.isfinite(gain):
        return "–"
    if round(100 * gain, 2) == 0:
        return "no change"
    return f"{abs(100 * gain):.2f} points {'lower' if gain > 0 else 'higher'}"


def probability(p: float) -> str:
    """Write a p-value as HTML; below a thousandth only that it is."""
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def plural(count: int, word: str) -> str:
    """Return a word as it stands after a count, such as 'pages' after 2."""
    return word if count == 1 else f"{word}s"
