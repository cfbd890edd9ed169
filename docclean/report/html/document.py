"""The picture of a result: what was read before and after cleaning, as one HTML file to look at.

The head, the tables and the plots are drawn here in Python. The pages travel as JSON and base64
that the browser does not look into until a page comes near the window (`list.js`), so hundreds of
them open at once. The file asks the network for nothing, and its own policy forbids it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from textwrap import indent

from docclean.files import writing_text
from docclean.report.html.head import draw_failures, draw_harmed, draw_head, draw_losses
from docclean.report.html.pages import inert_json, page_blocks, page_index
from docclean.report.html.plots import draw_plots
from docclean.report.html.policy import policy
from docclean.report.html.sets import draw_sets
from docclean.scores.results import PageResult, Summary

FIRST = 4
"""Pages whose data stand before the script, so cards are drawn while the file is still loading."""

SCRIPT = """\
"use strict";
// Draws the pages: sorts and filters them, fills a card when it comes near the window and lets its
// pictures go when it is far. Text reaches the document as text only, never as HTML.
(() => {
%s
})();
"""
"""The frame of the script: the cards and the list that shows them share one scope."""


def write_html(summary: Summary, pages: Sequence[PageResult], path: Path) -> None:
    """Write one self-contained HTML file: head, tables, plots, and the pages from worst to best.

    Args:
        summary: the head.
        pages: the pages.
        path: the file; written aside, then renamed.

    Raises:
        OutputError: the file cannot be written.
    """
    with writing_text(path) as stream:
        for part in _parts(summary, _worst_first(summary, pages)):
            stream.write(part)


def _parts(summary: Summary, pages: Sequence[PageResult]) -> Iterator[str]:
    """Yield the file piece by piece; the pages come last, the first to be looked at first."""
    here = Path(__file__).parent
    style, script = (here / "report.css").read_text(encoding="utf-8"), _script(here)
    filled: dict[str, Callable[[], Iterator[str]]] = {
        "POLICY": lambda: iter([policy(style, script)]),
        "TITLE": lambda: iter([escape(summary.title)]),
        "STYLE": lambda: iter([style]),
        "HEAD": lambda: draw_head(summary),
        "HARMED": lambda: draw_harmed(summary, pages),
        "WORSE": lambda: draw_losses(summary, pages),
        "SETS": lambda: draw_sets(summary),
        "PLOTS": lambda: draw_plots(summary),
        "FAILURES": lambda: draw_failures(summary.failures),
        "INDEX": lambda: iter([inert_json(page_index(summary, pages))]),
        "FIRST": lambda: page_blocks(summary, pages, range(min(FIRST, len(pages)))),
        "SCRIPT": lambda: iter([script]),
        "PAGES": lambda: page_blocks(summary, pages, range(FIRST, len(pages))),
    }
    template = (here / "report.html").read_text(encoding="utf-8")
    for number, piece in enumerate(re.split("<!--([A-Z]+)-->", template)):
        if number % 2:
            yield from filled[piece]()
        else:
            yield piece


def _script(here: Path) -> str:
    """Return the script: `cards.js`, then `list.js`, which uses its names."""
    parts = ((here / name).read_text(encoding="utf-8") for name in ("cards.js", "list.js"))
    return SCRIPT % indent("\n".join(parts), "  ").rstrip("\n")


def _worst_first(summary: Summary, pages: Sequence[PageResult]) -> list[PageResult]:
    return sorted(pages, key=lambda page: page.change(summary.before, summary.after))
