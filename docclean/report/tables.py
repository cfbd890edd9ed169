"""A result as text: tables for a terminal, and Markdown."""

import math
from collections.abc import Sequence

from docclean.report.columns import columns_of, noise_of, pages_of, points_of
from docclean.report.harmed import harm_in_words
from docclean.scores.results import Curve, PageResult, SetSummary, Summary, Totals


def to_text(
    summary: Summary, worse: Sequence[PageResult] = (), harmed: Sequence[PageResult] = ()
) -> str:
    """Return the result for a terminal: the tables, and what went wrong before them.

    Args:
        summary: the head.
        worse: pages that read worse, the worst first.
        harmed: pages with parts that did not come out whole, the worst first.
    """
    lines = [f"harmed  {page.full_name}: {harm_in_words(page, summary.after)}" for page in harmed]
    lines += [
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
        points = f"{points_of(versus)} {floor}".strip()
        last = [points, pages_of(versus)] if paired else []
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
