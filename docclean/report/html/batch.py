"""A batch as one HTML file: failures first, then pages that changed, then those that were kept."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docclean.files import writing_text
from docclean.report.html.policy import policy
from docclean.report.wording import plural


@dataclass(frozen=True)
class ShownPage:
    """One page of a cleaned document.

    Attributes:
        number: of the page, from 1.
        reason: why it was cleaned or kept.
        changed: whether it is not as it came.
        before, after: WebP files; empty where there is none to show.
    """

    number: int
    reason: str
    changed: bool
    before: bytes = b""
    after: bytes = b""


@dataclass(frozen=True)
class ShownDocument:
    """One document of a batch.

    Attributes:
        name: as its owner knows it.
        failure: why it failed; empty where it did not.
        pages: what came of its pages.
    """

    name: str
    failure: str = ""
    pages: Sequence[ShownPage] = ()


def write_batch(title: str, documents: Sequence[ShownDocument], remark: str, path: Path) -> None:
    """Write one self-contained HTML file; it asks the network for nothing.

    Args:
        title: what the batch is called.
        documents: all of them.
        remark: a sentence below the title; may be empty.
        path: the file; written aside, then renamed.

    Raises:
        OutputError: the file cannot be written.
    """
    here = Path(__file__).parent
    style = "\n".join(
        (here / name).read_text(encoding="utf-8") for name in ("report.css", "batch.css")
    )
    with writing_text(path) as stream:
        stream.write(
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy(style)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{escape(title)} · docclean</title>\n<style>{style}</style>\n</head>\n<body>\n"
        )
        for part in _parts(title, documents, remark):
            stream.write(part)
        stream.write("</body>\n</html>\n")


def _parts(title: str, documents: Sequence[ShownDocument], remark: str) -> Iterator[str]:
    failed = [one for one in documents if one.failure]
    pages = [(one, page) for one in documents for page in one.pages]
    changed = [(one, page) for one, page in pages if page.changed]
    kept = [(one, page) for one, page in pages if not page.changed]
    yield f'<header class="top"><h1>{escape(title)}</h1>'
    if remark:
        yield f'<p class="remark">{escape(remark)}</p>'
    yield '<div class="headline">'
    yield _figure("Documents", len(documents) - len(failed), "done", len(failed), "failed")
    yield _figure("Pages", len(changed), "changed", len(kept), "kept")
    yield "</div></header>\n<main>\n"
    if failed:
        yield '<section id="failed" class="losses">'
        yield f"<h2>Failed <small>{len(failed):,}</small></h2><ul>"
        for one in failed:
            yield f"<li><b>{escape(one.name)}</b> {escape(one.failure)}</li>"
        yield "</ul></section>\n"
    yield f'<section id="changed"><h2>Changed <small>{len(changed):,}</small></h2>'
    yield '<div class="pairs">'
    for one, page in changed:
        yield _pair(one, page)
    yield "</div></section>\n"
    yield f'<section id="kept"><h2>Kept as they came <small>{len(kept):,}</small></h2>'
    yield from _kept(kept)
    yield "</section>\n</main>\n"


def _figure(title: str, first: int, what: str, second: int, other: str) -> str:
    bad = ' class="worse"' if second and other == "failed" else ' class="same"'
    return (
        f'<div class="figure"><h2>{title}, {first + second:,}</h2><p class="big counted">'
        f'<span class="better">{first:,}</span><small>{what}</small> '
        f"<span{bad}>{second:,}</span><small>{other}</small></p></div>"
    )


def _pair(document: ShownDocument, page: ShownPage) -> str:
    name = escape(f"{document.name}, page {page.number}")
    pictures = "".join(
        f'<img loading="lazy" alt="{name}, {side}" src="data:image/webp;base64,'
        f'{base64.b64encode(data).decode("ascii")}">'
        for side, data in (("before", page.before), ("after", page.after))
        if data
    )
    return (
        f'<figure class="pair">{pictures}<figcaption><b>{name}</b> '
        f"{escape(page.reason)}</figcaption></figure>\n"
    )


def _kept(kept: Sequence[tuple[ShownDocument, ShownPage]]) -> Iterator[str]:
    """Draw the pages that were kept, gathered by their reason: few reasons hold for many pages."""
    reasons: dict[str, list[str]] = {}
    for document, page in kept:
        reasons.setdefault(page.reason, []).append(f"{document.name}, page {page.number}")
    for reason, names in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        count = f"{len(names):,} {plural(len(names), 'page')}"
        yield f"<details><summary>{escape(reason)} <small>{count}</small></summary><ul>"
        for name in names:
            yield f"<li>{escape(name)}</li>"
        yield "</ul></details>\n"
