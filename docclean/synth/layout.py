"""Typesets one clean page with typst: words, fonts and a layout in, pixels and true text out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from random import Random
from shutil import which
from subprocess import run
from typing import Any

import numpy as np
import typst
from PIL import Image as Pillow

from docclean.page import Page
from docclean.registry import Registry
from docclean.synth.text import TextSource

EMBEDDED_FONTS = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
"""Families inside the typst package: pages can be set on a machine with no fonts at all."""
MONO_MARKS = ("mono", "courier", "cursor", "typewriter", "cousine", "hack", " code", "inconsolata")
NOT_TEXT = ("symbol", "emoji", "math", "dingbat", "keyboard", "d050000l", "music", "ocr", "braille")

_PRELUDE = """
#let d = json(bytes(sys.inputs.at("data", default: "{}")))
#set page(width: d.width * 1pt, height: auto, margin: (x: d.margin * 1pt, y: d.margin * 1pt))
#set text(font: d.font, size: d.size * 1pt, weight: d.weight, style: d.style, hyphenate: false,
  fallback: true, tracking: d.tracking * 1pt)
#set par(justify: d.justify, leading: d.leading * 1em, spacing: d.leading * 1.7em)
"""


Draw = Callable[[Random, TextSource], dict[str, Any]]
"""Picks a page's content: what the layout's typst source finds in `d`."""


@dataclass(frozen=True)
class Layout:
    """A way to set a page: `draw` picks the content, `body` is its typst source."""

    name: str
    body: str
    draw: Draw
    mono_share: float = 0.15
    """How often a monospaced family is drawn."""
    width: tuple[float, float] = (330, 595)
    """Page width in points; A4 is 595."""


def _paragraphs(count: tuple[int, int], sentences: tuple[int, int]) -> Draw:
    def draw(rng: Random, text: TextSource) -> dict[str, Any]:
        return {
            "heading": text.line(rng),
            "paragraphs": [
                text.paragraph(rng, rng.randint(*sentences)) for _ in range(rng.randint(*count))
            ],
        }

    return draw


def _letter(rng: Random, text: TextSource) -> dict[str, Any]:
    content = _paragraphs((3, 6), (3, 6))(rng, text)
    return content | {"sender": [text.line(rng) for _ in range(4)], "date": text.figure(rng)}


def _table(rng: Random, text: TextSource) -> dict[str, Any]:
    rows = [[text.line(rng), text.figure(rng), text.figure(rng)] for _ in range(rng.randint(8, 22))]
    return {
        "heading": text.line(rng),
        "rows": rows,
        "lines": rng.random() < 0.6,
        "paragraphs": [text.paragraph(rng, 3)],
    }


def _typescript(rng: Random, text: TextSource) -> dict[str, Any]:
    count = rng.randint(4, 8)
    return {"paragraphs": [text.paragraph(rng, rng.randint(3, 7)) for _ in range(count)]}


def _receipt(rng: Random, text: TextSource) -> dict[str, Any]:
    rows = [[text.line(rng), text.figure(rng)] for _ in range(rng.randint(8, 22))]
    return {"heading": text.line(rng), "rows": rows}


def _title(rng: Random, text: TextSource) -> dict[str, Any]:
    return {
        "heading": text.line(rng),
        "lines": [text.line(rng) for _ in range(rng.randint(5, 12))],
        "paragraphs": [text.paragraph(rng, 2)],
    }


LAYOUTS: Registry[Layout] = Registry(
    "layout",
    [
        Layout(
            "article",
            "#text(size: 1.5em)[*#d.heading*]\n#for p in d.paragraphs [#par(p)]",
            _paragraphs((4, 8), (4, 9)),
        ),
        Layout(
            "book",
            "#set par(first-line-indent: 1.2em, spacing: d.leading * 1em)\n"
            "#align(center, smallcaps(d.heading))\n#for p in d.paragraphs [#par(p)]",
            _paragraphs((5, 9), (4, 9)),
            mono_share=0.0,
        ),
        Layout(
            "columns",
            "#align(center, text(size: 1.6em)[*#d.heading*])\n"
            "#let n = calc.div-euclid(d.paragraphs.len(), 2)\n"
            "#grid(columns: (1fr, 1fr), gutter: 1.6em, for p in d.paragraphs.slice(0, n) [#par(p)],"
            " for p in d.paragraphs.slice(n) [#par(p)])",
            _paragraphs((6, 10), (4, 7)),
            mono_share=0.05,
            width=(420, 595),
        ),
        Layout(
            "letter",
            "#align(right, for s in d.sender [#s \\ ])\n#v(1em)\n#d.date\n#v(1em)\n"
            "*#d.heading*\n#for p in d.paragraphs [#par(p)]",
            _letter,
            mono_share=0.5,
        ),
        Layout(
            "typescript",
            "#for p in d.paragraphs [#par(p)]",
            _typescript,
            mono_share=1.0,
            width=(380, 595),
        ),
        Layout(
            "invoice",
            "= #d.heading\n#v(1em)\n#table(columns: (2fr, 1fr, 1fr), "
            "stroke: if d.lines {0.5pt} else {none}, inset: 4pt, ..d.rows.flatten())\n"
            "#for p in d.paragraphs [#par(p)]",
            _table,
        ),
        Layout(
            "receipt",
            '#align(center)[*#d.heading*]\n#line(length: 100%, stroke: (dash: "dashed"))\n'
            "#for r in d.rows [#r.at(0) #h(1fr) #r.at(1) \\ ]\n#line(length: 100%)\n",
            _receipt,
            mono_share=0.6,
            width=(200, 280),
        ),
        Layout(
            "title",
            "#align(center)[#text(size: 2.6em)[*#d.heading*]\n#v(1em)\n"
            "#for l in d.lines [#text(size: 1.4em)[#l] \\ ]]\n#for p in d.paragraphs [#par(p)]",
            _title,
            mono_share=0.05,
        ),
    ],
    key=lambda layout: layout.name,
)


@dataclass(frozen=True)
class Typeset:
    """A clean page and what it says."""

    page: Page
    text: str
    """True text in reading order; the columns of `columns` and rows of tables run line by line.

    Empty where the page was cut short."""
    layout: str
    font: str


@lru_cache(maxsize=1)
def families() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (proportional, monospaced) Latin font families typst can use here, sorted."""
    usable = set(typst.Fonts().families())
    found = set(EMBEDDED_FONTS)
    if which("fc-list"):
        listed = run(["fc-list", ":lang=en", "family"], capture_output=True, text=True, check=False)
        found |= {line.split(",")[0].strip() for line in listed.stdout.splitlines()}
    names = sorted(
        name for name in found & usable if not any(mark in name.lower() for mark in NOT_TEXT)
    )
    mono = tuple(name for name in names if any(mark in name.lower() for mark in MONO_MARKS))
    return tuple(name for name in names if name not in mono), mono


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler()


def typeset(
    rng: Random, text: TextSource, dpi: int, layout: str | None = None, max_pixels: int = 30_000_000
) -> Typeset:
    """Draw and set one page.

    Args:
        rng: draws everything; the same state gives the same page on the same fonts.
        text: where the words come from.
        dpi: resolution of the page in dots per inch.
        layout: a name of `LAYOUTS`; drawn when None.
        max_pixels: rows below this area are cut off.
    """
    chosen = LAYOUTS[layout] if layout else rng.choice(list(LAYOUTS))
    proportional, mono = families()
    font = rng.choice(mono if mono and rng.random() < chosen.mono_share else proportional or mono)
    narrow = chosen.width[1] < 300
    data = {
        "width": rng.uniform(*chosen.width),
        "margin": rng.uniform(8, 20 if narrow else 60),
        "font": font,
        "size": rng.choice((7, 8, 9, 10, 10, 11, 11, 12, 12, 14)),
        "weight": rng.choice(("regular",) * 6 + ("bold",)),
        "style": rng.choice(("normal",) * 5 + ("italic",)),
        "tracking": rng.choice((0, 0, 0, 0.3)),
        "justify": rng.random() < 0.5,
        "leading": rng.choice((0.45, 0.6, 0.65, 0.8, 1.2)),
    } | chosen.draw(rng, text)
    png = _compiler().compile(
        (_PRELUDE + chosen.body).encode(),
        format="png",
        ppi=dpi,
        sys_inputs={"data": json.dumps(data)},
    )
    first = png[0] if isinstance(png, list) else png
    assert first is not None  # no output path was given, so the bytes come back
    pixels = np.asarray(Pillow.open(BytesIO(first)).convert("L"))
    whole = pixels.size <= max_pixels
    pixels = pixels[: max_pixels // pixels.shape[1]]
    page = Page(np.ascontiguousarray(pixels), (float(dpi), float(dpi)), source=f"{chosen.name}")
    return Typeset(page, _true_text(data) if whole else "", chosen.name, font)


def _true_text(data: dict[str, Any]) -> str:
    """Return the drawn strings in the order the layouts set them."""
    order = ("sender", "date", "heading", "rows", "lines", "paragraphs")
    parts: list[str] = []
    for key in order:
        value = data.get(key)
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, list):
            parts += [" ".join(item) if isinstance(item, list) else str(item) for item in value]
    return "\n".join(parts)
