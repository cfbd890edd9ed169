"""Typst source out of strings, and the true text back out of the source.

Every string set on a page passes through `line`, `cell` or `run`, which leave a mark around it.
Typst sets the marked strings in source order, so that order is the reading order: what a layout
writes down twice or forgets cannot differ between the page and its true text.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from docclean.synth.language.voice import Voice

PRELUDE = """
#let t(s) = s
#let c(s) = s
#let r(s) = s
#let dot = bytes((%s))
#let photo(spec, w, h) = image(dot, width: w, height: h, fit: "stretch")
"""
_SEPARATOR = {"t": "\n", "c": " ", "r": ""}
_MARKED = re.compile(r'#([tcr])\(("(?:[^"\\]|\\.)*")\);')
_PHOTO = re.compile(r'photo\("([^"]*)"')


@dataclass(frozen=True)
class Sheet:
    """The paper and the type of one page; lengths in points (1/72 inch)."""

    width: float
    paper: float
    """Least height of the page; 0 where the page ends with its text."""
    margin: float
    size: float
    leading: float
    """Gap between lines in em, from baseline to the next line's capitals."""
    justify: bool
    fill: float
    """Share of the paper that is used, 0..1."""
    font: str
    other: str
    """A second family of the same script, for headings or entries."""
    is_mono: bool

    @property
    def inner(self) -> float:
        """Width between the margins in points."""
        return self.width - 2 * self.margin

    def letters(self, share: float = 1.0, scale: float = 1.0) -> int:
        """Return about how many letters set at `scale` x size fill `share` of the used paper."""
        size = self.size * scale
        in_line = self.inner / (size * (0.6 if self.is_mono else 0.48))
        lines = (self.paper - 2 * self.margin) * self.fill / (size * (0.69 + self.leading))
        return round(in_line * lines * share)

    def rows(self, pitch: float, share: float = 1.0) -> int:
        """Return how many rows `pitch` points high fill `share` of the used paper, at least 2."""
        return max(2, round((self.paper - 2 * self.margin) * self.fill * share / pitch))


@dataclass(frozen=True)
class Content:
    """Typst source of a page; `foot` stands at the bottom of the paper."""

    body: str
    foot: str = ""


Draw = Callable[[Random, Voice, Sheet], Content]
"""Draws what a page says and how it is set."""


def line(text: str) -> str:
    """Return source that sets `text`; in the true text it begins a line."""
    return f"#t({_quoted(text)});"


def cell(text: str) -> str:
    """Return source that sets `text`; in the true text a space stands before it."""
    return f"#c({_quoted(text)});"


def run(text: str) -> str:
    """Return source that sets `text` right after what stands before it."""
    return f"#r({_quoted(text)});"


def par(text: str) -> str:
    """Return source of one paragraph."""
    return f"#par[{line(text)}]\n"


def spread(cells: Iterable[str]) -> str:
    """Return one true-text row as bracketed cells for a typst table or grid."""
    first, *rest = cells
    return ", ".join([f"[{line(first)}]", *(f"[{cell(text)}]" for text in rest)])


def bold(source: str, size: float = 1.0) -> str:
    """Return `source` in bold, `size` em high."""
    return f"#text(size: {size:.2f}em, weight: 700)[{source}]"


def ragged(source: str) -> str:
    """Return source of a paragraph that is never stretched to the line: headings, labels."""
    return f"#par(justify: false)[{source}]\n"


def photo(spec: str, width: float, height: float) -> str:
    """Return source that keeps a place, in points, for a picture painted after rendering."""
    return f'#photo("{spec}", {width:.1f}pt, {height:.1f}pt)\n'


def rule(thickness: float = 0.6, dash: str = "solid", length: str = "100%") -> str:
    """Return source of a horizontal rule; `thickness` in points."""
    return f'#line(length: {length}, stroke: (thickness: {thickness}pt, dash: "{dash}"))\n'


def beside(parts: list[str], gutter: float, rules: bool = False, widths: str = "") -> str:
    """Return source of columns side by side, `gutter` em apart, perhaps with rules between."""
    cells = ", ".join(f"[{part}]" for part in parts)
    marks = "".join(f"grid.vline(x: {n}, stroke: 0.5pt), " for n in range(1, len(parts)) if rules)
    return (
        f"#grid(columns: {widths or '(1fr,) * ' + str(len(parts))}, "
        f"inset: (x: {gutter / 2}em), {marks}{cells})\n"
    )


def paragraphs(
    rng: Random,
    letters: int,
    make: Callable[[Random, int], str],
    sentences: tuple[int, int] = (3, 8),
) -> list[str]:
    """Return paragraphs of `make` that fill about `letters` letters, at least one."""
    made = [make(rng, rng.randint(*sentences))]
    while sum(map(len, made)) < letters:
        made.append(make(rng, rng.randint(*sentences)))
    return made


def share_out(parts: list[str], count: int) -> list[list[str]]:
    """Return `parts` in order as `count` lists of about equal letters."""
    total, before = sum(map(len, parts)) or 1, 0
    shares: list[list[str]] = [[] for _ in range(count)]
    for part in parts:
        shares[min(count - 1, before * count // total)].append(part)
        before += len(part)
    return shares


def fit(text: str, letters: int, longest: int = 999) -> str:
    """Return the first whole words of `text` up to `letters`, without words over `longest`.

    A word wider than its column would run over its neighbour: typst does not hyphenate here.
    """
    kept = ""
    for word in text.split():
        if len(word) <= min(letters, longest):
            if kept and len(kept) + len(word) >= letters:
                break
            kept = f"{kept} {word}".strip()
    return kept or text.strip()[: min(letters, longest)].partition(" ")[0]


def true_text(source: str) -> str:
    """Return the marked strings of `source` in reading order."""
    found = _MARKED.finditer(source)
    joined = "".join(_SEPARATOR[mark[1]] + json.loads(mark[2]) for mark in found)
    return "\n".join(filter(None, (" ".join(row.split()) for row in joined.split("\n"))))


def photo_specs(source: str) -> list[str]:
    """Return the specs given to `photo` in source order."""
    return _PHOTO.findall(source)


def _quoted(text: str) -> str:
    """Return `text` as a typst string, without signs that print nothing."""
    shown = "".join(
        " " if sign.isspace() else sign
        for sign in unicodedata.normalize("NFC", text)
        if sign.isprintable() or sign.isspace()
    )
    return json.dumps(shown, ensure_ascii=False)
