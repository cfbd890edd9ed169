"""A result for other programs and files: CSV, JSON, a table put into a README."""

import csv
import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import stdev
from typing import Any

from docclean.errors import UnreadableInputError
from docclean.files import writing_text
from docclean.scores.pixels import Fidelity
from docclean.scores.results import PageResult, Reading, Signs, Summary
from docclean.scores.statistics import cer_of, f1_of

BEGIN, END = "<!-- docclean evaluate: begin -->", "<!-- docclean evaluate: end -->"
"""What stands around a table that `write_between` may replace."""

JSON_VERSION = 1
"""Raised when a reader of older JSON would misread it."""


def to_csv(pages: Sequence[PageResult]) -> str:
    """Return one line a page and contender; an unknown number is an empty cell."""
    stream = io.StringIO()
    rows = [_flat(page, one) for page in pages for one in page.readings]
    writer = csv.DictWriter(stream, list(rows[0]) if rows else ["set", "page"])
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _flat(page: PageResult, reading: Reading) -> dict[str, Any]:
    score = reading.score
    row: dict[str, Any] = {"set": page.group, "page": page.name, "contender": reading.contender}
    for name in ("cer", "wer", "recall", "precision", "f1"):
        row[name] = getattr(score, name) if score else ""
    for name in ("char_edits", "chars", "word_edits", "words", "words_read", "words_found"):
        row[name] = getattr(score, name) if score else ""
    for name in Fidelity.__dataclass_fields__:
        row[name] = getattr(reading.fidelity, name) if reading.fidelity else ""
    for name in Signs.__dataclass_fields__:
        row[f"sign_{name}"] = getattr(reading.signs, name) if reading.signs else ""
    row["parts"] = len(reading.parts) or ""
    row["parts_harmed"] = sum(not part.whole for part in reading.parts) if reading.parts else ""
    row["views"] = len(reading.views) or 1
    for name, rate in (("cer", cer_of), ("f1", f1_of)):  # the spread over the views
        rates = [rate(one) for one in reading.views]
        row[f"{name}_spread"] = stdev(rates) if len(rates) > 1 else ""
    row |= {"treat_s": reading.treat.seconds, "treat_mb": reading.treat.peak_mb}
    row |= {"ocr_s": reading.ocr.seconds, "ocr_mb": reading.ocr.peak_mb, "note": reading.note}
    return row


def to_json(summary: Summary, pages: Sequence[PageResult], *, texts: bool = True) -> str:
    """Return every number as JSON, and with `texts` every text; pages from worst to best.

    What is not a finite number is null. Pictures stay out.
    """
    sets = []
    for page in sorted(pages, key=lambda page: page.change(summary.before, summary.after)):
        readings = []
        for one in page.readings:
            rates = {}
            if one.score:
                rates = {
                    name: getattr(one.score, name)
                    for name in ("cer", "wer", "recall", "precision", "f1")
                }
            told = {**asdict(one), **rates}
            if not texts:
                told.pop("text")
            readings.append(told)
        gain = page.change(summary.before, summary.after)
        noise = page.noise(summary.before, summary.after)
        head = {"set": page.group, "name": page.name, "gain": gain, "noise": noise}
        known: dict[str, Any] = {"truth_digest": digest(page.truth)}
        if texts:
            known["truth"] = page.truth
        sets.append({**head, **known, "readings": readings})
    whole = {"version": JSON_VERSION, **asdict(summary), "pages": sets}
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False)


def digest(truth: str | None) -> str | None:
    """Return a short mark of a truth, so that two runs can tell whether theirs are the same."""
    return None if truth is None else hashlib.blake2b(truth.encode(), digest_size=8).hexdigest()


def _finite(value: Any) -> Any:
    """Replace nan and infinity, which JSON does not know, by null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value


def write_between(path: Path, table: str) -> None:
    """Put a table between the two marks of a Markdown file; the rest of the file stays.

    Raises:
        UnreadableInputError: no such file, or the marks are not in it.
        OutputError: the file cannot be written.
    """
    head, tail = around_marks(path)
    end = "\r\n" if "\r\n" in head + tail else "\n"
    middle = end.join(["", *table.rstrip().splitlines(), ""])
    write_text(path, f"{head}{BEGIN}{middle}{END}{tail}")


def around_marks(path: Path) -> tuple[str, str]:
    """Return what stands before and after the marks of a Markdown file.

    Raises:
        UnreadableInputError: no such file, or the marks are not in it.
    """
    try:
        text = path.read_bytes().decode("utf-8")  # line ends stay as they are
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"{path}: cannot be read: {error}") from error
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise UnreadableInputError(
            f"{path}: put the lines '{BEGIN}' and '{END}' where the table goes"
        )
    return head, tail


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with writing_text(path) as stream:
        stream.write(text)
