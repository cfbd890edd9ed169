"""A batch to look at: thumbnails of the pages that changed, before and after."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from docclean.documents import read_pages
from docclean.errors import DoccleanError
from docclean.jobs.results import FileResult
from docclean.page import Page
from docclean.report.html.batch import ShownDocument, ShownPage, write_batch

WIDTH = 420
"""Pixels of a thumbnail's width."""
QUALITY = 45
"""Of its WebP, 0..100."""
PICTURED = 500
"""Changed pages that are shown with pictures; a report of more could hardly be opened."""


def write_report(
    title: str, results: Sequence[FileResult], path: Path, password: str | None = None
) -> None:
    """Write what came of documents as one HTML file, the failures first.

    Args:
        title: what the batch is called.
        results: its documents; sources and outputs are read again for their pictures.
        path: the file.
        password: opens protected PDFs.

    Raises:
        OutputError: the file cannot be written.
    """
    room = PICTURED
    shown: list[ShownDocument] = []
    for result in sorted(results, key=lambda one: one.source):
        if result.status == "failed":
            shown.append(ShownDocument(result.source, result.message))
            continue
        changed = [one for one in result.decisions if is_changed(one)]
        with_pictures = {int(one["page"]) for one in changed[:room]}
        room -= len(with_pictures)
        pages = tuple(_pages(result, with_pictures, password))
        shown.append(ShownDocument(result.source, "", pages))
    many = f"Pictures of the first {PICTURED:,} changed pages." if room <= 0 else ""
    write_batch(title, shown, many, path)


def is_changed(decision: dict[str, Any]) -> bool:
    """Say whether a page is not as it came."""
    moved = any(decision.get(name) for name in ("turned", "level", "border", "cut"))
    return decision.get("verdict") == "cleaned" or bool(moved)


def _pages(result: FileResult, pictured: set[int], password: str | None) -> Iterator[ShownPage]:
    before = _thumbnails(Path(result.source), pictured, password)
    places = places_of(result.decisions)
    wanted = {places[number] for number in pictured if number in places}
    after = _thumbnails(Path(result.output), wanted, password)
    for one in result.decisions:
        number = int(one["page"])
        yield ShownPage(
            number,
            str(one.get("reason", "")),
            is_changed(one),
            before.get(number, b""),
            after.get(places[number], b"") if number in pictured else b"",
        )


def places_of(decisions: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Return the number that each page has in the output: spreads become two pages."""
    places, next_ = dict[int, int](), 1
    for one in decisions:
        places[int(one["page"])] = next_
        next_ += 2 if one.get("cut") else 1
    return places


def _thumbnails(path: Path, numbers: set[int], password: str | None) -> dict[int, bytes]:
    """Return small pictures of pages; none where the file is gone or cannot be read any more."""
    found: dict[int, bytes] = {}
    if numbers:
        with suppress(DoccleanError, OSError):
            for page in read_pages(path, pages=numbers, password=password):
                found[page.number] = _thumbnail(page)
    return found


def _thumbnail(page: Page) -> bytes:
    picture = Pillow.fromarray(page.pixels)
    picture.thumbnail((WIDTH, 4 * WIDTH), Pillow.Resampling.LANCZOS, reducing_gap=2.0)
    packed = io.BytesIO()
    picture.save(packed, "WEBP", quality=QUALITY)
    return packed.getvalue()
