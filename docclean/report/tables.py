"""A result as text: tables for a terminal, and Markdown."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docclean.scores.results import (
    Comparison,
    Curve,
    PageResult,
    SetSummary,
    Summary,
    Totals,
)


@dataclass(frozen=True)
class Column:
    """A column of the tables: its head and what it shows of a contender's line."""

    head: str
    show: Callable[[Totals, Comparison | None], str]


def _of_fidelity(name: str, form: str) -> Callable[[Totals, Comparison | None], str]:
    return lambda row, _: format(getattr(row.fidelity, name), form) if row.fidelity else ""


def _of_signs(name: str, form: str) -> Callable[[Totals, Comparison | None], str]:
    def show(row: Totals, _: Comparison | None) -> str:
        value = getattr(row.signs, name) if row.signs else None
        return "" if value is None else format(value, form)

    return show


def _points(comparison: Comparison | None) -> str:
    """Write a gain in points with its interval."""
    if comparison is None:
        return ""
    gain = comparison.cer
    if not math.isfinite(gain.low):  # too few pages for an interval
        return "" if math.isnan(gain.value) else f"{100 * gain.value:+.2f}"
    return f"{100 * gain.value:+.2f} ({100 * gain.low:+.2f} to {100 * gain.high:+.2f})"


def noise_of(comparison: Comparison | None, rate: str) -> str:
    """Write the noise of a gain: of the CER in points, of the F1 behind it; '' of one view."""
    if comparison is None or not math.isfinite(comparison.cer_noise):
        return ""
    if rate == "cer":
        return f"±{100 * comparison.cer_noise:.2f}"
    return f"{comparison.f1.value:+.3f} ±{comparison.f1_noise:.3f}"


def pages_by_f1(comparison: Comparison | None) -> str:
    """Write how many pages' F1 rose and fell by more than 2 points; '' of one view."""
    if comparison is None or not math.isfinite(comparison.cer_noise):
        return ""
    return f"{comparison.f1_better} / {comparison.f1_worse}"


def _chance(comparison: Comparison | None) -> str:
    """Write the p-value of the sign test."""
    if comparison is None:
        return ""
    return "<0.001" if comparison.p_value < 0.001 else f"{comparison.p_value:.3f}"


def _pages(comparison: Comparison | None) -> str:
    return "" if comparison is None else f"{comparison.better} / {comparison.worse}"


TEXT_COLUMNS = (
    Column("CER", lambda row, _: f"{row.micro.cer:.2%}" if row.micro else ""),
    Column("CER/page", lambda row, _: f"{row.macro.cer:.2%}" if row.macro else ""),
    Column("WER", lambda row, _: f"{row.micro.wer:.2%}" if row.micro else ""),
    Column("recall", lambda row, _: f"{row.micro.recall:.3f}" if row.micro else ""),
    Column("precision", lambda row, _: f"{row.micro.precision:.3f}" if row.micro else ""),
    Column("F1", lambda row, _: f"{row.micro.f1:.3f}" if row.micro else ""),
    Column("points gained (95 %)", lambda _, versus: _points(versus)),
    Column("noise", lambda _, versus: noise_of(versus, "cer")),
    Column("better / worse", lambda _, versus: _pages(versus)),
    Column("F1 gained", lambda _, versus: noise_of(versus, "f1")),
    Column("F1 by 2 points", lambda _, versus: pages_by_f1(versus)),
    Column("sign test", lambda _, versus: _chance(versus)),
)
"""What is known of a set with truth."""
SIGN_COLUMNS = (
    Column("confidence", _of_signs("confidence", ".1f")),
    Column("words", _of_signs("words", "d")),
    Column("known", _of_signs("known", ".3f")),
    Column("agreement", _of_signs("agreement", ".3f")),
    Column("paper noise", _of_signs("paper_noise", ".1f")),
    Column("specks/Mpx", _of_signs("specks", ".1f")),
)
"""What can be told of a set without truth."""
PICTURE_COLUMNS = (
    Column("RMSE", _of_fidelity("rmse", ".4f")),
    Column("PSNR", _of_fidelity("psnr", ".1f")),
    Column("SSIM", _of_fidelity("ssim", ".3f")),
    Column("F-measure", _of_fidelity("f_measure", ".1f")),
    Column("pseudo-F", _of_fidelity("pseudo_f", ".1f")),
    Column("DRD", _of_fidelity("drd", ".2f")),
)
"""What is known of a set with clean twins."""
COST_COLUMNS = (
    Column("s clean", lambda row, _: f"{row.treat.seconds:.2f}"),
    Column("MB clean", lambda row, _: _megabytes(row.treat.peak_mb)),
    Column("s OCR", lambda row, _: f"{row.ocr.seconds:.2f}"),
    Column("MB OCR", lambda row, _: _megabytes(row.ocr.peak_mb)),
)


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def columns_of(one: SetSummary) -> tuple[Column, ...]:
    """Return the columns that hold something for a set."""
    columns: tuple[Column, ...] = TEXT_COLUMNS if one.labelled else SIGN_COLUMNS
    if any(row.fidelity for row in one.totals):
        columns += PICTURE_COLUMNS
    return columns + COST_COLUMNS


def to_text(summary: Summary, worse: Sequence[PageResult] = ()) -> str:
    """Return the result for a terminal: pages made worse and failures first, then the tables."""
    lines = [
        f"worse   {page.full_name}: CER {-page.change(summary.before, summary.after):+.2%}"
        if page.truth is not None
        else f"worse   {page.full_name}: confidence "
        f"{100 * page.change(summary.before, summary.after):+.1f}"
        for page in worse
    ]
    lines += [f"failed  {failure.name}: {failure.message}" for failure in summary.failures]
    blocks = ["\n".join(_plain(line) for line in lines)] if lines else []
    blocks += [_aligned(one) for one in _tables(summary)]
    if summary.curves:
        head, _, *rows = _curves(summary.curves).splitlines()
        blocks.append("\n".join(row.strip("| ").replace(" | ", "  ") for row in (head, *rows)))
    closing = [headline(summary), summary.remark, summary.method]
    if summary.environment:
        closing.append(summary.environment.sentence())
    return "\n\n".join([*blocks, "\n".join(line for line in closing if line)])


def headline(summary: Summary) -> str:
    """Return the gain in one sentence, empty where no truth is known."""
    versus = summary.overall.comparison(summary.after) if summary.overall else None
    if versus is None or math.isnan(versus.cer.value):
        return ""
    gain = versus.cer
    change = f"leaves the CER of '{versus.before}' as it is"
    if round(100 * gain.value, 2):
        verb = "lowers" if gain.value > 0 else "raises"
        change = f"{verb} the CER of '{versus.before}' by {abs(100 * gain.value):.2f} points"
    sure = ""
    if math.isfinite(gain.low):
        sure = f" (95 % interval of the fall {100 * gain.low:.2f} to {100 * gain.high:.2f})"
    if math.isfinite(versus.cer_noise):
        sure += f", noise of one view {100 * versus.cer_noise:.2f}"
    return (
        f"'{versus.after}' {change}{sure}; pages better "
        f"{versus.better}, same {versus.same}, worse {versus.worse}; "
        f"sign test p = {versus.p_value:.3g}"
    )


def to_markdown(summary: Summary) -> str:
    """Return one table of all sets and contenders, with date, machine and versions above it."""
    blocks = [summary.environment.sentence()] if summary.environment else []
    blocks += [line for line in (summary.remark, summary.method) if line]
    for labelled in (True, False):
        sets = [one for one in summary.sets if one.labelled == labelled]
        if sets:
            blocks.append(_markdown_table(sets))
    if summary.curves:
        blocks.append(_curves(summary.curves))
    for failure in summary.failures:
        blocks.append(f"Not read: {_cell(failure.name)}: {_cell(failure.message)}")
    return "\n\n".join(blocks) + "\n"


def to_short_markdown(summary: Summary) -> str:
    """Return a table for a README: a row a set, CER / word F1 a contender, the gain at the end.

    Sets without truth are left out.
    """
    sets = [one for one in summary.sets if one.labelled]
    names = list(dict.fromkeys(row.contender for one in sets for row in one.totals))
    gain = f"{summary.after} against {summary.before}: CER points gained (95 %)"
    paired = summary.after != summary.before
    heads = ["set (pages)", *names, *([gain, "better / worse"] if paired else [])]
    lines = [_row(heads), _row(["---"] + ["--:"] * (len(heads) - 1))]
    for one in _tables(summary):
        if not one.labelled:
            continue
        versus = one.comparison(summary.after)
        cells = [_short(one.total(name), one) for name in names]
        floor = noise_of(versus, "cer")
        points = f"{_points(versus)} {floor}".strip()
        last = [points, _pages(versus)] if paired else []
        lines.append(_row([f"{one.name} ({one.pages})", *cells, *last]))
    blocks = ["\n".join(lines)]
    if summary.environment:
        blocks.insert(0, f"CER / word F1 of each set. {summary.environment.sentence()}")
    return "\n\n".join(blocks)


def _short(row: Totals | None, one: SetSummary) -> str:
    if row is None or row.micro is None:
        return ""
    return f"{row.micro.cer:.1%} / {row.micro.f1:.3f}{_share(row, one)}"


def named(row: Totals, one: SetSummary) -> str:
    """Return a contender's name, and of how many pages its numbers are where not of all."""
    return f"{row.contender}{_share(row, one)}"


def _share(row: Totals, one: SetSummary) -> str:
    return f" ({row.pages} of {one.pages})" if row.pages < one.pages else ""


def _markdown_table(sets: Sequence[SetSummary]) -> str:
    columns = [
        column
        for column in dict.fromkeys(column for one in sets for column in columns_of(one))
        if any(
            column.show(row, one.comparison(row.contender)) for one in sets for row in one.totals
        )
    ]
    heads = ["set", "pages", "contender", *(column.head for column in columns)]
    lines = [_row(heads), _row(["---", "--:", "---"] + ["--:"] * len(columns))]
    for one in sets:
        for row in one.totals:
            versus = one.comparison(row.contender)
            cells = [column.show(row, versus) for column in columns]
            lines.append(_row([one.name, str(one.pages), named(row, one), *cells]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Keep a text in its cell."""
    return " ".join(_plain(" ".join(text.split())).replace("|", "\\|").split())


def _curves(curves: Sequence[Curve]) -> str:
    """Return a Markdown table of the CER as it is > cleaned, a row a corruption."""
    points = list(dict.fromkeys(point for curve in curves for point in curve.severities))
    width = max(len(curve.corruption) for curve in curves)
    heads = ["CER by severity".ljust(width), *(f"{point:g}".rjust(15) for point in points)]
    lines = [f"| {' | '.join(heads)} |", _row(["---"] + ["--:"] * len(points))]
    for curve in curves:
        rates = zip(curve.severities, curve.before, curve.after, strict=True)
        known = {point: f"{before:.1%} > {after:.1%}" for point, before, after in rates}
        cells = [known.get(point, "").rjust(15) for point in points]
        lines.append(f"| {' | '.join([curve.corruption.ljust(width), *cells])} |")
    return "\n".join(lines)


def _plain(line: str) -> str:
    """Take out what would move a terminal's cursor: names of files may hold anything."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def _tables(summary: Summary) -> list[SetSummary]:
    """Return the sets, and all of them together where there are several."""
    several = summary.overall is not None and summary.overall not in summary.sets
    return [*summary.sets, *([summary.overall] if several and summary.overall else [])]


def _aligned(one: SetSummary) -> str:
    """Lay one set out in aligned columns."""
    columns = columns_of(one)
    rows = [[one.name or "contender", *(column.head for column in columns)]]
    for row in one.totals:
        versus = one.comparison(row.contender)
        rows.append([named(row, one), *(column.show(row, versus) for column in columns)])
    filled = [place for place in range(len(rows[0])) if any(cells[place] for cells in rows[1:])]
    widths = {place: max(len(cells[place]) for cells in rows) for place in filled}
    lines = []
    for cells in rows:
        padded = [
            cells[place].ljust(widths[place]) if place == 0 else cells[place].rjust(widths[place])
            for place in filled
        ]
        lines.append("  ".join(padded).rstrip())
    lines.append(f"{one.pages} page{'' if one.pages == 1 else 's'}")
    return "\n".join(lines)
