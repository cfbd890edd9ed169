"""The head of the HTML report: the largest numbers first, then every page that was lost."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from docclean.report.harmed import harm_in_words, harmed_pages, harmed_share
from docclean.report.plots import page_counts
from docclean.report.wording import (
    gain_in_words,
    in_points,
    percent,
    plural,
    probability,
    signed,
    span,
)
from docclean.scores.results import Comparison, Failure, PageResult, SetSummary, Summary
from docclean.scores.statistics import Interval

LISTED = 12
"""Pages of a list that are named at the top; the others fold away below them."""
Told = tuple[int, PageResult, str, str]
"""A page of a list: its number, itself, a figure, and what else there is to say of it."""


def draw_head(summary: Summary) -> Iterator[str]:
    """Draw the title, the largest numbers of the file, and what they were measured with."""
    yield f"<h1>{escape(summary.title)}</h1>"
    if summary.remark:
        yield f'<p class="remark">{escape(summary.remark)}</p>'
    if summary.method:
        yield f'<p class="remark">{escape(summary.method)}</p>'
    comparison = summary.overall.comparison(summary.after) if summary.overall else None
    if summary.overall and comparison:
        yield from _headline(summary.overall, comparison)
    else:
        yield from _sign_headline(summary)
    if summary.environment:
        yield f'<p class="environment">{escape(summary.environment.sentence())}</p>'


def _headline(overall: SetSummary, comparison: Comparison) -> Iterator[str]:
    """Draw error rate, word F1 and the pages that changed, each with how sure it is."""
    before, after = overall.total(comparison.before), overall.total(comparison.after)
    names = f"{escape(comparison.before)} → {escape(comparison.after)}"
    yield '<div class="headline">'
    if before and after and before.micro and after.micro:
        yield _figure(
            "Character error rate",
            percent(before.micro.cer),
            percent(after.micro.cer),
            f"{names}: <b>{gain_in_words(comparison.cer.value)}</b>"
            f"{_sure(comparison.cer, span(comparison.cer.low, comparison.cer.high))}"
            f"{_noise(100 * comparison.cer_noise, '.2f')}",
        )
        f1 = comparison.f1
        yield _figure(
            "Words, F1",
            f"{before.micro.f1:.3f}",
            f"{after.micro.f1:.3f}",
            f"recall and precision together: <b>{signed(f1.value)}</b>"
            f"{_sure(f1, f'{signed(f1.low)} to {signed(f1.high)}')}"
            f"{_noise(comparison.f1_noise, '.3f')}",
        )
    total = comparison.better + comparison.same + comparison.worse
    yield (
        f'<div class="figure"><h2>Pages, {total:,}</h2><p class="big counted">'
        f'<span class="better">{comparison.better}</span><small>better</small> '
        f'<span class="same">{comparison.same}</span><small>same</small> '
        f'<span class="worse">{comparison.worse}</span><small>worse</small></p>'
        f"{page_counts(comparison.better, comparison.same, comparison.worse)}"
        f'<p class="fine">sign test over the pages that changed, p: '
        f"<b>{probability(comparison.p_value)}</b></p></div>"
    )
    yield "</div>"


def _sure(gain: Interval, bounds: str) -> str:
    """Write the interval behind a gain; few pages have none."""
    return f", 95 % interval <span>{bounds}</span>" if math.isfinite(gain.low) else ""


def _noise(noise: float, form: str) -> str:
    """Write the noise floor behind a gain, where pages were read under several views."""
    return f"; noise of one view ±{noise:{form}}" if math.isfinite(noise) else ""


def _sign_headline(summary: Summary) -> Iterator[str]:
    """Draw the engine's confidence where the truth of no page is known."""
    pairs = [
        (one.pages, first.signs.confidence, second.signs.confidence)
        for one in summary.sets
        if (first := one.total(summary.before)) and (second := one.total(summary.after))
        if first.signs and second.signs
    ]
    pairs = [one for one in pairs if math.isfinite(one[1]) and math.isfinite(one[2])]
    pages = sum(count for count, *_ in pairs)
    if not pages:
        return
    before, after = (sum(one[0] * one[side] for one in pairs) / pages for side in (1, 2))
    names = f"{escape(summary.before)} → {escape(summary.after)}"
    yield '<div class="headline">'
    yield _figure(
        "The engine's confidence, 0–100",
        f"{before:.1f}",
        f"{after:.1f}",
        f"{names}, mean of {pages:,} {plural(pages, 'page')}. The text of no page is known, "
        "so this is a sign, not a measure, of what was read.",
    )
    yield "</div>"


def _figure(title: str, before: str, after: str, fine: str) -> str:
    return (
        f'<div class="figure"><h2>{title}</h2><p class="big"><span class="from">{before}</span> '
        f'<span class="arrow">→</span> <span class="to">{after}</span></p>'
        f'<p class="fine">{fine}</p></div>'
    )


def draw_harmed(summary: Summary, pages: Sequence[PageResult]) -> Iterator[str]:
    """Name the pages with pictures, panels, stamps or codes that are harmed, before all else."""
    harmed = [
        (number, page, harmed_share(page, summary.after), harm_in_words(page, summary.after))
        for number, page in harmed_pages(pages, summary.after)
    ]
    if harmed:
        yield from _listed("harmed", "Pictures harmed", harmed)


def draw_losses(summary: Summary, pages: Sequence[PageResult]) -> Iterator[str]:
    """Name the labelled pages that read worse, before anything that flatters."""
    if not any(page.truth is not None for page in pages):
        return
    worse = [
        (number, page, in_points(page.change(summary.before, summary.after)), "")
        for number, page in enumerate(pages)
        if page.truth is not None and page.is_worse(summary.before, summary.after)
    ]
    if not worse:
        yield '<section id="worse" class="losses"><h2>No page reads worse</h2></section>'
        return
    yield from _listed("worse", "Made worse", worse)


def _listed(name: str, title: str, told: Sequence[Told]) -> Iterator[str]:
    """Draw a list of pages, the first in sight, the others folded away."""
    yield f'<section id="{name}" class="losses"><h2>{title} '
    yield f"<small>{len(told):,} {plural(len(told), 'page')}</small></h2>"
    yield from _list(told[:LISTED])
    if rest := told[LISTED:]:
        yield f"<details><summary>and {len(rest):,} more</summary>"
        yield from _list(rest)
        yield "</details>"
    yield "</section>"


def _list(told: Sequence[Told]) -> Iterator[str]:
    yield "<ol>"
    for number, page, figure, words in told:
        group = f" <small>{escape(page.group)}</small>" if page.group else ""
        more = f" <small>{escape(words)}</small>" if words else ""
        yield (
            f'<li><span class="loss">{escape(figure)}</span> '
            f'<span><a href="#page-{number}">{escape(page.name)}</a>{group}{more}</span></li>'
        )
    yield "</ol>"


def draw_failures(failures: Sequence[Failure]) -> Iterator[str]:
    """List the pages that could not be read, and why."""
    if not failures:
        return
    yield '<section id="failed" class="losses">'
    yield f"<h2>Not read <small>{len(failures):,}</small></h2><ul>"
    for one in failures:
        yield f"<li><b>{escape(one.name)}</b> {escape(one.message)}</li>"
    yield "</ul></section>"
