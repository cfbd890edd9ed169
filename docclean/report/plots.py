"""The plots of a report as SVG, drawn by hand: no library, and the colours of the page.

Positions across are percentages and sizes are pixels, so a plot fills any width while its type
keeps its size. Colours come from the style sheet by class.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from docclean.scores.results import Curve
from docclean.scores.statistics import Interval

Role = Literal["before", "after", "other"]
"""Whether a contender is the bar, the one shown against it, or another."""

ROW = 44
"""Height of a row of the forest plot, px: a line of type and the interval below it."""
BAR_ROW = 26
"""Height of a row of the error plot, px."""
CURVE_HEIGHT = 104
"""Height of the drawing of one curve, px."""
MARGIN = 2.0
"""Room left and right of the outermost mark, per cent."""


@dataclass(frozen=True)
class Gain:
    """A row of the forest plot: what gained how much; `whole` for the sum of the others."""

    label: str
    gain: Interval
    whole: bool = False


@dataclass(frozen=True)
class Rate:
    """A row of the error plot: a contender and its rate, nan where there is none."""

    label: str
    value: float
    role: Role = "other"


def forest(rows: Sequence[Gain], label: str) -> str:
    """Draw gains in points with their 95 % intervals, a row each, right of the line is better."""
    low, high = _reach([row.gain for row in rows])
    ticks = _ticks(low, high)
    height = ROW * len(rows) + 24
    parts = [_vertical(_at(tick, low, high), 4, height - 22, "grid") for tick in ticks if tick]
    parts.append(_vertical(_at(0, low, high), 0, height - 18, "zero"))
    for index, row in enumerate(rows):
        top = ROW * index
        kind = _kind(row.gain)
        weight = " strong" if row.whole else ""
        parts.append(f'<text x="0" y="{top + 16}" class="label{weight}">{escape(row.label)}</text>')
        parts.append(
            f'<text x="100%" y="{top + 16}" text-anchor="end" class="value{weight}">'
            f"{points(row.gain)}</text>"
        )
        parts.append(_interval(row.gain, low, high, top + 30, kind, 5 if row.whole else 4))
    for tick in ticks:
        x = _at(tick, low, high)
        parts.append(
            f'<text x="{x:.2f}%" y="{height - 4}" text-anchor="middle" class="tick">'
            f"{_tick(tick)}</text>"
        )
    return _svg(height, label, parts)


def interval_bar(gain: Interval, reach: float, label: str) -> str:
    """Draw one gain for a table's cell; `reach` is the largest gain or loss the scale holds."""
    reach = reach or 0.01
    parts = [
        _vertical(50, 1, 17, "zero"),
        _interval(gain, -reach * 1.1, reach * 1.1, 9, _kind(gain), 3),
    ]
    return _svg(18, label, parts, "interval")


def error_bars(rows: Sequence[Rate], label: str) -> str:
    """Draw the error rates of some contenders, a bar each, from 0 to the highest of them."""
    top = max((row.value for row in rows if math.isfinite(row.value)), default=0) or 1
    parts = []
    for index, row in enumerate(rows):
        y = BAR_ROW * index
        parts.append(
            f'<text x="0" y="{y + 11}" class="label {row.role}">{escape(row.label)}</text>'
        )
        value = f"{row.value:.2%}" if math.isfinite(row.value) else "–"
        parts.append(
            f'<text x="100%" y="{y + 11}" text-anchor="end" class="value {row.role}">{value}</text>'
        )
        parts.append(f'<line x1="0" x2="100%" y1="{y + 18}" y2="{y + 18}" class="track"/>')
        if math.isfinite(row.value) and row.value > 0:
            end = 100 * row.value / top
            parts.append(
                f'<line x1="0" x2="{end:.2f}%" y1="{y + 18}" y2="{y + 18}" class="bar {row.role}"/>'
            )
    return _svg(BAR_ROW * len(rows), label, parts)


def curve_plot(curve: Curve, top: float) -> str:
    """Draw one corruption's curves, raw against cleaned; `top` is the CER at the upper edge."""
    top = top or 1
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _level(share * top, top)
        parts.append(f'<line x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        if share:  # at 0 it would stand in the curves
            parts.append(f'<text x="0" y="{y - 3:.1f}" class="tick">{share * top:.0%}</text>')
    for role, values in (("before", curve.before), ("after", curve.after)):
        marks = [
            (_at(severity, 0, 1), _level(min(value, top), top), severity, value)
            for severity, value in zip(curve.severities, values, strict=True)
            if math.isfinite(value)
        ]
        for (x1, y1, *_), (x2, y2, *_) in itertools.pairwise(marks):
            parts.append(
                f'<line x1="{x1:.2f}%" y1="{y1:.1f}" x2="{x2:.2f}%" y2="{y2:.1f}" '
                f'class="curve {role}"/>'
            )
        for x, y, severity, value in marks:
            parts.append(
                f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="2.5" class="dot {role}">'
                f"<title>severity {severity:g}: {value:.2%}</title></circle>"
            )
    told = "; ".join(
        f"severity {severity:g}: {first:.1%} as it is, {second:.1%} cleaned"
        for severity, first, second in zip(curve.severities, curve.before, curve.after, strict=True)
    )
    return _svg(CURVE_HEIGHT, f"CER under {curve.corruption}. {told}", parts)


def page_counts(better: int, same: int, worse: int) -> str:
    """Draw how many pages became better, stayed and became worse, as one bar."""
    total = better + same + worse
    parts, left = [], 0.0
    for kind, count in (("better", better), ("same", same), ("worse", worse)):
        width = 100 * count / total if total else 0.0
        if count:
            parts.append(
                f'<rect x="{left:.2f}%" y="0" width="{width:.2f}%" height="10" '
                f'class="part {kind}"/>'
            )
            if left:
                parts.append(_vertical(left, 0, 10, "gap"))
        left += width
    return _svg(10, f"{better} pages better, {same} the same, {worse} worse", parts, "counts")


def points(gain: Interval) -> str:
    """Write a gain of a rate in points with its interval, such as '+1.20 (+0.40 to +2.00)'."""
    if not math.isfinite(gain.value):
        return "–"
    if not math.isfinite(gain.low):  # too few pages for an interval
        return _signed(gain.value)
    return f"{_signed(gain.value)} ({_signed(gain.low)} to {_signed(gain.high)})"


def _signed(rate: float) -> str:
    """Write a rate as points, with a sign where it rounds to anything but 0."""
    text = f"{100 * rate:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def _tick(rate: float) -> str:
    return f"{100 * rate:+g}".replace("-", "−") if rate else "0"


def _kind(gain: Interval) -> str:
    """Return 'better' or 'worse' where the whole interval lies on one side, else 'unsure'."""
    return "better" if gain.low > 0 else "worse" if gain.high < 0 else "unsure"


def _reach(gains: Sequence[Interval]) -> tuple[float, float]:
    """Return the ends of a scale that holds all intervals and 0."""
    ends = [end for gain in gains for end in (gain.low, gain.value, gain.high)]
    ends = [end for end in ends if math.isfinite(end)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    if low == high:
        return -0.01, 0.01
    room = 0.06 * (high - low)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two, about four of them."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(one for one in (1, 2, 5, 10) if one * power >= rough)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _at(value: float, low: float, high: float) -> float:
    """Return the place of a value across the plot, per cent."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return MARGIN + (100 - 2 * MARGIN) * share


def _level(value: float, top: float) -> float:
    """Return the height of a value in a curve's plot, px from the upper edge."""
    return 14 + (CURVE_HEIGHT - 20) * (1 - value / top)


def _interval(gain: Interval, low: float, high: float, y: float, kind: str, radius: float) -> str:
    if not math.isfinite(gain.value):
        return ""
    ends = (gain.low, gain.high) if math.isfinite(gain.low) else (gain.value, gain.value)
    left, middle, right = (_at(value, low, high) for value in (ends[0], gain.value, ends[1]))
    line = f'<line x1="{left:.2f}%" x2="{right:.2f}%" y1="{y}" y2="{y}" class="span {kind}"/>'
    return line + f'<circle cx="{middle:.2f}%" cy="{y}" r="{radius}" class="dot {kind}"/>'


def _vertical(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="{top}" y2="{bottom}" class="{kind}"/>'


def _svg(height: float, label: str, parts: Sequence[str], kind: str = "plot") -> str:
    label = escape(label, quote=True)
    return (
        f'<svg class="{kind}" role="img" aria-label="{label}" width="100%" height="{height}">'
        f"{''.join(parts)}</svg>"
    )
