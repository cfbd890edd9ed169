"""The pages of the HTML report as data for its script: an index, texts with marks, pictures."""

import base64
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image as PillowImage

from docclean.report.marks import Marks, mark_words
from docclean.scores.results import PageResult, Pictures, Reading, Summary


def page_index(summary: Summary, pages: Sequence[PageResult]) -> dict[str, Any]:
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


def page_blocks(summary: Summary, pages: Sequence[PageResult], numbers: range) -> Iterator[str]:
    """Yield texts and pictures, an inert block each: `text-3`, `before-3`, `after-3`."""
    contenders = _contenders(pages)
    for number in numbers:
        page = pages[number]
        texts = inert_json(page_texts(page, contenders, summary.before))
        yield f'<script type="application/json" id="text-{number}">{texts}</script>\n'
        if page.pictures is None:
            continue
        sides = [("before", page.pictures.before)]
        if page.pictures.after != page.pictures.before:
            sides.append(("after", page.pictures.after))
        for side, data in sides:
            code = base64.b64encode(data).decode("ascii")
            yield f'<script type="text/plain" id="{side}-{number}">{code}</script>\n'


def page_texts(page: PageResult, contenders: Sequence[str], before: str) -> dict[str, Any]:
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


def inert_json(value: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
