"""The picture of a result: what was read before and after cleaning, as one HTML file to look at."""

import base64
import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from docclean.errors import OutputError
from docclean.page import Image, Page
from docclean.score import Interval, Rates, Score, normalise, word_changes

PICTURE_WIDTH = 1000
"""Widest picture of a page in the HTML file, px."""

PICTURE_QUALITY = 50
"""WebP quality 0..100: type stays sharp, and a hundred pages stay below some 15 MB."""

PAIR_WIDTH = 2000
"""Widest side-by-side picture, px."""

GAP = 12
"""White between the two halves of a side-by-side picture, px."""


@dataclass(frozen=True)
class Reading:
    """What one contender made of one page.

    Attributes:
        contender: 'raw', 'cleaned' and so on.
        text: what the engine read.
        score: the text against the truth.
        rmse: distance to the clean twin, 0..1; None where there is none.
        clean_seconds, ocr_seconds: time spent before and in the engine.
        note: what the gate decided, where there is one.
    """

    contender: str
    text: str
    score: Score
    rmse: float | None = None
    clean_seconds: float = 0.0
    ocr_seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Pictures:
    """A page before and after as WebP files small enough to travel inside the HTML."""

    before: bytes
    after: bytes


@dataclass(frozen=True)
class PageResult:
    """All readings of one page; `pictures` is None where nothing was to be shown."""

    name: str
    truth: str
    readings: tuple[Reading, ...]
    pictures: Pictures | None = None

    def reading(self, contender: str) -> Reading | None:
        """Return the reading of one contender, None where it did not take part."""
        return next((one for one in self.readings if one.contender == contender), None)

    @property
    def gain(self) -> float:
        """CER raw minus CER cleaned: positive is better; 0 where either is missing."""
        raw, cleaned = self.reading("raw"), self.reading("cleaned")
        return raw.score.cer - cleaned.score.cer if raw and cleaned else 0.0


@dataclass(frozen=True)
class Totals:
    """One contender over all pages: rates of the sums, means of the rates, seconds a page."""

    contender: str
    micro: Rates
    macro: Rates
    rmse: float | None
    clean_seconds: float
    ocr_seconds: float


@dataclass(frozen=True)
class Failure:
    """A page that could not be read, and why."""

    name: str
    message: str


@dataclass(frozen=True)
class Summary:
    """The head of a report: a title, one line a contender, the gain and the pages that failed."""

    title: str
    totals: tuple[Totals, ...]
    gain: Interval | None = None
    failures: tuple[Failure, ...] = ()
    remark: str = ""


def take_pictures(before: Page, after: Page) -> Pictures:
    """Shrink a page before and after cleaning to pictures for the HTML file."""
    return Pictures(_encode(before.grey()), _encode(after.grey()))


def before_after(before: Page, after: Page) -> Page:
    """Put two pages side by side: one grey page, equal heights, at most 2,000 px wide."""
    left, right = before.grey(), after.grey()
    ratio = right.shape[0] / left.shape[0]  # both halves take the height of the right one
    widths = left.shape[1] * ratio + right.shape[1]
    scale = min(1.0, (PAIR_WIDTH - GAP) / widths)
    height = max(1, round(right.shape[0] * scale))
    halves = [_resize(image, scale * right.shape[0] / image.shape[0]) for image in (left, right)]
    gap = np.full((height, GAP), 255, np.uint8)
    left, right = (_fit_height(half, height) for half in halves)
    return Page(np.hstack([left, gap, right]), source=before.source)


def write_html(summary: Summary, pages: Sequence[PageResult], path: Path) -> None:
    """Write one self-contained HTML file: headline, table, pages from worst to best.

    Raises:
        OutputError: the file cannot be written.
    """
    worst_first = sorted(pages, key=lambda page: page.gain)
    parts = {
        "TITLE": html.escape(summary.title),
        "REMARK": html.escape(summary.remark),
        "HEADLINE": _headline(summary),
        "TABLE": _table(summary.totals),
        "FAILURES": _failures(summary.failures),
        "PAGES": "\n".join(_page(page) for page in worst_first),
    }
    text = (Path(__file__).parent / "report.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!--{name}-->", part)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _headline(summary: Summary) -> str:
    """Draw the two error rates, largest thing on the page, and the interval of their difference."""
    rates = {row.contender: row.micro.cer for row in summary.totals}
    if "raw" not in rates or "cleaned" not in rates:
        return ""
    lines = [
        f'<div class="cer"><b>{rates["raw"]:.2%}</b><span>CER as scanned</span></div>',
        '<div class="arrow">→</div>',
        f'<div class="cer after"><b>{rates["cleaned"]:.2%}</b><span>CER cleaned</span></div>',
    ]
    text = f'<div class="headline">{"".join(lines)}</div>'
    if summary.gain is not None and len(summary.totals) and summary.gain.low != summary.gain.high:
        gain = summary.gain
        text += (
            f'<p class="muted">Cleaning lowers the character error rate by {100 * gain.value:.2f} '
            f"points; 95 % interval {100 * gain.low:.2f} to {100 * gain.high:.2f}.</p>"
        )
    return text


def _table(totals: Sequence[Totals]) -> str:
    """Draw one row a contender."""
    twins = any(row.rmse is not None for row in totals)
    heads = [
        "",
        "CER",
        "WER",
        "recall",
        "precision",
        "F1",
        "CER, mean of pages",
        "s clean",
        "s OCR",
    ]
    rows = []
    for row in totals:
        rates = row.micro
        cells = [f"{rates.cer:.2%}", f"{rates.wer:.2%}", f"{rates.recall:.3f}"]
        cells += [f"{rates.precision:.3f}", f"{rates.f1:.3f}", f"{row.macro.cer:.2%}"]
        cells += [f"{row.clean_seconds:.2f}", f"{row.ocr_seconds:.2f}"]
        if twins:
            cells.append("" if row.rmse is None else f"{row.rmse:.3f}")
        body = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f"<tr><th>{html.escape(row.contender)}</th>{body}</tr>")
    head = "".join(f"<th>{name}</th>" for name in heads + (["RMSE"] if twins else []))
    return f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _failures(failures: Sequence[Failure]) -> str:
    rows = "".join(
        f"<li><b>{html.escape(one.name)}</b> {html.escape(one.message)}</li>" for one in failures
    )
    return f'<section class="failed"><h2>Not read</h2><ul>{rows}</ul></section>' if rows else ""


def _page(page: PageResult) -> str:
    """Draw one page: its rates, the slider, the words that changed, the texts."""
    raw, cleaned = page.reading("raw"), page.reading("cleaned")
    if raw is None or cleaned is None:
        return ""
    gained, lost = word_changes(page.truth, raw.text, cleaned.text)
    mood = "worse" if page.gain < 0 else "better" if page.gain > 0 else "same"
    note = f'<p class="muted">{html.escape(cleaned.note)}</p>' if cleaned.note else ""
    return (
        f'<article class="page {mood}"><h2>{html.escape(page.name)} '
        f"<small>CER {raw.score.cer:.2%} → {cleaned.score.cer:.2%}</small></h2>{note}"
        f"{_slider(page.pictures, page.name)}"
        f'<p class="words">{_words(gained, "gained")} {_words(lost, "lost")}</p>'
        f"<details><summary>texts</summary><div class=texts>"
        f"<div><h3>truth</h3><pre>{html.escape(page.truth)}</pre></div>"
        f"<div><h3>as scanned</h3><pre>{_marked(raw.text, lost, 'lost')}</pre></div>"
        f"<div><h3>cleaned</h3><pre>{_marked(cleaned.text, gained, 'gained')}</pre></div>"
        f"</div></details></article>"
    )


def _slider(pictures: Pictures | None, name: str) -> str:
    if pictures is None:
        return ""
    before, after = (
        f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"
        for data in (pictures.before, pictures.after)
    )
    label = html.escape(f"{name}: drag between before and after", quote=True)
    return (
        f'<div class="slider"><img class="under" src="{after}" alt="cleaned">'
        f'<img class="over" src="{before}" alt="as scanned">'
        f'<input type="range" min="0" max="100" value="50" aria-label="{label}"></div>'
    )


def _words(words: Counter[str], kind: str) -> str:
    shown = "".join(f'<span class="{kind}">{html.escape(w)}</span> ' for w in words.elements())
    return f"words {kind}: {words.total()} {shown}"


def _marked(text: str, words: Counter[str], kind: str) -> str:
    """Return a text as HTML with as many of its words marked as `words` counts."""
    left = words.copy()
    lines = []
    for line in text.splitlines():
        marked = []
        for word in line.split():
            key = normalise(word)
            safe = html.escape(word)
            marked.append(f'<span class="{kind}">{safe}</span>' if left[key] > 0 else safe)
            left[key] -= 1
        lines.append(" ".join(marked))
    return "\n".join(lines)


def _encode(grey: Image) -> bytes:
    small = _resize(grey, min(1.0, PICTURE_WIDTH / grey.shape[1]))
    done, data = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, PICTURE_QUALITY])
    if not done:
        raise ValueError(f"a picture of {small.shape} cannot be made into WebP")
    return bytes(data)


def _resize(grey: Image, scale: float) -> Image:
    """Scale (H, W) uint8, never below one pixel; area averaging keeps thin strokes grey."""
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    if size == (grey.shape[1], grey.shape[0]):
        return grey
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8)


def _fit_height(grey: Image, height: int) -> Image:
    """Even out a rounding pixel: cut or repeat the last row."""
    return np.pad(grey, ((0, max(0, height - grey.shape[0])), (0, 0)), mode="edge")[:height]
