"""The tables of the HTML report: a set of pages each, a contender a line."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from docclean.report.columns import harmed_of, noise_of, pages_by_f1
from docclean.report.html.plots import role
from docclean.report.plots import interval_bar, points
from docclean.report.tables import named
from docclean.report.wording import number, plural, probability
from docclean.scores.results import Comparison, Cost, SetSummary, Summary, Totals


@dataclass(frozen=True)
class Column:
    """A column of a set's table; one that is empty in every row is not drawn.

    Attributes:
        group: what stands above it and its neighbours.
        head: its name.
        means: what it shows, for those who point at it.
        cell: its HTML for a contender's line; '' where there is nothing to say.
    """

    group: str
    head: str
    means: str
    cell: Callable[[Totals, Comparison | None, float], str]


def _micro(name: str, form: str) -> Callable[[Totals, Comparison | None, float], str]:
    return lambda row, *_: number(getattr(row.micro, name), form) if row.micro else ""


def _fidelity(name: str, form: str) -> Callable[[Totals, Comparison | None, float], str]:
    return lambda row, *_: number(getattr(row.fidelity, name), form) if row.fidelity else ""


def _sign(name: str, form: str) -> Callable[[Totals, Comparison | None, float], str]:
    return lambda row, *_: number(getattr(row.signs, name), form) if row.signs else ""


def _cost(name: str, unit: str) -> Callable[[Totals, Comparison | None, float], str]:
    def cell(row: Totals, _: Comparison | None, __: float) -> str:
        cost: Cost = getattr(row, name)
        if unit == "s":
            return f"{cost.seconds:.2f}"
        return "" if cost.peak_mb is None else f"{cost.peak_mb:,.0f}"

    return cell


def _gain_cell(row: Totals, versus: Comparison | None, reach: float) -> str:
    if versus is None or not math.isfinite(versus.cer.value):
        return ""
    text = points(versus.cer)
    value, _, span = text.partition(" ")
    told = f"{row.contender} against {versus.before}: {text} points"
    return (
        f'<span class="gain">{interval_bar(versus.cer, reach, told)}<b>{value}</b> '
        f"<small>{span}</small></span>"
    )


def _counts_cell(_: Totals, versus: Comparison | None, __: float) -> str:
    if versus is None:
        return ""
    return (
        f'<span class="better">{versus.better}</span> / <span class="same">{versus.same}</span>'
        f' / <span class="worse">{versus.worse}</span>'
    )


def _harmed_cell(row: Totals, *_: object) -> str:
    by_kind = ", ".join(f"{one.kind} {one.harmed} of {one.measured}" for one in row.parts)
    told = harmed_of(row)
    return f'<span title="{escape(by_kind)}">{told}</span>' if told else ""


READ, GAINED, SIGNS, PIXELS, COST = "read", "against the bar", "signs", "pixels", "cost a page"
COLUMNS = (
    Column(READ, "CER", "character error rate, all pages as one text", _micro("cer", ".2%")),
    Column(
        READ,
        "CER/page",
        "mean of the pages' character error rates",
        lambda row, *_: number(row.macro.cer, ".2%") if row.macro else "",
    ),
    Column(READ, "WER", "word error rate, all pages as one text", _micro("wer", ".2%")),
    Column(READ, "recall", "share of the true words that were read", _micro("recall", ".3f")),
    Column(READ, "precision", "share of the read words that are true", _micro("precision", ".3f")),
    Column(READ, "F1", "recall and precision together", _micro("f1", ".3f")),
    Column(GAINED, "CER points gained", "fall of the CER with its 95 % interval", _gain_cell),
    Column(
        GAINED,
        "noise",
        "how far one harmless view alone moves that gain, in points",
        lambda _, versus, __: noise_of(versus, "cer"),
    ),
    Column(GAINED, "pages", "pages better / same / worse, beyond that noise", _counts_cell),
    Column(
        GAINED,
        "F1 gained",
        "rise of the word F1 and the noise of one view",
        lambda _, versus, __: noise_of(versus, "f1"),
    ),
    Column(
        GAINED,
        "F1 pages",
        "pages whose word F1 rose / fell by more than 2 points and its noise",
        lambda _, versus, __: pages_by_f1(versus),
    ),
    Column(
        GAINED,
        "sign test",
        "p: how likely so uneven a split of the changed pages is by chance",
        lambda _, versus, __: probability(versus.p_value) if versus else "",
    ),
    Column(SIGNS, "confidence", "the engine's own, 0 to 100", _sign("confidence", ".1f")),
    Column(SIGNS, "words", "words read, mean of the pages", _sign("words", ",.0f")),
    Column(SIGNS, "known", "share of the words in the dictionary", _sign("known", ".3f")),
    Column(
        SIGNS, "agreement", "likeness of the text to that of the bar", _sign("agreement", ".3f")
    ),
    Column(
        SIGNS, "paper noise", "unevenness of the paper, grey levels", _sign("paper_noise", ".1f")
    ),
    Column(SIGNS, "specks", "dark dots smaller than type, a megapixel", _sign("specks", ",.0f")),
    Column(PIXELS, "RMSE", "root mean square error, 0 to 1", _fidelity("rmse", ".3f")),
    Column(PIXELS, "PSNR", "peak signal-to-noise ratio, dB", _fidelity("psnr", ".1f")),
    Column(PIXELS, "SSIM", "structural similarity, up to 1", _fidelity("ssim", ".3f")),
    Column(
        PIXELS, "F-measure", "DIBCO F-measure of the ink, 0 to 100", _fidelity("f_measure", ".1f")
    ),
    Column(PIXELS, "pseudo-F", "DIBCO pseudo-F-measure, 0 to 100", _fidelity("pseudo_f", ".1f")),
    Column(PIXELS, "DRD", "distance reciprocal distortion, 0 is best", _fidelity("drd", ".2f")),
    Column(PIXELS, "parts harmed", "pictures, panels, stamps and codes harmed", _harmed_cell),
    Column(COST, "treat s", "seconds the contender took", _cost("treat", "s")),
    Column(COST, "treat MB", "most memory the contender took", _cost("treat", "MB")),
    Column(COST, "OCR s", "seconds the engine took", _cost("ocr", "s")),
    Column(COST, "OCR MB", "most memory the engine took", _cost("ocr", "MB")),
)


def draw_sets(summary: Summary) -> Iterator[str]:
    """Draw a table a set, and one for all labelled sets together where there are several."""
    blocks = list(summary.sets)
    if summary.overall and len(blocks) > 1 and summary.overall not in blocks:
        blocks.insert(0, summary.overall)
    if not blocks:
        return
    yield '<section id="sets"><h2>Contenders</h2>'
    if any(block.comparisons for block in blocks):
        yield f'<p class="lead">The bar is <b>{escape(summary.before)}</b>. Every gain is against '
        yield "it, page by page, with the 95 % interval of a paired bootstrap; its line lies right "
        yield "of the middle where the contender reads better.</p>"
    else:
        yield '<p class="lead">Without the true text there are only signs of how well a page was '
        yield "read, none of them a measure.</p>"
    for block in blocks:
        yield from _table(block, summary)
    yield "</section>"


def _table(block: SetSummary, summary: Summary) -> Iterator[str]:
    name = escape(block.name or summary.title)
    ends = [abs(end) for one in block.comparisons for end in (one.cer.low, one.cer.high)]
    reach = max((end for end in ends if math.isfinite(end)), default=0.0)
    rows = [
        (row, [column.cell(row, block.comparison(row.contender), reach) for column in COLUMNS])
        for row in block.totals
    ]
    shown = [at for at in range(len(COLUMNS)) if any(cells[at] for _, cells in rows)]
    groups = Counter(COLUMNS[at].group for at in shown)
    truth = "" if block.labelled else " · without truth"
    yield f'<section class="set"><h3>{name} <small>{block.pages:,} '
    yield f"{plural(block.pages, 'page')}{truth}</small></h3>"
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {name}">'
    yield '<table><thead><tr class="groups"><td></td>'
    yield "".join(
        f'<th scope="colgroup" colspan="{count}">{group}</th>' for group, count in groups.items()
    )
    yield '</tr><tr><th scope="col">contender</th>'
    last = None
    edges = set()
    for at in shown:
        if COLUMNS[at].group != last:
            edges.add(at)
        last = COLUMNS[at].group
        edge = ' class="edge"' if at in edges else ""
        left = edge.replace("edge", "edge left") if COLUMNS[at].cell is _gain_cell else edge
        yield f'<th scope="col"{left} title="{COLUMNS[at].means}">{COLUMNS[at].head}</th>'
    yield "</tr></thead><tbody>"
    for row, cells in rows:
        yield f'<tr class="{role(row.contender, summary)}">'
        yield f'<th scope="row">{escape(named(row, block))}</th>'
        for at in shown:
            edge = ' class="edge"' if at in edges else ""
            yield f"<td{edge}>{cells[at]}</td>"
        yield "</tr>"
    yield "</tbody></table></div></section>"
