"""Which plots stand in the HTML report, and what is written above them; `plots` draws them."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from docclean.report.plots import Gain, Rate, Role, curve_plot, error_bars, forest, points
from docclean.report.wording import percent
from docclean.scores.results import Curve, Summary


def draw_plots(summary: Summary) -> Iterator[str]:
    """Draw the gains, the error rates and the robustness curves, as far as there are any."""
    gains, bars = list(_gain_plot(summary)), list(_error_plots(summary))
    if gains or bars:
        yield '<section id="plots"><h2>Gains and errors</h2><div class="plots">'
        yield from gains
        yield from bars
        yield "</div></section>"
    if summary.curves:
        yield from _curves(summary.curves)


def _gain_plot(summary: Summary) -> Iterator[str]:
    """Draw the gain set by set; contender by contender where there is only one set."""
    labelled = [block for block in summary.sets if block.comparisons]
    whole = summary.overall
    if len(labelled) > 1:
        rows = [
            Gain(block.name, one.cer)
            for block in labelled
            if (one := block.comparison(summary.after))
        ]
        if whole and (one := whole.comparison(summary.after)):
            rows.append(Gain("all labelled sets", one.cer, whole=True))
        title = f"{summary.after} against {summary.before}, set by set"
    else:
        rows = [
            Gain(one.after, one.cer, whole=one.after == summary.after)
            for block in labelled
            for one in block.comparisons
        ]
        title = f"against {summary.before}"
    rows = [row for row in rows if math.isfinite(row.gain.value)]
    if not rows:
        return
    told = "; ".join(f"{row.label} {points(row.gain)}" for row in rows)
    yield f'<figure class="forest"><figcaption><b>CER points gained</b> {escape(title)}, '
    yield "with 95 % intervals; right of the line is better</figcaption>"
    yield f"{forest(rows, f'Gains in points. {told}')}</figure>"


def _error_plots(summary: Summary) -> Iterator[str]:
    """Draw the contenders' error rates, a plot a set."""
    for block in summary.sets:
        rows = [
            Rate(row.contender, row.micro.cer, role(row.contender, summary))
            for row in block.totals
            if row.micro
        ]
        if not rows:
            continue
        name = block.name or summary.title
        told = "; ".join(f"{row.label} {percent(row.value)}" for row in rows)
        yield f'<figure class="bars"><figcaption><b>CER</b> {escape(name)}</figcaption>'
        yield f"{error_bars(rows, f'CER of {name}: {told}')}</figure>"


def _curves(curves: Sequence[Curve]) -> Iterator[str]:
    """Draw small multiples on one scale, the top being the highest CER of all, at most 100 %."""
    values = [value for one in curves for value in (*one.before, *one.after)]
    top = min(1.0, max((value for value in values if math.isfinite(value)), default=1.0))
    yield '<section id="curves"><h2>Robustness</h2>'
    yield '<p class="lead">CER of rendered pages as one kind of dirt grows from none (left) to '
    yield 'severe (right): <span class="key before">as it is</span>, '
    yield '<span class="key after">cleaned</span>. '
    yield f'One scale for all, from 0 to {top:.0%}.</p><div class="curves">'
    for curve in curves:
        ends = ""
        if curve.before and curve.after:
            ends = f"{percent(curve.before[-1])} → {percent(curve.after[-1])}"
        yield f"<figure><figcaption><b>{escape(curve.corruption)}</b> "
        yield f"<small>{ends}</small></figcaption>{curve_plot(curve, top)}</figure>"
    yield "</div></section>"


def role(contender: str, summary: Summary) -> Role:
    """Return whether a contender is the bar, the one shown against it, or another."""
    if contender == summary.before:
        return "before"
    return "after" if contender == summary.after else "other"
