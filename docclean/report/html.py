"""The picture of a result: what was read before and after cleaning, as one HTML file to look at.

The head, the tables and the plots are written here. The pages travel as JSON and base64 that the
browser does not look into until a page comes near the window (`report.js`), so hundreds of them
open at once. The file asks the network for nothing, and its own policy forbids it.
"""

import base64
import hashlib
import io
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage
from rapidfuzz.distance import Levenshtein

from docclean.errors import OutputError
from docclean.report.plots import (
    Gain,
    Rate,
    Role,
    curve_plot,
    error_bars,
    forest,
    interval_bar,
    page_counts,
    points,
)
from docclean.report.results import (
    Comparison,
    Cost,
    Curve,
    Failure,
    PageResult,
    Pictures,
    Reading,
    SetSummary,
    Summary,
    Totals,
)
from docclean.score import PLAIN, TextRules, normalise, word_changes

LISTED = 12
"""Pages made worse that are named at the top; the others fold away below them."""

FIRST = 4
"""Pages whose data stand before the script, so cards are drawn while the file is still loading."""

Marks = tuple[list[int], list[int]]
"""Which words of the text before were lost and which of the text after were gained, from 0."""


def write_html(summary: Summary, pages: Sequence[PageResult], path: Path) -> None:
    """Write one self-contained HTML file: head, tables, plots, and the pages from worst to best.

    Args:
        summary: the head.
        pages: the pages.
        path: the file; written aside, then renamed.

    Raises:
        OutputError: the file cannot be written.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        # a file's name may hold bytes that are no UTF-8; they become question marks
        with aside.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
            for part in _parts(summary, _worst_first(summary, pages)):
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if aside.is_file():
            aside.unlink()


def mark_words(truth: str | None, before: str, after: str, rules: TextRules = PLAIN) -> Marks:
    """Return the places of the words that were lost in `before` and gained in `after`.

    Gained and lost is what `word_changes` says; without truth, the words only one of the texts
    has. Of several equal words those are marked that stand where the two texts differ. Places
    count the words of a text from 0.
    """
    first, second = _keys(before, rules), _keys(after, rules)
    if truth is None:
        one, other = Counter(first), Counter(second)
        gained, lost = other - one, one - other
    else:
        gained, lost = word_changes(truth, before, after, rules)
    if not gained and not lost:
        return [], []
    blocks = Levenshtein.opcodes(first, second)
    differ = [block for block in blocks if block.tag != "equal"]
    in_first = {n for block in differ for n in range(block.src_start, block.src_end)}
    in_second = {n for block in differ for n in range(block.dest_start, block.dest_end)}
    return _places(first, lost, in_first), _places(second, gained, in_second)


def _keys(text: str, rules: TextRules) -> list[str]:
    """Return what each word of a text counts as, one key a word."""
    words, keys = text.split(), normalise(text, rules).split()
    if len(words) == len(keys):
        return keys
    return [normalise(word, rules) for word in words]  # NFKC parts some words, such as '´a'


def _places(words: Sequence[str], wanted: Counter[str], first_in: set[int]) -> list[int]:
    """Return the places of as many words as are wanted, those in `first_in` before others."""
    left, places = wanted.copy(), []
    for place in sorted(range(len(words)), key=lambda place: place not in first_in):
        if left[words[place]] > 0:
            left[words[place]] -= 1
            places.append(place)
    return sorted(places)


# --- the file ------------------------------------------------------------------------------------


def _parts(summary: Summary, pages: Sequence[PageResult]) -> Iterator[str]:
    """Yield the file piece by piece; the pages come last, the first to be looked at first."""
    here = Path(__file__).parent
    style, script = (
        (here / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")
    )
    filled: dict[str, Callable[[], Iterator[str]]] = {
        "POLICY": lambda: iter([_policy(style, script)]),
        "TITLE": lambda: iter([escape(summary.title)]),
        "STYLE": lambda: iter([style]),
        "HEAD": lambda: _head(summary),
        "WORSE": lambda: _made_worse(summary, pages),
        "SETS": lambda: _sets(summary),
        "PLOTS": lambda: _plots(summary),
        "FAILURES": lambda: _failures(summary.failures),
        "INDEX": lambda: iter([_json(_index(summary, pages))]),
        "FIRST": lambda: _data(summary, pages, range(min(FIRST, len(pages)))),
        "SCRIPT": lambda: iter([script]),
        "PAGES": lambda: _data(summary, pages, range(FIRST, len(pages))),
    }
    template = (here / "report.html").read_text(encoding="utf-8")
    for number, piece in enumerate(re.split("<!--([A-Z]+)-->", template)):
        if number % 2:
            yield from filled[piece]()
        else:
            yield piece


def _policy(style: str, script: str) -> str:
    """Return a content policy: this style and this script, pictures inside the file, no network."""
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (style, script)
    )
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; "
        f"script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _worst_first(summary: Summary, pages: Sequence[PageResult]) -> list[PageResult]:
    return sorted(pages, key=lambda page: page.change(summary.before, summary.after))


# --- the head ------------------------------------------------------------------------------------


def _head(summary: Summary) -> Iterator[str]:
    """Draw the title, the largest numbers of the file, and what they were measured with."""
    yield f"<h1>{escape(summary.title)}</h1>"
    if summary.remark:
        yield f'<p class="remark">{escape(summary.remark)}</p>'
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
            _percent(before.micro.cer),
            _percent(after.micro.cer),
            f"{names}: <b>{_words_of_gain(comparison.cer.value)}</b>, "
            f"95 % interval <span>{_span(comparison.cer.low, comparison.cer.high)}</span>",
        )
        f1 = comparison.f1
        yield _figure(
            "Words, F1",
            f"{before.micro.f1:.3f}",
            f"{after.micro.f1:.3f}",
            f"recall and precision together: <b>{_signed(f1.value)}</b>, "
            f"95 % interval <span>{_signed(f1.low)} to {_signed(f1.high)}</span>",
        )
    total = comparison.better + comparison.same + comparison.worse
    yield (
        f'<div class="figure"><h2>Pages, {total:,}</h2><p class="big counted">'
        f'<span class="better">{comparison.better}</span><small>better</small> '
        f'<span class="same">{comparison.same}</span><small>same</small> '
        f'<span class="worse">{comparison.worse}</span><small>worse</small></p>'
        f"{page_counts(comparison.better, comparison.same, comparison.worse)}"
        f'<p class="fine">sign test over the pages that changed, p: '
        f"<b>{_probability(comparison.p_value)}</b></p></div>"
    )
    yield "</div>"


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
        f"{names}, mean of {pages:,} {_plural(pages, 'page')}. The text of no page is known, "
        "so this is a sign, not a measure, of what was read.",
    )
    yield "</div>"


def _figure(title: str, before: str, after: str, fine: str) -> str:
    return (
        f'<div class="figure"><h2>{title}</h2><p class="big"><span class="from">{before}</span> '
        f'<span class="arrow">→</span> <span class="to">{after}</span></p>'
        f'<p class="fine">{fine}</p></div>'
    )


def _made_worse(summary: Summary, pages: Sequence[PageResult]) -> Iterator[str]:
    """Name the labelled pages that read worse, before anything that flatters."""
    if not any(page.truth is not None for page in pages):
        return
    worse = [
        (number, page)
        for number, page in enumerate(pages)
        if page.truth is not None and page.change(summary.before, summary.after) < 0
    ]
    yield '<section id="worse" class="losses"><h2>'
    if not worse:
        yield "No page reads worse</h2></section>"
        return
    yield f"Made worse <small>{len(worse):,} {_plural(len(worse), 'page')}</small></h2>"
    yield from _loss_list(summary, worse[:LISTED])
    if rest := worse[LISTED:]:
        yield f"<details><summary>and {len(rest):,} more</summary>"
        yield from _loss_list(summary, rest)
        yield "</details>"
    yield "</section>"


def _loss_list(summary: Summary, worse: Sequence[tuple[int, PageResult]]) -> Iterator[str]:
    yield "<ol>"
    for number, page in worse:
        change = page.change(summary.before, summary.after)
        group = f" <small>{escape(page.group)}</small>" if page.group else ""
        yield (
            f'<li><span class="loss">{_points(change)}</span> '
            f'<span><a href="#page-{number}">{escape(page.name)}</a>{group}</span></li>'
        )
    yield "</ol>"


# --- the tables ----------------------------------------------------------------------------------


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
    return lambda row, *_: _number(getattr(row.micro, name), form) if row.micro else ""


def _fidelity(name: str, form: str) -> Callable[[Totals, Comparison | None, float], str]:
    return lambda row, *_: _number(getattr(row.fidelity, name), form) if row.fidelity else ""


def _sign(name: str, form: str) -> Callable[[Totals, Comparison | None, float], str]:
    return lambda row, *_: _number(getattr(row.signs, name), form) if row.signs else ""


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


READ, GAINED, SIGNS, PIXELS, COST = "read", "against the bar", "signs", "pixels", "cost a page"
COLUMNS = (
    Column(READ, "CER", "character error rate, all pages as one text", _micro("cer", ".2%")),
    Column(
        READ,
        "CER/page",
        "mean of the pages' character error rates",
        lambda row, *_: _number(row.macro.cer, ".2%") if row.macro else "",
    ),
    Column(READ, "WER", "word error rate, all pages as one text", _micro("wer", ".2%")),
    Column(READ, "recall", "share of the true words that were read", _micro("recall", ".3f")),
    Column(READ, "precision", "share of the read words that are true", _micro("precision", ".3f")),
    Column(READ, "F1", "recall and precision together", _micro("f1", ".3f")),
    Column(GAINED, "CER points gained", "fall of the CER with its 95 % interval", _gain_cell),
    Column(GAINED, "pages", "pages better / same / worse", _counts_cell),
    Column(
        GAINED,
        "sign test",
        "p: how likely so uneven a split of the changed pages is by chance",
        lambda _, versus, __: _probability(versus.p_value) if versus else "",
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
    Column(COST, "treat s", "seconds the contender took", _cost("treat", "s")),
    Column(COST, "treat MB", "most memory the contender took", _cost("treat", "MB")),
    Column(COST, "OCR s", "seconds the engine took", _cost("ocr", "s")),
    Column(COST, "OCR MB", "most memory the engine took", _cost("ocr", "MB")),
)


def _sets(summary: Summary) -> Iterator[str]:
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
    yield f"{_plural(block.pages, 'page')}{truth}</small></h3>"
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
        yield f'<tr class="{_role(row.contender, summary)}">'
        yield f'<th scope="row">{escape(row.contender)}</th>'
        for at in shown:
            edge = ' class="edge"' if at in edges else ""
            yield f"<td{edge}>{cells[at]}</td>"
        yield "</tr>"
    yield "</tbody></table></div></section>"


def _role(contender: str, summary: Summary) -> Role:
    if contender == summary.before:
        return "before"
    return "after" if contender == summary.after else "other"


# --- the plots -----------------------------------------------------------------------------------


def _plots(summary: Summary) -> Iterator[str]:
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
            Rate(row.contender, row.micro.cer, _role(row.contender, summary))
            for row in block.totals
            if row.micro
        ]
        if not rows:
            continue
        name = block.name or summary.title
        told = "; ".join(f"{row.label} {_percent(row.value)}" for row in rows)
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
            ends = f"{_percent(curve.before[-1])} → {_percent(curve.after[-1])}"
        yield f"<figure><figcaption><b>{escape(curve.corruption)}</b> "
        yield f"<small>{ends}</small></figcaption>{curve_plot(curve, top)}</figure>"
    yield "</div></section>"


def _failures(failures: Sequence[Failure]) -> Iterator[str]:
    if not failures:
        return
    yield '<section id="failed" class="losses">'
    yield f"<h2>Not read <small>{len(failures):,}</small></h2><ul>"
    for one in failures:
        yield f"<li><b>{escape(one.name)}</b> {escape(one.message)}</li>"
    yield "</ul></section>"


# --- the pages -----------------------------------------------------------------------------------


def _index(summary: Summary, pages: Sequence[PageResult]) -> dict[str, Any]:
    """Return what is needed to sort, filter and head the pages, without their texts."""
    contenders = _contenders(pages)
    groups = list(dict.fromkeys([one.name for one in summary.sets] + [one.group for one in pages]))
    groups = [name for name in groups if any(page.group == name for page in pages)]
    return {
        "before": summary.before,
        "after": summary.after,
        "contenders": contenders,
        "sets": groups,
        "pages": [
            {
                "name": page.name,
                "set": groups.index(page.group),
                "labelled": page.truth is not None,
                "size": _size(page.pictures),
                "rates": [_rates(page.reading(name)) for name in contenders],
            }
            for page in pages
        ],
    }


def _contenders(pages: Sequence[PageResult]) -> list[str]:
    return list(dict.fromkeys(one.contender for page in pages for one in page.readings))


def _rates(reading: Reading | None) -> list[float | None] | None:
    """Return CER, WER, recall, precision, F1; or confidence, known, agreement, words."""
    if reading is None:
        return None
    if reading.score:
        score = reading.score
        values: list[float | None] = [
            score.cer,
            score.wer,
            score.recall,
            score.precision,
            score.f1,
        ]
    elif reading.signs:
        signs = reading.signs
        values = [signs.confidence, signs.known, signs.agreement, signs.words]
    else:
        values = []
    return [
        round(value, 6) if value is not None and math.isfinite(value) else None for value in values
    ]


def _size(pictures: Pictures | None) -> list[int] | None:
    """Return width and height of the picture before, by which its place is kept free."""
    if pictures is None:
        return None
    with PillowImage.open(io.BytesIO(pictures.before)) as picture:  # reads no more than the head
        return list(picture.size)


def _data(summary: Summary, pages: Sequence[PageResult], numbers: range) -> Iterator[str]:
    """Yield texts and pictures, an inert block each: `text-3`, `before-3`, `after-3`."""
    contenders = _contenders(pages)
    for number in numbers:
        page = pages[number]
        texts = _json(_texts(page, contenders, summary.before))
        yield f'<script type="application/json" id="text-{number}">{texts}</script>\n'
        if page.pictures is None:
            continue
        sides = [("before", page.pictures.before)]
        if page.pictures.after != page.pictures.before:
            sides.append(("after", page.pictures.after))
        for side, data in sides:
            code = base64.b64encode(data).decode("ascii")
            yield f'<script type="text/plain" id="{side}-{number}">{code}</script>\n'


def _texts(page: PageResult, contenders: Sequence[str], before: str) -> dict[str, Any]:
    """Return a page's texts, each distinct one once, and the words that changed in each.

    White space inside lines is folded to single spaces, so the script finds the same words by
    parting at spaces and line ends alone.
    """
    places: dict[str, int] = {}

    def place(text: str) -> int:
        lines = (" ".join(line.split()) for line in text.strip().splitlines())
        return places.setdefault("\n".join(lines), len(places))

    truth = None if page.truth is None else place(page.truth)
    bar = page.reading(before)
    readings = [page.reading(name) for name in contenders]
    known: dict[int, Marks] = {}
    marks: list[Marks | None] = []
    for one in readings:
        if one is None or bar is None:
            marks.append(None)
            continue
        number = place(one.text)
        if number not in known:
            known[number] = mark_words(page.truth, bar.text, one.text, page.rules)
        marks.append(known[number])
    return {
        "truth": truth,
        "of": [None if one is None else place(one.text) for one in readings],
        "marks": marks,
        "notes": ["" if one is None else one.note for one in readings],
        "texts": list(places),
    }


# --- numbers as text -----------------------------------------------------------------------------


def _number(value: float | None, form: str) -> str:
    """Write a number; '' for None, a dash for nan, a sign for infinity."""
    if value is None:
        return ""
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else format(value, form)


def _percent(rate: float) -> str:
    return _number(rate, ".2%")


def _points(rate: float) -> str:
    return f"{100 * rate:+.2f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if math.isfinite(value) else "–"


def _span(low: float, high: float) -> str:
    return f"{_points(low)} to {_points(high)}" if math.isfinite(low) else "–"


def _words_of_gain(gain: float) -> str:
    if not math.isfinite(gain):
        return "–"
    if round(100 * gain, 2) == 0:
        return "no change"
    return f"{abs(100 * gain):.2f} points {'lower' if gain > 0 else 'higher'}"


def _probability(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
